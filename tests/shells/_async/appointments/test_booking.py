"""Booking: what is written, what is refused, and that repeating is safe for ever (D01 to D04, domain §4, §11)."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from sqlalchemy import select

from telemed_store import (
    Actor,
    AppointmentEvent,
    AppointmentOrigin,
    AppointmentStatus,
    DoctorStatus,
    IdempotencyConflict,
    NewAvailabilityWindow,
    NewBlock,
    NewServiceLocation,
    NotFound,
    NotPermitted,
    OutsideAvailability,
    PatientPatch,
    PatientStatus,
    ServiceLocationPatch,
    SlotTaken,
    ValidationFailed,
    new_id,
)
from telemed_store.appointments.tables import appointment_logs, appointments
from telemed_store.events.tables import domain_events, outbox
from telemed_store.testing.statements import StatementCounter

from .clinic import HALF_HOUR, SYSTEM, ZONE, Clinic, at

pytestmark = pytest.mark.asyncio


async def test_a_booking_is_one_row_one_log_row_and_one_event(clinic: Clinic) -> None:
    booked = await clinic.acting_as(clinic.patient).appointments.schedule(clinic.request(notes="bring the X-ray"))

    assert booked == await clinic.system.appointments.get(booked.id)
    assert (booked.status, booked.origin, booked.version) == (
        AppointmentStatus.SCHEDULED,
        AppointmentOrigin.BOOKED,
        1,
    )
    assert (booked.ends_at - booked.starts_at, booked.created_at) == (HALF_HOUR, clinic.clock.now())
    assert (booked.local_starts_at, booked.zone) == (at(9).astimezone(ZONE).replace(tzinfo=None), ZONE.key)
    assert booked.created_by == clinic.patient.user_id
    (log,) = await clinic.log_of(booked)
    assert (log.event, log.actor_id, log.payload) == (
        AppointmentEvent.CREATED,
        clinic.patient.user_id,
        {"starts_at": at(9).isoformat(), "ends_at": (at(9) + HALF_HOUR).isoformat()},
    )
    (event,) = await clinic.events_of(booked)
    assert (event.type, event.aggregate_type, event.aggregate_version) == ("ConsultationScheduled", "appointment", 1)
    assert event.recipients == [str(clinic.doctor.user_id), str(clinic.patient.user_id)]
    assert set(event.payload) == {"doctor_id", "patient_id", "starts_at", "ends_at", "location_id"}
    assert dt.datetime.fromisoformat(event.payload["starts_at"]) == at(9)
    assert await clinic.count(outbox) == 0


@pytest.mark.telemed_settings(event_sink="somewhere")
async def test_with_a_sink_each_event_has_one_outbox_row(clinic: Clinic) -> None:
    booked = await clinic.book()
    await clinic.system.appointments.cancel(booked.id, expected_version=1)

    written = {event.id for event in await clinic.events_of(booked)}
    waiting = {row.event_id for row in await clinic.rows(outbox)}
    assert len(written) == 2
    assert written <= waiting


async def test_no_log_row_and_no_event_holds_code_or_notes(clinic: Clinic) -> None:
    """D47."""
    verbs = clinic.system.appointments
    booked = await clinic.book(notes="secret remark")
    code = await verbs.access_code(booked.id)
    assert len(code) == 8
    assert code.isascii()
    assert code == code.upper()
    moved = await verbs.reschedule(booked.id, starts_at=at(10), expected_version=1)
    await verbs.start(moved.id, expected_version=2)
    await verbs.complete(moved.id, expected_version=3)

    told = [dict(row._mapping) for table in (appointment_logs, domain_events) for row in await clinic.rows(table)]
    text = json.dumps(told, default=str)
    assert code not in text
    assert "secret remark" not in text


async def test_a_system_job_books_in_the_doctors_name(clinic: Clinic) -> None:
    booked = await clinic.book()
    (log,) = await clinic.log_of(booked)

    assert booked.created_by == clinic.doctor.user_id
    assert (log.actor_id, log.actor_kind) == (None, "system")


async def test_an_unknown_end_is_the_setting_and_a_given_zone_is_kept(clinic: Clinic) -> None:
    booked = await clinic.book(ends_at=at(11), zone="America/Manaus")

    assert (booked.ends_at, booked.zone) == (at(11), "America/Manaus")
    assert booked.local_starts_at == at(8).astimezone(ZONE).replace(tzinfo=None)


async def test_adjacent_appointments_are_allowed(clinic: Clinic) -> None:
    """D02: in both orders."""
    await clinic.book(at(10))
    await clinic.book(at(9, 30))
    await clinic.book(at(10, 30))

    with pytest.raises(SlotTaken):
        await clinic.book(at(10, 59), ends_at=at(11))


async def test_every_overlap_is_refused_for_doctor_and_patient(clinic: Clinic) -> None:
    """D01; patient_cannot_be_in_two_consultations: over the start, over the end, inside, around."""
    await clinic.book(at(10))
    other_patient, other_doctor = await clinic.new_patient(), await clinic.new_doctor("Davi Reis")

    for start, end in ((at(9, 45), at(10, 1)), (at(10, 29), at(11)), (at(10, 10), at(10, 20)), (at(9), at(12))):
        with pytest.raises(SlotTaken) as of_doctor:
            await clinic.book(start, ends_at=end, patient_id=other_patient.id)
        with pytest.raises(SlotTaken) as of_patient:
            await clinic.book(start, ends_at=end, doctor_id=other_doctor.id)
        assert (of_doctor.value.side, of_patient.value.side) == ("doctor", "patient")
    assert await clinic.count(appointments) == 1
    assert await clinic.count(appointment_logs) == 1


async def test_zero_length_is_refused(clinic: Clinic) -> None:
    with pytest.raises(ValueError, match="ends_at must be later"):
        clinic.request(at(9), ends_at=at(9))
    booked = await clinic.book(at(9))
    with pytest.raises(ValidationFailed) as refused:
        await clinic.system.appointments.reschedule(booked.id, starts_at=at(10), ends_at=at(10), expected_version=1)
    assert set(refused.value.fields) == {"ends_at"}


async def test_a_refusal_names_its_field(clinic: Clinic) -> None:
    stranger_office = await clinic.system.people.add_location(
        NewServiceLocation(
            doctor_id=(await clinic.new_doctor("Davi Reis")).id, name="There", type="clinic", address="Rua B, 2"
        )
    )
    incomplete = await clinic.new_patient(phone=None)
    blocked = await clinic.new_patient("Eva Maia")
    await clinic.system.people.set_patient_status(blocked.id, PatientStatus.BLOCKED, expected_version=1)
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("doctor_id", {"doctor_id": new_id()}),
        ("patient_id", {"patient_id": new_id()}),
        ("patient_id", {"patient_id": incomplete.id}),
        ("patient_id", {"patient_id": blocked.id}),
        ("location_id", {"location_id": new_id()}),
        ("location_id", {"location_id": stranger_office.id}),
        ("starts_at", {"starts_at": clinic.clock.now()}),
        ("starts_at", {"starts_at": dt.datetime.max.replace(tzinfo=dt.UTC)}),
        ("ends_at", {"ends_at": at(9) + dt.timedelta(days=1, seconds=1)}),
    ]

    for field, change in wrong:
        with pytest.raises(ValidationFailed) as refused:
            await clinic.book(**change)
        assert set(refused.value.fields) == {field}, change
    with pytest.raises(NotPermitted):
        await clinic.store.acting_as(Actor.user(new_id())).appointments.schedule(clinic.request())
    assert await clinic.count(appointments) == 0


async def test_free_slots_and_booking_agree(clinic: Clinic) -> None:
    """D05, Q047: what keeps somebody from being booked keeps the interval from being bookable, and nothing else does."""
    people, mine = clinic.system.people, clinic.system
    idle = await clinic.new_doctor("Davi Reis")
    await people.set_doctor_status(idle.id, DoctorStatus.INACTIVE, expected_version=1)
    incomplete, blocked, busy = [await clinic.new_patient(name) for name in ("Eva Maia", "Ivo Paz", "Lia Luz")]
    await people.update_patient(incomplete.id, PatientPatch(emergency_phone=None), expected_version=1)
    await people.set_patient_status(blocked.id, PatientStatus.BLOCKED, expected_version=1)
    own = await clinic.new_patient(name=None, user_id=clinic.doctor.user_id, consents=False)
    other = await clinic.new_doctor("Gil Sá")
    await clinic.book(at(9), doctor_id=other.id, patient_id=busy.id)
    shut = await clinic.new_office()
    await people.update_location(shut, ServiceLocationPatch(is_active=False), expected_version=1)
    whole_day: dict[str, Any] = {"starts_at": at(0), "ends_at": at(0) + dt.timedelta(days=1, seconds=1)}
    requests: list[tuple[bool, dict[str, Any]]] = [
        (False, {"doctor_id": idle.id}),
        (False, {"patient_id": incomplete.id}),
        (False, {"patient_id": blocked.id}),
        (False, {"patient_id": own.id}),
        (False, {"patient_id": busy.id}),
        (False, {"location_id": shut}),
        (False, {"location_id": await clinic.new_office(), "doctor_id": other.id}),
        (False, {"starts_at": clinic.clock.now()}),
        (False, {"starts_at": at(6)}),
        (False, whole_day),
        (True, {"patient_id": busy.id, "starts_at": at(9, 37)}),
        (True, {"location_id": await clinic.new_office()}),
    ]

    for expected, said in requests:
        wanted = clinic.request(**said)
        ends_at = wanted.ends_at or wanted.starts_at + HALF_HOUR
        asked = mine.availability.is_bookable
        bookable = await asked(wanted.doctor_id, wanted.starts_at, ends_at, wanted.location_id, wanted.patient_id)
        try:
            await mine.appointments.schedule(wanted)
        except (ValidationFailed, OutsideAvailability, SlotTaken):
            booked = False
        else:
            booked = True
        assert (bookable, booked) == (expected, expected), said
    for unknown in ({"doctor_id": new_id()}, {"doctor_id": clinic.doctor.id, "patient_id": new_id()}):
        with pytest.raises(NotFound):
            await mine.availability.is_bookable(starts_at=at(9), ends_at=at(10), **unknown)


async def test_a_missing_part_of_the_profile_is_named_without_its_value(clinic: Clinic) -> None:
    incomplete = await clinic.new_patient(phone=None, emergency_contact=None)

    with pytest.raises(ValidationFailed) as refused:
        await clinic.book(patient_id=incomplete.id)

    assert "phone, emergency_contact" in refused.value.fields["patient_id"]


async def test_a_doctor_who_is_not_active_takes_no_bookings(clinic: Clinic) -> None:
    await clinic.system.people.set_doctor_status(clinic.doctor.id, DoctorStatus.INACTIVE, expected_version=1)

    with pytest.raises(ValidationFailed) as refused:
        await clinic.book()

    assert set(refused.value.fields) == {"doctor_id"}


async def test_nobody_is_both_sides_of_an_appointment(clinic: Clinic) -> None:
    own = await clinic.new_patient(name=None, user_id=clinic.doctor.user_id, consents=False)

    with pytest.raises(ValidationFailed) as refused:
        await clinic.book(patient_id=own.id)

    assert set(refused.value.fields) == {"patient_id"}


async def test_nothing_is_booked_outside_the_windows_without_an_override(clinic: Clinic) -> None:
    """D04: before opening, over the end, on a blocked day."""
    await clinic.system.availability.block_dates(
        NewBlock(doctor_id=clinic.doctor.id, first_date=at(9, day=3).astimezone(ZONE).date())
    )
    outside = [at(6, 30), at(19, 45), at(9, day=3)]

    for start in outside:
        with pytest.raises(OutsideAvailability):
            await clinic.book(start)
    for start in outside:
        booked = await clinic.system.appointments.schedule(
            clinic.request(start), override_availability="the patient is in pain"
        )
        (log,) = await clinic.log_of(booked)
        assert booked.availability_override == "the patient is in pain"
        assert log.payload["availability_override"] == "the patient is in pain"


async def test_an_override_needs_a_reason_that_can_be_stored(clinic: Clinic) -> None:
    for reason in ("", "   ", "x" * 501, "a\x00b"):
        with pytest.raises(ValidationFailed) as refused:
            await clinic.system.appointments.schedule(clinic.request(at(6)), override_availability=reason)
        assert set(refused.value.fields) == {"override_availability"}


async def test_an_override_does_not_book_a_taken_time(clinic: Clinic) -> None:
    await clinic.book(at(9))

    with pytest.raises(SlotTaken):
        await clinic.system.appointments.schedule(clinic.request(at(9)), override_availability="urgent")


async def test_a_booking_takes_the_place_of_its_window(clinic: Clinic) -> None:
    office = await clinic.new_office()
    date = at(9, day=2).astimezone(ZONE).date()
    await clinic.system.availability.add_window(
        NewAvailabilityWindow(
            doctor_id=clinic.doctor.id, specific_date=date, start_minute=480, end_minute=720, location_id=office
        )
    )

    assert (await clinic.book(at(9, day=2))).location_id == office
    assert (await clinic.book(at(10))).location_id is None
    teleconsultation = await clinic.system.people.first_teleconsultation_location(clinic.doctor.id)
    with pytest.raises(OutsideAvailability):
        await clinic.book(at(11, day=2), location_id=teleconsultation.id)


async def test_an_inactive_place_is_refused(clinic: Clinic) -> None:
    office = await clinic.new_office()
    await clinic.system.people.update_location(office, ServiceLocationPatch(is_active=False), expected_version=1)

    with pytest.raises(ValidationFailed) as refused:
        await clinic.book(location_id=office)

    assert set(refused.value.fields) == {"location_id"}


async def test_booking_is_idempotent_by_key_for_ever(clinic: Clinic) -> None:
    """The same key and content return what is stored: after it began, after it was deleted, years later."""
    verbs = clinic.system.appointments
    request = clinic.request()
    booked = await verbs.schedule(request, idempotency_key="key-1")
    assert await verbs.schedule(request, idempotency_key="key-1") == booked
    clinic.clock.set(at(9, 5))
    assert await verbs.schedule(request, idempotency_key="key-1") == booked
    cancelled = await verbs.cancel(booked.id, expected_version=1)
    assert await verbs.schedule(request, idempotency_key="key-1") == cancelled
    await verbs.delete(booked.id, expected_version=2)
    clinic.clock.step(dt.timedelta(days=3650))
    repeated = await verbs.schedule(request, idempotency_key="key-1")

    assert (repeated.id, repeated.deleted_at is None) == (booked.id, False)
    assert await clinic.count(appointments) == 1
    assert [event.type for event in await clinic.events_of(booked)] == [
        "ConsultationScheduled",
        "ConsultationCancelled",
    ]


async def test_a_key_with_other_content_is_refused_for_ever(clinic: Clinic) -> None:
    verbs = clinic.system.appointments
    await verbs.schedule(clinic.request(), idempotency_key="key-1")

    for other, override in [
        (clinic.request(at(11)), None),
        (clinic.request(notes="other"), None),
        (clinic.request(), "urgent"),
        (clinic.request(patient_id=(await clinic.new_patient()).id), None),
    ]:
        with pytest.raises(IdempotencyConflict):
            await verbs.schedule(other, idempotency_key="key-1", override_availability=override)
    clinic.clock.step(dt.timedelta(days=3650))
    with pytest.raises(IdempotencyConflict):
        await verbs.schedule(clinic.request(at(11)), idempotency_key="key-1")


async def test_a_key_belongs_to_its_actor(clinic: Clinic) -> None:
    first = await clinic.system.appointments.schedule(clinic.request(), idempotency_key="key-1")
    own = await clinic.acting_as(clinic.patient).appointments.schedule(clinic.request(at(11)), idempotency_key="key-1")
    another_job = clinic.store.acting_as(Actor.system("another job"))
    third = await another_job.appointments.schedule(clinic.request(at(12)), idempotency_key="key-1")

    assert len({first.id, own.id, third.id}) == 3


async def test_a_key_is_a_short_text(clinic: Clinic) -> None:
    for key in ("", " ", "k" * 201, "a\x00"):
        with pytest.raises(ValidationFailed) as refused:
            await clinic.system.appointments.schedule(clinic.request(), idempotency_key=key)
        assert set(refused.value.fields) == {"idempotency_key"}


async def test_a_code_that_collides_is_drawn_again(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([0, 0, 1])
    monkeypatch.setattr("secrets.randbelow", lambda _codes: next(drawn))
    first, second = await clinic.book(at(9)), await clinic.book(at(10))

    codes = [await clinic.system.appointments.access_code(each.id) for each in (first, second)]
    assert codes == ["AAAAAAAA", "BAAAAAAA"]


async def test_a_bookings_statements_are_counted(
    clinic: Clinic, telemed_engine: str, telemed_statements: StatementCounter
) -> None:
    """Guards (none on SQLite), preconditions with overlap, the calendar; row, log and event (one on PostgreSQL); the conversation.

    The pair's first appointment makes its conversation by two more.
    """
    guards = {"sqlite": 0, "postgresql": 1, "mariadb": 2}[telemed_engine]
    written = {"sqlite": 3, "postgresql": 1, "mariadb": 3}[telemed_engine]
    with telemed_statements() as plain:
        await clinic.book(at(9))
    with telemed_statements() as keyed:
        await clinic.system.appointments.schedule(clinic.request(at(11)), idempotency_key="k")
    with telemed_statements() as repeated:
        await clinic.system.appointments.schedule(clinic.request(at(11)), idempotency_key="k")

    assert plain.count == guards + 2 + written + 3
    assert (keyed.count, repeated.count) == (plain.count - 2 + 1, guards + 1)


async def test_several_bookings_in_one_unit_stand_or_fall_together(clinic: Clinic) -> None:
    async def both() -> None:
        async with clinic.store.unit_of_work(SYSTEM) as uow:
            await uow.appointments.schedule(clinic.request(at(9)))
            await uow.appointments.schedule(clinic.request(at(9, 15)))

    with pytest.raises(SlotTaken):
        await both()
    for table in (appointments, appointment_logs):
        assert await clinic.count(table) == 0
    async with clinic.store.unit_of_work(SYSTEM) as uow:
        scheduled = select(domain_events.c.id).where(domain_events.c.type == "ConsultationScheduled")
        assert list(await uow.connection.execute(scheduled)) == []
