# Generated from _async/people.py by tools/sync.py. Do not edit.
"""What the verbs on people return. Checked by mypy and pyright in strict mode, never run."""

from __future__ import annotations

from typing import assert_type
from uuid import UUID

from telemed_store import (
    Doctor,
    DoctorPatch,
    DoctorRegistration,
    DoctorStatus,
    DoctorSummary,
    Identifier,
    IdentifierPatch,
    NewDoctor,
    NewIdentifier,
    NewPatient,
    NewRegistration,
    NewServiceLocation,
    NewUserIdentity,
    Page,
    Patient,
    PatientIdentity,
    PatientPatch,
    PatientStatus,
    PatientSummary,
    Reader,
    RegistrationPatch,
    ServiceLocation,
    ServiceLocationPatch,
    Specialization,
    SpecializationCount,
    SpecializationPatch,
    UnitOfWork,
    User,
    UserIdentity,
    UserPatch,
    UserStatus,
)
from telemed_store.scopes import AgedBetween, Online, WithDoctorStatus, WithPatientStatus, WithSpecialization


def reading(reader: Reader, some_id: UUID) -> None:
    people = reader.people
    assert_type(people.doctor(some_id), Doctor)
    assert_type(people.by_registration("crm", "SP", "123456"), Doctor)
    assert_type(people.patient(some_id), Patient)
    assert_type(people.identity(some_id), PatientIdentity)
    assert_type(people.by_identifier("cpf", "11144477735"), User)
    assert_type(people.user(some_id), User)
    assert_type(people.user_by_email("ana@example.org"), User)
    assert_type(people.user_by_identity("https://login.example.org", "24400320"), User)
    assert_type(people.location(some_id), ServiceLocation)
    assert_type(people.first_teleconsultation_location(some_id), ServiceLocation)


def listing(reader: Reader, some_id: UUID) -> None:
    people = reader.people
    found = people.search_doctors(WithSpecialization(some_id) & Online(), text="ana", limit=10, cursor=None)
    assert_type(found, Page[DoctorSummary])
    assert_type(found.items[0].specializations, tuple[Specialization, ...])
    assert_type(people.doctors(WithDoctorStatus(DoctorStatus.ACTIVE)), Page[Doctor])
    assert_type(people.doctors_with(some_id), Page[Doctor])
    assert_type(people.patients(WithPatientStatus(PatientStatus.ACTIVE) & AgedBetween(18)), Page[PatientSummary])
    assert_type(people.specializations(), Page[SpecializationCount])
    assert_type(people.locations(some_id), Page[ServiceLocation])
    assert_type(people.locations_by_ids([some_id]), list[ServiceLocation])
    assert_type(people.registrations(some_id), Page[DoctorRegistration])
    assert_type(people.linked_identities(some_id), Page[UserIdentity])


def registering(uow: UnitOfWork, doctor: NewDoctor, patient: NewPatient, location: NewServiceLocation) -> None:
    assert_type(uow.people.register_doctor(doctor), Doctor)
    assert_type(uow.people.register_patient(patient), Patient)
    assert_type(uow.people.add_specialization("Cardiologia"), Specialization)
    assert_type(uow.people.add_location(location), ServiceLocation)


def adding(
    uow: UnitOfWork,
    some_id: UUID,
    identifier: NewIdentifier,
    registration: NewRegistration,
    login: NewUserIdentity,
) -> None:
    assert_type(uow.people.add_identifier(some_id, identifier), Identifier)
    assert_type(uow.people.add_registration(some_id, registration), DoctorRegistration)
    assert_type(uow.people.link_identity(login), UserIdentity)


def changing(uow: UnitOfWork, some_id: UUID) -> None:
    people = uow.people
    assert_type(people.update_user(some_id, UserPatch(name="Ana"), expected_version=1), User)
    assert_type(people.update_doctor(some_id, DoctorPatch(biography=None), expected_version=1), Doctor)
    assert_type(people.update_patient(some_id, PatientPatch(height_cm=170), expected_version=1), Patient)
    corrected = IdentifierPatch(value="BR2")
    assert_type(people.update_identifier(some_id, corrected, expected_version=1), Identifier)
    renumbered = RegistrationPatch(number="654321")
    assert_type(people.update_registration(some_id, renumbered, expected_version=1), DoctorRegistration)
    assert_type(people.set_primary_registration(some_id, expected_version=1), DoctorRegistration)
    assert_type(people.set_user_status(some_id, UserStatus.INACTIVE, expected_version=1), User)
    assert_type(people.set_doctor_status(some_id, DoctorStatus.INACTIVE, expected_version=1), Doctor)
    assert_type(people.set_patient_status(some_id, PatientStatus.BLOCKED, expected_version=1), Patient)
    renamed = SpecializationPatch(name="Pediatria")
    assert_type(people.update_specialization(some_id, renamed, expected_version=1), Specialization)
    moved = ServiceLocationPatch(address="Rua das Laranjeiras, 100")
    assert_type(people.update_location(some_id, moved, expected_version=1), ServiceLocation)


def deleting(uow: UnitOfWork, some_id: UUID) -> None:
    assert_type(uow.people.delete_doctor(some_id, expected_version=1), None)
    assert_type(uow.people.delete_patient(some_id, expected_version=1), None)
    assert_type(uow.people.delete_user(some_id, expected_version=1), None)
    assert_type(uow.people.remove_identifier(some_id, expected_version=1), None)
    assert_type(uow.people.remove_registration(some_id, expected_version=1), None)
    assert_type(uow.people.unlink_identity(some_id, expected_version=1), None)
    assert_type(uow.people.remove_location(some_id, expected_version=1), None)
