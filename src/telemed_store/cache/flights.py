"""Which keys are being loaded by whom, so that of many readers of one process who miss the same key one asks the database."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Callable, Generator, Hashable
from typing import Any, Final, Generic, TypeVar

__all__ = ["Flight", "Flights"]

LockT = TypeVar("LockT")


class Flight(Generic[LockT]):
    """One load and those who wait for it.

    Attributes:
        turn: Whoever holds it loads.
        landed: Whether the value is there.
        value: The value.
    """

    def __init__(self, turn: LockT) -> None:
        self.turn = turn
        self.landed = False
        self.value: Any = None
        self.aboard = 0


class Flights(Generic[LockT]):
    """All flights of one process.

    A reader may share a load that began before its own call only if nothing was invalidated in between: whoever shares one holds the same
    ticket. A write that had returned before would have renewed it.
    """

    def __init__(self, lock: Callable[[], LockT]) -> None:
        self._lock = lock
        self.start_anew()
        _OPEN.add(self)

    def start_anew(self) -> None:
        """Begin with no flights; for a forked child, which has none of the threads that are aboard, and may have copied a held lock."""
        self._guard = threading.Lock()
        self._flights: dict[Hashable, Flight[LockT]] = {}

    @contextlib.contextmanager
    def aboard(self, name: Hashable) -> Generator[Flight[LockT]]:
        """The flight of that name, which ends with the last who is aboard."""
        with self._guard:
            flight = self._flights.setdefault(name, Flight(self._lock()))
            flight.aboard += 1
        try:
            yield flight
        finally:
            with self._guard:
                flight.aboard -= 1
                if not flight.aboard:
                    self._flights.pop(name, None)


_OPEN: Final[weakref.WeakSet[Flights[Any]]] = weakref.WeakSet()


def _after_fork() -> None:
    for flights in list(_OPEN):
        flights.start_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
