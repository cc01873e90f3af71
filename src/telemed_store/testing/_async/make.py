"""Stored rows of every model, made through the public API as an application would make them."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, Literal
from uuid import UUID

from telemed_store._async.store import AsyncStore
from telemed_store.appointments.models import Appointment, RelationKind
from telemed_store.audit.actor import Actor
from telemed_store.availability.models import AvailabilityWindow, BlockedDates, FreeSlot
from telemed_store.consents.models import Consent, ConsentType
from telemed_store.database.clock import Clock
from telemed_store.messages.models import ConversationSummary, Message
from telemed_store.people.models import Doctor, Patient, ServiceLocation, Specialization, User, UserIdentity
from telemed_store.testing.factories import Inputs, PersonalData

__all__ = ["AsyncMake"]

Status = Literal["scheduled", "rescheduled", "in_progress", "completed", "cancelled", "no_show"]


class AsyncMake(Inputs):
    """Makes rows as the job ``telemed_make``; what a row needs and is not passed is made too.

    Example:
        >>> async def test_a_visit_can_be_called_off(async_telemed, async_telemed_make):
        ...     visit = await async_telemed_make.appointment()
        ...     mine = async_telemed.acting_as(async_telemed_make.actor)
        ...     await mine.appointments.cancel(visit.id, expected_version=visit.version)
    """

    def __init__(self, store: AsyncStore, data: PersonalData, clock: Clock) -> None:
        super().__init__(data, clock)
        self.actor: Final = Actor.system("telemed_make")
        self._store = store
        self._as_job = store.acting_as(self.actor)

    async def doctor(self, **overrides: Any) -> Doctor:
        """A registered doctor; without windows until `office_hours` or `availability_window` makes some."""
        return await self._as_job.people.register_doctor(self.new_doctor(**overrides))

    async def patient(self, **overrides: Any) -> Patient:
        """A registered patient with a complete profile."""
        return await self._as_job.people.register_patient(self.new_patient(**overrides))

    async def user(self, **overrides: Any) -> User:
        """A user, who is a patient: users come to be by their first profile."""
        patient = await self.patient(**overrides)
        return await self._as_job.people.user(patient.user_id)

    async def user_identity(self, user_id: UUID | None = None, **overrides: Any) -> UserIdentity:
        """A login linked to a user, a new patient's if none is named."""
        new = self.new_user_identity(user_id or (await self.patient()).user_id, **overrides)
        return await self._as_job.people.link_identity(new)

    async def specialization(self, name: str | None = None) -> Specialization:
        """A medical specialization."""
        return await self._as_job.people.add_specialization(name or self.new_specialization())

    async def service_location(self, doctor_id: UUID | None = None, **overrides: Any) -> ServiceLocation:
        """An office, of a new doctor if none is named."""
        new = self.new_service_location(doctor_id or (await self.doctor()).id, **overrides)
        return await self._as_job.people.add_location(new)

    async def availability_window(self, doctor_id: UUID | None = None, **overrides: Any) -> AvailabilityWindow:
        """A window, of a new doctor if none is named."""
        new = self.new_availability_window(doctor_id or (await self.doctor()).id, **overrides)
        return await self._as_job.availability.add_window(new)

    async def office_hours(
        self, doctor_id: UUID, start_minute: int = 480, end_minute: int = 1080
    ) -> list[AvailabilityWindow]:
        """A window on every weekday, from 8 to 18 on the doctor's clock."""
        return [
            await self.availability_window(doctor_id, weekday=weekday, start_minute=start_minute, end_minute=end_minute)
            for weekday in range(1, 8)
        ]

    async def blocked_dates(self, doctor_id: UUID | None = None, **overrides: Any) -> BlockedDates:
        """Blocked dates, of a new doctor if none is named."""
        new = self.new_block(doctor_id or (await self.doctor()).id, **overrides)
        return await self._as_job.availability.block_dates(new)

    async def consent(self, user_id: UUID | None = None, **overrides: Any) -> Consent:
        """A consent to telemedicine, of a new patient's user if none is named."""
        return await self._as_job.consents.grant(
            self.new_consent(user_id or (await self.patient()).user_id, **overrides)
        )

    async def free_slot(self, doctor_id: UUID, patient_id: UUID | None = None) -> FreeSlot:
        """The doctor's first free slot of the coming month; office hours are made if there is none."""
        first = self._today() + dt.timedelta(days=1)
        for _ in range(2):
            slots = await self._as_job.availability.free_slots(
                doctor_id, first, first + dt.timedelta(days=30), patient_id=patient_id
            )
            if slots:
                return slots[0]
            await self.office_hours(doctor_id)
        raise AssertionError(
            "this doctor has no free slot, in office hours either: all is booked, blocked, or they are inactive"
        )

    async def appointment(
        self,
        doctor_id: UUID | None = None,
        patient_id: UUID | None = None,
        status: Status = "scheduled",
        **overrides: Any,
    ) -> Appointment:
        """An appointment.

        Args:
            doctor_id: By default a new doctor's, with office hours.
            patient_id: By default a new patient's.
            status: How far it has come; for ``in_progress`` and ``completed`` the consent to telemedicine is granted.
            overrides: Fields of `NewAppointment`, and ``idempotency_key`` and ``override_availability`` of the verb. Without
                ``starts_at`` it takes the doctor's first free slot.
        """
        options = {
            name: overrides.pop(name) for name in ("idempotency_key", "override_availability") if name in overrides
        }
        doctor_id = doctor_id or (await self.doctor()).id
        patient_id = patient_id or (await self.patient()).id
        if "starts_at" not in overrides:
            slot = await self.free_slot(doctor_id, patient_id)
            overrides = {"starts_at": slot.starts_at, "ends_at": slot.ends_at, **overrides}
        new = self.new_appointment(doctor_id, patient_id, **overrides)
        booked = await self._as_job.appointments.schedule(new, **options)
        return await self._brought_to(booked, status)

    async def imported_visit(
        self, doctor_id: UUID | None = None, patient_id: UUID | None = None, **overrides: Any
    ) -> Appointment:
        """A past visit, imported as completed."""
        new = self.new_imported_visit(
            doctor_id or (await self.doctor()).id, patient_id or (await self.patient()).id, **overrides
        )
        report = await self._as_job.appointments.import_completed([new])
        if not report.imported:
            raise AssertionError(f"the visit was not imported: {', '.join(each.reason for each in report.refused)}")
        return await self._as_job.appointments.get(report.imported[0])

    async def conversation(self, doctor_id: UUID | None = None, patient_id: UUID | None = None) -> ConversationSummary:
        """The conversation of a doctor and a patient as the patient sees it: an appointment makes it if they have none.

        Args:
            doctor_id: A doctor, by default a new one.
            patient_id: A patient, by default a new one.
        """
        doctor = await self._as_job.people.doctor(doctor_id) if doctor_id else await self.doctor()
        patient = await self._as_job.people.patient(patient_id) if patient_id else await self.patient()
        if not await self._as_job.appointments.has_relationship(doctor.id, patient.id, RelationKind.ANY):
            await self.appointment(doctor.id, patient.id)
        mine = self._store.acting_as(Actor.user(patient.user_id)).messages
        cursor: str | None = None
        while True:
            page = await mine.conversations(50, cursor)
            for shown in page.items:
                if shown.peer_id == doctor.user_id:
                    return shown
            if (cursor := page.next_cursor) is None:
                raise AssertionError("an appointment of these two made no conversation")

    async def message(
        self, sender_id: UUID | None = None, receiver_id: UUID | None = None, **overrides: Any
    ) -> Message:
        """A message between two users who have an appointment; by default from a new doctor to a new patient.

        Args:
            sender_id: The sending user.
            receiver_id: The receiving user; it is named with the sender or not at all.
            overrides: Fields of `NewMessage`.
        """
        if sender_id is None or receiver_id is None:
            booked = await self.appointment()
            sender_id = (await self._as_job.people.doctor(booked.doctor_id)).user_id
            receiver_id = (await self._as_job.people.patient(booked.patient_id)).user_id
        return await self._as_job.messages.send(self.new_message(receiver_id, sender_id=sender_id, **overrides))

    async def _brought_to(self, booked: Appointment, status: Status) -> Appointment:
        verbs = self._as_job.appointments
        if status == "rescheduled":
            slot = await self.free_slot(booked.doctor_id, booked.patient_id)
            return await verbs.reschedule(booked.id, slot.starts_at, slot.ends_at, expected_version=booked.version)
        if status == "cancelled":
            return await verbs.cancel(booked.id, expected_version=booked.version)
        if status == "no_show":
            return await verbs.mark_no_show(booked.id, expected_version=booked.version)
        if status in {"in_progress", "completed"}:
            patient = await self._as_job.people.patient(booked.patient_id)
            if await self._as_job.consents.active(patient.user_id, ConsentType.TELEMEDICINE) is None:
                await self.consent(patient.user_id)
            booked = await verbs.start(booked.id, expected_version=booked.version)
        if status == "completed":
            booked = await verbs.complete(booked.id, expected_version=booked.version)
        return booked
