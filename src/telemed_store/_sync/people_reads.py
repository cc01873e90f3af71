# Generated from _async/people_reads.py by tools/sync.py. Do not edit.
"""Finding people: doctors, patients and users; their registrations and logins, specializations and places."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from telemed_store._sync.frames import ReadFrame
from telemed_store.database.paging import Page
from telemed_store.database.scoping import Scope
from telemed_store.people import cached_reads, operations
from telemed_store.people.models import (
    Doctor,
    DoctorRegistration,
    DoctorSummary,
    Patient,
    PatientIdentity,
    PatientSummary,
    ServiceLocation,
    SpecializationCount,
    User,
    UserIdentity,
)

__all__ = ["PeopleReads"]


class PeopleReads:
    """Reading people. Doctors are public; of patients and users a person sees themself and those they have a relationship with."""

    def __init__(self, frame: ReadFrame) -> None:
        self._frame = frame

    def doctor(self, id: UUID) -> Doctor:
        """A doctor's public professional profile.

        Raises:
            NotFound: There is none, or it was deleted.
        """
        return self._frame.read_cached(cached_reads.DOCTOR, id)

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
        return self._frame.read_cached(cached_reads.USER, id)

    def user_by_email(self, email: str) -> User:
        """The user with an e-mail address, whatever its case (Q054); for that user and jobs of the system.

        Raises:
            NotFound: There is none, or they are not visible to the actor.
        """
        return self._frame.read(operations.user_by_email, email)

    def user_by_identity(self, issuer: str, subject: str) -> User:
        """The user to whom a login of the host's identity provider is linked (Q054), with role and profile ids: one statement.

        It answers who has just logged in, so it is asked by a job of the system; a person finds themself alone. The user is found in any
        status: whether a suspended one gets in is the application's decision.

        Args:
            issuer: The identity provider, such as the ``iss`` of its tokens; compared exactly.
            subject: The account at that provider, such as the ``sub`` of its tokens; compared exactly.

        Raises:
            NotFound: The login is linked to nobody, or they are not visible to the actor.

        Example:
            >>> def who_logged_in(desk: BoundStore, claims: dict[str, str]) -> User:
            ...     return desk.people.user_by_identity(claims["iss"], claims["sub"])
        """
        return self._frame.read(operations.user_by_identity, issuer, subject)

    def linked_identities(
        self, user_id: UUID, limit: int | None = None, cursor: str | None = None
    ) -> Page[UserIdentity]:
        """The logins linked to a user, the oldest first, for that user and jobs of the system; 50 per page, 200 at most.

        Raises:
            NotPermitted: The actor is another person.
            ValidationFailed: ``limit`` is below 1.
            InvalidCursor: The cursor is of another list, another user or another actor.
        """
        return self._frame.read(operations.linked_identities, user_id, limit, cursor)

    def registrations(
        self, doctor_id: UUID, limit: int | None = None, cursor: str | None = None
    ) -> Page[DoctorRegistration]:
        """A doctor's registrations with professional authorities, the oldest first; 50 per page, 200 at most. They are public.

        Each has a version of its own, which its verbs expect; they do not move the version of the doctor's profile.

        Raises:
            ValidationFailed: ``limit`` is below 1.
            InvalidCursor: The cursor is of another list, another doctor or another actor.
        """
        return self._frame.read(operations.registrations, doctor_id, limit, cursor)

    def specializations(self, limit: int | None = None, cursor: str | None = None) -> Page[SpecializationCount]:
        """Active specializations by name, with how many active doctors have each (Q052); 50 per page, 200 at most.

        Raises:
            ValidationFailed: ``limit`` is below 1.
            InvalidCursor: The cursor is of another list or another actor.
        """
        return self._frame.read_cached(cached_reads.SPECIALIZATIONS, limit, cursor)

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
