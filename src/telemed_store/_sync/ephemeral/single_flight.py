# Generated from _async/ephemeral/single_flight.py by tools/sync.py. Do not edit.
"""Single flight: of those that need the same thing at once in this process, one gets it and the others wait for that."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Sequence

from telemed_store._sync._synchronization import FifoLock, pool_owner

__all__ = ["SingleFlight"]


class SingleFlight:
    """Places that are held one at a time: by the tasks of each event loop, or by the threads of the process."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._places: dict[Hashable, tuple[FifoLock, int]] = {}

    def acquire(self, places: Sequence[Hashable], timeout: float) -> Sequence[Hashable]:
        """Hold places, given in one order by all who ask.

        Args:
            places: Which.
            timeout: Seconds to wait for each; whoever waited so long goes on without it.

        Returns:
            What to release.
        """
        held: list[Hashable] = []
        try:
            for place in places:
                key = (pool_owner(), place)
                lock = self._join(key)
                held.append(key)
                if not lock.acquire(timeout):
                    held.pop()
                    self._leave(key)
        except BaseException:
            # Cancelled while waiting: the last place is not held yet.
            self._leave(held.pop())
            self.release(held)
            raise
        return held

    def release(self, held: Sequence[Hashable]) -> None:
        """Let the next ones in."""
        for key in held:
            self._places[key][0].release()
            self._leave(key)

    def _join(self, key: Hashable) -> FifoLock:
        with self._guard:
            lock, users = self._places.get(key) or (FifoLock(), 0)
            self._places[key] = (lock, users + 1)
            return lock

    def _leave(self, key: Hashable) -> None:
        with self._guard:
            lock, users = self._places[key]
            if users > 1:
                self._places[key] = (lock, users - 1)
            else:
                del self._places[key]
