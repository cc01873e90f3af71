# Generated from _async/frames.py by tools/sync.py. Do not edit.
"""What repositories hang on: a frame decides how an operation runs (in which transaction, retried or not, audited how)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection

from telemed_store.audit.context import Context
from telemed_store.cache.reading import Cached

__all__ = ["Frame", "ReadFrame"]

P = ParamSpec("P")
T = TypeVar("T")
V = TypeVar("V")


class ReadFrame(Protocol):
    """A frame on which reads run: every frame."""

    def read(self, operation: Callable[Concatenate[Connection, Context, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run an operation of one statement."""
        ...

    def read_consistent(
        self, operation: Callable[Concatenate[Connection, Context, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run an operation of several statements, all at one point in time."""
        ...

    def read_cached(self, cached: Cached[P, V, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a read that may be answered from the cache; units of work and snapshots always ask the database."""
        ...


class Frame(ReadFrame, Protocol):
    """A frame on which writes run too: a unit of work, or a bound store that opens one per verb."""

    def write(
        self, operation: Callable[Concatenate[Connection, Context, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run an operation that writes."""
        ...
