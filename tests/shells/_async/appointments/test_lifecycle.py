"""An appointment's life: every verb, every transition that is not one, versions, and time that is free again (D01, D07, D15, D42, D47)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import update

from telemed_store import (
    Appointment,
    AppointmentEvent,
    AppointmentPatch,
    AppointmentStatus,
    AsyncBoundStore,
    CompletionKind,
    ConsentRequired,
    ConsentType,
    InvalidTransition,
    NotFound,
    OutsideAvailability,
    SlotTaken,
    ValidationFailed,
    VersionConflict,
    new_id,
)
from telemed_store.appointments.models import TRANSITIONS
from telemed_store.appointments.tables import appointments
from telemed_store.testing.statements import StatementCounter

from .clinic import HALF_HOUR, SYSTEM, Clinic, at

pytestmark = pytest.mark.asyncio

Status = AppointmentStatus
Verb = Callable[[AsyncBoundStore, Appointment, int], Awaitable[Appointment]]

VERBS: dict[Status, Verb] = {
    Status.RESCHEDULED: lambda mine, one, version: mine.appointments.reschedule(
        one.id, starts_at=at(15), expected_version=version
    ),
    Status.IN_PROGRESS: lambda mine, one, version: mine.appointments.start(one.id, expected_version=version),
    Status.COMPLETED: lambda mine, one, version: mine.appointments.complete(one.id, expected_version=version),
    Status.CANCELLED: lambda mine, one, version: mine.appointments.cancel(one.id, expected_version=version),
    Status.NO_SHOW: lambda mine, one, version: mine.appointments.mark_no_show(one.id, expected_version=version),
}


@pytest.mark.parametrize("status", list(Status))
async def test_every_status_change_obeys_the_one_table(clinic: Clinic, status: Status) -> None:
    """D15: from this status every verb either leads where the table says, with one log row, or changes nothing at all."""
    for place, (target, verb) in enumerate(VERBS.items()):
        brought = await clinic.bring(status, at(9 + place))
        logged = len(await clinic.log_of(brought))
        told = len(await clinic.events_of(brought))
        if target in TRANSITIONS[status]:
            changed = await verb(clinic.system, brought, brought.version)
            assert (changed.status, changed.version) == (target, brought.version + 1)
            assert changed == await clinic.system.appointments.get(brought.id)
            assert len(await clinic.log_of(brought)) == logged + 1
            assert len(await clinic.events_of(brought)) == told + 1
        else:
            with pytest.raises(InvalidTransition) as refused:
                await verb(clinic.system, brought, brought.version)
            assert (refused.value.current, refused.value.requested) == (status, target)
            assert brought == await clinic.system.appointments.get(brought.id)
            assert len(await clinic.log_of(brought)) == logged
            assert len(await clinic.events_of(brought)) == told


async def test_what_took_place_is_not_deleted(clinic: Clinic) -> None:
    for place, status in enumerate(Status):
        brought = await clinic.bring(status, at(9 + place))
        told = len(await clinic.events_of(brought))
        if status in {Status.IN_PROGRESS, Status.COMPLETED}:
            with pytest.raises(InvalidTransition):
                await clinic.system.appointments.delete(brought.id, expected_version=brought.version)
            continue
        await clinic.system.appointments.delete(brought.id, expected_version=brought.version)
        with pytest.raises(NotFound):
            await clinic.system.appointments.get(brought.id)
        (row,) = await clinic.rows(appointments, id=brought.id)
        assert (row.deleted_at, row.version) == (clinic.clock.now(), brought.version + 1)
        assert (await clinic.log_of(brought))[-1].event == AppointmentEvent.DELETED
        assert len(await clinic.events_of(brought)) == told


@pytest.mark.parametrize("target", list(VERBS))
async def test_a_stale_version_is_refused_with_the_current_one(clinic: Clinic, target: Status) -> None:
    brought = await clinic.bring(Status.IN_PROGRESS if target is Status.COMPLETED else Status.RESCHEDULED)

    for stale in (brought.version - 1, brought.version + 1):
        with pytest.raises(VersionConflict) as refused:
            await VERBS[target](clinic.system, brought, stale)
        assert refused.value.current == brought.version
    assert brought == await clinic.system.appointments.get(brought.id)


async def test_corrections_and_deletions_know_versions_and_strangers_too(clinic: Clinic) -> None:
    verbs = clinic.system.appointments
    booked = await clinic.book()

    with pytest.raises(VersionConflict):
        await verbs.update(booked.id, AppointmentPatch(notes="x"), expected_version=2)
    with pytest.raises(VersionConflict):
        await verbs.delete(booked.id, expected_version=0)
    for verb in VERBS.values():
        with pytest.raises(NotFound):
            await verb(clinic.system, booked.model_copy(update={"id": new_id()}), 1)
    with pytest.raises(ValidationFailed) as refused:
        await verbs.cancel("not an id", expected_version=1)  # type: ignore[arg-type]
    assert set(refused.value.fields) == {"id"}


async def test_the_whole_life_is_told_in_order(clinic: Clinic) -> None:
    verbs = clinic.system.appointments
    booked = await clinic.book()
    await verbs.update(booked.id, AppointmentPatch(notes="by phone"), expected_version=1)
    await verbs.reschedule(booked.id, starts_at=at(10), expected_version=2)
    clinic.clock.set(at(10, 2))
    begun = await verbs.start(booked.id, expected_version=3)
    clinic.clock.step(dt.timedelta(minutes=25, seconds=59))
    completed = await clinic.acting_as(clinic.doctor).appointments.complete(booked.id, expected_version=4)

    assert (begun.started_at, completed.ended_at) == (at(10, 2), clinic.clock.now())
    assert completed.completion_kind is CompletionKind.FINALIZED
    logged = [(row.event.value, row.payload) for row in await clinic.log_of(booked)]
    times = {"starts_at": at(9).isoformat(), "ends_at": (at(9) + HALF_HOUR).isoformat()}
    later = {"starts_at": at(10).isoformat(), "ends_at": (at(10) + HALF_HOUR).isoformat()}
    assert logged == [
        ("created", times),
        ("updated", {"fields": ["notes"]}),
        ("rescheduled", {"old": times, "new": later}),
        ("started", {}),
        ("completed", {"duration_minutes": 25, "completion_kind": "finalized"}),
    ]
    told = [(event.type, event.aggregate_version, event.payload) for event in await clinic.events_of(booked)]
    pair = {"doctor_id": str(clinic.doctor.id), "patient_id": str(clinic.patient.id)}
    assert [(name, version) for name, version, _ in told] == [
        ("ConsultationScheduled", 1),
        ("ConsultationRescheduled", 3),
        ("ConsultationStarted", 4),
        ("ConsultationCompleted", 5),
    ]
    assert {key: dt.datetime.fromisoformat(told[1][2][key]) for key in ("starts_at", "old_starts_at")} == {
        "starts_at": at(10),
        "old_starts_at": at(9),
    }
    assert set(told[1][2]) == {*pair, "starts_at", "ends_at", "location_id", "old_starts_at", "old_ends_at"}
    assert set(told[2][2]) == {*pair, "started_at"}
    assert told[3][2] == {
        **pair,
        "duration_minutes": 25,
        "completion_kind": "finalized",
        "origin": "booked",
    }
    (row,) = [row for row in await clinic.log_of(booked) if row.event == AppointmentEvent.COMPLETED]
    assert row.actor_id == clinic.doctor.user_id


async def test_completion_advances_the_patients_last_consultation(clinic: Clinic) -> None:
    """D42; it never goes back, and does not raise the version that the profile's editors see."""
    verbs = clinic.system.appointments
    earlier, later = await clinic.book(at(9)), await clinic.book(at(11))
    for one, moment in ((later, at(11)), (earlier, at(9))):
        clinic.clock.set(moment)
        await verbs.start(one.id, expected_version=1)
        await verbs.complete(one.id, expected_version=2)

    patient = await clinic.system.people.patient(clinic.patient.id)
    assert (patient.last_consultation_at, patient.version) == (at(11), 1)


async def test_n_reschedules_emit_n_events(clinic: Clinic) -> None:
    """D07."""
    booked = await clinic.book()
    for version, hour in enumerate((10, 11, 11, 9), 1):
        await clinic.system.appointments.reschedule(booked.id, starts_at=at(hour), expected_version=version)

    assert [e.type for e in await clinic.events_of(booked)].count("ConsultationRescheduled") == 4
    assert len(await clinic.log_of(booked)) == 5


async def test_reschedule_onto_itself_is_allowed(clinic: Clinic) -> None:
    booked = await clinic.book(at(9), ends_at=at(10))
    verbs = clinic.system.appointments
    moved = await verbs.reschedule(booked.id, starts_at=at(9, 20), expected_version=1)
    kept = await verbs.reschedule(booked.id, starts_at=at(9, 20), expected_version=2)
    shorter = await verbs.reschedule(booked.id, starts_at=at(9), ends_at=at(9, 30), expected_version=3)

    assert (moved.starts_at, moved.ends_at) == (at(9, 20), at(10, 20))
    assert (kept.starts_at, kept.version) == (moved.starts_at, 3)
    assert (shorter.ends_at, shorter.local_starts_at.hour) == (at(9, 30), 9)


async def test_a_move_meets_the_rules_of_booking(clinic: Clinic) -> None:
    """D01, D04."""
    verbs = clinic.system.appointments
    first, second = await clinic.book(at(9)), await clinic.book(at(11))

    with pytest.raises(SlotTaken):
        await verbs.reschedule(second.id, starts_at=at(9, 29), expected_version=1)
    with pytest.raises(OutsideAvailability):
        await verbs.reschedule(second.id, starts_at=at(19, 40), expected_version=1)
    for field, times in {
        "starts_at": {"starts_at": clinic.clock.now()},
        "ends_at": {"starts_at": at(10), "ends_at": at(9)},
    }.items():
        with pytest.raises(ValidationFailed) as refused:
            await verbs.reschedule(second.id, expected_version=1, **times)  # type: ignore[arg-type]
        assert set(refused.value.fields) == {field}
    for wrong in (at(9).replace(tzinfo=None), "tomorrow", dt.datetime.max.replace(tzinfo=dt.UTC)):
        with pytest.raises(ValidationFailed) as refused:
            await verbs.reschedule(second.id, starts_at=wrong, expected_version=1)  # type: ignore[arg-type]
        assert set(refused.value.fields) == {"starts_at"}
    moved = await verbs.reschedule(
        second.id, starts_at=at(19, 40), expected_version=1, override_availability="agreed by phone"
    )
    log = (await clinic.log_of(second))[-1]
    assert moved.availability_override == log.payload["availability_override"] == "agreed by phone"
    back = await verbs.reschedule(second.id, starts_at=at(9, 30), expected_version=2)
    assert back.availability_override is None
    assert first == await verbs.get(first.id)


@pytest.mark.parametrize("left", [Status.CANCELLED, Status.NO_SHOW, Status.COMPLETED, None])
async def test_time_that_is_left_is_free_at_once(clinic: Clinic, left: Status | None) -> None:
    """Leaving the active statuses frees the time; so does a soft deletion."""
    verbs = clinic.system.appointments
    brought = await clinic.bring(left or Status.SCHEDULED)
    if left is None:
        await verbs.delete(brought.id, expected_version=1)

    again = await clinic.book(at(9))
    assert again.starts_at == brought.starts_at


async def test_a_consultation_in_progress_still_holds_its_time(clinic: Clinic) -> None:
    await clinic.bring(Status.IN_PROGRESS)

    with pytest.raises(SlotTaken):
        await clinic.book(at(9, 15))


async def test_no_teleconsultation_starts_without_consent(clinic: Clinic) -> None:
    """D48; revoking counts at once, and a physical place needs none."""
    office = await clinic.new_office()
    remote, physical = await clinic.book(at(9)), await clinic.book(at(10), location_id=office)
    teleconsultation = await clinic.system.people.first_teleconsultation_location(clinic.doctor.id)
    placed = await clinic.book(at(11), location_id=teleconsultation.id)
    await clinic.acting_as(clinic.patient).consents.revoke(clinic.patient.user_id, ConsentType.TELEMEDICINE)

    for one in (remote, placed):
        with pytest.raises(ConsentRequired) as refused:
            await clinic.system.appointments.start(one.id, expected_version=1)
        assert refused.value.consent_type == "telemedicine"
        assert one == await clinic.system.appointments.get(one.id)
    begun = await clinic.system.appointments.start(physical.id, expected_version=1)
    assert begun.status is Status.IN_PROGRESS


@pytest.mark.telemed_settings(require_telemedicine_consent=False)
async def test_an_installation_may_do_without_consent(clinic: Clinic) -> None:
    patient = await clinic.new_patient(consents=False)
    booked = await clinic.book(patient_id=patient.id)

    assert (await clinic.system.appointments.start(booked.id, expected_version=1)).started_at == clinic.clock.now()


async def test_who_cancelled_and_why(clinic: Clinic) -> None:
    by_job, by_patient = await clinic.book(at(9)), await clinic.book(at(10))
    first = await clinic.system.appointments.cancel(by_job.id, expected_version=1)
    second = await clinic.acting_as(clinic.patient).appointments.cancel(
        by_patient.id, "  feeling better ", expected_version=1
    )

    assert (first.cancelled_by, first.cancellation_reason) == (None, None)
    assert (second.cancelled_by, second.cancellation_reason) == (clinic.patient.user_id, "feeling better")
    assert second.cancelled_at == clinic.clock.now()
    assert (await clinic.log_of(second))[-1].payload == {"reason": "feeling better"}
    assert (await clinic.events_of(second))[-1].payload["cancelled_by"] == str(clinic.patient.user_id)
    third = await clinic.book(at(11))
    for reason in ("", "r" * 501):
        with pytest.raises(ValidationFailed) as refused:
            await clinic.system.appointments.cancel(third.id, reason, expected_version=1)
        assert set(refused.value.fields) == {"reason"}


async def test_clock_step_back_keeps_periods_ordered(clinic: Clinic) -> None:
    """Times of the row, its log and its events keep their order, though the clock goes back between all verbs."""
    verbs = clinic.system.appointments
    booked = await clinic.book()
    calls: list[Callable[[], Awaitable[Any]]] = [
        lambda: verbs.update(booked.id, AppointmentPatch(notes="x"), expected_version=1),
        lambda: verbs.reschedule(booked.id, starts_at=at(10), expected_version=2),
        lambda: verbs.start(booked.id, expected_version=3),
        lambda: verbs.complete(booked.id, expected_version=4),
    ]
    for call in calls:
        clinic.clock.step(-dt.timedelta(minutes=7))
        await call()

    ended = await verbs.get(booked.id)
    assert ended.started_at is not None
    assert ended.ended_at is not None
    assert ended.created_at < ended.started_at < ended.ended_at
    assert ended.updated_at == ended.ended_at
    page = await verbs.logs(booked.id)
    assert [row.event.value for row in page.items] == ["created", "updated", "rescheduled", "started", "completed"]
    moments = [event.occurred_at for event in await clinic.events_of(booked)]
    assert moments == sorted(moments)


async def test_a_correction_changes_what_it_names_alone(clinic: Clinic) -> None:
    verbs = clinic.system.appointments
    office = await clinic.new_office()
    booked = await clinic.book(notes="first")
    placed = await verbs.update(booked.id, AppointmentPatch(location_id=office), expected_version=1)
    cleared = await verbs.update(booked.id, AppointmentPatch(notes=None), expected_version=2)
    unchanged = await verbs.update(booked.id, AppointmentPatch(), expected_version=3)

    assert (placed.notes, placed.location_id) == ("first", office)
    assert (cleared.notes, cleared.location_id) == (None, office)
    assert unchanged == cleared == await verbs.get(booked.id)
    assert [row.payload for row in await clinic.log_of(booked)][1:] == [
        {"fields": ["location_id"]},
        {"fields": ["notes"]},
    ]
    assert len(await clinic.events_of(booked)) == 1
    with pytest.raises(ValidationFailed) as refused:
        await verbs.update(booked.id, AppointmentPatch(location_id=new_id()), expected_version=3)
    assert set(refused.value.fields) == {"location_id"}


async def test_the_place_is_fixed_once_it_began_and_the_remark_is_not(clinic: Clinic) -> None:
    begun = await clinic.bring(Status.IN_PROGRESS)

    with pytest.raises(InvalidTransition):
        await clinic.system.appointments.update(begun.id, AppointmentPatch(location_id=None), expected_version=2)
    noted = await clinic.system.appointments.update(begun.id, AppointmentPatch(notes="late"), expected_version=2)
    assert noted.notes == "late"


async def test_statements_of_each_verb_are_counted(
    clinic: Clinic, telemed_engine: str, telemed_statements: StatementCounter
) -> None:
    verbs = clinic.system.appointments
    # On PostgreSQL one statement takes both guards, and one writes the log and the event.
    guards = {"sqlite": 0, "postgresql": 1, "mariadb": 2}[telemed_engine]
    recorded = {"sqlite": 2, "postgresql": 1, "mariadb": 2}[telemed_engine]
    one, two, three, four = [await clinic.book(at(hour)) for hour in (9, 10, 11, 12)]
    calls: dict[str, tuple[int, Callable[[], Awaitable[Any]]]] = {
        "update": (3, lambda: verbs.update(one.id, AppointmentPatch(notes="x"), expected_version=1)),
        "reschedule": (guards + 5 + recorded, lambda: verbs.reschedule(one.id, starts_at=at(14), expected_version=2)),
        "start": (4 + recorded, lambda: verbs.start(one.id, expected_version=3)),
        "complete": (3 + recorded, lambda: verbs.complete(one.id, expected_version=4)),
        "cancel": (2 + recorded, lambda: verbs.cancel(two.id, expected_version=1)),
        "mark_no_show": (2 + recorded, lambda: verbs.mark_no_show(three.id, expected_version=1)),
        "delete": (3, lambda: verbs.delete(four.id, expected_version=1)),
    }
    counted = {}
    for name, (_, call) in calls.items():
        with telemed_statements() as seen:
            await call()
        counted[name] = seen.count

    assert counted == {name: expected for name, (expected, _) in calls.items()}


async def test_a_change_from_outside_is_a_version_conflict_within_the_verb(clinic: Clinic) -> None:
    """A host that writes the row itself, without raising the version, is caught by the next verb's own check of the status."""
    booked = await clinic.book()
    async with clinic.store.unit_of_work(SYSTEM) as uow:
        await uow.connection.execute(
            update(appointments)
            .where(appointments.c.id == booked.id)
            .values(version=7, status=Status.NO_SHOW, no_show_at=clinic.clock.now())
        )

    with pytest.raises(VersionConflict):
        await clinic.system.appointments.cancel(booked.id, expected_version=1)
    with pytest.raises(InvalidTransition):
        await clinic.system.appointments.cancel(booked.id, expected_version=7)
