# Generated from _async/cache/choosing.py by tools/sync.py. Do not edit.
"""Which cache a store has if its caller brings none."""

from __future__ import annotations

from pathlib import Path

from telemed_store._sync.cache.backends import CacheBackend
from telemed_store._sync.cache.in_process import InProcessCache, NullCache
from telemed_store.cache.data_version import DataVersion
from telemed_store.database.clock import Clock
from telemed_store.opening import Opening

__all__ = ["chosen_cache"]


def chosen_cache(opening: Opening, clock: Clock) -> CacheBackend:
    """In process on a SQLite file, otherwise none."""
    file = opening.url.database
    if opening.url.get_backend_name() != "sqlite" or not file or file == ":memory:" or file.startswith("file:"):
        return NullCache()
    return InProcessCache(clock, data_version=DataVersion(Path(file)))
