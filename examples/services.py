"""The service layer of an application that books consultations: what it decides itself, above what the store decides.

The store keeps what must never happen: two appointments at one time, a change that nobody saw, a consultation without consent. The
application says what it wants: what to offer when a time is gone, and how long before the start a visit may still be called off.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from telemed_store import (
    Appointment,
    BoundStore,
    Clock,
    Consent,
    ConsentChannel,
    ConsentType,
    DoctorSummary,
    FreeSlot,
    NewAppointment,
    NewConsent,
    Page,
    SlotTaken,
    SystemClock,
)
from telemed_store.scopes import WithSpecialization

__all__ = ["CONSENT_TEXT", "NOTICE", "BookingService", "Refused", "TimeGone", "TooLate"]

NOTICE: Final = dt.timedelta(hours=24)
"""Until so long before its start a visit can be moved or called off: a rule of this application."""

CONSENT_TEXT: Final = "I agree to be seen by telemedicine."


class Refused(Exception):
    """What was asked for is not done; the message is for the person who asked."""


@dataclass
class TimeGone(Refused):
    """Somebody else was quicker.

    Attributes:
        instead: Other times with the same doctor, the nearest first.
    """

    instead: list[FreeSlot]

    def __str__(self) -> str:
        return "This time has just been taken. Choose another one."


class TooLate(Refused):
    """The visit starts within the notice."""

    def __str__(self) -> str:
        return f"This visit starts in less than {NOTICE // dt.timedelta(hours=1)} hours: call us."


class BookingService:
    """The booking flow of one person. Cheap: make one per request, on ``store.acting_as(actor)``."""

    def __init__(self, mine: BoundStore, clock: Clock | None = None) -> None:
        self._mine = mine
        self._clock = clock or SystemClock()

    def find_doctors(self, text: str | None, specialization_id: UUID, cursor: str | None = None) -> Page[DoctorSummary]:
        """Doctors of a specialization whose name begins with what was typed."""
        return self._mine.people.search_doctors(WithSpecialization(specialization_id), text, cursor=cursor)

    def free_times(self, doctor_id: UUID, patient_id: UUID, first_date: dt.date, days: int = 7) -> list[FreeSlot]:
        """What this patient can book with this doctor in some days."""
        return self._mine.availability.free_slots(
            doctor_id, first_date, first_date + dt.timedelta(days=days - 1), patient_id
        )

    def book(self, slot: FreeSlot, patient_id: UUID, request_id: str) -> Appointment:
        """Book an offered time.

        The request's own id is the idempotency key: a client that repeats the request after a time-out gets the visit it has booked.

        Raises:
            TimeGone: Somebody was quicker; other times are offered.
        """
        wanted = NewAppointment(
            doctor_id=slot.doctor_id, patient_id=patient_id, starts_at=slot.starts_at, ends_at=slot.ends_at
        )
        try:
            return self._mine.appointments.schedule(wanted, idempotency_key=request_id)
        except SlotTaken:
            raise TimeGone(self._near(slot, patient_id)) from None

    def move(self, appointment_id: UUID, slot: FreeSlot, seen_version: int) -> Appointment:
        """Move a visit to another time.

        Args:
            appointment_id: The visit.
            slot: The new time.
            seen_version: The version that the person looked at: if the visit changed since, `VersionConflict` says so.

        Raises:
            TooLate: It starts within the notice.
            TimeGone: Somebody was quicker; other times are offered.
        """
        try:
            with self._mine.unit_of_work() as uow:
                self._check_notice(uow.appointments.get(appointment_id))
                return uow.appointments.reschedule(
                    appointment_id, slot.starts_at, slot.ends_at, expected_version=seen_version
                )
        except SlotTaken:
            # Outside the unit, which is undone: the visit stands where it was.
            visit = self._mine.appointments.get(appointment_id)
            raise TimeGone(self._near(slot, visit.patient_id)) from None

    def call_off(self, appointment_id: UUID, seen_version: int, reason: str | None = None) -> Appointment:
        """Call a visit off.

        Raises:
            TooLate: It starts within the notice.
        """
        with self._mine.unit_of_work() as uow:
            self._check_notice(uow.appointments.get(appointment_id))
            return uow.appointments.cancel(appointment_id, reason, expected_version=seen_version)

    def agree_to_telemedicine(self, user_id: UUID) -> Consent:
        """Record that a person agreed to the text as it is now."""
        return self._mine.consents.grant(
            NewConsent(
                user_id=user_id,
                type=ConsentType.TELEMEDICINE,
                text_version="2026-1",
                text_sha256=hashlib.sha256(CONSENT_TEXT.encode()).hexdigest(),
                channel=ConsentChannel.CLICK,
            )
        )

    def start(self, visit: Appointment) -> Appointment:
        """Begin a consultation; without the patient's consent the store refuses with `ConsentRequired`."""
        return self._mine.appointments.start(visit.id, expected_version=visit.version)

    def complete(self, visit: Appointment) -> Appointment:
        """End a consultation."""
        return self._mine.appointments.complete(visit.id, expected_version=visit.version)

    def _near(self, slot: FreeSlot, patient_id: UUID) -> list[FreeSlot]:
        free = self.free_times(slot.doctor_id, patient_id, slot.local_starts_at.date(), days=3)
        return sorted(free, key=lambda other: abs(other.starts_at - slot.starts_at))[:5]

    def _check_notice(self, visit: Appointment) -> None:
        if visit.starts_at - self._clock.now() < NOTICE:
            raise TooLate
