"""What callers see of appointments: the row, its inputs, its log, its events, and the one transition table."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar, Final, Self
from uuid import UUID

from pydantic import MISSING, Field, model_validator

from telemed_store.audit.actor import ActorKind
from telemed_store.database.models import Input, Instant, PlainText, StoredModel, ZoneName
from telemed_store.database.paging import Page
from telemed_store.events.models import DomainEvent

__all__ = [
    "ACTIVE",
    "KEPT_FOR_EVER",
    "OPEN",
    "TRANSITIONS",
    "Appointment",
    "AppointmentDetail",
    "AppointmentEvent",
    "AppointmentLog",
    "AppointmentOrigin",
    "AppointmentPatch",
    "AppointmentStatus",
    "AppointmentWithPeople",
    "CompletionKind",
    "ConsultationCancelled",
    "ConsultationCompleted",
    "ConsultationNoShow",
    "ConsultationRescheduled",
    "ConsultationScheduled",
    "ConsultationStarted",
    "ImportRefusal",
    "ImportReport",
    "ImportedVisit",
    "IssueTarget",
    "NewAppointment",
    "PairHistory",
    "Participant",
    "RelationKind",
]


class AppointmentStatus(StrEnum):
    """Where an appointment stands."""

    SCHEDULED = "scheduled"
    RESCHEDULED = "rescheduled"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


OPEN: Final = (AppointmentStatus.SCHEDULED, AppointmentStatus.RESCHEDULED)
"""Yet to take place."""

ACTIVE: Final = (*OPEN, AppointmentStatus.IN_PROGRESS)
"""Those that hold time: no two active appointments of one doctor, or of one patient, overlap."""

KEPT_FOR_EVER: Final = (AppointmentStatus.IN_PROGRESS, AppointmentStatus.COMPLETED)
"""What has begun is part of the chart: never deleted, not even softly."""

_FROM_OPEN: Final = frozenset(
    {
        AppointmentStatus.IN_PROGRESS,
        AppointmentStatus.CANCELLED,
        AppointmentStatus.RESCHEDULED,
        AppointmentStatus.NO_SHOW,
    }
)

TRANSITIONS: Final = MappingProxyType(
    {
        AppointmentStatus.SCHEDULED: _FROM_OPEN,
        AppointmentStatus.RESCHEDULED: _FROM_OPEN,
        AppointmentStatus.IN_PROGRESS: frozenset({AppointmentStatus.COMPLETED}),
        AppointmentStatus.COMPLETED: frozenset[AppointmentStatus](),
        AppointmentStatus.CANCELLED: frozenset[AppointmentStatus](),
        AppointmentStatus.NO_SHOW: frozenset[AppointmentStatus](),
    }
)
"""The one transition table (D15): from each status, those that may follow."""


class AppointmentOrigin(StrEnum):
    """How an appointment came to be."""

    BOOKED = "booked"
    IMPORTED = "imported"


class CompletionKind(StrEnum):
    """How an appointment was completed."""

    FINALIZED = "finalized"
    AUTO_CLOSED = "auto_closed"
    IMPORTED = "imported"


class AppointmentEvent(StrEnum):
    """What a row of an appointment's log tells."""

    CREATED = "created"
    RESCHEDULED = "rescheduled"
    STARTED = "started"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    UPDATED = "updated"
    DELETED = "deleted"
    ADDENDUM_ADDED = "addendum_added"


class RelationKind(StrEnum):
    """Which relationship of doctor and patient is asked for (Q013)."""

    ANY = "any"
    RECORD = "record"
    AD_HOC = "ad_hoc"


class NewAppointment(Input):
    """A booking to make.

    Attributes:
        doctor_id: The doctor's profile.
        patient_id: The patient's profile.
        starts_at: Aware instant in the future.
        ends_at: Aware instant; by default ``appointment_duration`` after the start.
        location_id: One of the doctor's active locations; by default the window's own. None means that it takes place remotely.
        zone: IANA zone in which the time was chosen; by default the doctor's.
        notes: A remark on the booking, not clinical; 1000 characters at most.
    """

    doctor_id: UUID
    patient_id: UUID
    starts_at: Instant
    ends_at: Instant | None = None
    location_id: UUID | None = None
    zone: ZoneName | None = None
    notes: PlainText | None = Field(default=None, max_length=1000)

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError("ends_at must be later than starts_at")
        return self


class AppointmentPatch(Input):
    """What may change of an appointment besides its time: only what is passed changes (C12).

    Attributes:
        notes: A remark on the booking, or None to remove it.
        location_id: One of the doctor's active locations; fixed from ``in_progress`` on.
    """

    notes: PlainText | MISSING | None = Field(default=MISSING, max_length=1000)
    location_id: UUID | MISSING | None = MISSING


class ImportedVisit(Input):
    """A past visit of another system, imported as completed.

    Attributes:
        doctor_id: The doctor's profile.
        patient_id: The patient's profile.
        starts_at: Aware instant in the past.
        ends_at: Aware instant after the start, at most one day after it.
        location_id: One of the doctor's locations.
        zone: IANA zone of the wall-clock time; by default the doctor's.
        source_key: The visit's own key in its system; importing the same key again returns what is stored.
    """

    doctor_id: UUID
    patient_id: UUID
    starts_at: Instant
    ends_at: Instant
    location_id: UUID | None = None
    zone: ZoneName | None = None
    source_key: PlainText | None = Field(default=None, min_length=1, max_length=100)


class ImportRefusal(StoredModel):
    """A visit that was not imported.

    Attributes:
        index: Its place in the list that was given.
        reason: Why: ``longer_than_a_day``, ``ends_before_start``, ``in_the_future``, ``unknown_doctor``, ``unknown_patient``,
            ``unknown_location``, ``same_person``, ``source_key_used`` (with other content) or ``outside_calendar`` (in the year 1).
    """

    index: int
    reason: str


class ImportReport(StoredModel):
    """What became of a list of visits.

    Attributes:
        imported: Ids of the stored appointments, in the order of the visits.
        repeated: How many had been imported before, by their ``source_key``.
        refused: Those not imported, each with its reason.
    """

    imported: tuple[UUID, ...]
    repeated: int
    refused: tuple[ImportRefusal, ...]


class Appointment(StoredModel):
    """An appointment. The access code stands apart: ``appointments.access_code``.

    Attributes:
        starts_at: UTC; with ``ends_at`` the half-open interval it holds.
        local_starts_at: The wall-clock time as chosen, in ``zone``.
    """

    id: UUID
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    deleted_at: dt.datetime | None
    doctor_id: UUID
    patient_id: UUID
    location_id: UUID | None
    starts_at: dt.datetime
    ends_at: dt.datetime
    local_starts_at: dt.datetime
    zone: str
    status: AppointmentStatus
    origin: AppointmentOrigin
    availability_override: str | None
    notes: str | None
    created_by: UUID
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    completion_kind: CompletionKind | None
    cancelled_at: dt.datetime | None
    cancelled_by: UUID | None
    cancellation_reason: str | None
    no_show_at: dt.datetime | None


class AppointmentLog(StoredModel):
    """One row of an appointment's immutable log."""

    id: UUID
    created_at: dt.datetime
    appointment_id: UUID
    actor_id: UUID | None
    actor_kind: ActorKind
    event: AppointmentEvent
    payload: dict[str, Any]


class Participant(StoredModel):
    """One side of an appointment: the profile, its user and the name to show."""

    profile_id: UUID
    user_id: UUID
    name: str


class AppointmentDetail(StoredModel):
    """An appointment with both sides and the first rows of its log (Q003, Q022)."""

    appointment: Appointment
    doctor: Participant
    patient: Participant
    logs: tuple[AppointmentLog, ...]


class AppointmentWithPeople(StoredModel):
    """An appointment with both sides, as agendas show it."""

    appointment: Appointment
    doctor: Participant
    patient: Participant


class IssueTarget(StoredModel):
    """The appointment a new prescription, certificate or order belongs to (Q017).

    Attributes:
        appointment: The one in progress, else today's nearest open one, else None.
        in_progress: How many of the pair are in progress.
    """

    appointment: Appointment | None
    in_progress: int


class PairHistory(StoredModel):
    """What a doctor and a patient had together (Q018).

    Attributes:
        recent: Their appointments, the newest first.
        completed: How many of all were completed.
    """

    recent: Page[Appointment]
    completed: int


class _ConsultationEvent(DomainEvent):
    aggregate_type: ClassVar[str] = "appointment"

    doctor_id: UUID
    patient_id: UUID


class ConsultationScheduled(_ConsultationEvent):
    """An appointment was booked, or imported."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    location_id: UUID | None


class ConsultationRescheduled(_ConsultationEvent):
    """An appointment was moved."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    location_id: UUID | None
    old_starts_at: dt.datetime
    old_ends_at: dt.datetime


class ConsultationCancelled(_ConsultationEvent):
    """An appointment was called off; ``cancelled_by`` None means by the system."""

    cancelled_by: UUID | None


class ConsultationStarted(_ConsultationEvent):
    """An appointment began."""

    started_at: dt.datetime


class ConsultationCompleted(_ConsultationEvent):
    """An appointment ended; duration in minutes."""

    duration_minutes: int
    completion_kind: CompletionKind
    origin: AppointmentOrigin


class ConsultationNoShow(_ConsultationEvent):
    """The patient did not come."""

    no_show_at: dt.datetime
    origin: AppointmentOrigin
