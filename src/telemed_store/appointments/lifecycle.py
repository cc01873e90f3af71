"""Starting, ending, calling off, correcting and deleting an appointment."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection

from telemed_store.appointments import statements as sql
from telemed_store.appointments.models import (
    KEPT_FOR_EVER,
    OPEN,
    Appointment,
    AppointmentEvent,
    AppointmentPatch,
    AppointmentStatus,
    CompletionKind,
    ConsultationCancelled,
    ConsultationCompleted,
    ConsultationNoShow,
    ConsultationStarted,
)
from telemed_store.appointments.rows import Reason, change, check_place, load, lock
from telemed_store.audit.context import Context, DataType
from telemed_store.availability.slots import effective_interval
from telemed_store.consents.models import ConsentType
from telemed_store.consents.operations import is_active as consent_is_active
from telemed_store.database.arguments import OwnId
from telemed_store.database.models import given
from telemed_store.database.sending import execute, fetch
from telemed_store.errors import ConsentRequired, InvalidTransition, OutsideAvailability
from telemed_store.people.guards import lock_guards
from telemed_store.people.models import LocationType

__all__ = ["cancel", "complete", "delete", "mark_no_show", "start", "update"]


def start(connection: Connection, context: Context, appointment_id: OwnId, *, expected_version: int) -> Appointment:
    """Begin; unless the location is physical the patient's consent to telemedicine must be active (D48)."""
    before = lock(connection, context, appointment_id, expected_version, AppointmentStatus.IN_PROGRESS)
    if context.settings.require_telemedicine_consent:
        kind = fetch(connection, sql.LOCATION_TYPE, {"id": before.appointment.location_id}).scalar()
        remote = kind in {None, LocationType.TELECONSULTATION}
        if remote and not consent_is_active(connection, before.patient_user_id, ConsentType.TELEMEDICINE):
            raise ConsentRequired(ConsentType.TELEMEDICINE)
    now = before.later(context).now()
    return change(
        connection,
        context,
        before,
        AppointmentEvent.STARTED,
        {},
        lambda new: ConsultationStarted(**before.envelope(new), started_at=now),
        status=AppointmentStatus.IN_PROGRESS,
        started_at=now,
    )


def complete(connection: Connection, context: Context, appointment_id: OwnId, *, expected_version: int) -> Appointment:
    """End a consultation in progress; the patient's last consultation advances (D42)."""
    before = lock(connection, context, appointment_id, expected_version, AppointmentStatus.COMPLETED)
    old = before.appointment
    started_at = old.started_at or old.starts_at
    ended_at = max(before.later(context).now(), started_at)
    minutes = int((ended_at - started_at).total_seconds() // 60)
    completed = change(
        connection,
        context,
        before,
        AppointmentEvent.COMPLETED,
        {"duration_minutes": minutes, "completion_kind": CompletionKind.FINALIZED},
        lambda new: ConsultationCompleted(
            **before.envelope(new),
            duration_minutes=minutes,
            completion_kind=CompletionKind.FINALIZED,
            origin=new.origin,
        ),
        status=AppointmentStatus.COMPLETED,
        ended_at=ended_at,
        completion_kind=CompletionKind.FINALIZED,
    )
    execute(connection, sql.ADVANCE_LAST_CONSULTATION, {"patient": old.patient_id, "instant": ended_at})
    return completed


def cancel(
    connection: Connection,
    context: Context,
    appointment_id: OwnId,
    *,
    reason: Reason | None = None,
    expected_version: int,
) -> Appointment:
    """Call off an open appointment; its time is free at once."""
    before = lock(connection, context, appointment_id, expected_version, AppointmentStatus.CANCELLED)
    return change(
        connection,
        context,
        before,
        AppointmentEvent.CANCELLED,
        {"reason": reason},
        lambda new: ConsultationCancelled(**before.envelope(new), cancelled_by=context.actor.id),
        status=AppointmentStatus.CANCELLED,
        cancelled_at=before.later(context).now(),
        cancelled_by=context.actor.id,
        cancellation_reason=reason,
    )


def mark_no_show(
    connection: Connection, context: Context, appointment_id: OwnId, *, expected_version: int
) -> Appointment:
    """Note that the patient did not come to an open appointment."""
    before = lock(connection, context, appointment_id, expected_version, AppointmentStatus.NO_SHOW)
    now = before.later(context).now()
    return change(
        connection,
        context,
        before,
        AppointmentEvent.NO_SHOW,
        {},
        lambda new: ConsultationNoShow(**before.envelope(new), no_show_at=now, origin=new.origin),
        status=AppointmentStatus.NO_SHOW,
        no_show_at=now,
    )


def update(
    connection: Connection, context: Context, appointment_id: OwnId, patch: AppointmentPatch, *, expected_version: int
) -> Appointment:
    """Change the remark, or the place while the appointment is open; the log names the fields alone."""
    values = given(patch)
    if "location_id" in values:
        seen = load(connection, context, appointment_id)
        # The place decides which window holds the appointment, and windows change under the doctor's guard.
        lock_guards(connection, [seen.appointment.doctor_id], [seen.appointment.patient_id])
    before = lock(connection, context, appointment_id, expected_version, None)
    if not values:
        context.accessed([before.patient_user_id], DataType.CONSULTATION, resource_id=appointment_id)
        return before.appointment
    if "location_id" in values:
        _check_location(connection, context, before.appointment, values["location_id"])
    return change(connection, context, before, AppointmentEvent.UPDATED, {"fields": sorted(values)}, None, **values)


def _check_location(
    connection: Connection, context: Context, appointment: Appointment, location_id: UUID | None
) -> None:
    """A new place obeys what a booking's does: active, the doctor's own, and offered by the window (D04)."""
    if appointment.status not in OPEN:
        raise InvalidTransition(appointment.status, appointment.status)
    check_place(connection, appointment.doctor_id, location_id)
    if appointment.availability_override is None:
        times = (appointment.starts_at, appointment.ends_at)
        if effective_interval(connection, context, appointment.doctor_id, *times, location_id) is None:
            raise OutsideAvailability


def delete(connection: Connection, context: Context, appointment_id: OwnId, *, expected_version: int) -> None:
    """Soft-delete an appointment that never took place; its time is free at once."""
    before = lock(connection, context, appointment_id, expected_version, None)
    if before.appointment.status in KEPT_FOR_EVER:
        raise InvalidTransition(before.appointment.status, "deleted")
    change(connection, context, before, AppointmentEvent.DELETED, {}, None, deleted_at=before.later(context).now())
