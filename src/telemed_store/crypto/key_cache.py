"""Unwrapped key rings in the memory of one process: bounded, forgotten after a while, shared by its threads."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Final
from uuid import UUID

from telemed_store.crypto.data_keys import KeyRing, Purpose

__all__ = ["KeyCache"]


class KeyCache:
    """The most recently used rings. Says nothing of absence: a ring without keys is never kept."""

    def __init__(self, size: int, ttl: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Make an empty cache.

        Args:
            size: Rings kept at most; 0 keeps none.
            ttl: Seconds a ring is kept, that is how long a key destroyed by another process may still decrypt here.
            monotonic: Seconds that never go back.
        """
        self._size = size
        self._ttl = ttl
        self._monotonic = monotonic
        self._rings: OrderedDict[tuple[UUID, Purpose], tuple[float, KeyRing]] = OrderedDict()
        self._lock = threading.Lock()
        _CACHES.add(self)

    def get(self, subject_id: UUID, purpose: Purpose) -> KeyRing | None:
        """The ring, if it is kept and not too old."""
        place = (subject_id, purpose)
        with self._lock:
            kept = self._rings.get(place)
            if kept is None:
                return None
            expires_at, ring = kept
            if self._monotonic() >= expires_at:
                del self._rings[place]
                return None
            self._rings.move_to_end(place)
            return ring

    def put(self, ring: KeyRing) -> None:
        """Keep a committed ring, in place of the one used longest ago."""
        if not ring.keys:
            return
        place = (ring.subject_id, ring.purpose)
        with self._lock:
            self._rings[place] = (self._monotonic() + self._ttl, ring)
            self._rings.move_to_end(place)
            while len(self._rings) > self._size:
                self._rings.popitem(last=False)

    def __len__(self) -> int:
        with self._lock:
            return len(self._rings)

    def __repr__(self) -> str:
        return f"KeyCache(size={self._size}, ttl={self._ttl})"

    def start_anew(self) -> None:
        """Empty the cache, with a free lock: a forked child's copy may be held by a thread that it does not have."""
        self._lock = threading.Lock()
        self._rings = OrderedDict()


_CACHES: Final[weakref.WeakSet[KeyCache]] = weakref.WeakSet()


def _start_anew_in_child() -> None:
    for cache in list(_CACHES):
        cache.start_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew_in_child)
