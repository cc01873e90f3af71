"""The memory of one process: what the state machines of this room have in common, a lock and values that expire."""

from __future__ import annotations

import datetime as dt
import os
import threading
import weakref
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

__all__ = ["Expiring", "InProcessState"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_SWEPT_FROM: Final = 1_000
"""Values below which nothing is swept."""


class InProcessState:
    """State that threads share. Its methods take the lock, look at no clock (``now`` is an argument) and wait for nothing.

    Attributes:
        lock: Held by each method from its first look at the state to its last.
    """

    def __init__(self) -> None:
        self.lock: threading.Lock = threading.Lock()
        _STATES.add(self)


_STATES: Final[weakref.WeakSet[InProcessState]] = weakref.WeakSet()


def _free_locks_in_child() -> None:
    # A forked child's copy may be held by a thread that it does not have. What stood in the state stays, and is the child's own.
    for state in list(_STATES):
        state.lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_free_locks_in_child)


class Expiring(Generic[K, V]):
    """Values by key, each gone from an instant on. What has expired is swept out whenever their number has doubled. Not locked."""

    def __init__(self) -> None:
        self._values: dict[K, tuple[dt.datetime, V]] = {}
        self._sweep_at = _SWEPT_FROM

    def get(self, key: K, now: dt.datetime) -> V | None:
        """The value, if it is there and has not expired."""
        found = self._values.get(key)
        return found[1] if found is not None and now < found[0] else None

    def expiry(self, key: K, now: dt.datetime) -> dt.datetime | None:
        """When the value expires, if it is there and has not."""
        found = self._values.get(key)
        return found[0] if found is not None and now < found[0] else None

    def put(self, key: K, value: V, expires_at: dt.datetime, now: dt.datetime) -> None:
        """Keep a value until an instant."""
        self._values[key] = (expires_at, value)
        if len(self._values) > self._sweep_at:
            self._values = {key: kept for key, kept in self._values.items() if now < kept[0]}
            self._sweep_at = max(_SWEPT_FROM, 2 * len(self._values))

    def remove(self, key: K, now: dt.datetime) -> bool:
        """Forget a value; whether it was there and had not expired."""
        found = self._values.pop(key, None)
        return found is not None and now < found[0]
