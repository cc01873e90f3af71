# Generated from _async/cache/test_what_areas_keep.py by tools/sync.py. Do not edit.
"""What the areas keep is asked of the database once, and shown to each viewer as the database would show it, in both worlds."""

from __future__ import annotations

import datetime as dt

import pytest

from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.errors import NotFound, NotPermitted
from telemed_store.testing._sync.make import Make
from telemed_store.testing.clock import FrozenClock
from telemed_store.testing.factories import PersonalData
from telemed_store.testing.statements import StatementCounter


@pytest.fixture
def make(store: Store, telemed_data: PersonalData, telemed_clock: FrozenClock) -> Make:
    return Make(store, telemed_data, telemed_clock)


def test_what_is_kept_is_not_asked_again(store: Store, make: Make, telemed_statements: StatementCounter) -> None:
    visit = make.appointment()
    job = store.acting_as(make.actor)
    doctor = job.people.doctor(visit.doctor_id)
    today = make._today()
    for _ in range(2):
        with telemed_statements() as sent:
            job.people.doctor(visit.doctor_id)
            job.people.user(doctor.user_id)
            job.people.specializations()
            job.appointments.get(visit.id)
            job.appointments.of_pair(visit.id, visit.doctor_id, visit.patient_id)
            job.availability.free_slots(visit.doctor_id, today, today)
            # The same days, for longer slots.
            job.availability.free_slots(visit.doctor_id, today, today, duration=dt.timedelta(hours=1))
            store.acting_as(Actor.user(doctor.user_id)).messages.unread_total()

    assert sent.texts == ()


def test_what_is_for_one_viewer_alone_is_asked_each_time(
    store: Store, make: Make, telemed_statements: StatementCounter
) -> None:
    """A patient's own time, and what stands behind a cursor."""
    visit = make.appointment()
    make.specialization()
    make.specialization()
    job, today = store.acting_as(make.actor), make._today()
    first = job.people.specializations(limit=1)
    counts: list[int] = []
    for _ in range(2):
        with telemed_statements() as sent:
            job.availability.free_slots(visit.doctor_id, today, today, patient_id=visit.patient_id)
            job.people.specializations(limit=1, cursor=first.next_cursor)
        counts.append(sent.count)

    assert counts == [3, 3]


def test_a_patients_own_time_is_taken_from_slots_that_are_kept(store: Store, make: Make) -> None:
    """Three appointments at the same time would be one too many: the patient is elsewhere."""
    elsewhere = make.appointment()
    doctor = make.doctor()
    make.office_hours(doctor.id)
    job, day = store.acting_as(make.actor), elsewhere.local_starts_at.date()
    for_anybody = job.availability.free_slots(doctor.id, day, day)
    for_the_patient = job.availability.free_slots(doctor.id, day, day, patient_id=elsewhere.patient_id)

    taken = [slot.starts_at for slot in for_anybody if slot not in for_the_patient]
    assert taken == [elsewhere.starts_at]


def test_what_is_kept_for_one_is_not_shown_to_another(store: Store, make: Make) -> None:
    visit = make.appointment()
    stranger = store.acting_as(Actor.user(make.patient().user_id))
    patient = store.acting_as(make.actor).people.patient(visit.patient_id).user_id
    store.acting_as(Actor.user(patient)).appointments.get(visit.id)
    store.acting_as(Actor.user(patient)).people.user(patient)

    with pytest.raises(NotFound):
        stranger.appointments.get(visit.id)
    with pytest.raises(NotFound):
        stranger.people.user(patient)
    with pytest.raises(NotPermitted):
        store.acting_as(make.actor).messages.unread_total()


def test_slots_that_are_kept_go_by_with_the_time(store: Store, make: Make, telemed_clock: FrozenClock) -> None:
    doctor = make.doctor()
    make.office_hours(doctor.id)
    job, today = store.acting_as(make.actor), make._today()
    offered = job.availability.free_slots(doctor.id, today, today)
    # Shorter than the slots are kept, and just long enough for the first to be too early.
    telemed_clock.set(offered[0].starts_at - dt.timedelta(minutes=5, microseconds=1))
    assert job.availability.free_slots(doctor.id, today, today) == offered
    telemed_clock.step(dt.timedelta(microseconds=1))

    assert job.availability.free_slots(doctor.id, today, today) == offered[1:]
