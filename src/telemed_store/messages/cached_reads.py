"""The read of messages that the cache may answer: the actor's unread total."""

from __future__ import annotations

from typing import Final

from telemed_store.audit.context import Context
from telemed_store.cache.keys import CacheKey
from telemed_store.cache.reading import Cached
from telemed_store.messages import caching, reading

__all__ = ["UNREAD_TOTAL"]


def _key(context: Context) -> CacheKey | None:
    """None for a job of the system, who has no messages: that it is refused is said where the total is read."""
    return None if context.actor.id is None else caching.UNREAD.key(context.actor.id)


def _show(_context: Context, found: int | None) -> int:
    return found or 0


UNREAD_TOTAL: Final = Cached(caching.UNREAD, _key, reading.unread_total, _show)
