# Generated from _async/ephemeral/in_process_locks.py by tools/sync.py. Do not edit.
"""Locks in the memory of this process."""

from __future__ import annotations

import datetime as dt

from typing_extensions import override

from telemed_store._sync.ephemeral.locks import AskingLocks
from telemed_store.database.clock import Clock
from telemed_store.ephemeral.lock_state import LockState
from telemed_store.ephemeral.locks import Lock
from telemed_store.ephemeral.ownership import new_owner

__all__ = ["InProcessLocks"]


class InProcessLocks(AskingLocks):
    """Locks among the threads and tasks of one store, by its clock. Another process sees nothing of them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._state = LockState()

    @override
    def _acquire(self, name: str, ttl: dt.timedelta) -> Lock | None:
        return self._state.acquire(name, new_owner(), ttl, self._clock.now())

    @override
    def _extend(self, lock: Lock, ttl: dt.timedelta) -> dt.datetime | None:
        return self._state.extend(lock.name, lock.owner, ttl, self._clock.now())

    @override
    def _release(self, lock: Lock) -> bool:
        return self._state.release(lock.name, lock.owner, self._clock.now())
