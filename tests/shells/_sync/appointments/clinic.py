# Generated from _async/appointments/clinic.py by tools/sync.py. Do not edit.
"""A doctor with windows, a patient with a whole profile, and ways to bring their appointments where a test wants them."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Table, func, select

from telemed_store import (
    Actor,
    Appointment,
    AppointmentStatus,
    BoundStore,
    Doctor,
    ImportedVisit,
    NewAppointment,
    NewAvailabilityWindow,
    NewConsent,
    NewDoctor,
    NewPatient,
    NewServiceLocation,
    Patient,
    Store,
)
from telemed_store.appointments.tables import appointment_logs
from telemed_store.events.tables import domain_events
from telemed_store.testing.clock import PRESENT, FrozenClock

SYSTEM = Actor.system("tests")
ZONE = ZoneInfo("America/Sao_Paulo")
TODAY = PRESENT.astimezone(ZONE).date()
HALF_HOUR = dt.timedelta(minutes=30)
OPENS, CLOSES = 7, 20


def at(hour: int, minute: int = 0, *, day: int = 1) -> dt.datetime:
    """An instant by the doctor's wall clock, ``day`` days from today."""
    return dt.datetime.combine(TODAY + dt.timedelta(days=day), dt.time(hour, minute), ZONE).astimezone(dt.UTC)


class Clinic:
    """What the tests stand on."""

    def __init__(self, store: Store, clock: FrozenClock) -> None:
        self.store = store
        self.clock = clock
        self.system = store.acting_as(SYSTEM)
        self.doctor: Doctor
        self.patient: Patient

    def open(self) -> None:
        """Register the doctor and the patient."""
        self.doctor = self.new_doctor()
        self.patient = self.new_patient("Bia Prado")

    def new_doctor(self, name: str = "Ana Souza", *, location_id: UUID | None = None) -> Doctor:
        """A doctor who works every day from seven to eight in the evening."""
        with self.store.unit_of_work(SYSTEM) as uow:
            doctor = uow.people.register_doctor(NewDoctor(name=name, zone=ZONE.key))
            uow.availability.save_schedule(
                doctor.id,
                [
                    NewAvailabilityWindow(
                        doctor_id=doctor.id,
                        weekday=weekday,
                        start_minute=OPENS * 60,
                        end_minute=CLOSES * 60,
                        location_id=location_id,
                    )
                    for weekday in range(1, 8)
                ],
                expected_version=1,
            )
        return doctor

    def new_patient(self, name: str = "Caio Lima", *, consents: bool = True, **changes: Any) -> Patient:
        """A patient who can be booked, and who agreed to telemedicine."""
        profile: dict[str, Any] = {
            "name": name,
            "gender": "female",
            "date_of_birth": dt.date(1980, 5, 17),
            "phone": "11999990000",
            "emergency_contact": "A friend",
            "emergency_phone": "11888880000",
        }
        with self.store.unit_of_work(SYSTEM) as uow:
            patient = uow.people.register_patient(NewPatient(**profile | changes))
            if consents:
                uow.consents.grant(
                    NewConsent(
                        user_id=patient.user_id,
                        type="telemedicine",
                        text_version="1",
                        text_sha256="ab" * 32,
                        channel="click",
                    )
                )
        return patient

    def new_office(self) -> UUID:
        """A physical location of the doctor."""
        office = self.system.people.add_location(
            NewServiceLocation(doctor_id=self.doctor.id, name="Office", type="office", address="Rua A, 1")
        )
        return office.id

    def acting_as(self, person: Doctor | Patient) -> BoundStore:
        """The store as that person sees it."""
        return self.store.acting_as(Actor.user(person.user_id))

    def stranger(self) -> BoundStore:
        """The store as somebody sees it who has nothing to do with the doctor and the patient."""
        return self.acting_as(self.new_patient("Zeca Stranger", consents=False))

    def request(self, starts_at: dt.datetime | None = None, **changes: Any) -> NewAppointment:
        """A booking to make, tomorrow at nine by default."""
        wanted: dict[str, Any] = {
            "doctor_id": self.doctor.id,
            "patient_id": self.patient.id,
            "starts_at": starts_at or at(9),
        }
        return NewAppointment(**wanted | changes)

    def book(self, starts_at: dt.datetime | None = None, **changes: Any) -> Appointment:
        """Book by a job of the system."""
        return self.system.appointments.schedule(self.request(starts_at, **changes))

    def bring(self, status: AppointmentStatus, starts_at: dt.datetime | None = None) -> Appointment:
        """A new appointment in that status, brought there by verbs alone."""
        verbs = self.system.appointments
        booked = self.book(starts_at)
        if status is AppointmentStatus.RESCHEDULED:
            return verbs.reschedule(booked.id, starts_at=booked.starts_at, expected_version=1)
        if status is AppointmentStatus.CANCELLED:
            return verbs.cancel(booked.id, expected_version=1)
        if status is AppointmentStatus.NO_SHOW:
            return verbs.mark_no_show(booked.id, expected_version=1)
        if status is AppointmentStatus.SCHEDULED:
            return booked
        begun = verbs.start(booked.id, expected_version=1)
        if status is AppointmentStatus.IN_PROGRESS:
            return begun
        return verbs.complete(begun.id, expected_version=2)

    def visit(self, days_ago: int = 1, minutes: int = 30, **changes: Any) -> ImportedVisit:
        """A past visit to import."""
        starts_at = changes.pop("starts_at", PRESENT - dt.timedelta(days=days_ago))
        said: dict[str, Any] = {
            "doctor_id": self.doctor.id,
            "patient_id": self.patient.id,
            "starts_at": starts_at,
            "ends_at": starts_at + dt.timedelta(minutes=minutes),
        }
        return ImportedVisit(**said | changes)

    def rows(self, table: Table, **equal: Any) -> list[Any]:
        """The stored rows of a table, in the order of their keys."""
        wanted = select(table).where(*(table.c[name] == value for name, value in equal.items()))
        ordered = wanted.order_by(*table.primary_key)
        with self.store.unit_of_work(SYSTEM) as uow:
            return list(uow.connection.execute(ordered))

    def count(self, table: Table) -> int:
        """How many rows a table has."""
        with self.store.unit_of_work(SYSTEM) as uow:
            return int(uow.connection.execute(select(func.count()).select_from(table)).scalar_one())

    def log_of(self, appointment: Appointment) -> list[Any]:
        """The rows of an appointment's log."""
        return self.rows(appointment_logs, appointment_id=appointment.id)

    def events_of(self, appointment: Appointment) -> list[Any]:
        """The domain events of an appointment."""
        return self.rows(domain_events, aggregate_id=appointment.id)
