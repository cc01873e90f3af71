"""What the verbs on people return. Checked by mypy and pyright in strict mode, never run."""

from __future__ import annotations

from typing import assert_type
from uuid import UUID

from telemed_store import (
    AsyncReader,
    AsyncUnitOfWork,
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
    RegistrationPatch,
    ServiceLocation,
    ServiceLocationPatch,
    Specialization,
    SpecializationCount,
    SpecializationPatch,
    User,
    UserIdentity,
    UserPatch,
    UserStatus,
)
from telemed_store.scopes import AgedBetween, Online, WithDoctorStatus, WithPatientStatus, WithSpecialization


async def reading(reader: AsyncReader, some_id: UUID) -> None:
    people = reader.people
    assert_type(await people.doctor(some_id), Doctor)
    assert_type(await people.by_registration("crm", "SP", "123456"), Doctor)
    assert_type(await people.patient(some_id), Patient)
    assert_type(await people.identity(some_id), PatientIdentity)
    assert_type(await people.by_identifier("cpf", "11144477735"), User)
    assert_type(await people.user(some_id), User)
    assert_type(await people.user_by_email("ana@example.org"), User)
    assert_type(await people.user_by_identity("https://login.example.org", "24400320"), User)
    assert_type(await people.location(some_id), ServiceLocation)
    assert_type(await people.first_teleconsultation_location(some_id), ServiceLocation)


async def listing(reader: AsyncReader, some_id: UUID) -> None:
    people = reader.people
    found = await people.search_doctors(WithSpecialization(some_id) & Online(), text="ana", limit=10, cursor=None)
    assert_type(found, Page[DoctorSummary])
    assert_type(found.items[0].specializations, tuple[Specialization, ...])
    assert_type(await people.doctors(WithDoctorStatus(DoctorStatus.ACTIVE)), Page[Doctor])
    assert_type(await people.doctors_with(some_id), Page[Doctor])
    assert_type(await people.patients(WithPatientStatus(PatientStatus.ACTIVE) & AgedBetween(18)), Page[PatientSummary])
    assert_type(await people.specializations(), Page[SpecializationCount])
    assert_type(await people.locations(some_id), Page[ServiceLocation])
    assert_type(await people.locations_by_ids([some_id]), list[ServiceLocation])
    assert_type(await people.registrations(some_id), Page[DoctorRegistration])
    assert_type(await people.linked_identities(some_id), Page[UserIdentity])


async def registering(
    uow: AsyncUnitOfWork, doctor: NewDoctor, patient: NewPatient, location: NewServiceLocation
) -> None:
    assert_type(await uow.people.register_doctor(doctor), Doctor)
    assert_type(await uow.people.register_patient(patient), Patient)
    assert_type(await uow.people.add_specialization("Cardiologia"), Specialization)
    assert_type(await uow.people.add_location(location), ServiceLocation)


async def adding(
    uow: AsyncUnitOfWork,
    some_id: UUID,
    identifier: NewIdentifier,
    registration: NewRegistration,
    login: NewUserIdentity,
) -> None:
    assert_type(await uow.people.add_identifier(some_id, identifier), Identifier)
    assert_type(await uow.people.add_registration(some_id, registration), DoctorRegistration)
    assert_type(await uow.people.link_identity(login), UserIdentity)


async def changing(uow: AsyncUnitOfWork, some_id: UUID) -> None:
    people = uow.people
    assert_type(await people.update_user(some_id, UserPatch(name="Ana"), expected_version=1), User)
    assert_type(await people.update_doctor(some_id, DoctorPatch(biography=None), expected_version=1), Doctor)
    assert_type(await people.update_patient(some_id, PatientPatch(height_cm=170), expected_version=1), Patient)
    corrected = IdentifierPatch(value="BR2")
    assert_type(await people.update_identifier(some_id, corrected, expected_version=1), Identifier)
    renumbered = RegistrationPatch(number="654321")
    assert_type(await people.update_registration(some_id, renumbered, expected_version=1), DoctorRegistration)
    assert_type(await people.set_primary_registration(some_id, expected_version=1), DoctorRegistration)
    assert_type(await people.set_user_status(some_id, UserStatus.INACTIVE, expected_version=1), User)
    assert_type(await people.set_doctor_status(some_id, DoctorStatus.INACTIVE, expected_version=1), Doctor)
    assert_type(await people.set_patient_status(some_id, PatientStatus.BLOCKED, expected_version=1), Patient)
    renamed = SpecializationPatch(name="Pediatria")
    assert_type(await people.update_specialization(some_id, renamed, expected_version=1), Specialization)
    moved = ServiceLocationPatch(address="Rua das Laranjeiras, 100")
    assert_type(await people.update_location(some_id, moved, expected_version=1), ServiceLocation)


async def deleting(uow: AsyncUnitOfWork, some_id: UUID) -> None:
    assert_type(await uow.people.delete_doctor(some_id, expected_version=1), None)
    assert_type(await uow.people.delete_patient(some_id, expected_version=1), None)
    assert_type(await uow.people.delete_user(some_id, expected_version=1), None)
    assert_type(await uow.people.remove_identifier(some_id, expected_version=1), None)
    assert_type(await uow.people.remove_registration(some_id, expected_version=1), None)
    assert_type(await uow.people.unlink_identity(some_id, expected_version=1), None)
    assert_type(await uow.people.remove_location(some_id, expected_version=1), None)
