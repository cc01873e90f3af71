"""The main job: the cohort, completed by the rule, goes through the public API, and each row's outcome is written down.

People are registered several to a unit of work, each behind a savepoint of its own; visits are imported a thousand to a call; a
booking is one call of `appointments.schedule` with an idempotency key, as an application makes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar
from uuid import UUID

from telemed_store import (
    BoundStore,
    ImportedVisit,
    NewAppointment,
    NewAvailabilityWindow,
    NewDoctor,
    NewPatient,
    Patient,
    UnitOfWork,
)
from telemed_store.cli.demo.accounting import LOADED, Ledger, reason_of
from telemed_store.cli.demo.progress import Advance
from telemed_store.cli.demo.rule import DemoBooking, DemoDoctor, DemoPatient, DemoVisit
from telemed_store.errors import AlreadyExists, Conflict, StoreError, ValidationFailed
from telemed_store.people.models import Gender

__all__ = ["Cast", "book", "import_visits", "register_doctors", "register_patients", "save_schedules"]

PEOPLE_PER_UNIT: Final = 100
VISITS_PER_CALL: Final = 1000
NO_PATIENT: Final = "the patient was refused"

T = TypeVar("T")


@dataclass(slots=True)
class Cast:
    """Who was registered, by the ids of the demonstration; and how many appointments each doctor got."""

    doctors: dict[int, UUID] = field(default_factory=dict[int, UUID])
    patients: dict[int, Patient] = field(default_factory=dict[int, Patient])
    booked: Counter[int] = field(default_factory=Counter[int])


def register_doctors(
    mine: BoundStore, doctors: Sequence[DemoDoctor], cast: Cast, ledger: Ledger, advance: Advance
) -> None:
    """Register the specializations and the doctors.

    Raises:
        AlreadyExists: The database holds them: it is not fresh.
    """
    names = dict.fromkeys(name for doctor in doctors for name in doctor.specializations)
    known = {name: mine.people.add_specialization(name).id for name in names}
    for chunk in _chunks(doctors, PEOPLE_PER_UNIT):
        for index, doctor_id in mine.run(_register_doctors, chunk, known):
            cast.doctors[index] = doctor_id
            ledger.settle(index, LOADED)
        advance(len(chunk))


def _register_doctors(
    unit: UnitOfWork, doctors: Sequence[DemoDoctor], specializations: dict[str, UUID]
) -> list[tuple[int, UUID]]:
    return [
        (
            doctor.index,
            unit.people.register_doctor(
                NewDoctor(
                    name=doctor.name,
                    email=doctor.email,
                    zone=doctor.zone,
                    crm_number=doctor.crm_number,
                    crm_state=doctor.crm_state,
                    cbo=doctor.cbo,
                    specializations=tuple(specializations[name] for name in doctor.specializations),
                )
            ).id,
        )
        for doctor in doctors
    ]


def save_schedules(mine: BoundStore, doctors: Sequence[DemoDoctor], cast: Cast, advance: Advance) -> int:
    """Give every doctor the weekly windows of the rule; returns how many windows there are then."""
    saved = 0
    for doctor in doctors:
        doctor_id = cast.doctors[doctor.index]
        windows = [
            NewAvailabilityWindow(
                doctor_id=doctor_id, weekday=one.weekday, start_minute=one.start_minute, end_minute=one.end_minute
            )
            for one in doctor.windows
        ]
        version = mine.availability.set_up(doctor_id).schedule_version
        saved += len(mine.availability.save_schedule(doctor_id, windows, expected_version=version).windows)
        advance(1)
    return saved


def register_patients(
    mine: BoundStore, people: Sequence[DemoPatient], cast: Cast, ledger: Ledger, advance: Advance
) -> None:
    """Register every person of the cohort as a patient; one who is refused does not keep the others of the unit out."""
    for chunk in _chunks(people, PEOPLE_PER_UNIT):
        for person, answer in zip(chunk, mine.run(_register_patients, chunk), strict=True):
            if isinstance(answer, Patient):
                cast.patients[person.person_id] = answer
            ledger.settle(person.person_id, LOADED if isinstance(answer, Patient) else reason_of(answer))
        advance(len(chunk))


def _register_patients(unit: UnitOfWork, people: Sequence[DemoPatient]) -> list[Patient | StoreError]:
    answers: list[Patient | StoreError] = []
    for person in people:
        try:
            with unit.savepoint():
                answers.append(unit.people.register_patient(_patient(person)))
        except (ValidationFailed, AlreadyExists) as refusal:
            answers.append(refusal)
    return answers


def _patient(person: DemoPatient) -> NewPatient:
    return NewPatient(
        name=person.name,
        email=person.email,
        zone=person.zone,
        cpf=person.cpf,
        gender=Gender(person.gender),
        date_of_birth=person.date_of_birth,
        phone=person.phone,
        mother_name=person.mother_name,
        emergency_contact=person.emergency_contact,
        emergency_phone=person.emergency_phone,
    )


def import_visits(mine: BoundStore, visits: Sequence[DemoVisit], cast: Cast, ledger: Ledger, advance: Advance) -> None:
    """Import the past visits as completed; the store refuses some, each with its reason."""
    for chunk in _chunks(visits, VISITS_PER_CALL):
        known = [visit for visit in chunk if visit.person_id in cast.patients]
        for visit in chunk:
            if visit.person_id not in cast.patients:
                ledger.settle(visit.visit_id, NO_PATIENT)
        report = mine.appointments.import_completed([_imported(visit, cast) for visit in known])
        reasons = {refusal.index: refusal.reason for refusal in report.refused}
        for index, visit in enumerate(known):
            ledger.settle(visit.visit_id, reasons.get(index, LOADED))
        if len(report.imported) + len(report.refused) != len(known):
            raise StoreError("The import did not answer for every visit it was given: please report this.")
        advance(len(chunk))


def _imported(visit: DemoVisit, cast: Cast) -> ImportedVisit:
    return ImportedVisit(
        doctor_id=cast.doctors[visit.doctor],
        patient_id=cast.patients[visit.person_id].id,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        zone=visit.zone,
        source_key=f"visit-{visit.visit_id}",
    )


def book(mine: BoundStore, requests: Sequence[DemoBooking], cast: Cast, ledger: Ledger, advance: Advance) -> None:
    """Ask for every appointment, one call each; who comes second to a time is refused."""
    for request in requests:
        outcome = _booked(mine, request, cast)
        ledger.settle(request.visit_id, outcome)
        cast.booked[request.doctor] += outcome == LOADED
        advance(1)


def _booked(mine: BoundStore, request: DemoBooking, cast: Cast) -> str:
    patient = cast.patients.get(request.person_id)
    if patient is None:
        return NO_PATIENT
    wanted = NewAppointment(
        doctor_id=cast.doctors[request.doctor], patient_id=patient.id, starts_at=request.starts_at, zone=request.zone
    )
    try:
        mine.appointments.schedule(wanted, idempotency_key=f"visit-{request.visit_id}-again")
    except (ValidationFailed, Conflict) as refusal:
        return reason_of(refusal)
    return LOADED


def _chunks(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (rows[first : first + size] for first in range(0, len(rows), size))
