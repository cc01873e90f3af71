"""Booking and moving: guards, checks, then the row, its log and its event. The rest of an appointment's life is in ``lifecycle.py``."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import Connection, Row

from telemed_store.appointments import statements as sql
from telemed_store.appointments.models import (
    Appointment,
    AppointmentEvent,
    AppointmentOrigin,
    AppointmentStatus,
    ConsultationRescheduled,
    ConsultationScheduled,
    NewAppointment,
)
from telemed_store.appointments.rows import (
    NOBODY,
    Reason,
    change,
    check_place,
    end_after,
    iso,
    latest_end,
    load,
    local_start,
    lock,
    log_row,
    new_access_code,
    row_of,
)
from telemed_store.appointments.tables import appointment_logs, appointments
from telemed_store.audit.context import Context
from telemed_store.availability.preconditions import interval_problems, people_problems
from telemed_store.availability.slots import effective_interval
from telemed_store.database.arguments import OwnId
from telemed_store.database.identity import new_id
from telemed_store.database.sending import fetch
from telemed_store.errors import IdempotencyConflict, NotPermitted, OutsideAvailability, SlotTaken, ValidationFailed
from telemed_store.events.operations import record_with
from telemed_store.people.caching import DOCTOR_TIME
from telemed_store.people.guards import lock_guards

__all__ = ["Booked", "IdempotencyKey", "reschedule", "schedule"]

IdempotencyKey = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""What makes repeating a request safe."""

Booked = Callable[[Connection, Context, Appointment, UUID, UUID], None]
"""A step of an upper area in the booking's transaction: appointment, doctor's user, patient's user."""


def schedule(
    connection: Connection,
    context: Context,
    new: NewAppointment,
    *,
    idempotency_key: IdempotencyKey | None = None,
    override_availability: Reason | None = None,
    after_booking: tuple[Booked, ...] = (),
) -> Appointment:
    """Book: guards, repeated request, preconditions, window, overlap; then the row, its log and its event."""
    ends_at = new.ends_at or end_after(new.starts_at, context.settings.appointment_duration)
    override, key = override_availability, idempotency_key
    lock_guards(connection, [new.doctor_id], [new.patient_id])
    digest = _digest(new, override) if key else None
    if key and (stored := _stored_for(connection, context, key, digest)):
        return stored
    _check_interval(context, new.starts_at, ends_at)
    people = _preconditions(connection, context, new, ends_at)
    location_id = _place(
        connection, context, new.doctor_id, new.starts_at, ends_at, new.location_id, override=override is not None
    )
    _check_free(people.taken_doctor_id, new.doctor_id)
    zone_name = new.zone or people.doctor_zone
    now = context.now()
    appointment = Appointment(
        id=new_id(),
        version=1,
        created_at=now,
        updated_at=now,
        deleted_at=None,
        doctor_id=new.doctor_id,
        patient_id=new.patient_id,
        location_id=location_id,
        starts_at=new.starts_at,
        ends_at=ends_at,
        local_starts_at=local_start(new.starts_at, zone_name),
        zone=zone_name,
        status=AppointmentStatus.SCHEDULED,
        origin=AppointmentOrigin.BOOKED,
        availability_override=override,
        notes=new.notes,
        created_by=people.creator_id,
        started_at=None,
        ended_at=None,
        completion_kind=None,
        cancelled_at=None,
        cancelled_by=None,
        cancellation_reason=None,
        no_show_at=None,
    )
    request = {
        "idempotency_actor": context.actor.key if key else None,
        "idempotency_key": key,
        "request_digest": digest,
    }
    row = row_of(appointment) | request | {"access_code": new_access_code(context)}
    payload: dict[str, Any] = {"starts_at": iso(new.starts_at), "ends_at": iso(ends_at)}
    if override is not None:
        payload["availability_override"] = override
    event = ConsultationScheduled(
        aggregate_id=appointment.id,
        aggregate_version=1,
        recipients=(people.doctor_user_id, people.patient_user_id),
        doctor_id=new.doctor_id,
        patient_id=new.patient_id,
        starts_at=new.starts_at,
        ends_at=ends_at,
        location_id=location_id,
    )
    logged = log_row(context, appointment.id, AppointmentEvent.CREATED, payload)
    record_with(connection, context, event, (appointments, row), (appointment_logs, logged))
    context.changed(DOCTOR_TIME.tag(new.doctor_id))
    for step in after_booking:
        step(connection, context, appointment, people.doctor_user_id, people.patient_user_id)
    return appointment


def reschedule(
    connection: Connection,
    context: Context,
    appointment_id: OwnId,
    *,
    starts_at: dt.datetime,
    ends_at: dt.datetime | None = None,
    expected_version: int,
    override_availability: Reason | None = None,
) -> Appointment:
    """Move an open appointment; without an end it keeps its length. It may overlap its own old time."""
    override = override_availability
    seen = load(connection, context, appointment_id)
    lock_guards(connection, [seen.appointment.doctor_id], [seen.appointment.patient_id])
    before = lock(connection, context, appointment_id, expected_version, AppointmentStatus.RESCHEDULED)
    old = before.appointment
    ends_at = ends_at or end_after(starts_at, old.ends_at - old.starts_at)
    _check_interval(context, starts_at, ends_at)
    check_place(connection, old.doctor_id, old.location_id)
    location_id = _place(
        connection, context, old.doctor_id, starts_at, ends_at, old.location_id, override=override is not None
    )
    probed = _probe(old.doctor_id, old.patient_id, starts_at, ends_at, old.id)
    _check_free(fetch(connection, sql.OVERLAPPING, probed).scalar(), old.doctor_id)
    payload: dict[str, Any] = {
        "old": {"starts_at": iso(old.starts_at), "ends_at": iso(old.ends_at)},
        "new": {"starts_at": iso(starts_at), "ends_at": iso(ends_at)},
    }
    if override is not None:
        payload["availability_override"] = override
    return change(
        connection,
        context,
        before,
        AppointmentEvent.RESCHEDULED,
        payload,
        lambda moved: ConsultationRescheduled(
            **before.envelope(moved),
            starts_at=starts_at,
            ends_at=moved.ends_at,
            location_id=location_id,
            old_starts_at=old.starts_at,
            old_ends_at=old.ends_at,
        ),
        status=AppointmentStatus.RESCHEDULED,
        starts_at=starts_at,
        ends_at=ends_at,
        local_starts_at=local_start(starts_at, old.zone),
        location_id=location_id,
        availability_override=override,
    )


def _preconditions(
    connection: Connection, context: Context, new: NewAppointment, ends_at: dt.datetime
) -> Row[*tuple[Any, ...]]:
    """Who and where of a booking, checked (Q006); the creator is the acting user, for a system job the doctor's user."""
    found = fetch(
        connection,
        sql.BOOKING,
        {
            **_probe(new.doctor_id, new.patient_id, new.starts_at, ends_at),
            "location_id": new.location_id,
            "creator_id": context.actor.id,
        },
    ).one()
    wrong = people_problems(found)
    if (
        not wrong
        and not context.actor.is_system
        and context.actor.id not in {found.doctor_user_id, found.patient_user_id}
    ):
        # C14: a booking opens the patient's record to the doctor, so nobody makes one for two others.
        context.denied("patient", new.patient_id)
        raise NotPermitted
    if found.creator_id is None and not wrong:
        wrong["actor"] = "is no known user"
    if wrong:
        raise ValidationFailed(wrong)
    return found


def _place(
    connection: Connection,
    context: Context,
    doctor_id: UUID,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    location_id: UUID | None,
    *,
    override: bool,
) -> UUID | None:
    """Where it takes place: as asked, or the effective window's own location. Outside every window only by override (D04)."""
    if override:
        return location_id
    window = effective_interval(connection, context, doctor_id, starts_at, ends_at, location_id)
    if window is None:
        raise OutsideAvailability
    return location_id or window.window.location_id


def _probe(
    doctor_id: UUID, patient_id: UUID, starts_at: dt.datetime, ends_at: dt.datetime, self_id: UUID = NOBODY
) -> dict[str, Any]:
    return {
        "doctor_id": doctor_id,
        "patient_id": patient_id,
        "from_": starts_at,
        "until": ends_at,
        "latest_end": latest_end(ends_at),
        "self_id": self_id,
    }


def _check_free(taken_doctor_id: UUID | None, doctor_id: UUID) -> None:
    """Refuse before anything is written; under the guards the probe saw every booking, and the database's rule stands behind it."""
    if taken_doctor_id is not None:
        raise SlotTaken("doctor" if taken_doctor_id == doctor_id else "patient")


def _check_interval(context: Context, starts_at: dt.datetime, ends_at: dt.datetime) -> None:
    if wrong := interval_problems(context.now(), starts_at, ends_at):
        raise ValidationFailed(wrong)


def _stored_for(connection: Connection, context: Context, key: str, digest: bytes | None) -> Appointment | None:
    """What the actor booked with this key before; with other content the key cannot be used again, for ever."""
    stored = fetch(connection, sql.BY_IDEMPOTENCY_KEY, {"actor": context.actor.key, "key": key}).first()
    if stored is None:
        return None
    if stored.request_digest != digest:
        raise IdempotencyConflict
    return sql.appointment_from(stored)


def _digest(new: NewAppointment, override: str | None) -> bytes:
    content = new.model_dump(mode="json") | {"override_availability": override}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).digest()
