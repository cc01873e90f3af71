"""Free slots take two statements: of 31 days, of 50 doctors on a date, and however many rows there are (Q040, Q041, C16)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert

from telemed_store import Actor, Store, new_id
from telemed_store.appointments.tables import appointments
from telemed_store.availability.tables import availability_windows, blocked_dates
from telemed_store.people.tables import doctors, patients, service_locations, users
from telemed_store.testing.clock import PRESENT
from telemed_store.testing.statements import StatementCounter

SYSTEM = Actor.system("tests")
DAY, HALF_HOUR = dt.timedelta(days=1), dt.timedelta(minutes=30)
TOMORROW = PRESENT.date() + DAY
MADE = {"version": 1, "created_at": PRESENT, "updated_at": PRESENT}


def row(**values: Any) -> dict[str, Any]:
    return {"id": new_id(), **MADE, **values}


@pytest.fixture
def fifty_doctors(telemed: Store) -> list[UUID]:
    """Each with windows on every day, at two places and of a date, with blocks and appointments of ten days with one patient."""
    people = [row(name="Somebody", status="active", zone="UTC") for _ in range(51)]
    patient = row(user_id=people[50]["id"], status="active")
    them = [
        row(user_id=user["id"], languages=[], status="active", signature_enrolment="not_integrated", zone="UTC")
        for user in people[:50]
    ]
    places = [
        row(doctor_id=doctor["id"], name=f"Place {number}", type="teleconsultation", is_active=number == 0)
        for doctor in them
        for number in range(2)
    ]
    windows: list[dict[str, Any]] = []
    blocks: list[dict[str, Any]] = []
    visits: list[dict[str, Any]] = []
    for number, doctor in enumerate(them):
        mine = {"doctor_id": doctor["id"], "zone": "UTC"}
        hours = {"kind": "recurring", "specific_date": None, "is_active": True, "location_id": None}
        windows += [row(**mine, **hours, weekday=day, start_minute=480, end_minute=1080) for day in range(1, 8)]
        for place, start in zip(places[2 * number : 2 * number + 2], (1080, 1200), strict=True):
            hours = {"kind": "specific", "weekday": None, "is_active": True, "location_id": place["id"]}
            dated = {"specific_date": TOMORROW, "start_minute": start, "end_minute": start + 120}
            windows.append(row(**mine, **hours, **dated))
        blocks += [
            row(**mine, first_date=TOMORROW + days * DAY, last_date=TOMORROW + days * DAY) for days in (5, 6, 40)
        ]
        for days in range(10):
            # One after the other: the patient is with one doctor at a time.
            starts_at = dt.datetime.combine(TOMORROW + days * DAY, dt.time(0), dt.UTC) + number * HALF_HOUR / 2
            visits.append(
                row(
                    doctor_id=doctor["id"],
                    patient_id=patient["id"],
                    starts_at=starts_at,
                    ends_at=starts_at + HALF_HOUR / 2,
                    local_starts_at=starts_at.replace(tzinfo=None),
                    zone="UTC",
                    status="scheduled",
                    origin="booked",
                    access_code=new_id().hex[-8:].upper(),
                    created_by=doctor["user_id"],
                )
            )
    tables = (users, doctors, patients, service_locations, availability_windows, blocked_dates, appointments)
    rows = (people, them, [patient], places, windows, blocks, visits)
    with telemed.unit_of_work(SYSTEM) as uow:
        for table, those in zip(tables, rows, strict=True):
            uow.connection.execute(insert(table), those)
    return [doctor["id"] for doctor in them]


def test_q040_q041_at_most_three_statements_for_fifty_doctors_and_for_31_days(
    telemed: Store, fifty_doctors: list[UUID], telemed_statements: StatementCounter
) -> None:
    mine = telemed.acting_as(SYSTEM).availability
    with telemed_statements() as of_all:
        slots = mine.free_slots_of(fifty_doctors, TOMORROW)
    # Two hours at the open place: the date's windows displace the weekday's, and the other place is closed.
    assert [slot.doctor_id for slot in slots] == [doctor_id for doctor_id in fifty_doctors for _ in range(4)]
    with telemed_statements() as of_one:
        assert len(mine.free_slots_of(fifty_doctors[:1], TOMORROW)) == 4
    with telemed_statements() as month:
        found = mine.free_slots(fifty_doctors[0], TOMORROW, TOMORROW + 30 * DAY)
    assert len({slot.starts_at.date() for slot in found}) == 29
    assert (of_all.count, of_one.count, month.count) == (2, 2, 2)
