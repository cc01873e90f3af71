# Generated from _async/appointments/test_booking.py by tools/sync.py. Do not edit.
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


def test_a_booking_is_one_row_one_log_row_and_one_event(clinic: Clinic) -> None:
    booked = clinic.acting_as(clinic.patient).appointments.schedule(clinic.request(notes="bring the X-ray"))

    assert booked == clinic.system.appointments.get(booked.id)
    assert (booked.status, booked.origin, booked.version) == (
        AppointmentStatus.SCHEDULED,
        AppointmentOrigin.BOOKED,
        1,
    )
    assert (booked.ends_at - booked.starts_at, booked.created_at) == (HALF_HOUR, clinic.clock.now())
    assert (booked.local_starts_at, booked.zone) == (at(9).astimezone(ZONE).replace(tzinfo=None), ZONE.key)
    assert booked.created_by == clinic.patient.user_id
    (log,) = clinic.log_of(booked)
    assert (log.event, log.actor_id, log.payload) == (
        AppointmentEvent.CREATED,
        clinic.patient.user_id,
        {"starts_at": at(9).isoformat(), "ends_at": (at(9) + HALF_HOUR).isoformat()},
    )
    (event,) = clinic.events_of(booked)
    assert (event.type, event.aggregate_type, event.aggregate_version) == ("ConsultationScheduled", "appointment", 1)
    assert event.recipients == [str(clinic.doctor.user_id), str(clinic.patient.user_id)]
    assert set(event.payload) == {"doctor_id", "patient_id", "starts_at", "ends_at", "location_id"}
    assert dt.datetime.fromisoformat(event.payload["starts_at"]) == at(9)
    assert clinic.count(outbox) == 0


@pytest.mark.telemed_settings(event_sink="somewhere")
def test_with_a_sink_each_event_has_one_outbox_row(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.system.appointments.cancel(booked.id, expected_version=1)

    written = {event.id for event in clinic.events_of(booked)}
    waiting = {row.event_id for row in clinic.rows(outbox)}
    assert len(written) == 2
    assert written <= waiting


def test_no_log_row_and_no_event_holds_code_or_notes(clinic: Clinic) -> None:
    """D47."""
    verbs = clinic.system.appointments
    booked = clinic.book(notes="secret remark")
    code = verbs.access_code(booked.id)
    assert len(code) == 8
    assert code.isascii()
    assert code == code.upper()
    moved = verbs.reschedule(booked.id, starts_at=at(10), expected_version=1)
    verbs.start(moved.id, expected_version=2)
    verbs.complete(moved.id, expected_version=3)

    told = [dict(row._mapping) for table in (appointment_logs, domain_events) for row in clinic.rows(table)]
    text = json.dumps(told, default=str)
    assert code not in text
    assert "secret remark" not in text


def test_a_system_job_books_in_the_doctors_name(clinic: Clinic) -> None:
    booked = clinic.book()
    (log,) = clinic.log_of(booked)

    assert booked.created_by == clinic.doctor.user_id
    assert (log.actor_id, log.actor_kind) == (None, "system")


def test_an_unknown_end_is_the_setting_and_a_given_zone_is_kept(clinic: Clinic) -> None:
    booked = clinic.book(ends_at=at(11), zone="America/Manaus")

    assert (booked.ends_at, booked.zone) == (at(11), "America/Manaus")
    assert booked.local_starts_at == at(8).astimezone(ZONE).replace(tzinfo=None)


def test_adjacent_appointments_are_allowed(clinic: Clinic) -> None:
    """D02: in both orders."""
    clinic.book(at(10))
    clinic.book(at(9, 30))
    clinic.book(at(10, 30))

    with pytest.raises(SlotTaken):
        clinic.book(at(10, 59), ends_at=at(11))


def test_every_overlap_is_refused_for_doctor_and_patient(clinic: Clinic) -> None:
    """D01; patient_cannot_be_in_two_consultations: over the start, over the end, inside, around."""
    clinic.book(at(10))
    other_patient, other_doctor = clinic.new_patient(), clinic.new_doctor("Davi Reis")

    for start, end in ((at(9, 45), at(10, 1)), (at(10, 29), at(11)), (at(10, 10), at(10, 20)), (at(9), at(12))):
        with pytest.raises(SlotTaken) as of_doctor:
            clinic.book(start, ends_at=end, patient_id=other_patient.id)
        with pytest.raises(SlotTaken) as of_patient:
            clinic.book(start, ends_at=end, doctor_id=other_doctor.id)
        assert (of_doctor.value.side, of_patient.value.side) == ("doctor", "patient")
    assert clinic.count(appointments) == 1
    assert clinic.count(appointment_logs) == 1


def test_zero_length_is_refused(clinic: Clinic) -> None:
    with pytest.raises(ValueError, match="ends_at must be later"):
        clinic.request(at(9), ends_at=at(9))
    booked = clinic.book(at(9))
    with pytest.raises(ValidationFailed) as refused:
        clinic.system.appointments.reschedule(booked.id, starts_at=at(10), ends_at=at(10), expected_version=1)
    assert set(refused.value.fields) == {"ends_at"}


def test_a_refusal_names_its_field(clinic: Clinic) -> None:
    stranger_office = clinic.system.people.add_location(
        NewServiceLocation(doctor_id=clinic.new_doctor("Davi Reis").id, name="There", type="clinic", address="Rua B, 2")
    )
    incomplete = clinic.new_patient(phone=None)
    blocked = clinic.new_patient("Eva Maia")
    clinic.system.people.set_patient_status(blocked.id, PatientStatus.BLOCKED, expected_version=1)
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
            clinic.book(**change)
        assert set(refused.value.fields) == {field}, change
    with pytest.raises(NotPermitted):
        clinic.store.acting_as(Actor.user(new_id())).appointments.schedule(clinic.request())
    assert clinic.count(appointments) == 0


def test_free_slots_and_booking_agree(clinic: Clinic) -> None:
    """D05, Q047: what keeps somebody from being booked keeps the interval from being bookable, and nothing else does."""
    people, mine = clinic.system.people, clinic.system
    idle = clinic.new_doctor("Davi Reis")
    people.set_doctor_status(idle.id, DoctorStatus.INACTIVE, expected_version=1)
    incomplete, blocked, busy = [clinic.new_patient(name) for name in ("Eva Maia", "Ivo Paz", "Lia Luz")]
    people.update_patient(incomplete.id, PatientPatch(emergency_phone=None), expected_version=1)
    people.set_patient_status(blocked.id, PatientStatus.BLOCKED, expected_version=1)
    own = clinic.new_patient(name=None, user_id=clinic.doctor.user_id, consents=False)
    other = clinic.new_doctor("Gil Sá")
    clinic.book(at(9), doctor_id=other.id, patient_id=busy.id)
    shut = clinic.new_office()
    people.update_location(shut, ServiceLocationPatch(is_active=False), expected_version=1)
    whole_day: dict[str, Any] = {"starts_at": at(0), "ends_at": at(0) + dt.timedelta(days=1, seconds=1)}
    requests: list[tuple[bool, dict[str, Any]]] = [
        (False, {"doctor_id": idle.id}),
        (False, {"patient_id": incomplete.id}),
        (False, {"patient_id": blocked.id}),
        (False, {"patient_id": own.id}),
        (False, {"patient_id": busy.id}),
        (False, {"location_id": shut}),
        (False, {"location_id": clinic.new_office(), "doctor_id": other.id}),
        (False, {"starts_at": clinic.clock.now()}),
        (False, {"starts_at": at(6)}),
        (False, whole_day),
        (True, {"patient_id": busy.id, "starts_at": at(9, 37)}),
        (True, {"location_id": clinic.new_office()}),
    ]

    for expected, said in requests:
        wanted = clinic.request(**said)
        ends_at = wanted.ends_at or wanted.starts_at + HALF_HOUR
        asked = mine.availability.is_bookable
        bookable = asked(wanted.doctor_id, wanted.starts_at, ends_at, wanted.location_id, wanted.patient_id)
        try:
            mine.appointments.schedule(wanted)
        except (ValidationFailed, OutsideAvailability, SlotTaken):
            booked = False
        else:
            booked = True
        assert (bookable, booked) == (expected, expected), said
    for unknown in ({"doctor_id": new_id()}, {"doctor_id": clinic.doctor.id, "patient_id": new_id()}):
        with pytest.raises(NotFound):
            mine.availability.is_bookable(starts_at=at(9), ends_at=at(10), **unknown)


def test_a_missing_part_of_the_profile_is_named_without_its_value(clinic: Clinic) -> None:
    incomplete = clinic.new_patient(phone=None, emergency_contact=None)

    with pytest.raises(ValidationFailed) as refused:
        clinic.book(patient_id=incomplete.id)

    assert "phone, emergency_contact" in refused.value.fields["patient_id"]


def test_a_doctor_who_is_not_active_takes_no_bookings(clinic: Clinic) -> None:
    clinic.system.people.set_doctor_status(clinic.doctor.id, DoctorStatus.INACTIVE, expected_version=1)

    with pytest.raises(ValidationFailed) as refused:
        clinic.book()

    assert set(refused.value.fields) == {"doctor_id"}


def test_nobody_is_both_sides_of_an_appointment(clinic: Clinic) -> None:
    own = clinic.new_patient(name=None, user_id=clinic.doctor.user_id, consents=False)

    with pytest.raises(ValidationFailed) as refused:
        clinic.book(patient_id=own.id)

    assert set(refused.value.fields) == {"patient_id"}


def test_nothing_is_booked_outside_the_windows_without_an_override(clinic: Clinic) -> None:
    """D04: before opening, over the end, on a blocked day."""
    clinic.system.availability.block_dates(
        NewBlock(doctor_id=clinic.doctor.id, first_date=at(9, day=3).astimezone(ZONE).date())
    )
    outside = [at(6, 30), at(19, 45), at(9, day=3)]

    for start in outside:
        with pytest.raises(OutsideAvailability):
            clinic.book(start)
    for start in outside:
        booked = clinic.system.appointments.schedule(
            clinic.request(start), override_availability="the patient is in pain"
        )
        (log,) = clinic.log_of(booked)
        assert booked.availability_override == "the patient is in pain"
        assert log.payload["availability_override"] == "the patient is in pain"


def test_an_override_needs_a_reason_that_can_be_stored(clinic: Clinic) -> None:
    for reason in ("", "   ", "x" * 501, "a\x00b"):
        with pytest.raises(ValidationFailed) as refused:
            clinic.system.appointments.schedule(clinic.request(at(6)), override_availability=reason)
        assert set(refused.value.fields) == {"override_availability"}


def test_an_override_does_not_book_a_taken_time(clinic: Clinic) -> None:
    clinic.book(at(9))

    with pytest.raises(SlotTaken):
        clinic.system.appointments.schedule(clinic.request(at(9)), override_availability="urgent")


def test_a_booking_takes_the_place_of_its_window(clinic: Clinic) -> None:
    office = clinic.new_office()
    date = at(9, day=2).astimezone(ZONE).date()
    clinic.system.availability.add_window(
        NewAvailabilityWindow(
            doctor_id=clinic.doctor.id, specific_date=date, start_minute=480, end_minute=720, location_id=office
        )
    )

    assert clinic.book(at(9, day=2)).location_id == office
    assert clinic.book(at(10)).location_id is None
    teleconsultation = clinic.system.people.first_teleconsultation_location(clinic.doctor.id)
    with pytest.raises(OutsideAvailability):
        clinic.book(at(11, day=2), location_id=teleconsultation.id)


def test_an_inactive_place_is_refused(clinic: Clinic) -> None:
    office = clinic.new_office()
    clinic.system.people.update_location(office, ServiceLocationPatch(is_active=False), expected_version=1)

    with pytest.raises(ValidationFailed) as refused:
        clinic.book(location_id=office)

    assert set(refused.value.fields) == {"location_id"}


def test_booking_is_idempotent_by_key_for_ever(clinic: Clinic) -> None:
    """The same key and content return what is stored: after it began, after it was deleted, years later."""
    verbs = clinic.system.appointments
    request = clinic.request()
    booked = verbs.schedule(request, idempotency_key="key-1")
    assert verbs.schedule(request, idempotency_key="key-1") == booked
    clinic.clock.set(at(9, 5))
    assert verbs.schedule(request, idempotency_key="key-1") == booked
    cancelled = verbs.cancel(booked.id, expected_version=1)
    assert verbs.schedule(request, idempotency_key="key-1") == cancelled
    verbs.delete(booked.id, expected_version=2)
    clinic.clock.step(dt.timedelta(days=3650))
    repeated = verbs.schedule(request, idempotency_key="key-1")

    assert (repeated.id, repeated.deleted_at is None) == (booked.id, False)
    assert clinic.count(appointments) == 1
    assert [event.type for event in clinic.events_of(booked)] == [
        "ConsultationScheduled",
        "ConsultationCancelled",
    ]


def test_a_key_with_other_content_is_refused_for_ever(clinic: Clinic) -> None:
    verbs = clinic.system.appointments
    verbs.schedule(clinic.request(), idempotency_key="key-1")

    for other, override in [
        (clinic.request(at(11)), None),
        (clinic.request(notes="other"), None),
        (clinic.request(), "urgent"),
        (clinic.request(patient_id=clinic.new_patient().id), None),
    ]:
        with pytest.raises(IdempotencyConflict):
            verbs.schedule(other, idempotency_key="key-1", override_availability=override)
    clinic.clock.step(dt.timedelta(days=3650))
    with pytest.raises(IdempotencyConflict):
        verbs.schedule(clinic.request(at(11)), idempotency_key="key-1")


def test_a_key_belongs_to_its_actor(clinic: Clinic) -> None:
    first = clinic.system.appointments.schedule(clinic.request(), idempotency_key="key-1")
    own = clinic.acting_as(clinic.patient).appointments.schedule(clinic.request(at(11)), idempotency_key="key-1")
    another_job = clinic.store.acting_as(Actor.system("another job"))
    third = another_job.appointments.schedule(clinic.request(at(12)), idempotency_key="key-1")

    assert len({first.id, own.id, third.id}) == 3


def test_a_key_is_a_short_text(clinic: Clinic) -> None:
    for key in ("", " ", "k" * 201, "a\x00"):
        with pytest.raises(ValidationFailed) as refused:
            clinic.system.appointments.schedule(clinic.request(), idempotency_key=key)
        assert set(refused.value.fields) == {"idempotency_key"}


def test_a_code_that_collides_is_drawn_again(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([0, 0, 1])
    monkeypatch.setattr("secrets.randbelow", lambda _codes: next(drawn))
    first, second = clinic.book(at(9)), clinic.book(at(10))

    codes = [clinic.system.appointments.access_code(each.id) for each in (first, second)]
    assert codes == ["AAAAAAAA", "BAAAAAAA"]


def test_a_bookings_statements_are_counted(
    clinic: Clinic, telemed_engine: str, telemed_statements: StatementCounter
) -> None:
    """Guards (none on SQLite), preconditions with overlap, the calendar; row, log and event (one on PostgreSQL); the conversation.

    The pair's first appointment makes its conversation by two more.
    """
    guards = {"sqlite": 0, "postgresql": 1, "mariadb": 2}[telemed_engine]
    written = {"sqlite": 3, "postgresql": 1, "mariadb": 3}[telemed_engine]
    with telemed_statements() as plain:
        clinic.book(at(9))
    with telemed_statements() as keyed:
        clinic.system.appointments.schedule(clinic.request(at(11)), idempotency_key="k")
    with telemed_statements() as repeated:
        clinic.system.appointments.schedule(clinic.request(at(11)), idempotency_key="k")

    assert plain.count == guards + 2 + written + 3
    assert (keyed.count, repeated.count) == (plain.count - 2 + 1, guards + 1)


def test_several_bookings_in_one_unit_stand_or_fall_together(clinic: Clinic) -> None:
    def both() -> None:
        with clinic.store.unit_of_work(SYSTEM) as uow:
            uow.appointments.schedule(clinic.request(at(9)))
            uow.appointments.schedule(clinic.request(at(9, 15)))

    with pytest.raises(SlotTaken):
        both()
    for table in (appointments, appointment_logs):
        assert clinic.count(table) == 0
    with clinic.store.unit_of_work(SYSTEM) as uow:
        scheduled = select(domain_events.c.id).where(domain_events.c.type == "ConsultationScheduled")
        assert list(uow.connection.execute(scheduled)) == []
