"""The read of availability that the cache may answer: the free slots of one doctor, while they are for nobody in particular."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from telemed_store.audit.context import Context
from telemed_store.availability import caching, slots
from telemed_store.availability.caching import DoctorDays
from telemed_store.availability.calendar import Busy
from telemed_store.availability.models import FreeSlot
from telemed_store.cache.keys import CacheKey, Tag
from telemed_store.cache.reading import Cached
from telemed_store.errors import NotFound
from telemed_store.people.caching import DOCTOR_TIME

__all__ = ["FREE_SLOTS"]


def load(
    connection: Connection,
    context: Context,
    doctor_id: UUID,
    first_date: dt.date,
    last_date: dt.date,
    patient_id: UUID | None = None,  # noqa: ARG001 - a patient's free slots are not kept
    duration: dt.timedelta | None = None,
) -> DoctorDays | None:
    """A doctor's days, if there is such a doctor: three statements, two if nothing can be offered."""
    slots.search_of(context, first_date, last_date, duration)
    found = slots.load_calendar(connection, [doctor_id], first_date, last_date).get(doctor_id)
    if found is None:
        return None
    taken = slots.busy_on(connection, context, [found], first_date, last_date) if found.is_offering else []
    return DoctorDays(found, tuple(Busy(row.starts_at, row.ends_at) for row in taken))


def show(
    context: Context,
    found: DoctorDays | None,
    doctor_id: UUID,  # noqa: ARG001 - the days are the doctor's
    first_date: dt.date,
    last_date: dt.date,
    patient_id: UUID | None = None,  # noqa: ARG001 - a patient's free slots are not kept
    duration: dt.timedelta | None = None,
) -> list[FreeSlot]:
    """The slots that can be offered now, as `slots.free_slots` shows them."""
    search = slots.search_of(context, first_date, last_date, duration)
    if found is None:
        raise NotFound("doctor")
    if not found.calendar.is_offering:
        return []
    return found.calendar.slots(first_date, last_date, found.busy, search)


def _key(
    _context: Context,
    doctor_id: UUID,
    first_date: dt.date,
    last_date: dt.date,
    patient_id: UUID | None = None,
    duration: dt.timedelta | None = None,  # noqa: ARG001 - the days are the same for any
) -> CacheKey | None:
    """None if it is for a patient: whether the actor may learn when that patient is busy is asked each time, and so is when."""
    return caching.FREE_SLOTS.key(doctor_id, first_date, last_date) if patient_id is None else None


def _tags(doctor_id: UUID, *_dates: object, **_wishes: object) -> tuple[Tag, ...]:
    return (DOCTOR_TIME.tag(doctor_id),)


FREE_SLOTS: Final = Cached(caching.FREE_SLOTS, _key, load, show, tags=_tags, consistent=True, uncached=slots.free_slots)
