# Generated from _async/appointments/test_importing.py by tools/sync.py. Do not edit.
"""Importing past visits: what is written, what is refused and why, in how many statements (domain §4)."""

from __future__ import annotations

import datetime as dt

import pytest

from telemed_store import (
    Actor,
    AppointmentEvent,
    AppointmentOrigin,
    AppointmentStatus,
    CompletionKind,
    ImportedVisit,
    NewServiceLocation,
    NotPermitted,
    ValidationFailed,
    new_id,
)
from telemed_store.appointments.importing import LARGEST_IMPORT
from telemed_store.appointments.tables import appointment_logs, appointments
from telemed_store.events.tables import domain_events, outbox
from telemed_store.testing.clock import PRESENT
from telemed_store.testing.statements import StatementCounter

from .clinic import Clinic


def test_an_imported_visit_is_a_completed_appointment(clinic: Clinic) -> None:
    visit = clinic.visit(days_ago=40, minutes=45, zone="America/Manaus")
    report = clinic.system.appointments.import_completed([visit])
    (appointment_id,) = report.imported
    stored = clinic.system.appointments.get(appointment_id)

    assert (report.repeated, report.refused) == (0, ())
    assert (stored.status, stored.origin) == (AppointmentStatus.COMPLETED, AppointmentOrigin.IMPORTED)
    assert stored.completion_kind is CompletionKind.IMPORTED
    assert (stored.started_at, stored.ended_at) == (visit.starts_at, visit.ends_at)
    assert (stored.zone, stored.local_starts_at.hour, stored.created_by) == (
        "America/Manaus",
        8,
        clinic.doctor.user_id,
    )
    (log,) = clinic.log_of(stored)
    assert (log.event, log.payload) == (
        AppointmentEvent.COMPLETED,
        {"duration_minutes": 45, "completion_kind": "imported", "origin": "imported"},
    )
    (event,) = clinic.events_of(stored)
    assert (event.type, event.payload["origin"], event.payload["completion_kind"]) == (
        "ConsultationCompleted",
        "imported",
        "imported",
    )
    assert event.recipients == [str(clinic.doctor.user_id), str(clinic.patient.user_id)]
    patient = clinic.system.people.patient(clinic.patient.id)
    assert (patient.last_consultation_at, patient.version) == (visit.ends_at, 1)


def test_each_wrong_visit_is_refused_by_its_reason_and_the_others_are_stored(clinic: Clinic) -> None:
    office = clinic.new_office()
    elsewhere = clinic.system.people.add_location(
        NewServiceLocation(doctor_id=clinic.new_doctor("Davi Reis").id, name="There", type="clinic", address="Rua B, 2")
    )
    own = clinic.new_patient(name=None, user_id=clinic.doctor.user_id, consents=False)
    wrong = {
        "longer_than_a_day": clinic.visit(days_ago=9, minutes=24 * 60 + 1),
        "ends_before_start": clinic.visit(minutes=0),
        "in_the_future": clinic.visit(starts_at=PRESENT - dt.timedelta(minutes=29)),
        "unknown_doctor": clinic.visit(doctor_id=new_id()),
        "unknown_patient": clinic.visit(patient_id=new_id()),
        "unknown_location": clinic.visit(location_id=elsewhere.id),
        "same_person": clinic.visit(patient_id=own.id),
        "outside_calendar": clinic.visit(starts_at=dt.datetime.min.replace(tzinfo=dt.UTC)),
    }
    right = [
        clinic.visit(days_ago=5, minutes=24 * 60),
        clinic.visit(starts_at=PRESENT - dt.timedelta(minutes=30)),
        clinic.visit(starts_at=dt.datetime(1909, 3, 1, 12, tzinfo=dt.UTC), location_id=office),
    ]
    report = clinic.system.appointments.import_completed([right[0], *wrong.values(), *right[1:]])

    assert [(refusal.index, refusal.reason) for refusal in report.refused] == list(enumerate(wrong, 1))
    stored = [clinic.system.appointments.get(appointment_id) for appointment_id in report.imported]
    assert [one.starts_at for one in stored] == [visit.starts_at for visit in right]
    assert stored[2].location_id == office
    for table in (appointments, appointment_logs):
        assert clinic.count(table) == len(right)


def test_imports_overlap_each_other_and_bookings(clinic: Clinic) -> None:
    begun = clinic.bring(AppointmentStatus.IN_PROGRESS)
    clinic.clock.set(begun.ends_at)
    visits = [clinic.visit(starts_at=begun.starts_at) for _ in range(2)]

    report = clinic.system.appointments.import_completed(visits)

    assert len(set(report.imported)) == 2


def test_a_source_key_is_stored_once(clinic: Clinic) -> None:
    """Within one list, and for ever; with other content it is refused; another actor has keys of their own."""
    verbs = clinic.system.appointments
    one, same = [clinic.visit(source_key="a") for _ in range(2)]
    first = verbs.import_completed([one, same, clinic.visit(days_ago=2, source_key="a")])
    again = verbs.import_completed([clinic.visit(days_ago=3), one])
    foreign = clinic.store.acting_as(Actor.system("another job")).appointments.import_completed([one])

    assert first.imported == (first.imported[0],) * 2
    assert first.repeated == 1
    assert [(refusal.index, refusal.reason) for refusal in first.refused] == [(2, "source_key_used")]
    assert (again.imported[1], again.repeated) == (first.imported[0], 1)
    assert foreign.imported[0] != first.imported[0]
    assert clinic.count(appointments) == 3


def test_a_thousand_visits_take_at_most_twelve_statements(clinic: Clinic, telemed_statements: StatementCounter) -> None:
    patients = [clinic.patient, *[clinic.new_patient(f"Patient {n}", consents=False) for n in range(9)]]
    office = clinic.new_office()
    visits = [
        clinic.visit(
            days_ago=n + 1, patient_id=patients[n % 10].id, location_id=office if n % 2 else None, source_key=str(n)
        )
        for n in range(1000)
    ]
    with telemed_statements() as seen:
        report = clinic.system.appointments.import_completed(visits)

    assert (len(report.imported), report.refused) == (1000, ())
    seen.assert_at_most(12)
    for table in (appointments, appointment_logs):
        assert clinic.count(table) == 1000
    with telemed_statements() as repeated:
        assert clinic.system.appointments.import_completed(visits).repeated == 1000
    repeated.assert_at_most(4)


def test_an_import_with_an_actor_who_is_nobody_is_refused(clinic: Clinic) -> None:
    nobody = clinic.store.acting_as(Actor.user(new_id())).appointments

    with pytest.raises(NotPermitted):
        nobody.import_completed([clinic.visit()])

    assert clinic.count(appointments) == 0


def test_an_empty_list_and_one_that_is_too_long(clinic: Clinic) -> None:
    empty = clinic.system.appointments.import_completed([])
    assert (empty.imported, empty.repeated, empty.refused) == ((), 0, ())
    with pytest.raises(ValidationFailed) as refused:
        clinic.system.appointments.import_completed([clinic.visit()] * (LARGEST_IMPORT + 1))
    assert set(refused.value.fields) == {"visits"}


def test_a_visit_needs_instants(clinic: Clinic) -> None:
    with pytest.raises(ValueError, match="timezone"):
        ImportedVisit(
            doctor_id=clinic.doctor.id,
            patient_id=clinic.patient.id,
            starts_at=dt.datetime(2020, 1, 1),  # noqa: DTZ001 - the point
            ends_at=PRESENT,
        )


@pytest.mark.telemed_settings(event_sink="somewhere")
def test_with_a_sink_each_imported_visit_waits_for_delivery(clinic: Clinic) -> None:
    before = clinic.count(outbox)
    clinic.system.appointments.import_completed([clinic.visit(days_ago=n) for n in (1, 2, 3)])

    assert clinic.count(outbox) == before + 3
    completed = [row for row in clinic.rows(domain_events) if row.type == "ConsultationCompleted"]
    assert len(completed) == 3
