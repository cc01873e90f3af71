# Generated from _async/people.py by tools/sync.py. Do not edit.
"""People: registering, finding and changing doctors, patients and users; specializations and places."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from telemed_store._sync.frames import Frame, ReadFrame
from telemed_store.database.paging import Page
from telemed_store.database.scoping import Scope
from telemed_store.people import operations
from telemed_store.people.models import (
    Doctor,
    DoctorPatch,
    DoctorStatus,
    DoctorSummary,
    NewDoctor,
    NewPatient,
    NewServiceLocation,
    Patient,
    PatientIdentity,
    PatientPatch,
    PatientStatus,
    PatientSummary,
    ServiceLocation,
    ServiceLocationPatch,
    Specialization,
    SpecializationCount,
    SpecializationPatch,
    User,
    UserPatch,
)

__all__ = ["People", "PeopleReads"]


class PeopleReads:
    """Reading people. Doctors are public; of patients and users a person sees themself and those they have a relationship with."""

    def __init__(self, frame: ReadFrame) -> None:
        self._frame = frame

    def doctor(self, id: UUID) -> Doctor:
        """A doctor's public professional profile.

        Raises:
            NotFound: There is none, or it was deleted.
        """
        return self._frame.read(operations.doctor, id)

    def by_registration(self, authority: str, region: str, number: str) -> Doctor:
        """The doctor with a professional registration, such as ``("crm", "SP", "123456")`` (Q202).

        Raises:
            ValidationFailed: A CRM number or federative unit is not well formed.
            NotFound: There is none.
        """
        return self._frame.read(operations.by_registration, authority, region, number)

    def search_doctors(
        self,
        scope: Scope[Doctor] | None = None,
        text: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Page[DoctorSummary]:
        """Active doctors with at least one specialization, the newest first, with specializations and active places (Q050).

        Args:
            scope: Further filters, such as ``WithSpecialization(id) & Online()``.
            text: Each word begins a word of the doctor's or a specialization's name; case and accents do not matter.
            limit: Doctors per page: 6 if omitted, 50 at most.
            cursor: ``next_cursor`` of the page before.

        Raises:
            ValidationFailed: ``limit`` is below 1, or a filter's value is not usable.
            InvalidCursor: The cursor is of another list, other filters or another actor.

        Example:
            >>> def cardiologists(mine: BoundStore, cardiology: UUID) -> Page[DoctorSummary]:
            ...     return mine.people.search_doctors(WithSpecialization(cardiology) & Online(), text="ana", limit=10)
        """
        return self._frame.read_consistent(operations.search_doctors, scope, text, limit, cursor)

    def doctors(
        self, scope: Scope[Doctor] | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Page[Doctor]:
        """Doctors of any status in the order of ids (Q051); 10 per page, 100 at most.

        Raises:
            ValidationFailed: ``limit`` is below 1, or a filter's value is not usable.
            InvalidCursor: The cursor is of another list, other filters or another actor.
        """
        return self._frame.read(operations.doctors, scope, limit, cursor)

    def doctors_with(
        self, specialization_id: UUID, limit: int | None = None, cursor: str | None = None
    ) -> Page[Doctor]:
        """Active doctors of one specialization, the newest first (Q052); 50 per page, 200 at most.

        Raises:
            ValidationFailed: ``limit`` is below 1.
            InvalidCursor: The cursor is of another list, other filters or another actor.
        """
        return self._frame.read(operations.doctors_with, specialization_id, limit, cursor)

    def patient(self, id: UUID) -> Patient:
        """A patient's profile, for the patient, doctors with a relationship and jobs of the system; reads by others are recorded.

        Raises:
            NotFound: There is none, or it is not visible to the actor.
        """
        return self._frame.read_consistent(operations.patient, id)

    def patients(
        self, scope: Scope[Patient] | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Page[PatientSummary]:
        """Patients in the order of ids (Q051), for jobs of the system; 10 per page, 100 at most.

        Raises:
            NotPermitted: The actor is not a job of the system.
            ValidationFailed: ``limit`` is below 1, or a filter's value is not usable.
            InvalidCursor: The cursor is of another list, other filters or another actor.
        """
        return self._frame.read(operations.patients, scope, limit, cursor)

    def identity(self, user_id: UUID) -> PatientIdentity:
        """What identifies a person (CPF, CNS, others), visible as the patient is; reads by others are recorded.

        Raises:
            NotFound: There is no such user, or they are not visible to the actor.
        """
        return self._frame.read_consistent(operations.identity, user_id)

    def by_identifier(self, system: str, value: str) -> User:
        """The user with an identifier, found by its blind index (Q202); for that user and jobs of the system.

        Args:
            system: ``cpf``, ``cns``, ``passport`` or any URI.
            value: With or without punctuation where the system is ``cpf`` or ``cns``.

        Raises:
            ValidationFailed: A CPF's or CNS's check digits are wrong.
            NotFound: There is none, or they are not visible to the actor.
        """
        return self._frame.read(operations.by_identifier, system, value)

    def user(self, id: UUID) -> User:
        """A user with the ids of their profiles (Q054); for that user and jobs of the system.

        Raises:
            NotFound: There is none, or they are not visible to the actor.
        """
        return self._frame.read(operations.user, id)

    def user_by_email(self, email: str) -> User:
        """The user with an e-mail address, whatever its case (Q054); for that user and jobs of the system.

        Raises:
            NotFound: There is none, or they are not visible to the actor.
        """
        return self._frame.read(operations.user_by_email, email)

    def specializations(self, limit: int | None = None, cursor: str | None = None) -> Page[SpecializationCount]:
        """Active specializations by name, with how many active doctors have each (Q052); 50 per page, 200 at most.

        Raises:
            ValidationFailed: ``limit`` is below 1.
            InvalidCursor: The cursor is of another list or another actor.
        """
        return self._frame.read(operations.specializations, limit, cursor)

    def location(self, id: UUID) -> ServiceLocation:
        """One place, active or not.

        Raises:
            NotFound: There is none, or it was removed.
        """
        return self._frame.read(operations.location, id)

    def locations(self, doctor_id: UUID, limit: int | None = None, cursor: str | None = None) -> Page[ServiceLocation]:
        """A doctor's active places by name (Q043); 50 per page, 200 at most.

        Raises:
            ValidationFailed: ``limit`` is below 1.
            InvalidCursor: The cursor is of another list, another doctor or another actor.
        """
        return self._frame.read(operations.locations, doctor_id, limit, cursor)

    def locations_by_ids(self, ids: Sequence[UUID]) -> list[ServiceLocation]:
        """Places by their ids (Q045), active or not, at most 100, in the order given; unknown and removed ones are left out.

        Raises:
            ValidationFailed: There are more than 100 ids.
        """
        return self._frame.read(operations.locations_by_ids, ids)

    def first_teleconsultation_location(self, doctor_id: UUID) -> ServiceLocation:
        """The doctor's oldest active teleconsultation location (Q045).

        Raises:
            NotFound: There is no such doctor.
        """
        return self._frame.read(operations.first_teleconsultation_location, doctor_id)


class People(PeopleReads):
    """Registering and changing people. One changes oneself; jobs of the system change anybody."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self._frame: Frame = frame

    def register_doctor(self, new: NewDoctor) -> Doctor:
        """Register a doctor: user, profile, identifiers, registrations, a teleconsultation location, in one transaction.

        Raises:
            ValidationFailed: A specialization or ``user_id`` names nothing usable.
            AlreadyExists: E-mail, identifier, registration or the user's doctor profile exists; ``field`` says which.
            NotPermitted: ``user_id`` names another person and the actor is not a job of the system.

        Example:
            >>> def register(mine: BoundStore) -> Doctor:
            ...     new = NewDoctor(name="Ana Souza", email="ana@example.org", crm_number="123456", crm_state="SP")
            ...     return mine.people.register_doctor(new)
        """
        return self._frame.write(operations.register_doctor, new)

    def register_patient(self, new: NewPatient) -> Patient:
        """Register a patient: user, profile and identifiers, in one transaction.

        Raises:
            ValidationFailed: The birth date is not in the past, or ``user_id`` names nobody.
            AlreadyExists: E-mail, identifier or the user's patient profile exists; ``field`` says which.
            NotPermitted: ``user_id`` names another person and the actor is not a job of the system.
        """
        return self._frame.write(operations.register_patient, new)

    def update_user(self, id: UUID, patch: UserPatch, *, expected_version: int) -> User:
        """Change a user's name, e-mail address or zone; what is not passed stays. A new address is unverified.

        Raises:
            NotFound: There is no such user.
            NotPermitted: The actor is another person.
            VersionConflict: The user changed since; ``current`` is the present version.
            AlreadyExists: Another user has the e-mail address.
        """
        return self._frame.write(operations.update_user, id, patch, expected_version=expected_version)

    def update_doctor(self, id: UUID, patch: DoctorPatch, *, expected_version: int) -> Doctor:
        """Change a doctor's profile; what is not passed stays. A new zone goes to all windows and blocks, wall-clock unchanged.

        Raises:
            NotFound: There is no such doctor.
            NotPermitted: The actor is another person.
            VersionConflict: The profile changed since; ``current`` is the present version.
            ValidationFailed: A specialization is not an active one.
            AlreadyExists: Another doctor has the CRM number.
            Conflict: The primary registration is with another authority than a CRM.
        """
        return self._frame.write(operations.update_doctor, id, patch, expected_version=expected_version)

    def update_patient(self, id: UUID, patch: PatientPatch, *, expected_version: int) -> Patient:
        """Change a patient's profile; what is not passed stays.

        Raises:
            NotFound: There is no such patient.
            NotPermitted: The actor is another person.
            VersionConflict: The profile changed since; ``current`` is the present version.
            ValidationFailed: The birth date is not in the past.
        """
        return self._frame.write(operations.update_patient, id, patch, expected_version=expected_version)

    def set_doctor_status(self, id: UUID, status: DoctorStatus, *, expected_version: int) -> Doctor:
        """Change whether a doctor practises. Suspending, and ending a suspension, is for jobs of the system.

        Raises:
            NotFound: There is no such doctor.
            NotPermitted: The actor is another person, or a suspension is concerned.
            VersionConflict: The profile changed since; ``current`` is the present version.
        """
        return self._frame.write(operations.set_doctor_status, id, status, expected_version=expected_version)

    def set_patient_status(self, id: UUID, status: PatientStatus, *, expected_version: int) -> Patient:
        """Change whether a patient is cared for. Blocking, and ending it, is for jobs of the system.

        Raises:
            NotFound: There is no such patient.
            NotPermitted: The actor is another person, or a blocking is concerned.
            VersionConflict: The profile changed since; ``current`` is the present version.
        """
        return self._frame.write(operations.set_patient_status, id, status, expected_version=expected_version)

    def delete_doctor(self, id: UUID, *, expected_version: int) -> None:
        """Delete a doctor's profile, registrations and places softly; their unique values are free again (D50).

        Raises:
            NotFound: There is no such doctor.
            NotPermitted: The actor is another person.
            VersionConflict: The profile changed since; ``current`` is the present version.
        """
        self._frame.write(operations.delete_doctor, id, expected_version=expected_version)

    def delete_patient(self, id: UUID, *, expected_version: int) -> None:
        """Delete a patient's profile softly.

        Raises:
            NotFound: There is no such patient.
            NotPermitted: The actor is another person.
            VersionConflict: The profile changed since; ``current`` is the present version.
        """
        self._frame.write(operations.delete_patient, id, expected_version=expected_version)

    def delete_user(self, id: UUID, *, expected_version: int) -> None:
        """Delete a user without profiles softly; e-mail address and identifiers are free again.

        Raises:
            NotFound: There is no such user.
            NotPermitted: The actor is another person.
            VersionConflict: The user changed since; ``current`` is the present version.
            Conflict: The user still has a profile.
        """
        self._frame.write(operations.delete_user, id, expected_version=expected_version)

    def add_specialization(self, name: str) -> Specialization:
        """Add a specialization; its name is unique whatever the case.

        Raises:
            ValidationFailed: The name is empty or longer than 100 characters.
            AlreadyExists: There is one of this name; ``existing_id`` is its id.
        """
        return self._frame.write(operations.add_specialization, name)

    def update_specialization(self, id: UUID, patch: SpecializationPatch, *, expected_version: int) -> Specialization:
        """Rename, retire or revive a specialization; what is not passed stays.

        Raises:
            NotFound: There is no such specialization.
            VersionConflict: It changed since; ``current`` is the present version.
            AlreadyExists: Another one has the name.
        """
        return self._frame.write(operations.update_specialization, id, patch, expected_version=expected_version)

    def add_location(self, new: NewServiceLocation) -> ServiceLocation:
        """Add a place of a doctor.

        Raises:
            ValidationFailed: ``doctor_id`` names no doctor.
            NotPermitted: The actor is another person.
        """
        return self._frame.write(operations.add_location, new)

    def update_location(self, id: UUID, patch: ServiceLocationPatch, *, expected_version: int) -> ServiceLocation:
        """Change a place; what is not passed stays.

        Raises:
            NotFound: There is no such place.
            NotPermitted: The actor is not the place's doctor.
            VersionConflict: The place changed since; ``current`` is the present version.
            ValidationFailed: A place where patients go would be without address.
            Conflict: It would leave the doctor without an active teleconsultation location.
        """
        return self._frame.write(operations.update_location, id, patch, expected_version=expected_version)

    def remove_location(self, id: UUID, *, expected_version: int) -> None:
        """Remove a place.

        Raises:
            NotFound: There is no such place.
            NotPermitted: The actor is not the place's doctor.
            VersionConflict: The place changed since; ``current`` is the present version.
            Conflict: It is the doctor's last active teleconsultation location.
        """
        self._frame.write(operations.remove_location, id, expected_version=expected_version)
