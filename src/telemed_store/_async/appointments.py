"""Appointments: booking, moving, calling off, starting, ending, importing, reading."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from telemed_store._async.frames import AsyncFrame, AsyncReadFrame
from telemed_store.appointments import (
    affected,
    agenda,
    cached_reads,
    importing,
    issuing,
    lifecycle,
    operations,
    queries,
    relationships,
)
from telemed_store.appointments.models import (
    Appointment,
    AppointmentDetail,
    AppointmentLog,
    AppointmentPatch,
    AppointmentWithPeople,
    ImportedVisit,
    ImportReport,
    IssueTarget,
    NewAppointment,
    PairHistory,
    Participant,
    RelationKind,
)
from telemed_store.database.paging import Page
from telemed_store.database.scoping import Scope
from telemed_store.steps import AFTER_BOOKING, AFTER_IMPORT

__all__ = ["AsyncAppointmentReads", "AsyncAppointments"]


class AsyncAppointmentReads:
    """Reading appointments. A person sees those in which they are doctor or patient; a system job sees all."""

    def __init__(self, frame: AsyncReadFrame) -> None:
        self._frame = frame

    async def get(self, id: UUID) -> Appointment:
        """One appointment.

        Raises:
            NotFound: There is none, or it is not visible to the actor.
        """
        return await self._frame.read_cached(cached_reads.APPOINTMENT, id)

    async def of_pair(self, id: UUID, doctor_id: UUID, patient_id: UUID) -> Appointment:
        """One appointment of exactly this doctor and this patient (Q014).

        Raises:
            NotFound: There is none, or it is not visible to the actor.
        """
        return await self._frame.read_cached(cached_reads.APPOINTMENT_OF_PAIR, id, doctor_id, patient_id)

    async def by_access_code(self, code: str) -> Appointment:
        """One appointment by its access code, in upper or lower case (Q005).

        Raises:
            NotFound: There is none, or it is not visible to the actor.
        """
        return await self._frame.read(queries.by_access_code, code)

    async def access_code(self, id: UUID) -> str:
        """The code of A-Z and 0-9 by which the patient is let in.

        Raises:
            NotFound: There is no such appointment, or it is not visible to the actor.
        """
        return await self._frame.read(queries.access_code, id)

    async def list(
        self,
        scope: Scope[Appointment] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        *,
        newest_first: bool = False,
    ) -> Page[Appointment]:
        """A page of the appointments the actor sees, by start (Q001, Q002).

        Args:
            scope: Which ones, such as ``ForDoctor(doctor_id) & Upcoming()``; a scope never widens what the actor sees.
            limit: Page size; 10 by default, 100 at most.
            cursor: ``next_cursor`` of the page before.
            newest_first: Order by start descending.

        Raises:
            InvalidCursor: The cursor is not of this list, these scopes and this actor.
            ValidationFailed: ``limit`` is below 1.
        """
        return await self._frame.read(queries.list_appointments, scope, limit, cursor, newest_first=newest_first)

    async def logs(self, id: UUID, limit: int | None = None, cursor: str | None = None) -> Page[AppointmentLog]:
        """The log of an appointment, the oldest row first; page size 50, 200 at most (Q021).

        Raises:
            NotFound: There is no such appointment, or it is not visible to the actor.
            InvalidCursor: The cursor is not of this list and this actor.
        """
        return await self._frame.read(queries.logs, id, limit, cursor)

    async def detail(self, id: UUID) -> AppointmentDetail:
        """One appointment with both sides and the first rows of its log (Q003, Q022).

        Raises:
            NotFound: There is none, or it is not visible to the actor.
        """
        return await self._frame.read_consistent(agenda.detail, id)

    async def agenda(
        self,
        scope: Scope[Appointment] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        *,
        newest_first: bool = False,
    ) -> Page[AppointmentWithPeople]:
        """Like `list`, with both sides; page size 10, 100 at most (Q002, Q036).

        Raises:
            InvalidCursor: The cursor is not of this list, these scopes and this actor.
            ValidationFailed: ``limit`` is below 1.
        """
        return await self._frame.read(agenda.agenda, scope, limit, cursor, newest_first=newest_first)

    async def around_now(
        self, doctor_id: UUID, limit: int | None = None, cursor: str | None = None
    ) -> Page[AppointmentWithPeople]:
        """A doctor's appointments within 30 days before and after today; page size 50, 200 at most (Q010).

        Raises:
            InvalidCursor: The cursor is not of this list and this actor.
        """
        return await self._frame.read(agenda.around_now, doctor_id, limit, cursor)

    async def past_of_doctor(
        self, doctor_id: UUID, limit: int | None = None, cursor: str | None = None
    ) -> Page[AppointmentWithPeople]:
        """A doctor's past appointments, the newest first; page size 4, 20 at most (Q011).

        Raises:
            InvalidCursor: The cursor is not of this list and this actor.
        """
        return await self._frame.read(agenda.past_of_doctor, doctor_id, limit, cursor)

    async def next_of_doctor(self, doctor_id: UUID) -> AppointmentWithPeople | None:
        """A doctor's next active appointment, or the one now on (Q012)."""
        return await self._frame.read(agenda.next_of_doctor, doctor_id)

    async def overlapping(
        self,
        starts_at: dt.datetime,
        ends_at: dt.datetime,
        *,
        doctor_id: UUID | None = None,
        patient_id: UUID | None = None,
        except_id: UUID | None = None,
    ) -> bool:
        """Whether an active appointment of the doctor or the patient overlaps the interval (Q004). Advice, no promise.

        Args:
            starts_at: Aware instant.
            ends_at: Aware instant.
            doctor_id: Whose time; a doctor, a patient, or both.
            patient_id: Whose time. When somebody is busy is health data: this is for that patient, for doctors with a relationship or
                an emergency reason, and for system jobs; a doctor's question leaves its access row (C13, C14).
            except_id: An appointment that is to be moved and therefore does not count.

        Raises:
            ValidationFailed: Neither a doctor nor a patient is given, an instant has no time zone, or the end is not after the start.
            NotFound: There is no such patient.
            NotPermitted: The patient is another person, and the actor is neither a doctor with a relationship nor a system job.
        """
        return await self._frame.read_consistent(
            queries.overlapping, starts_at, ends_at, doctor_id=doctor_id, patient_id=patient_id, except_id=except_id
        )

    async def has_relationship(self, doctor_id: UUID, patient_id: UUID, kind: RelationKind = RelationKind.ANY) -> bool:
        """Whether doctor and patient are related: by any appointment, one not cancelled, or one now or lately (Q013).

        Only appointments that the actor sees count: to a third person nobody is related to anybody.

        Raises:
            ValidationFailed: ``kind`` is none of `RelationKind`.
        """
        return await self._frame.read(relationships.has_relationship, doctor_id, patient_id, kind)

    async def linkable(
        self, doctor_id: UUID, patient_id: UUID, limit: int | None = None, cursor: str | None = None
    ) -> Page[AppointmentWithPeople]:
        """The pair's appointments that take new documents, the newest first (Q015).

        Raises:
            NotFound: There is no such doctor.
            NotPermitted: The actor is neither this doctor nor a system job.
            InvalidCursor: The cursor is not of this list and this actor.
        """
        return await self._frame.read_consistent(issuing.linkable, doctor_id, patient_id, limit, cursor)

    async def patients_to_issue_for(
        self, doctor_id: UUID, limit: int | None = None, cursor: str | None = None
    ) -> Page[Participant]:
        """The patients a doctor may issue for, by name (Q016).

        Raises:
            NotFound: There is no such doctor.
            NotPermitted: The actor is neither this doctor nor a system job.
            InvalidCursor: The cursor is not of this list and this actor.
        """
        return await self._frame.read_consistent(issuing.patients_to_issue_for, doctor_id, limit, cursor)

    async def for_new_issue(self, doctor_id: UUID, patient_id: UUID) -> IssueTarget:
        """Which appointment a new prescription, certificate or order belongs to (Q017).

        Raises:
            NotFound: There is no such doctor.
            NotPermitted: The actor is neither this doctor nor a system job.
        """
        return await self._frame.read_consistent(issuing.for_new_issue, doctor_id, patient_id)

    async def recent_of_pair(
        self, doctor_id: UUID, patient_id: UUID, limit: int | None = None, cursor: str | None = None
    ) -> PairHistory:
        """The pair's appointments, the newest first, and how many were completed; page size 10, 50 at most (Q018).

        Raises:
            InvalidCursor: The cursor is not of this list and this actor.
        """
        return await self._frame.read_consistent(relationships.recent_of_pair, doctor_id, patient_id, limit, cursor)

    async def affected(self, doctor_id: UUID, limit: int | None = None, cursor: str | None = None) -> Page[Appointment]:
        """A doctor's active appointments outside the windows as they are now: hit by a block or a window's change (Q201).

        Page size 50, 200 at most; a page may be shorter and still have a next one.

        Raises:
            NotFound: There is no such doctor.
            NotPermitted: The actor is neither this doctor nor a system job.
            InvalidCursor: The cursor is not of this list and this actor.
        """
        return await self._frame.read_consistent(affected.affected, doctor_id, limit, cursor)


class AsyncAppointments(AsyncAppointmentReads):
    """Appointments, whole."""

    _frame: AsyncFrame

    def __init__(self, frame: AsyncFrame) -> None:
        super().__init__(frame)

    async def schedule(
        self, new: NewAppointment, idempotency_key: str | None = None, override_availability: str | None = None
    ) -> Appointment:
        """Book an appointment. Of several overlapping attempts at once exactly one succeeds.

        Args:
            new: Doctor, patient, time and place.
            idempotency_key: Repeating the call with the same key and content returns the stored appointment as it is by then, for ever:
                after its start, after its end, and with ``deleted_at`` after it was deleted. Each actor has keys of their own.
            override_availability: Why the time may lie outside the doctor's windows, 1 to 500 characters; goes into the log.

        Raises:
            ValidationFailed: An id is unknown, the doctor is not active, the patient's profile is incomplete, the start is past, …
            OutsideAvailability: The time is not inside an effective window.
            SlotTaken: The doctor or the patient has an overlapping active appointment.
            IdempotencyConflict: The key was used with other content.
            NotPermitted: The actor is neither of the two, nor a system job.
        """
        return await self._frame.write(
            operations.schedule,
            new,
            idempotency_key=idempotency_key,
            override_availability=override_availability,
            after_booking=AFTER_BOOKING,
        )

    async def reschedule(
        self,
        id: UUID,
        starts_at: dt.datetime,
        ends_at: dt.datetime | None = None,
        *,
        expected_version: int,
        override_availability: str | None = None,
    ) -> Appointment:
        """Move an open appointment; it may overlap its own old time.

        Args:
            id: The appointment.
            starts_at: Aware instant in the future.
            ends_at: Aware instant; by default the appointment keeps its length.
            expected_version: The version that the caller saw.
            override_availability: As in `schedule`.

        Raises:
            NotFound: There is none, or it is not visible to the actor.
            VersionConflict: It changed since it was read.
            InvalidTransition: It is not open.
            OutsideAvailability: The time is not inside an effective window.
            SlotTaken: The doctor or the patient has an overlapping active appointment.
            ValidationFailed: The interval is reversed, past, or longer than a day.
        """
        return await self._frame.write(
            operations.reschedule,
            id,
            starts_at=starts_at,
            ends_at=ends_at,
            expected_version=expected_version,
            override_availability=override_availability,
        )

    async def cancel(self, id: UUID, reason: str | None = None, *, expected_version: int) -> Appointment:
        """Call off an open appointment; its time is free at once.

        Raises:
            NotFound: There is none, or it is not visible to the actor.
            VersionConflict: It changed since it was read.
            InvalidTransition: It is not open.
            ValidationFailed: The reason is empty or longer than 500 characters.
        """
        return await self._frame.write(lifecycle.cancel, id, reason=reason, expected_version=expected_version)

    async def start(self, id: UUID, *, expected_version: int) -> Appointment:
        """Begin an open appointment; unless its place is physical, the patient's ``telemedicine`` consent must be active.

        Raises:
            NotFound: There is none, or it is not visible to the actor.
            VersionConflict: It changed since it was read.
            InvalidTransition: It is not open.
            ConsentRequired: The consent is missing.
        """
        return await self._frame.write(lifecycle.start, id, expected_version=expected_version)

    async def complete(self, id: UUID, *, expected_version: int) -> Appointment:
        """End an appointment in progress.

        Raises:
            NotFound: There is none, or it is not visible to the actor.
            VersionConflict: It changed since it was read.
            InvalidTransition: It is not in progress.
        """
        return await self._frame.write(lifecycle.complete, id, expected_version=expected_version)

    async def mark_no_show(self, id: UUID, *, expected_version: int) -> Appointment:
        """Note that the patient did not come to an open appointment.

        Raises:
            NotFound: There is none, or it is not visible to the actor.
            VersionConflict: It changed since it was read.
            InvalidTransition: It is not open.
        """
        return await self._frame.write(lifecycle.mark_no_show, id, expected_version=expected_version)

    async def update(self, id: UUID, patch: AppointmentPatch, *, expected_version: int) -> Appointment:
        """Change the remark, or the place of an open appointment; what is not passed stays.

        Raises:
            NotFound: There is none, or it is not visible to the actor.
            VersionConflict: It changed since it was read.
            InvalidTransition: The place was to change and the appointment is no longer open.
            OutsideAvailability: The window that holds the appointment is not offered at that place.
            ValidationFailed: The place is no active location of the doctor.
        """
        return await self._frame.write(lifecycle.update, id, patch, expected_version=expected_version)

    async def delete(self, id: UUID, *, expected_version: int) -> None:
        """Soft-delete an appointment that never took place; its time is free at once.

        Raises:
            NotFound: There is none, or it is not visible to the actor.
            VersionConflict: It changed since it was read.
            InvalidTransition: It is in progress or completed.
        """
        await self._frame.write(lifecycle.delete, id, expected_version=expected_version)

    async def import_completed(self, visits: Sequence[ImportedVisit]) -> ImportReport:
        """Import past visits as completed, up to 5,000 at once, in a fixed number of statements.

        A visit that breaks a rule is refused with its reason; the others are stored. Imported visits may overlap.

        Raises:
            NotPermitted: The actor is no system job.
            ValidationFailed: There are too many.
        """
        return await self._frame.write(importing.import_completed, visits, after_import=AFTER_IMPORT)
