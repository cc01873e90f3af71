"""Reading appointments: by id, by code, in lists, busy time, relationships. Who sees what is decided here and in ``statements``."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import CompoundSelect, Connection, Select, bindparam, or_, select, union_all

from telemed_store.appointments import statements as sql
from telemed_store.appointments.models import Appointment, AppointmentLog, AppointmentStatus
from telemed_store.appointments.rows import NOBODY, latest_end, refuse
from telemed_store.appointments.scopes import ForDoctor, ForPatient, IncludingDeleted
from telemed_store.appointments.sides import merged, of_somebody, page_of, sides, visible
from telemed_store.appointments.tables import appointment_logs, appointments
from telemed_store.audit.context import Context, DataType
from telemed_store.database.arguments import OwnId
from telemed_store.database.hot_reads import hot_rows
from telemed_store.database.paging import Keyset, Page, PageSize, list_binding
from telemed_store.database.scoping import Scope, conditions, content, mentions, parameters, shape
from telemed_store.database.types import Id, UtcDateTime
from telemed_store.errors import Conflict, NotFound, ValidationFailed
from telemed_store.people.operations import check_may_ask_for_time
from telemed_store.people.tables import patients

__all__ = [
    "BusyRow",
    "access_code",
    "begun_between",
    "busy_between",
    "by_access_code",
    "get",
    "list_appointments",
    "logs",
    "of_pair",
    "overlapping",
    "refuse_deletion_while_booked",
]

PAGE: Final = PageSize(default=10, largest=100)
LOG_PAGE: Final = PageSize(default=50, largest=200)

_ASCENDING: Final = Keyset(appointments.c.starts_at, appointments.c.id)
_DESCENDING: Final = Keyset(appointments.c.starts_at, appointments.c.id, descending=True)


def _readable(statement: Select[*tuple[Any, ...]], *, viewer: bool) -> Select[*tuple[Any, ...]]:
    """What a viewer may read of one appointment; a user's reads name the patient's user too, whose access row they write."""
    if not viewer:
        return statement
    return (
        statement.add_columns(patients.c.user_id)
        .join(patients, patients.c.id == appointments.c.patient_id)
        .where(visible())
    )


def _one(**keys: Any) -> dict[bool, Select[*tuple[Any, ...]]]:
    """Statements for one live appointment by columns, by whether the viewer is a user."""
    conditions_ = [appointments.c[name] == bindparam(name, type_=appointments.c[name].type) for name in keys]
    plain = select(*sql.APPOINTMENT_COLUMNS).where(*conditions_, appointments.c.deleted_at.is_(None))
    return {viewer: _readable(plain, viewer=viewer) for viewer in (False, True)}


# pk_appointments
_BY_ID: Final = _one(id=...)
# Q005. uq_appointments_access_code
_BY_ACCESS_CODE: Final = _one(access_code=...)
# Q014. pk_appointments
_OF_PAIR: Final = _one(id=..., doctor_id=..., patient_id=...)

# pk_appointments
_ACCESS_CODE: Final = {
    viewer: _readable(
        select(appointments.c.access_code).where(
            appointments.c.id == bindparam("id", type_=Id()), appointments.c.deleted_at.is_(None)
        ),
        viewer=viewer,
    )
    for viewer in (False, True)
}
_CODE: Final = re.compile(r"[A-Z0-9]{6,8}", re.ASCII)


def get(connection: Connection, context: Context, appointment_id: OwnId) -> Appointment:
    """One appointment that the actor sees."""
    return _get(connection, context, _BY_ID, {"id": appointment_id})


def of_pair(
    connection: Connection, context: Context, appointment_id: OwnId, doctor_id: UUID, patient_id: UUID
) -> Appointment:
    """One appointment of exactly this doctor and this patient (Q014)."""
    keys = {"id": appointment_id, "doctor_id": doctor_id, "patient_id": patient_id}
    return _get(connection, context, _OF_PAIR, keys)


def _get(
    connection: Connection,
    context: Context,
    statements: dict[bool, Select[*tuple[Any, ...]]],
    keys: dict[str, Any],
) -> Appointment:
    viewer = not context.actor.is_system
    found = hot_rows(connection, statements[viewer], keys | {"viewer": context.actor.id} if viewer else keys)
    if not found:
        hidden = connection.execute(statements[False], keys).first() if viewer else None
        if hidden is not None:
            context.denied("appointment", hidden.id)
        raise NotFound("appointment")
    appointment = sql.appointment_from(found[0])
    if viewer:
        context.accessed([found[0][-1]], DataType.CONSULTATION, resource_id=appointment.id)
    return appointment


def by_access_code(connection: Connection, context: Context, code: str) -> Appointment:
    """One appointment by the code its patient was given (Q005)."""
    wanted = code.strip().upper()
    if not _CODE.fullmatch(wanted):
        raise NotFound("appointment")
    return _get(connection, context, _BY_ACCESS_CODE, {"access_code": wanted})


def access_code(connection: Connection, context: Context, appointment_id: OwnId) -> str:
    """The code by which the patient is let in; it stands in no list, log or event."""
    viewer = not context.actor.is_system
    values = {"id": appointment_id} | ({"viewer": context.actor.id} if viewer else {})
    found = connection.execute(_ACCESS_CODE[viewer], values).first()
    if found is None:
        refuse(connection, context, appointment_id)
    if viewer:
        context.accessed([found[-1]], DataType.CONSULTATION, resource_id=appointment_id)
    return str(found[0])


_LISTS: Final[dict[tuple[Any, ...], Select[*tuple[Any, ...]]]] = {}


def _list_statement(
    scope: Scope[Appointment] | None, *, viewer: bool, descending: bool, continued: bool
) -> Select[*tuple[Any, ...]]:
    """The statement of a combination of scopes, built when it is first asked for."""
    key = (shape(scope), viewer, descending, continued)
    statement = _LISTS.get(key)
    if statement is None:
        statement = _LISTS[key] = _build_list(scope, viewer=viewer, descending=descending, continued=continued)
    return statement


def _build_list(
    scope: Scope[Appointment] | None, *, viewer: bool, descending: bool, continued: bool
) -> Select[*tuple[Any, ...]]:
    # Q002. In the order of ix_appointments_doctor_id_starts_at_id, ix_appointments_patient_id_starts_at_id or
    # ix_appointments_doctor_id_patient_id_starts_at_id; with one status of ix_appointments_doctor_id_status_starts_at_id or
    # ix_appointments_patient_id_status_starts_at_id; a system job's list of everybody in that of ix_appointments_starts_at_id or
    # ix_appointments_status_starts_at_id.
    statement = select(*sql.APPOINTMENT_COLUMNS).where(*conditions(scope))
    if not mentions(scope, IncludingDeleted):
        statement = statement.where(appointments.c.deleted_at.is_(None))
    keyset = _DESCENDING if descending else _ASCENDING
    if not viewer:
        statement = of_somebody(statement) if mentions(scope, ForDoctor) or mentions(scope, ForPatient) else statement
        return keyset.order(statement, continued=continued)
    page = page_of(keyset.order(part, continued=continued) for part in sides(statement, viewer=viewer))
    return select(page, patients.c.user_id).join(patients, patients.c.id == page.c.patient_id)


def list_appointments(
    connection: Connection,
    context: Context,
    scope: Scope[Appointment] | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    *,
    newest_first: bool = False,
) -> Page[Appointment]:
    """A page of the appointments that the actor sees and the scope lets through, by start (Q001, Q002)."""
    size = PAGE.of(limit)
    viewer = not context.actor.is_system
    keyset = _DESCENDING if newest_first else _ASCENDING
    binding = list_binding(f"appointments:{newest_first}", context.actor.key, content(scope))
    position = context.cursors.open(cursor, binding) if cursor is not None else None
    statement = _list_statement(scope, viewer=viewer, descending=newest_first, continued=position is not None)
    values = keyset.parameters(size, position) | parameters(scope, context.now())
    if viewer:
        values["viewer"] = context.actor.id
    rows = hot_rows(connection, statement, values)
    if viewer:
        rows = merged(rows, size, descending=newest_first)
        context.accessed([row[-1] for row in rows[:size]], DataType.CONSULTATION)
    return keyset.page([sql.appointment_from(row) for row in rows], size, context.cursors, binding)


_LOG_ORDER: Final = Keyset(appointment_logs.c.created_at, appointment_logs.c.id)


def _logs(*, viewer: bool, continued: bool) -> Select[*tuple[Any, ...]]:
    statement = (
        select(*sql.LOG_COLUMNS)
        .join(appointments, appointments.c.id == appointment_logs.c.appointment_id)
        .where(appointment_logs.c.appointment_id == bindparam("id", type_=Id()))
    )
    return _LOG_ORDER.order(_readable(statement, viewer=viewer), continued=continued)


# Q021. ix_appointment_logs_appointment_id_created_at_id
_LOGS: Final = {
    (viewer, continued): _logs(viewer=viewer, continued=continued)
    for viewer in (False, True)
    for continued in (False, True)
}


def logs(
    connection: Connection, context: Context, appointment_id: OwnId, limit: int | None = None, cursor: str | None = None
) -> Page[AppointmentLog]:
    """The log of an appointment, the oldest row first; a deleted appointment's too (Q021)."""
    size = LOG_PAGE.of(limit)
    viewer = not context.actor.is_system
    binding = list_binding("appointment_logs", context.actor.key, appointment_id)
    position = context.cursors.open(cursor, binding) if cursor is not None else None
    values = _LOG_ORDER.parameters(size, position) | {"id": appointment_id}
    if viewer:
        values["viewer"] = context.actor.id
    rows = connection.execute(_LOGS[viewer, position is not None], values).all()
    if not rows and position is None:
        refuse(connection, context, appointment_id)
    if viewer and rows:
        context.accessed([rows[0][-1]], DataType.CONSULTATION, resource_id=appointment_id)
    return _LOG_ORDER.page([sql.log_from(row) for row in rows], size, context.cursors, binding)


# Q004 as a question, with the user of the patient asked about, by pk_patients: one row always.
_OVERLAPS: Final = select(
    sql.OVERLAPPING.exists().label("overlaps"),
    select(patients.c.user_id)
    .where(patients.c.id == bindparam("patient_id", type_=Id()), patients.c.deleted_at.is_(None))
    .scalar_subquery()
    .label("patient_user_id"),
)


def overlapping(
    connection: Connection,
    context: Context,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    *,
    doctor_id: UUID | None = None,
    patient_id: UUID | None = None,
    except_id: UUID | None = None,
) -> bool:
    """Whether an active appointment of the doctor or the patient overlaps the interval (Q004); advice, no guarantee.

    One statement; one more to see a doctor's relationship with the patient.
    """
    if doctor_id is None and patient_id is None:
        raise ValidationFailed({"doctor_id": "is needed, or patient_id"})
    if ends_at <= starts_at:
        raise ValidationFailed({"ends_at": "must be later than starts_at"})
    values = {
        "from_": starts_at,
        "until": ends_at,
        "latest_end": latest_end(ends_at),
        "doctor_id": doctor_id or NOBODY,
        "patient_id": patient_id or NOBODY,
        "self_id": except_id or NOBODY,
    }
    found = connection.execute(_OVERLAPS, values).one()
    if patient_id is not None:
        if found.patient_user_id is None:
            raise NotFound("patient")
        check_may_ask_for_time(connection, context, patient_id, found.patient_user_id)
    return bool(found.overlaps)


class BusyRow(NamedTuple):
    """A stretch of time that a doctor and a patient have given away, half-open, UTC."""

    doctor_id: UUID
    patient_id: UUID
    starts_at: dt.datetime
    ends_at: dt.datetime


_BUSY_COLUMNS: Final = (
    appointments.c.doctor_id,
    appointments.c.patient_id,
    appointments.c.starts_at,
    appointments.c.ends_at,
)


def _busy(*sides: str) -> Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]:
    first, *others = (
        select(*_BUSY_COLUMNS).where(
            appointments.c[side].in_(bindparam(f"{side}s", expanding=True)), sql.holds_time(), sql.touching()
        )
        for side in sides
    )
    return union_all(first, *others) if others else first


# Q007, Q008, Q009. ix_appointments_doctor_id_ends_at, then ix_appointments_patient_id_ends_at
_BUSY: Final = {False: _busy("doctor_id"), True: _busy("doctor_id", "patient_id")}


def busy_between(
    connection: Connection,
    _context: Context,
    doctor_ids: Sequence[UUID],
    patient_ids: Sequence[UUID],
    from_: dt.datetime,
    until: dt.datetime,
) -> list[BusyRow]:
    """The busy time of these doctors and patients within a range, in any order: one statement. What two have together is there twice."""
    values = {"doctor_ids": list(doctor_ids), "from_": from_, "until": until, "latest_end": latest_end(until)}
    if patient_ids:
        values["patient_ids"] = list(patient_ids)
    return [BusyRow._make(row) for row in connection.execute(_BUSY[bool(patient_ids)], values)]


# A specific window with one of these is frozen. ix_appointments_doctor_id_ends_at
_BEGUN: Final = select(*_BUSY_COLUMNS).where(
    appointments.c.doctor_id == bindparam("doctor_id", type_=Id()),
    appointments.c.status.in_((AppointmentStatus.IN_PROGRESS, AppointmentStatus.COMPLETED)),
    appointments.c.deleted_at.is_(None),
    sql.touching(),
)


def begun_between(
    connection: Connection, _context: Context, doctor_id: UUID, from_: dt.datetime, until: dt.datetime
) -> list[BusyRow]:
    """A doctor's appointments in progress or completed that touch a range: one statement."""
    values = {"doctor_id": doctor_id, "from_": from_, "until": until, "latest_end": latest_end(until)}
    return [BusyRow._make(row) for row in connection.execute(_BEGUN, values)]


# ix_appointments_doctor_id_starts_at_id, ix_appointments_patient_id_starts_at_id
_HOLDS_TIME: Final = (
    select(appointments.c.id)
    .where(
        or_(
            appointments.c.doctor_id == bindparam("profile_id", type_=Id()),
            appointments.c.patient_id == bindparam("profile_id", type_=Id()),
        ),
        sql.holds_time(),
        appointments.c.ends_at > bindparam("now", type_=UtcDateTime()),
    )
    .limit(1)
)


def refuse_deletion_while_booked(connection: Connection, context: Context, profile_id: UUID) -> None:
    """A doctor or patient with an active appointment ahead is not deleted: cancel or complete it first."""
    if connection.execute(_HOLDS_TIME, {"profile_id": profile_id, "now": context.now()}).first() is not None:
        raise Conflict("The profile has active appointments: cancel or complete them first.")
