"""Where it is written down what a transaction made stale, in case its process dies before the cache hears of it (design §3.8)."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, Named, String, Table

from telemed_store.cache.keys import LONGEST
from telemed_store.database.columns import AppendOnlyRow
from telemed_store.database.metadata import METADATA, TABLE_OPTIONS

__all__ = ["cache_invalidations"]


class CacheInvalidationColumns(AppendOnlyRow):
    # A tag has a mark before its name: see `cache.keys.Stale`.
    key: Named[str] = Column(String(LONGEST + 1), nullable=False)
    version: Named[int] = Column(Integer, nullable=False)


cache_invalidations: Final = Table(
    "cache_invalidations",
    METADATA,
    CacheInvalidationColumns,
    # Healing reads the newest rows; the maintenance job deletes the oldest.
    Index("ix_cache_invalidations_created_at", "created_at"),
    **TABLE_OPTIONS,
)
