"""Locks in the memory of one process: the same rules as `lock_scripts.py`, by the store's clock."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from telemed_store.ephemeral.in_process import InProcessState
from telemed_store.ephemeral.locks import FENCE_KEPT, Lock
from telemed_store.ephemeral.ownership import microseconds

__all__ = ["LockState"]

_FIRST_SWEEP: Final = 1_000


@dataclass(frozen=True, slots=True)
class _Held:
    """A lease; or, without an owner, what is left of one: its fence."""

    owner: str | None
    expires_at: dt.datetime
    fence: int


class LockState(InProcessState):
    """Who holds which lock."""

    def __init__(self) -> None:
        super().__init__()
        self._held: dict[str, _Held] = {}
        self._sweep_at = _FIRST_SWEEP

    def acquire(self, name: str, owner: str, ttl: dt.timedelta, now: dt.datetime) -> Lock | None:
        """The lock, if nobody holds it."""
        with self.lock:
            before = self._held.get(name)
            if before is not None and before.owner is not None and before.expires_at > now:
                return None
            fence = max(microseconds(now), before.fence + 1 if before is not None else 0)
            self._held[name] = _Held(owner, now + ttl, fence)
            self._sweep(now)
        return Lock(name=name, owner=owner, fence=fence, expires_at=now + ttl)

    def extend(self, name: str, owner: str, ttl: dt.timedelta, now: dt.datetime) -> dt.datetime | None:
        """When the lock now expires; None: it is lost."""
        with self.lock:
            held = self._held.get(name)
            if held is None or held.owner != owner or held.expires_at <= now:
                return None
            self._held[name] = _Held(owner, now + ttl, held.fence)
        return now + ttl

    def release(self, name: str, owner: str, now: dt.datetime) -> bool:
        """Whether the lock was still held by this owner."""
        with self.lock:
            held = self._held.get(name)
            if held is None or held.owner != owner or held.expires_at <= now:
                return False
            # The fence stays, so that the next one is higher even if the clock stands still.
            self._held[name] = _Held(None, now, held.fence)
        return True

    def _sweep(self, now: dt.datetime) -> None:
        """Forget what ended long ago, each time that twice as much is held as was left the last time."""
        if len(self._held) < self._sweep_at:
            return
        self._held = {name: held for name, held in self._held.items() if held.expires_at + FENCE_KEPT > now}
        self._sweep_at = max(_FIRST_SWEEP, 2 * len(self._held))
