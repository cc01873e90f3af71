"""The questions of the catalogue about appointments: Q003 to Q005, Q010 to Q018, Q201 (D11, D37)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from telemed_store import (
    AppointmentStatus,
    NewAvailabilityWindow,
    NewBlock,
    NotFound,
    RelationKind,
    ValidationFailed,
    new_id,
)
from telemed_store.scopes import IncludingDeleted
from telemed_store.testing.statements import StatementCounter

from .clinic import HALF_HOUR, TODAY, ZONE, Clinic, at

pytestmark = pytest.mark.asyncio

Status = AppointmentStatus


async def test_detail_shows_both_sides_and_the_first_log_rows(
    clinic: Clinic, telemed_statements: StatementCounter
) -> None:
    """Q003, Q022."""
    booked = await clinic.book()
    await clinic.system.appointments.cancel(booked.id, expected_version=1)
    with telemed_statements() as seen:
        detail = await clinic.system.appointments.detail(booked.id)

    assert seen.count == 2
    assert (detail.appointment.id, detail.appointment.status) == (booked.id, Status.CANCELLED)
    assert (detail.doctor.name, detail.doctor.profile_id, detail.doctor.user_id) == (
        "Ana Souza",
        clinic.doctor.id,
        clinic.doctor.user_id,
    )
    assert (detail.patient.name, detail.patient.profile_id) == ("Bia Prado", clinic.patient.id)
    assert [row.event.value for row in detail.logs] == ["created", "cancelled"]


async def test_overlap_is_probed_for_either_side(clinic: Clinic) -> None:
    """Q004: D03, half-open, without the appointment that is to be moved."""
    booked = await clinic.book(at(10))
    cancelled = await clinic.bring(Status.CANCELLED, at(12))
    probe = clinic.system.appointments.overlapping
    doctor, patient = {"doctor_id": clinic.doctor.id}, {"patient_id": clinic.patient.id}

    assert await probe(at(10, 29), at(11), **doctor)
    assert await probe(at(9), at(10, 1), **patient)
    assert not await probe(at(10, 30), at(11), **doctor, **patient)
    assert not await probe(at(9), at(10), **doctor)
    assert not await probe(at(10), at(11), **doctor, except_id=booked.id)
    assert not await probe(cancelled.starts_at, cancelled.ends_at, **patient)
    assert not await probe(at(10), at(11), doctor_id=new_id())
    for field, arguments in {
        "doctor_id": {"starts_at": at(9), "ends_at": at(10)},
        "ends_at": {"starts_at": at(9), "ends_at": at(9), **doctor},
        "starts_at": {"starts_at": at(9).replace(tzinfo=None), "ends_at": at(10), **doctor},
    }.items():
        with pytest.raises(ValidationFailed) as refused:
            await probe(**arguments)  # type: ignore[arg-type]
        assert set(refused.value.fields) == {field}


async def test_one_by_pair_and_by_code(clinic: Clinic) -> None:
    """Q005, Q014."""
    booked = await clinic.book()
    mine = clinic.system.appointments

    assert await mine.of_pair(booked.id, clinic.doctor.id, clinic.patient.id) == booked
    assert await mine.by_access_code(await mine.access_code(booked.id)) == booked
    with pytest.raises(NotFound):
        await mine.of_pair(booked.id, clinic.patient.id, clinic.doctor.id)


async def test_around_now_past_and_next(clinic: Clinic) -> None:
    """Q010, Q011, Q012."""
    mine = clinic.system.appointments
    report = await mine.import_completed([clinic.visit(days_ago=n) for n in (29, 31, 1, 2, 3)])
    soon, far = await clinic.book(at(9)), await clinic.book(at(9, day=31))
    within = await clinic.book(at(9, day=30))

    around = [one.appointment.id for one in (await mine.around_now(clinic.doctor.id)).items]
    assert around == [report.imported[n] for n in (0, 4, 3, 2)] + [soon.id, within.id]
    past = await mine.past_of_doctor(clinic.doctor.id)
    assert [one.appointment.id for one in past.items] == [report.imported[n] for n in (2, 3, 4, 0)]
    assert past.has_more
    following = await mine.next_of_doctor(clinic.doctor.id)
    assert following is not None
    assert (following.appointment, following.patient.name) == (soon, "Bia Prado")
    clinic.clock.set(at(9, 10))
    assert (await mine.next_of_doctor(clinic.doctor.id)) == following
    await mine.cancel(soon.id, expected_version=1)
    following = await mine.next_of_doctor(clinic.doctor.id)
    assert following is not None
    assert following.appointment.id == within.id
    clinic.clock.set(far.ends_at)
    assert await mine.next_of_doctor(clinic.doctor.id) is None


@pytest.mark.parametrize(
    ("status", "related"),
    [
        (Status.SCHEDULED, {RelationKind.ANY, RelationKind.RECORD}),
        (Status.RESCHEDULED, {RelationKind.ANY, RelationKind.RECORD}),
        (Status.NO_SHOW, {RelationKind.ANY, RelationKind.RECORD}),
        (Status.CANCELLED, {RelationKind.ANY}),
        (Status.IN_PROGRESS, set(RelationKind)),
        (Status.COMPLETED, set(RelationKind)),
    ],
)
async def test_each_relationship_has_one_definition(clinic: Clinic, status: Status, related: set[RelationKind]) -> None:
    """Q013, D11, D37; as doctor, patient and job see it alike; a deleted appointment relates nobody."""
    brought = await clinic.bring(status)
    pair = (clinic.doctor.id, clinic.patient.id)
    for mine in (clinic.system, clinic.acting_as(clinic.doctor), clinic.acting_as(clinic.patient)):
        assert {kind for kind in RelationKind if await mine.appointments.has_relationship(*pair, kind)} == related
    if status is Status.COMPLETED:
        clinic.clock.step(dt.timedelta(days=7))
        assert await clinic.system.appointments.has_relationship(*pair, RelationKind.AD_HOC)
        clinic.clock.step(dt.timedelta(microseconds=1))
        assert not await clinic.system.appointments.has_relationship(*pair, RelationKind.AD_HOC)
    elif status is not Status.IN_PROGRESS:
        await clinic.system.appointments.delete(brought.id, expected_version=brought.version)
        assert not await clinic.system.appointments.has_relationship(*pair)
    with pytest.raises(ValidationFailed) as refused:
        await clinic.system.appointments.has_relationship(*pair, "friends")  # type: ignore[arg-type]
    assert set(refused.value.fields) == {"kind"}


async def test_what_takes_documents_and_who_may_be_issued_for(clinic: Clinic) -> None:
    """Q015, Q016."""
    caio = await clinic.new_patient("Caio Lima")
    report = await clinic.system.appointments.import_completed(
        [clinic.visit(days_ago=n, patient_id=p.id) for n, p in ((31, clinic.patient), (29, clinic.patient), (9, caio))]
    )
    await clinic.book(at(10, day=1))
    await clinic.bring(Status.CANCELLED, at(16, day=0))
    today = await clinic.book(at(15, day=0))
    begun = await clinic.bring(Status.IN_PROGRESS, at(11, day=0))
    doctor = clinic.acting_as(clinic.doctor).appointments

    page = await doctor.linkable(clinic.doctor.id, clinic.patient.id)
    assert [one.appointment.id for one in page.items] == [today.id, begun.id, report.imported[1]]
    patients = await doctor.patients_to_issue_for(clinic.doctor.id)
    assert [one.name for one in patients.items] == ["Bia Prado", "Caio Lima"]
    first = await doctor.patients_to_issue_for(clinic.doctor.id, 1)
    second = await doctor.patients_to_issue_for(clinic.doctor.id, 1, first.next_cursor)
    assert [*first.items, *second.items] == list(patients.items)
    assert not second.has_more
    clinic.clock.step(dt.timedelta(days=2))
    assert [one.name for one in (await doctor.patients_to_issue_for(clinic.doctor.id)).items] == ["Bia Prado"]


async def test_a_new_issue_belongs_to_the_nearest(clinic: Clinic) -> None:
    """Q017: in progress first, else today's nearest open one, never a completed one or another day's."""
    doctor = clinic.acting_as(clinic.doctor).appointments
    pair = (clinic.doctor.id, clinic.patient.id)
    await clinic.book(at(10, day=1))
    await clinic.system.appointments.import_completed([clinic.visit(starts_at=at(8, day=0))])
    nothing = await doctor.for_new_issue(*pair)
    assert (nothing.appointment, nothing.in_progress) == (None, 0)

    far, near = await clinic.book(at(18, day=0)), await clinic.book(at(11, day=0))
    found = await doctor.for_new_issue(*pair)
    assert (found.appointment, found.in_progress) == (near, 0)
    clinic.clock.set(at(17, day=0))
    assert (await doctor.for_new_issue(*pair)).appointment == far
    begun = await clinic.system.appointments.start(near.id, expected_version=1)
    found = await doctor.for_new_issue(*pair)
    assert (found.appointment, found.in_progress) == (begun, 1)


async def test_what_a_pair_had_together(clinic: Clinic) -> None:
    """Q018; a stranger learns nothing of it."""
    await clinic.system.appointments.import_completed([clinic.visit(days_ago=n) for n in (1, 2, 3)])
    booked = await clinic.book()
    pair = (clinic.doctor.id, clinic.patient.id)

    history = await clinic.acting_as(clinic.patient).appointments.recent_of_pair(*pair, 2)
    assert (history.recent.items[0].starts_at, history.completed) == (booked.starts_at, 3)
    rest = await clinic.acting_as(clinic.patient).appointments.recent_of_pair(*pair, 2, history.recent.next_cursor)
    assert (len(rest.recent.items), rest.recent.has_more, rest.completed) == (2, False, 3)
    nothing = await (await clinic.stranger()).appointments.recent_of_pair(*pair)
    assert (nothing.recent.items, nothing.completed) == ((), 0)


async def test_bookings_survive_blocks_and_are_named(clinic: Clinic) -> None:
    """Q201: hit by a block or by a specific window; an override is no surprise to anybody."""
    mine = clinic.system.appointments
    kept, blocked = await clinic.book(at(9, day=1)), await clinic.book(at(9, day=2))
    hit = [await clinic.book(at(hour, day=3)) for hour in (9, 10, 14)]
    outside = await mine.schedule(clinic.request(at(6, day=4)), override_availability="urgent")
    assert (await mine.affected(clinic.doctor.id)).items == ()

    day = [TODAY + dt.timedelta(days=n) for n in range(4)]
    await clinic.system.availability.block_dates(NewBlock(doctor_id=clinic.doctor.id, first_date=day[2]))
    await clinic.system.availability.add_window(
        NewAvailabilityWindow(
            doctor_id=clinic.doctor.id, specific_date=day[3], start_minute=13 * 60, end_minute=18 * 60
        )
    )
    wanted = [blocked, *hit[:2]]
    assert list((await mine.affected(clinic.doctor.id)).items) == wanted
    first = await mine.affected(clinic.doctor.id, 2)
    second = await mine.affected(clinic.doctor.id, 2, first.next_cursor)
    assert [*first.items, *second.items] == wanted
    assert (first.has_more, second.has_more) == (True, False)
    assert await mine.get(kept.id) == kept
    assert await mine.get(outside.id) == outside
    moved = await mine.reschedule(blocked.id, starts_at=at(15, day=3), expected_version=1)
    assert moved.ends_at - moved.starts_at == HALF_HOUR
    assert list((await mine.affected(clinic.doctor.id)).items) == hit[:2]


async def test_a_block_hits_what_was_booked_outside_on_purpose_too(clinic: Clinic) -> None:
    """Q201; before the block the override surprises nobody."""
    mine = clinic.system.appointments
    outside = await mine.schedule(clinic.request(at(6, day=4)), override_availability="urgent")
    assert (await mine.affected(clinic.doctor.id)).items == ()
    date = outside.local_starts_at.date()
    await clinic.system.availability.block_dates(NewBlock(doctor_id=clinic.doctor.id, first_date=date))
    assert [one.id for one in (await mine.affected(clinic.doctor.id)).items] == [outside.id]


async def test_deleted_ones_are_in_an_agenda_that_asks_for_them(clinic: Clinic) -> None:
    booked = await clinic.book()
    await clinic.system.appointments.delete(booked.id, expected_version=1)
    assert (await clinic.system.appointments.agenda()).items == ()
    (shown,) = (await clinic.system.appointments.agenda(IncludingDeleted())).items
    assert shown.appointment.id == booked.id


async def test_an_id_that_is_none_is_a_wrong_field(clinic: Clinic) -> None:
    """Building an input may fail by pydantic's error; a verb or a question never does."""
    mine, wrong = clinic.system.appointments, "not an id"
    calls: dict[str, Callable[[], Awaitable[Any]]] = {
        "get": lambda: mine.get(wrong),  # type: ignore[arg-type]
        "of_pair": lambda: mine.of_pair(new_id(), wrong, new_id()),  # type: ignore[arg-type]
        "access_code": lambda: mine.access_code(wrong),  # type: ignore[arg-type]
        "logs": lambda: mine.logs(wrong),  # type: ignore[arg-type]
        "detail": lambda: mine.detail(wrong),  # type: ignore[arg-type]
        "around_now": lambda: mine.around_now(wrong),  # type: ignore[arg-type]
        "past_of_doctor": lambda: mine.past_of_doctor(wrong),  # type: ignore[arg-type]
        "next_of_doctor": lambda: mine.next_of_doctor(wrong),  # type: ignore[arg-type]
        "has_relationship": lambda: mine.has_relationship(wrong, new_id()),  # type: ignore[arg-type]
        "linkable": lambda: mine.linkable(clinic.doctor.id, wrong),  # type: ignore[arg-type]
        "patients_to_issue_for": lambda: mine.patients_to_issue_for(wrong),  # type: ignore[arg-type]
        "for_new_issue": lambda: mine.for_new_issue(clinic.doctor.id, wrong),  # type: ignore[arg-type]
        "recent_of_pair": lambda: mine.recent_of_pair(wrong, new_id()),  # type: ignore[arg-type]
        "affected": lambda: mine.affected(wrong),  # type: ignore[arg-type]
    }
    for call in calls.values():
        with pytest.raises(ValidationFailed):
            await call()


async def test_readers_and_snapshots_have_the_reading_half(clinic: Clinic) -> None:
    booked = await clinic.book()
    async with clinic.system.reader() as reader, clinic.system.snapshot() as snapshot:
        assert await reader.appointments.get(booked.id) == booked
        assert (await snapshot.appointments.detail(booked.id)).appointment == booked
        assert not hasattr(reader.appointments, "schedule")
        assert not hasattr(snapshot.appointments, "cancel")
    assert booked.local_starts_at.replace(tzinfo=ZONE) == at(9)
