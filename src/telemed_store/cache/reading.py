"""What a read that may be answered from the cache consists of: what everybody shares, and what depends on who looks and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar

from sqlalchemy import Connection

from telemed_store.cache.keys import CacheKey, Entry, Tag

if TYPE_CHECKING:
    from telemed_store.audit.context import Context

__all__ = ["Cached"]

P = ParamSpec("P")
V = TypeVar("V")
T = TypeVar("T")


def _no_tags(*_args: Any, **_kwargs: Any) -> tuple[Tag, ...]:
    return ()


def _no_version(_value: Any) -> int:
    return 0


@dataclass(frozen=True)
class Cached(Generic[P, V, T]):
    """A read in two halves: ``load`` asks the database and knows no viewer; ``show`` knows the viewer and asks nobody.

    Only what ``load`` returns is kept. So a value kept for one viewer is shown to another by the same rules as one just read: permissions,
    access rows and whatever depends on the present instant belong into ``show``.

    Attributes:
        entry: What is kept, and for how long.
        key: The key of a call's arguments, or of the actor's own where they name nobody. None: this call is not for the cache.
        load: The shared half: None if there is nothing. It leaves no access rows, asks no permission, knows no "now".
        show: The viewer's half, given the value or None: what the caller gets, or `NotFound`. It notes accesses and denials.
        tags: What a collection depends on, by a call's arguments.
        version: The version of the row in a value; without rows of their own, collections have none (0).
        consistent: Whether ``load`` runs several statements, which then are all at one point in time.
        uncached: The whole read as one operation, if that costs less than both halves, or does more than they can: what frames that go
            round the cache run, and calls without a key.
    """

    entry: Entry[V]
    key: Callable[Concatenate[Context, P], CacheKey | None]
    load: Callable[Concatenate[Connection, Context, P], V | None]
    show: Callable[Concatenate[Context, V | None, P], T]
    tags: Callable[P, tuple[Tag, ...]] = _no_tags
    version: Callable[[V], int] = _no_version
    consistent: bool = False
    uncached: Callable[Concatenate[Connection, Context, P], T] | None = None

    def read(self, connection: Connection, context: Context, *args: P.args, **kwargs: P.kwargs) -> T:
        """The read without any cache."""
        if self.uncached is not None:
            return self.uncached(connection, context, *args, **kwargs)
        return self.show(context, self.load(connection, context, *args, **kwargs), *args, **kwargs)
