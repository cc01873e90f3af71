"""How appointments are stored: columns, checks, indexes; the rule against overlap stands in ``overlap.py``."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Named,
    String,
    Table,
    UniqueConstraint,
)

from telemed_store.appointments.models import AppointmentEvent, AppointmentOrigin, AppointmentStatus, CompletionKind
from telemed_store.audit.actor import ActorKind
from telemed_store.database.columns import AppendOnlyRow, MutableRow, SoftDeletable
from telemed_store.database.metadata import METADATA, TABLE_OPTIONS
from telemed_store.database.native import append_only
from telemed_store.database.types import ClosedList, Digest, Id, UtcDateTime, WallClock, closed_list, json_type

__all__ = ["ACCESS_CODE_KEY", "IDEMPOTENCY_KEY", "appointment_logs", "appointment_reminders", "appointments"]

ACCESS_CODE_KEY = "uq_appointments_access_code"
IDEMPOTENCY_KEY = "uq_appointments_idempotency_actor_idempotency_key"


class AppointmentColumns(MutableRow, SoftDeletable):
    doctor_id: Named[UUID] = Column(Id(), ForeignKey("telemed.doctors.id"), nullable=False)
    patient_id: Named[UUID] = Column(Id(), ForeignKey("telemed.patients.id"), nullable=False)
    location_id: Named[UUID | None] = Column(Id(), nullable=True)
    starts_at: Named[dt.datetime] = Column(UtcDateTime(), nullable=False)
    ends_at: Named[dt.datetime] = Column(UtcDateTime(), nullable=False)
    local_starts_at: Named[dt.datetime] = Column(WallClock(), nullable=False)
    zone: Named[str] = Column(String(64), nullable=False)
    status: Named[AppointmentStatus] = Column(ClosedList(AppointmentStatus), nullable=False)
    access_code: Named[str] = Column(String(8), nullable=False)
    origin: Named[AppointmentOrigin] = Column(ClosedList(AppointmentOrigin), nullable=False)
    # Who used the key (Actor.key): two system jobs are two actors, though both book in the doctor's name.
    idempotency_actor: Named[str | None] = Column(String(107), nullable=True)
    idempotency_key: Named[str | None] = Column(String(200), nullable=True)
    request_digest: Named[bytes | None] = Column(Digest(), nullable=True)
    availability_override: Named[str | None] = Column(String(500), nullable=True)
    notes: Named[str | None] = Column(String(1000), nullable=True)
    created_by: Named[UUID] = Column(Id(), ForeignKey("telemed.users.id"), nullable=False)
    started_at: Named[dt.datetime | None] = Column(UtcDateTime(), nullable=True)
    ended_at: Named[dt.datetime | None] = Column(UtcDateTime(), nullable=True)
    completion_kind: Named[CompletionKind | None] = Column(ClosedList(CompletionKind), nullable=True)
    cancelled_at: Named[dt.datetime | None] = Column(UtcDateTime(), nullable=True)
    cancelled_by: Named[UUID | None] = Column(Id(), ForeignKey("telemed.users.id"), nullable=True)
    cancellation_reason: Named[str | None] = Column(String(500), nullable=True)
    no_show_at: Named[dt.datetime | None] = Column(UtcDateTime(), nullable=True)


class AppointmentLogColumns(AppendOnlyRow):
    appointment_id: Named[UUID] = Column(Id(), ForeignKey("telemed.appointments.id"), nullable=False)
    # Logs outlive accounts: a plain id.
    actor_id: Named[UUID | None] = Column(Id(), nullable=True)
    actor_kind: Named[ActorKind] = Column(ClosedList(ActorKind), nullable=False)
    event: Named[AppointmentEvent] = Column(ClosedList(AppointmentEvent), nullable=False)
    payload: Named[dict[str, Any]] = Column(json_type(), nullable=False)


class AppointmentReminderColumns(AppendOnlyRow):
    appointment_id: Named[UUID] = Column(Id(), ForeignKey("telemed.appointments.id"), nullable=False)
    starts_at: Named[dt.datetime] = Column(UtcDateTime(), nullable=False)
    offset_minutes: Named[int] = Column(nullable=False)
    sent_at: Named[dt.datetime] = Column(UtcDateTime(), nullable=False)


appointments: Final = Table(
    "appointments",
    METADATA,
    AppointmentColumns,
    closed_list("status", AppointmentStatus),
    closed_list("origin", AppointmentOrigin),
    closed_list("completion_kind", CompletionKind),
    CheckConstraint("ends_at > starts_at", name="valid_interval"),
    CheckConstraint("(started_at IS NOT NULL) = (status IN ('in_progress', 'completed'))", name="started_when"),
    CheckConstraint("(ended_at IS NOT NULL) = (status = 'completed')", name="ended_when"),
    CheckConstraint("(completion_kind IS NOT NULL) = (status = 'completed')", name="completion_kind_when"),
    CheckConstraint("ended_at >= started_at", name="ended_after_start"),
    CheckConstraint("(cancelled_at IS NOT NULL) = (status = 'cancelled')", name="cancelled_when"),
    CheckConstraint("(no_show_at IS NOT NULL) = (status = 'no_show')", name="no_show_when"),
    CheckConstraint(
        "cancelled_at IS NOT NULL OR (cancelled_by IS NULL AND cancellation_reason IS NULL)", name="cancelled_how"
    ),
    CheckConstraint(
        "(idempotency_key IS NULL) = (request_digest IS NULL) AND (idempotency_key IS NULL) = (idempotency_actor IS NULL)",
        name="idempotency_whole",
    ),
    UniqueConstraint("access_code", name=ACCESS_CODE_KEY),
    UniqueConstraint("idempotency_actor", "idempotency_key", name=IDEMPOTENCY_KEY),
    # Clinical rows refer to the whole triple, so that they cannot belong to another pair.
    UniqueConstraint("id", "doctor_id", "patient_id"),
    # Q002, Q010, Q011 by doctor or patient, in order of time; Q013, Q015-Q019 by pair.
    Index("ix_appointments_doctor_id_starts_at_id", "doctor_id", "starts_at", "id"),
    Index("ix_appointments_patient_id_starts_at_id", "patient_id", "starts_at", "id"),
    Index("ix_appointments_starts_at_id", "starts_at", "id"),
    Index("ix_appointments_doctor_id_patient_id_starts_at_id", "doctor_id", "patient_id", "starts_at", "id"),
    # Q002 with one status, Q012: a rare one is found without reading somebody's history, or everybody's in that status.
    Index("ix_appointments_doctor_id_status_starts_at_id", "doctor_id", "status", "starts_at", "id"),
    Index("ix_appointments_patient_id_status_starts_at_id", "patient_id", "status", "starts_at", "id"),
    # Q004, Q007-Q009 and the overlap triggers: only what holds time.
    Index("ix_appointments_doctor_id_ends_at", "doctor_id", "ends_at"),
    Index("ix_appointments_patient_id_ends_at", "patient_id", "ends_at"),
    # Jobs: what is due by status and time.
    Index("ix_appointments_status_starts_at_id", "status", "starts_at", "id"),
    # The place is one of the doctor's own: a key of the pair, which a NULL place leaves out.
    ForeignKeyConstraint(
        ["location_id", "doctor_id"], ["telemed.service_locations.id", "telemed.service_locations.doctor_id"]
    ),
    Index("ix_appointments_location_id_doctor_id", "location_id", "doctor_id"),
    Index("ix_appointments_created_by", "created_by"),
    Index("ix_appointments_cancelled_by", "cancelled_by"),
    **TABLE_OPTIONS,
)

appointment_logs: Final = Table(
    "appointment_logs",
    METADATA,
    AppointmentLogColumns,
    closed_list("actor_kind", ActorKind),
    closed_list("event", AppointmentEvent),
    # Q021: the log of one appointment in order.
    Index("ix_appointment_logs_appointment_id_created_at_id", "appointment_id", "created_at", "id"),
    **TABLE_OPTIONS,
)

appointment_reminders: Final = Table(
    "appointment_reminders",
    METADATA,
    AppointmentReminderColumns,
    UniqueConstraint("appointment_id", "starts_at", "offset_minutes"),
    **TABLE_OPTIONS,
)

append_only(appointment_logs)
append_only(appointment_reminders)
