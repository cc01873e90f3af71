# Generated from _async/people.py by tools/sync.py. Do not edit.
"""People: registering and changing doctors, patients and users; their identifiers, registrations and logins; places."""

from __future__ import annotations

from uuid import UUID

from telemed_store._sync.frames import Frame
from telemed_store._sync.people_reads import PeopleReads
from telemed_store.people import operations
from telemed_store.people.models import (
    Doctor,
    DoctorPatch,
    DoctorRegistration,
    DoctorStatus,
    Identifier,
    IdentifierPatch,
    NewDoctor,
    NewIdentifier,
    NewPatient,
    NewRegistration,
    NewServiceLocation,
    NewUserIdentity,
    Patient,
    PatientPatch,
    PatientStatus,
    RegistrationPatch,
    ServiceLocation,
    ServiceLocationPatch,
    Specialization,
    SpecializationPatch,
    User,
    UserIdentity,
    UserPatch,
    UserStatus,
)

__all__ = ["People"]


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

    def set_user_status(self, id: UUID, status: UserStatus, *, expected_version: int) -> User:
        """Change whether an account works. Suspending and blocking, and ending it, is for jobs of the system.

        Raises:
            NotFound: There is no such user.
            NotPermitted: The actor is another person, or a suspension or blocking is concerned.
            VersionConflict: The user changed since; ``current`` is the present version.
            ValidationFailed: There is no such status.
        """
        return self._frame.write(operations.set_user_status, id, status, expected_version=expected_version)

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
        """Delete a user without profiles softly; e-mail address, identifiers and logins are free again (D50).

        Raises:
            NotFound: There is no such user.
            NotPermitted: The actor is another person.
            VersionConflict: The user changed since; ``current`` is the present version.
            Conflict: The user still has a profile.
        """
        self._frame.write(operations.delete_user, id, expected_version=expected_version)

    def link_identity(self, new: NewUserIdentity) -> UserIdentity:
        """Link a login of the host's identity provider to a user, who may have several. 3 statements.

        Raises:
            NotFound: There is no such user.
            NotPermitted: The actor is another person.
            AlreadyExists: The login is linked already; ``existing_id`` is the user's, told to that user and jobs of the system.

        Example:
            >>> def first_login(desk: BoundStore, user: User, claims: dict[str, str]) -> UserIdentity:
            ...     new = NewUserIdentity(user_id=user.id, issuer=claims["iss"], subject=claims["sub"])
            ...     return desk.people.link_identity(new)
        """
        return self._frame.write(operations.link_identity, new)

    def unlink_identity(self, id: UUID, *, expected_version: int) -> None:
        """Delete the link of a login, which can then be linked again. 2 statements.

        Raises:
            NotFound: There is no such link.
            NotPermitted: The actor is another person.
            VersionConflict: ``current`` is the present version.
        """
        self._frame.write(operations.unlink_identity, id, expected_version=expected_version)

    def add_identifier(self, user_id: UUID, new: NewIdentifier) -> Identifier:
        """Add an identifier of a person. `identity` shows all of them. 4 statements, 6 if nothing of theirs was encrypted before.

        Raises:
            NotFound: There is no such user.
            NotPermitted: The actor is another person.
            AlreadyExists: Somebody has this identifier, or the person has a CPF or CNS already; ``field`` is the system.
        """
        return self._frame.write(operations.add_identifier, user_id, new)

    def update_identifier(self, id: UUID, patch: IdentifierPatch, *, expected_version: int) -> Identifier:
        """Correct the value of an identifier. 4 statements.

        Raises:
            NotFound: There is no such identifier.
            NotPermitted: The actor is another person.
            VersionConflict: It changed since; ``current`` is the present version.
            ValidationFailed: The value is no CPF or CNS, where the system is one of them.
            AlreadyExists: Somebody has this identifier; ``field`` is the system.
        """
        return self._frame.write(operations.update_identifier, id, patch, expected_version=expected_version)

    def remove_identifier(self, id: UUID, *, expected_version: int) -> None:
        """Remove an identifier; its value is free again (D50). 2 statements.

        Raises:
            NotFound: There is no such identifier.
            NotPermitted: The actor is another person.
            VersionConflict: It changed since; ``current`` is the present version.
        """
        self._frame.write(operations.remove_identifier, id, expected_version=expected_version)

    def add_registration(self, doctor_id: UUID, new: NewRegistration) -> DoctorRegistration:
        """Add a registration of a doctor with a professional authority; a doctor's first one is the primary one. 5 statements at most.

        Raises:
            NotFound: There is no such doctor.
            NotPermitted: The actor is another person.
            AlreadyExists: It is a doctor's already; ``field`` is ``registration``.
        """
        return self._frame.write(operations.add_registration, doctor_id, new)

    def update_registration(self, id: UUID, patch: RegistrationPatch, *, expected_version: int) -> DoctorRegistration:
        """Correct region or number of a registration; what is not passed stays. 5 statements at most.

        Raises:
            NotFound: There is no such registration.
            NotPermitted: The actor is another person.
            VersionConflict: It changed since; ``current`` is the present version.
            ValidationFailed: It is a CRM, and the region is no federative unit or the number no CRM number.
            AlreadyExists: It is a doctor's already; ``field`` is ``registration``.
        """
        return self._frame.write(operations.update_registration, id, patch, expected_version=expected_version)

    def set_primary_registration(self, id: UUID, *, expected_version: int) -> DoctorRegistration:
        """Let a registration stand for its doctor, who always has exactly one primary one. 5 statements at most.

        Raises:
            NotFound: There is no such registration.
            NotPermitted: The actor is another person.
            VersionConflict: It changed since; ``current`` is the present version.
        """
        return self._frame.write(operations.set_primary_registration, id, expected_version=expected_version)

    def remove_registration(self, id: UUID, *, expected_version: int) -> None:
        """Remove a registration; its number is free again (D50). 4 statements at most.

        Raises:
            NotFound: There is no such registration.
            NotPermitted: The actor is another person.
            VersionConflict: It changed since; ``current`` is the present version.
            Conflict: It is the primary one, and there are others: one of them becomes primary first.
        """
        self._frame.write(operations.remove_registration, id, expected_version=expected_version)

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
