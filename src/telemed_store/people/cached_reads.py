"""The reads of people that the cache may answer: what is kept is the same for everybody, what is shown depends on who looks."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from telemed_store.audit.context import Context
from telemed_store.cache.keys import CacheKey, Tag
from telemed_store.cache.reading import Cached
from telemed_store.people import caching, listing, lookups

__all__ = ["DOCTOR", "SPECIALIZATIONS", "USER"]


def _doctor_key(_context: Context, doctor_id: UUID) -> CacheKey:
    return caching.DOCTOR.key(doctor_id)


def _user_key(_context: Context, user_id: UUID) -> CacheKey:
    return caching.USER.key(user_id)


def _specializations_key(_context: Context, limit: int | None = None, cursor: str | None = None) -> CacheKey | None:
    """Of the first page. Those behind a cursor are read: which one it names only its owner may learn."""
    return caching.SPECIALIZATIONS.key(listing.PLACES_SIZE.of(limit)) if cursor is None else None


def _specializations_tags(_limit: int | None = None, _cursor: str | None = None) -> tuple[Tag, ...]:
    return (caching.SPECIALIZATION_LIST,)


DOCTOR: Final = Cached(caching.DOCTOR, _doctor_key, lookups.load_doctor, lookups.show_doctor)

USER: Final = Cached(caching.USER, _user_key, lookups.load_user, lookups.show_user)

SPECIALIZATIONS: Final = Cached(
    caching.SPECIALIZATIONS,
    _specializations_key,
    listing.load_specializations,
    listing.show_specializations,
    tags=_specializations_tags,
    uncached=listing.specializations,
)
