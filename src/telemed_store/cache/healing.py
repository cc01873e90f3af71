"""When a process may trust a shared cache: not before it has made up for invalidations that were committed but never arrived.

They are lost when a process dies between its commit and the cache, when Redis does not answer then, and when Redis itself falls back to an
older state (failover, restart from a file). Each of them is still a row of ``cache_invalidations``.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from telemed_store.cache.keys import Stale

__all__ = ["EVERY", "KEPT", "LOOKBACK", "Healing", "read_position", "written_position"]

EVERY: Final = 10.0
"""Seconds after which a process looks again for invalidations that another one may have lost."""

LOOKBACK: Final = dt.timedelta(minutes=5)
"""How far behind its position healing reads: longer than any transaction between its row and its commit, and clocks apart."""

KEPT: Final = dt.timedelta(days=2)
"""How long invalidations stay written down: longer than any value is kept."""


def written_position(position: dt.datetime) -> str:
    """A position as caches keep it: a text that sorts."""
    return position.astimezone(dt.UTC).isoformat(timespec="microseconds")


def read_position(text: str | None) -> dt.datetime | None:
    """A position read again; None: there is none that can be read."""
    with contextlib.suppress(ValueError):
        position = None if text is None else dt.datetime.fromisoformat(text)
        return position if position is not None and position.tzinfo is not None else None
    return None


class Healing:
    """The state of one process. Safe in threads; a forked child begins anew."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._start()

    def _start(self) -> None:
        self._process = os.getpid()
        self._busy = threading.Lock()
        # What was lost last: of two threads that lose something at once, neither loss is taken for the other.
        self._loss = object()
        self._made_up_for: object = None
        self._last = 0.0
        self._applied: frozenset[UUID | None] = frozenset()

    def lost(self) -> None:
        """The cache did not answer: whatever it knew may be lost, and what it was told."""
        self._become_mine()
        self._loss = object()

    def is_due(self) -> bool:
        """Whether it is time to heal."""
        return not self.is_done() or self._now() - self._last > EVERY

    def is_done(self) -> bool:
        """Whether the cache may be trusted: nothing was lost since it was healed."""
        self._become_mine()
        return self._made_up_for is self._loss

    def begin(self) -> object | None:
        """Begin to heal; None: somebody else is at it. What it returns is for `unseen` and `end`."""
        self._become_mine()
        return self._loss if self._busy.acquire(blocking=False) else None

    def unseen(self, loss: object, found: Sequence[Stale]) -> list[Stale]:
        """What this process has not applied yet, or not since something was lost."""
        known: frozenset[UUID | None] = self._applied if loss is self._made_up_for else frozenset()
        return [each for each in found if each.id not in known]

    def end(self, loss: object, applied: Sequence[Stale] | None) -> None:
        """Healing is over.

        Args:
            loss: From `begin`.
            applied: All that was found since the position; None: it failed.
        """
        if applied is not None:
            # What was lost while this ran is not made up for.
            self._made_up_for, self._last = loss, self._now()
            self._applied = frozenset(each.id for each in applied)
        self._busy.release()

    def _become_mine(self) -> None:
        if os.getpid() != self._process:
            self._start()
