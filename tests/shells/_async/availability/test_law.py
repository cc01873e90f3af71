"""The availability law in the database: search, free slots and booking agree both ways on drawn calendars (D02 to D06, D14).

The calendars stand on weeks in which their clocks jump; what may be booked is decided minute by minute, by reading clocks
(``drawn_calendars.py``). The pure functions are tried on every zone, jump and minute in ``tests/availability/test_law.py``.
"""

from __future__ import annotations

import datetime as dt
import random
from uuid import UUID

import pytest
from drawn_calendars import ANNEX, OFFICE, STEP, DrawnCalendar, Span, draw_calendars
from wall_clocks import MINUTE

from telemed_store import AsyncStore, DoctorStatus, NewAppointment, ValidationFailed
from telemed_store.scopes import AvailableOn, WithSpecialization
from telemed_store.testing._async.make import AsyncMake
from telemed_store.testing.clock import FrozenClock
from telemed_store.testing.sizes import ProofSize
from telemed_store.testing.statements import StatementCounter

from .practice import Practice

pytestmark = pytest.mark.asyncio

LENGTH, CUTOFF = 30, dt.timedelta(minutes=5)


Try = tuple[dt.datetime, int, str | None]
"""A start, a length in minutes and a place."""


def around(edges: list[dt.datetime], places: tuple[str | None, ...]) -> list[Try]:
    """Starting or ending at an edge, and a minute before and after it."""
    return [
        (edge - before * MINUTE + shift * MINUTE, length, place)
        for edge in edges
        for length in (LENGTH, 7)
        for before in (0, length)
        for shift in (-1, 0, 1)
        for place in places
    ]


def candidates(drawn: DrawnCalendar, count: int) -> list[Try]:
    """What to try: beside what is taken, around every other edge, and on a grid of five minutes."""
    chance = random.Random(drawn.seed)
    taken = drawn.taken()
    beside_taken = around([instant for span in taken for instant in span], (None,))
    others = around(drawn.edges(), (None, OFFICE))
    others += [(instant, LENGTH, None) for instant in list(drawn.reading.progress)[::5]]
    others += [(instant, LENGTH, ANNEX) for instant in chance.sample(drawn.edges(), 2)]
    tries = chance.sample(beside_taken, len(beside_taken)) + chance.sample(others, min(10 * count, len(others)))
    by_verdict: dict[str, list[Try]] = {}
    for each in tries:
        by_verdict.setdefault(drawn.verdict(*each, taken), []).append(each)
    # Of every verdict as many: at random most starts lie outside.
    return [each for several in by_verdict.values() for each in several[: count // len(by_verdict)]]


@pytest.mark.telemed_settings(slot_step=STEP * MINUTE)
@pytest.mark.telemed_size(calendars=(5, 40), tries=(20, 150), bookings=(6, 40))
async def test_free_slots_and_booking_agree(
    async_telemed: AsyncStore, async_telemed_make: AsyncMake, telemed_clock: FrozenClock, telemed_size: ProofSize
) -> None:
    """D03 to D06; reschedule_onto_itself_is_allowed: what is offered is taken, and what is refused is not offered."""
    specialization = (await async_telemed_make.specialization()).id
    for drawn in draw_calendars(telemed_size.calendars):
        practice = Practice(async_telemed, async_telemed_make, telemed_clock, drawn)
        await practice.open(specialization)
        await offered_is_what_can_be_booked(practice)
        await search_finds_whom_has_open_hours(practice, specialization)
        taken = drawn.taken()
        async with practice.mine.unit_of_work() as uow:
            for start, length, place in candidates(drawn, telemed_size.tries):
                expected = drawn.verdict(start, length, place, taken)
                told = (drawn.zone, drawn.seed, start, length, place)
                assert await practice.tried(uow, start, length, place) == expected, told
                assert await practice.is_bookable(uow, start, length, place) == (expected == "booked"), told
            own = drawn.of_both
            length = int((own.end - own.start) / MINUTE)
            without_own = drawn.taken(of_both=False)
            for shift in (-length, -1, 0, 1, length):
                start = own.start + shift * MINUTE
                expected = drawn.verdict(start, length, None, without_own)
                assert await practice.tried_to_move(uow, start) == expected, (drawn.zone, drawn.seed, start)
        await offered_slots_can_be_booked(practice, telemed_size.bookings)
        await nobody_is_offered_who_is_not_active(practice, specialization)


async def offered_is_what_can_be_booked(practice: Practice) -> None:
    """With and without a patient, of other lengths, and of several doctors on one date."""
    drawn, patient_id = practice.drawn, practice.patient.id
    for_patient = drawn.taken()
    anybody = drawn.taken(of_patient=False)
    assert await practice.free_slots(patient_id=patient_id) == practice.expected(
        drawn.slots(LENGTH, STEP, CUTOFF, for_patient)
    )
    assert await practice.free_slots() == practice.expected(drawn.slots(LENGTH, STEP, CUTOFF, anybody))
    longer = drawn.slots(95, STEP, CUTOFF, for_patient)
    assert await practice.free_slots(patient_id=patient_id, duration=dt.timedelta(minutes=95)) == practice.expected(
        longer
    )
    by_date = [
        slot
        for date in drawn.dates
        for slot in await practice.mine.availability.free_slots_of([practice.doctor.id], date, patient_id)
    ]
    assert by_date == await practice.free_slots(patient_id=patient_id)


async def search_finds_whom_has_open_hours(practice: Practice, specialization: UUID) -> None:
    """D05: blocks, specific dates, closed places and hours that the clock skips count as they do for free slots."""
    drawn = practice.drawn
    for date in drawn.dates:
        found = await practice.mine.people.search_doctors(
            WithSpecialization(specialization) & AvailableOn(date), limit=50
        )
        open_hours = [hours for hours in drawn.hours_of(date) if drawn.open_minutes(date, hours)]
        assert (practice.doctor.id in {doctor.id for doctor in found.items}) == bool(open_hours), date


async def offered_slots_can_be_booked(practice: Practice, count: int) -> None:
    """D02: in any order; each one that is booked takes those that it meets, and no other."""
    drawn, patient_id = practice.drawn, practice.patient.id
    taken = drawn.taken()
    slots = await practice.free_slots(patient_id=patient_id)
    async with practice.mine.unit_of_work() as uow:
        for slot in random.Random(drawn.seed).sample(slots, len(slots)):
            span = Span(slot.starts_at, slot.ends_at)
            if count == 0 or any(span.meets(other) for other in taken):
                continue
            new = NewAppointment(doctor_id=slot.doctor_id, patient_id=patient_id, starts_at=slot.starts_at)
            booked = await uow.appointments.schedule(new)
            assert (booked.ends_at, booked.local_starts_at) == (slot.ends_at, slot.local_starts_at)
            assert booked.location_id == slot.location_id
            taken.append(span)
            count -= 1
    left = practice.expected(drawn.slots(LENGTH, STEP, CUTOFF, taken))
    assert await practice.free_slots(patient_id=patient_id) == left


async def nobody_is_offered_who_is_not_active(practice: Practice, specialization: UUID) -> None:
    """D05: an inactive doctor is not found, has no free slot and cannot be booked."""
    doctor = practice.doctor
    start = practice.drawn.of_both.start + dt.timedelta(days=7)
    await practice.mine.people.set_doctor_status(doctor.id, DoctorStatus.INACTIVE, expected_version=doctor.version)
    assert await practice.free_slots() == []
    assert not await practice.mine.availability.is_bookable(doctor.id, start, start + LENGTH * MINUTE)
    with pytest.raises(ValidationFailed) as refused:
        await practice.mine.appointments.schedule(
            NewAppointment(doctor_id=doctor.id, patient_id=practice.patient.id, starts_at=start)
        )
    assert set(refused.value.fields) == {"doctor_id"}
    found = await practice.mine.people.search_doctors(WithSpecialization(specialization), limit=50)
    assert doctor.id not in {each.id for each in found.items}


async def test_a_month_of_slots_takes_two_statements(
    async_telemed: AsyncStore, async_telemed_make: AsyncMake, telemed_statements: StatementCounter
) -> None:
    """Q041; however many windows, blocks and appointments there are is counted in ``tests/availability/test_statement_counts.py``."""
    mine = async_telemed.acting_as(async_telemed_make.actor)
    visit = await async_telemed_make.appointment()
    first = visit.starts_at.date()
    with telemed_statements() as seen:
        slots = await mine.availability.free_slots(
            visit.doctor_id, first, first + dt.timedelta(days=30), patient_id=visit.patient_id
        )
    assert len({slot.starts_at.date() for slot in slots}) == 31
    assert seen.count == 2


async def test_an_interval_longer_than_a_day_is_refused_by_booking_question_and_search(
    async_telemed: AsyncStore, async_telemed_make: AsyncMake
) -> None:
    """D05: a window may be open for 25 hours, but no appointment is longer than a day."""
    mine = async_telemed.acting_as(async_telemed_make.actor)
    doctor, patient = await async_telemed_make.doctor(zone="America/New_York"), await async_telemed_make.patient()
    sunday = dt.date(2030, 11, 3)
    await async_telemed_make.availability_window(doctor.id, specific_date=sunday, start_minute=0, end_minute=1440)
    day = dt.timedelta(days=1)
    (slot,) = await mine.availability.free_slots(doctor.id, sunday, sunday, duration=day)
    longer = slot.ends_at + MINUTE
    with pytest.raises(ValidationFailed) as unsearchable:
        await mine.availability.free_slots(doctor.id, sunday, sunday, duration=day + MINUTE)
    assert set(unsearchable.value.fields) == {"duration"}
    assert await mine.availability.is_bookable(doctor.id, slot.starts_at, slot.ends_at)
    assert not await mine.availability.is_bookable(doctor.id, slot.starts_at, longer)
    new = NewAppointment(doctor_id=doctor.id, patient_id=patient.id, starts_at=slot.starts_at, ends_at=longer)
    with pytest.raises(ValidationFailed) as unbookable:
        await mine.appointments.schedule(new)
    assert set(unbookable.value.fields) == {"ends_at"}
    assert await mine.appointments.schedule(new.model_copy(update={"ends_at": slot.ends_at}))
