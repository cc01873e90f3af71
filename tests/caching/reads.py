"""The reads that the cache may answer, each with the calls by which it is asked; and what a viewer gets of them.

A new `Cached` gets its line here, without which a test fails.
"""

from __future__ import annotations

import datetime as dt
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel

import telemed_store
from telemed_store import Page, StoreError
from telemed_store.cache.reading import Cached
from telemed_store.people.tables import users

from .town import UNKNOWN, Town, Viewer

Call = Callable[[Any], Any]
A_WEEK = dt.timedelta(days=7)


def every_cached() -> dict[str, Cached[..., Any, Any]]:
    """Every read that the package may keep, by looking into its rooms."""
    rooms = (each.name for each in pkgutil.walk_packages(telemed_store.__path__, "telemed_store."))
    found = (importlib.import_module(name) for name in rooms if name.endswith(".cached_reads"))
    return {
        f"{room.__name__.split('.')[1]}.{name}": value
        for room in found
        for name, value in vars(room).items()
        if isinstance(value, Cached)
    }


def _doctor(town: Town) -> Iterator[Call]:
    for doctor_id in (*town.doctor_ids, UNKNOWN, "Ana"):
        yield lambda frame, doctor_id=doctor_id: frame.people.doctor(doctor_id)


def _user(town: Town) -> Iterator[Call]:
    for user_id in (*(row.id for row in town.rows(users)[:5]), UNKNOWN, None):
        yield lambda frame, user_id=user_id: frame.people.user(user_id)


def _specializations(_town: Town) -> Iterator[Call]:
    for limit in (None, 1, 200, 201, 0):
        yield lambda frame, limit=limit: frame.people.specializations(limit)
    yield lambda frame: frame.people.specializations(cursor="another list's")


def _appointment(town: Town) -> Iterator[Call]:
    for visit_id in (*(row.id for row in town.visits[-6:]), UNKNOWN):
        yield lambda frame, visit_id=visit_id: frame.appointments.get(visit_id)


def _of_pair(town: Town) -> Iterator[Call]:
    visit = town.visits[0]
    for patient_id in (visit.patient_id, UNKNOWN):
        ids = (visit.id, visit.doctor_id, patient_id)
        yield lambda frame, ids=ids: frame.appointments.of_pair(*ids)


def _free_slots(town: Town) -> Iterator[Call]:
    first = town.make._today()
    for doctor_id in (*town.doctor_ids, UNKNOWN):
        yield _slots(doctor_id, first, first + A_WEEK)
    doctor_id = town.doctor_ids[0]
    yield _slots(doctor_id, first, first + A_WEEK, duration=dt.timedelta(minutes=45))
    yield _slots(doctor_id, first, first)
    yield _slots(doctor_id, first, first + A_WEEK, patient_id=town.patient_ids[0])
    # What is refused is refused whether or not something is kept under the dates.
    yield _slots(doctor_id, first, first, duration=dt.timedelta(seconds=1))
    yield _slots(doctor_id, first, first - A_WEEK)
    yield _slots(doctor_id, first, first, duration="long")


def _slots(doctor_id: UUID, first: dt.date, last: dt.date, **wishes: Any) -> Call:
    return lambda frame: frame.availability.free_slots(doctor_id, first, last, **wishes)


def _unread(_town: Town) -> Iterator[Call]:
    yield lambda frame: frame.messages.unread_total()


CALLS: dict[str, Callable[[Town], Iterable[Call]]] = {
    "people.DOCTOR": _doctor,
    "people.USER": _user,
    "people.SPECIALIZATIONS": _specializations,
    "appointments.APPOINTMENT": _appointment,
    "appointments.APPOINTMENT_OF_PAIR": _of_pair,
    "availability.FREE_SLOTS": _free_slots,
    "messages.UNREAD_TOTAL": _unread,
}


class Seen(NamedTuple):
    """What one viewer got of all reads, and the access rows and denials that this left."""

    outcomes: dict[str, Any]
    notes: list[tuple[Any, ...]]

    def differences(self, true: Seen) -> list[str]:
        """Which reads are not what they should be, and how; the record of them too."""
        names = dict.fromkeys((*self.outcomes, *true.outcomes))
        told = [(name, self.outcomes.get(name), true.outcomes.get(name)) for name in names]
        told.append(("notes", self.notes, true.notes))
        return [f"{name}: {had} instead of {has}" for name, had, has in told if had != has]


def look(town: Town, viewer: Viewer, *, cached: bool) -> Seen:
    """All reads of one viewer, through the cache or round it."""
    actor = viewer.actor()
    mine = town.store.acting_as(actor)
    with mine.reader(cached=cached) as reader, mine.reader(cached=False) as plain:
        outcomes = {
            f"{name} {number}": outcome(partial(call, reader), plain)
            for name, calls in CALLS.items()
            for number, call in enumerate(calls(town))
        }
    return Seen(outcomes, town.committed.notes(actor.correlation_id))


def outcome(read: Callable[[], Any], plain: Any) -> Any:
    """What a caller can tell of a read: the value with all its types, or the error with all it says."""
    try:
        return told(read(), plain)
    except StoreError as error:
        return (type(error).__name__, error.code, str(error), getattr(error, "fields", None))


def told(value: Any, plain: Any) -> Any:
    if isinstance(value, Page):
        # A cursor is another one each time: what counts is what stands behind it.
        behind = plain.people.specializations(cursor=value.next_cursor).items if value.next_cursor else None
        return (told(value.items, plain), value.has_more, told(behind, plain))
    if isinstance(value, BaseModel):
        return (type(value), {name: told(each, plain) for name, each in dict(value).items()}, value.model_fields_set)
    if isinstance(value, list | tuple):
        return (type(value), [told(each, plain) for each in value])
    if isinstance(value, dt.datetime):
        return (type(value), value.isoformat(), value.tzname())
    return (type(value), value)
