"""What the benchmarks read and write: a clinic with some past, and people of its own for every contender that books."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from telemed_store import Actor, Doctor, ImportedVisit, NewAppointment, Patient, Store
from telemed_store.database.clock import SystemClock
from telemed_store.testing import Make
from telemed_store.testing.factories import PersonalData

DOCTORS = 20
PATIENTS = 100
VISITS = 20_000
BATCH = 1_000
HALF_HOUR = dt.timedelta(minutes=30)
SLOTS_A_DAY = 20
"""Half hours from 8 to 18."""


@dataclass
class Clinic:
    """The people of one whole run."""

    store: Store
    make: Make

    @classmethod
    def of(cls, store: Store) -> Clinic:
        """Make people beside those that are there."""
        return cls(store, Make(store, PersonalData(os.urandom(8).hex()), SystemClock()))

    def doctor(self) -> Doctor:
        """A doctor that no other run has made."""
        number = secrets.randbelow(10**6)
        return self.make.doctor(email=f"{secrets.token_hex(8)}@example.org", crm_number=f"{number:06}")

    def patient(self) -> Patient:
        """A patient that no other run has made."""
        return self.make.patient(email=f"{secrets.token_hex(8)}@example.org")

    def furnish(self) -> None:
        """Fill the empty database with a past: visits of all doctors and patients, imported."""
        doctors = [self.doctor().id for _ in range(DOCTORS)]
        patients = [self.patient().id for _ in range(PATIENTS)]
        mine = self.store.acting_as(Actor.system("benchmark"))
        pairs = itertools.cycle(itertools.product(doctors, patients))
        for first in range(0, VISITS, BATCH):
            starts = [_midnight() - dt.timedelta(hours=24 + first + number) for number in range(BATCH)]
            mine.appointments.import_completed([_visit(*next(pairs), at) for at in starts])

    def pair(self) -> tuple[Doctor, Patient]:
        """A doctor with office hours every day, and a patient who was there before: they have their conversation."""
        doctor, patient = self.doctor(), self.patient()
        self.make.office_hours(doctor.id)
        self.make.imported_visit(doctor.id, patient.id, source_key=None)
        return doctor, patient

    def bookings(self) -> Iterator[NewAppointment]:
        """Bookings of a pair of its own, one behind the other, from next week on."""
        doctor, patient = self.pair()
        return (
            NewAppointment(doctor_id=doctor.id, patient_id=patient.id, starts_at=slot(number))
            for number in itertools.count()
        )


def slot(number: int) -> dt.datetime:
    """The n-th half hour of a doctor's office hours from next week on."""
    day, half_hours = divmod(number, SLOTS_A_DAY)
    return _midnight() + dt.timedelta(days=7 + day, hours=11) + half_hours * HALF_HOUR


def visits(doctor_id: UUID, patient_id: UUID, count: int) -> list[ImportedVisit]:
    """Past visits of one pair, an hour apart."""
    return [_visit(doctor_id, patient_id, _midnight() - dt.timedelta(hours=24 + number)) for number in range(count)]


def _visit(doctor_id: UUID, patient_id: UUID, at: dt.datetime) -> ImportedVisit:
    return ImportedVisit(doctor_id=doctor_id, patient_id=patient_id, starts_at=at, ends_at=at + HALF_HOUR)


def _midnight() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
