"""The same request several times at once: threads, plain units of work or verbs, every engine (D01, C3, C7)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from telemed_store import Actor, Appointment, NewAppointment, NewAvailabilityWindow, NewBlock, Store, StoreError
from telemed_store.appointments.tables import appointment_logs, appointments
from telemed_store.testing import FrozenClock, Make, ProofSize

ACTOR = Actor.system("at once")
AT_ONCE = 6


def together(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """The results of calls that begin in the same moment; a typed error stands for itself."""
    ready = Barrier(len(calls))

    def attempt(call: Callable[[], Any]) -> Any:
        ready.wait()
        try:
            return call()
        except StoreError as refusal:
            return type(refusal).__name__

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(attempt, calls))


def wanted(make: Make, clock: FrozenClock, doctor: Any = None) -> NewAppointment:
    """A booking at ten tomorrow, of a doctor with office hours."""
    if doctor is None:
        doctor = make.doctor()
        make.office_hours(doctor.id)
    starts_at = (clock.now() + dt.timedelta(days=1)).replace(hour=13, minute=0)
    return NewAppointment(doctor_id=doctor.id, patient_id=make.patient().id, starts_at=starts_at)


def count(store: Store, table: Any) -> int:
    with store.unit_of_work(ACTOR) as uow:
        return int(uow.connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_one_request_repeated_at_once_books_once(
    telemed: Store, telemed_make: Make, telemed_clock: FrozenClock
) -> None:
    """booking_is_idempotent_by_key_for_ever: as verbs, and in units of work that the caller opened."""
    request = wanted(telemed_make, telemed_clock)
    mine = telemed.acting_as(ACTOR)

    def in_a_unit() -> Appointment:
        with telemed.unit_of_work(ACTOR) as uow:
            return uow.appointments.schedule(request, idempotency_key="k")

    answers = together(
        [*[lambda: mine.appointments.schedule(request, idempotency_key="k")] * AT_ONCE, *[in_a_unit] * AT_ONCE]
    )

    assert len({answer.id for answer in answers}) == 1
    assert count(telemed, appointments) == count(telemed, appointment_logs) == 1


def test_one_key_for_different_people_at_once_books_once(
    telemed: Store, telemed_make: Make, telemed_clock: FrozenClock
) -> None:
    """Their guards differ, so the unique key decides; the losers are run again and find the winner."""
    requests = [wanted(telemed_make, telemed_clock) for _ in range(AT_ONCE)]
    mine = telemed.acting_as(ACTOR)

    answers = together(
        [lambda request=request: mine.appointments.schedule(request, idempotency_key="k") for request in requests]
    )

    assert sorted(str(answer) for answer in answers if isinstance(answer, str)) == ["IdempotencyConflict"] * (
        AT_ONCE - 1
    )
    assert count(telemed, appointments) == 1


def test_of_changes_at_once_one_wins(telemed: Store, telemed_make: Make, telemed_clock: FrozenClock) -> None:
    """lost_update_on_every_engine: every other one learns that the version is gone."""
    request = wanted(telemed_make, telemed_clock)
    mine = telemed.acting_as(ACTOR)
    booked = mine.appointments.schedule(request)
    calls: list[Callable[[], Any]] = [
        lambda: mine.appointments.cancel(booked.id, expected_version=1),
        lambda: mine.appointments.mark_no_show(booked.id, expected_version=1),
        *(
            lambda hour=hour: mine.appointments.reschedule(
                booked.id, starts_at=booked.starts_at + dt.timedelta(hours=hour), expected_version=1
            )
            for hour in range(AT_ONCE)
        ),
    ]

    answers = together(calls)

    assert sorted(answer for answer in answers if isinstance(answer, str)) == ["VersionConflict"] * (len(calls) - 1)
    assert mine.appointments.get(booked.id).version == 2
    assert count(telemed, appointment_logs) == 2


def test_booking_and_cancelling_of_one_pair_never_deadlock(
    telemed: Store, telemed_make: Make, telemed_clock: FrozenClock
) -> None:
    """In plain units of work, which nobody repeats: a verb locks nothing that a booking holds the other way round."""
    first = wanted(telemed_make, telemed_clock)
    mine = telemed.acting_as(ACTOR)

    def moved(minutes: int) -> NewAppointment:
        return first.model_copy(update={"starts_at": first.starts_at + dt.timedelta(minutes=30 * minutes)})

    booked = [mine.appointments.schedule(moved(slot)) for slot in range(AT_ONCE)]

    def cancel(one: Appointment) -> str:
        with telemed.unit_of_work(ACTOR) as uow:
            return uow.appointments.cancel(one.id, expected_version=1).status.value

    def book(slot: int) -> str:
        with telemed.unit_of_work(ACTOR) as uow:
            return uow.appointments.schedule(moved(slot)).status.value

    answers = together(
        [
            *(lambda one=one: cancel(one) for one in booked),
            *(lambda slot=slot: book(slot) for slot in range(AT_ONCE, 2 * AT_ONCE)),
        ]
    )

    assert answers == ["cancelled"] * AT_ONCE + ["scheduled"] * AT_ONCE


def test_one_visit_imported_at_once_is_stored_once(telemed: Store, telemed_make: Make) -> None:
    visits = [telemed_make.new_imported_visit(telemed_make.doctor().id, telemed_make.patient().id) for _ in range(3)]
    mine = telemed.acting_as(ACTOR)

    answers = together([lambda: mine.appointments.import_completed(visits)] * AT_ONCE)

    assert len({answer.imported for answer in answers}) == 1
    assert sum(answer.repeated for answer in answers) == 3 * (AT_ONCE - 1)
    assert count(telemed, appointments) == 3


@pytest.mark.telemed_size(rounds=(5, 60))
def test_doctors_who_edit_their_own_calendars_at_once_never_meet(
    telemed: Store, telemed_make: Make, telemed_clock: FrozenClock, telemed_size: ProofSize
) -> None:
    """In plain units of work, so that a deadlock would show: each locks rows of its own doctor alone."""
    doctors = [telemed_make.doctor() for _ in range(AT_ONCE)]
    rounds = telemed_size.rounds

    def edit(doctor_id: Any) -> int:
        for number in range(rounds):
            with telemed.unit_of_work(ACTOR) as uow:
                windows = [
                    NewAvailabilityWindow(
                        doctor_id=doctor_id, weekday=weekday, start_minute=480 + number, end_minute=720
                    )
                    for weekday in range(1, 8)
                ]
                seen = uow.availability.set_up(doctor_id).schedule_version
                uow.availability.save_schedule(doctor_id, windows, expected_version=seen)
                day = telemed_clock.now().date() + dt.timedelta(days=10 + number)
                uow.availability.block_dates(NewBlock(doctor_id=doctor_id, first_date=day, last_date=day))
        return rounds

    assert together([lambda doctor=doctor: edit(doctor.id) for doctor in doctors]) == [rounds] * AT_ONCE
