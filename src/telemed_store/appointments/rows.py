"""What all verbs of an appointment share: loading under a lock, changing one version to the next, the log."""

from __future__ import annotations

import datetime as dt
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, NoReturn
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import Connection

from telemed_store.appointments import statements as sql
from telemed_store.appointments.caching import APPOINTMENT
from telemed_store.appointments.models import ACTIVE, TRANSITIONS, Appointment, AppointmentEvent, AppointmentStatus
from telemed_store.appointments.tables import appointment_logs
from telemed_store.audit.context import Context
from telemed_store.availability.preconditions import LONGEST
from telemed_store.database.identity import new_id
from telemed_store.database.local_time import wall_clock, zone
from telemed_store.database.sending import execute, fetch
from telemed_store.database.together import insert_together
from telemed_store.errors import InvalidTransition, NotFound, NotPermitted, ValidationFailed, VersionConflict
from telemed_store.events.models import DomainEvent
from telemed_store.events.operations import record_with
from telemed_store.people.caching import DOCTOR_TIME

__all__ = [
    "NOBODY",
    "Loaded",
    "Reason",
    "change",
    "check_place",
    "doctor_zone",
    "earliest_start",
    "end_after",
    "iso",
    "latest_end",
    "load",
    "local_start",
    "lock",
    "log_row",
    "new_access_code",
    "refuse",
    "row_of",
    "write_log",
]

NOBODY: Final = UUID(int=0)
"""An id that no row has."""

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
"""Why something is done: an argument of several verbs."""

_NO_SUCH_YEAR: Final = "lies outside the years 1 to 9999"

_FIRST_INSTANT: Final = dt.datetime.min.replace(tzinfo=dt.UTC)
_LAST_INSTANT: Final = dt.datetime.max.replace(tzinfo=dt.UTC)

_TICK: Final = dt.timedelta(microseconds=1)

_CODE_ALPHABET: Final = string.ascii_uppercase + string.digits


@dataclass(frozen=True, slots=True)
class Loaded:
    """An appointment as it stood when it was locked, and the users behind its two sides."""

    appointment: Appointment
    doctor_user_id: UUID
    patient_user_id: UUID

    def envelope(self, changed: Appointment) -> dict[str, Any]:
        """What every event about this appointment starts with."""
        return {
            "aggregate_id": changed.id,
            "aggregate_version": changed.version,
            "recipients": (self.doctor_user_id, self.patient_user_id),
            "doctor_id": changed.doctor_id,
            "patient_id": changed.patient_id,
        }

    def later(self, context: Context) -> Context:
        """The context, at an instant not before the row's last change.

        A clock that stepped back must not order the times of a row, its log or its events the wrong way round.
        """
        last = self.appointment.updated_at
        return context if context.now() >= last else replace(context, instant=last + _TICK)


def load(connection: Connection, context: Context, appointment_id: UUID, *, locking: bool = False) -> Loaded:
    """The appointment, if the actor sees it."""
    statements = sql.APPOINTMENT_FOR_UPDATE if locking else sql.APPOINTMENT_WITH_SIDES
    values = {"id": appointment_id, "viewer": context.actor.id}
    found = fetch(connection, statements[not context.actor.is_system], values).first()
    if found is None:
        refuse(connection, context, appointment_id)
    return Loaded(sql.appointment_from(found), found.doctor_user_id, found.patient_user_id)


def refuse(connection: Connection, context: Context, appointment_id: UUID) -> NoReturn:
    """Answer "no such appointment"; if there is one that the actor does not see, that is noted as denied."""
    if not context.actor.is_system and connection.execute(sql.EXISTS, {"id": appointment_id}).first() is not None:
        context.denied("appointment", appointment_id)
    raise NotFound("appointment")


def lock(
    connection: Connection, context: Context, appointment_id: UUID, expected_version: int, to: AppointmentStatus | None
) -> Loaded:
    """The appointment, locked, of the version that the caller saw, and able to take the status asked for."""
    loaded = load(connection, context, appointment_id, locking=True)
    current = loaded.appointment
    if current.version != expected_version:
        raise VersionConflict(current.version)
    if to is not None and to not in TRANSITIONS[current.status]:
        raise InvalidTransition(current.status, to)
    return loaded


def change(
    connection: Connection,
    context: Context,
    before: Loaded,
    log: AppointmentEvent,
    payload: dict[str, Any],
    event: Callable[[Appointment], DomainEvent] | None,
    **values: Any,
) -> Appointment:
    """Set columns of a locked appointment; one version, one row of the log and one event further."""
    old = before.appointment
    context = before.later(context)
    now = context.now()
    parameters = {f"new_{name}": value for name, value in values.items()}
    parameters |= {"row_id": old.id, "expected_version": old.version, "now": now}
    if execute(connection, sql.changing(*values), parameters) != 1:
        raise VersionConflict(old.version + 1)
    new = old.model_copy(update={**values, "version": old.version + 1, "updated_at": now})
    context.changed(APPOINTMENT.key(old.id), new.version)
    if _time_held(new) != _time_held(old):
        context.changed(DOCTOR_TIME.tag(old.doctor_id))
    if event is None:
        write_log(connection, context, old.id, log, payload)
    else:
        logged = log_row(context, old.id, log, payload)
        record_with(connection, context, event(new), (appointment_logs, logged))
    return new


def _time_held(appointment: Appointment) -> tuple[dt.datetime, dt.datetime] | None:
    """Which time an appointment takes from its doctor and its patient, as `statements.holds_time` defines it."""
    is_held = appointment.status in ACTIVE and appointment.deleted_at is None
    return (appointment.starts_at, appointment.ends_at) if is_held else None


def write_log(
    connection: Connection, context: Context, appointment_id: UUID, event: AppointmentEvent, payload: dict[str, Any]
) -> None:
    """One row of the immutable log; its payload never holds access code, notes or clinical text."""
    insert_together(connection, (appointment_logs, log_row(context, appointment_id, event, payload)))


def log_row(context: Context, appointment_id: UUID, event: AppointmentEvent, payload: dict[str, Any]) -> dict[str, Any]:
    """The row that `write_log` writes."""
    return {
        "id": new_id(),
        "created_at": context.now(),
        "appointment_id": appointment_id,
        "actor_id": context.actor.id,
        "actor_kind": context.actor.kind,
        "event": event,
        "payload": payload,
    }


def row_of(appointment: Appointment) -> dict[str, Any]:
    """The columns of a new appointment, without what callers do not see."""
    return dict(vars(appointment))


def new_access_code(context: Context) -> str:
    """A random code of A-Z and 0-9."""
    length = context.settings.access_code_length
    # One draw for the whole code: one for each character costs eight questions to the kernel, and an import draws a thousand codes.
    number = secrets.randbelow(len(_CODE_ALPHABET) ** length)
    code = ""
    for _ in range(length):
        number, place = divmod(number, len(_CODE_ALPHABET))
        code += _CODE_ALPHABET[place]
    return code


def iso(instant: dt.datetime) -> str:
    """An instant as a log's payload says it."""
    return instant.astimezone(dt.UTC).isoformat()


def check_place(connection: Connection, doctor_id: UUID, location_id: UUID | None) -> None:
    """Refuse a place that is not, or no longer, an active one of this doctor."""
    if location_id is None:
        return
    if fetch(connection, sql.ACTIVE_LOCATION, {"id": location_id, "doctor_id": doctor_id}).first() is None:
        raise ValidationFailed({"location_id": "names no active location of this doctor"})


def doctor_zone(connection: Connection, context: Context, doctor_id: UUID) -> str:
    """The zone of a doctor whose own list is asked for: by the doctor, or by a system job."""
    found = connection.execute(sql.DOCTOR_ZONE, {"id": doctor_id}).first()
    if found is None:
        raise NotFound("doctor")
    if not context.actor.is_system and context.actor.id != found.user_id:
        context.denied("doctor", doctor_id)
        raise NotPermitted
    return str(found.zone)


def end_after(starts_at: dt.datetime, length: dt.timedelta) -> dt.datetime:
    """The end of an interval of which start and length were said."""
    try:
        return starts_at + length
    except OverflowError:
        raise ValidationFailed({"starts_at": _NO_SUCH_YEAR}) from None


def latest_end(until: dt.datetime) -> dt.datetime:
    """Before when everything has ended that starts before an instant."""
    return until + min(LONGEST, _LAST_INSTANT - until)


def earliest_start(from_: dt.datetime) -> dt.datetime:
    """After when everything has started that ends after an instant."""
    return from_ - min(LONGEST, from_ - _FIRST_INSTANT)


def local_start(starts_at: dt.datetime, zone_name: str) -> dt.datetime:
    """What the wall clock of a zone shows at the start."""
    try:
        return wall_clock(starts_at, zone(zone_name))
    except OverflowError:
        raise ValidationFailed({"starts_at": _NO_SUCH_YEAR}) from None
