"""Appointments with their people: one in detail, the agenda, who is next, and those around now (Q002, Q003, Q010 to Q012, Q036)."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Select, and_, bindparam, select

from telemed_store.appointments import queries
from telemed_store.appointments import statements as sql
from telemed_store.appointments.models import (
    OPEN,
    Appointment,
    AppointmentDetail,
    AppointmentStatus,
    AppointmentWithPeople,
)
from telemed_store.appointments.rows import earliest_start, refuse
from telemed_store.appointments.scopes import ForDoctor, ForPatient, IncludingDeleted, Past, StartingBetween
from telemed_store.appointments.sides import merged, of_somebody, page_of, sides, viewer_of, visible
from telemed_store.appointments.tables import appointments
from telemed_store.appointments.with_people import people_of, with_people
from telemed_store.audit.context import Context, DataType
from telemed_store.database.arguments import OwnId
from telemed_store.database.local_time import day_bounds, day_of, zone
from telemed_store.database.paging import Keyset, Page, PageSize, list_binding
from telemed_store.database.scoping import Scope, conditions, content, mentions, parameters, shape
from telemed_store.database.types import Id, UtcDateTime

__all__ = ["agenda", "around_now", "detail", "next_of_doctor", "past_of_doctor"]

AGENDA_PAGE: Final = PageSize(default=10, largest=100)
NEARBY_PAGE: Final = PageSize(default=50, largest=200)
PAST_PAGE: Final = PageSize(default=4, largest=20)

NEARBY: Final = dt.timedelta(days=30)

_ASCENDING: Final = Keyset(appointments.c.starts_at, appointments.c.id)
_DESCENDING: Final = Keyset(appointments.c.starts_at, appointments.c.id, descending=True)

_LIVE: Final = select(*sql.APPOINTMENT_COLUMNS).where(appointments.c.deleted_at.is_(None))


# Q003, Q022. pk_appointments and the primary keys of its people.
_DETAIL: Final = {
    viewer: with_people(appointments).where(
        appointments.c.id == bindparam("id", type_=Id()),
        appointments.c.deleted_at.is_(None),
        *([visible()] if viewer else []),
    )
    for viewer in (False, True)
}


def detail(connection: Connection, context: Context, appointment_id: OwnId) -> AppointmentDetail:
    """One appointment with both sides and the first rows of its log: two statements."""
    values = {"id": appointment_id} | viewer_of(context)
    found = connection.execute(_DETAIL[not context.actor.is_system], values).first()
    if found is None:
        refuse(connection, context, appointment_id)
    shown = people_of(found)
    first_logs = queries.logs(connection, context, appointment_id)
    return AppointmentDetail(
        appointment=shown.appointment, doctor=shown.doctor, patient=shown.patient, logs=first_logs.items
    )


_AGENDAS: Final[dict[tuple[Any, ...], Select[*tuple[Any, ...]]]] = {}


def agenda(
    connection: Connection,
    context: Context,
    scope: Scope[Appointment] | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    *,
    newest_first: bool = False,
    page_size: PageSize = AGENDA_PAGE,
    bound_to: tuple[str, UUID] | None = None,
) -> Page[AppointmentWithPeople]:
    """A page of appointments with both sides, by start (Q002, Q010, Q036): one statement.

    A cursor is bound to the scope; ``bound_to`` names list and owner where the scope follows the calendar.
    """
    size = page_size.of(limit)
    viewer = not context.actor.is_system
    keyset = _DESCENDING if newest_first else _ASCENDING
    name, filters = bound_to or (f"agenda:{newest_first}", content(scope))
    binding = list_binding(name, context.actor.key, filters)
    position = context.cursors.open(cursor, binding) if cursor is not None else None
    key = (shape(scope), viewer, newest_first, position is not None)
    statement = _AGENDAS.get(key)
    if statement is None:
        # The indexes of `list_appointments`, then the primary keys of the people.
        every = select(*sql.APPOINTMENT_COLUMNS) if mentions(scope, IncludingDeleted) else _LIVE
        every = of_somebody(every) if mentions(scope, ForDoctor) or mentions(scope, ForPatient) else every
        parts = sides(every.where(*conditions(scope)), viewer=viewer)
        page = page_of(keyset.order(part, continued=position is not None) for part in parts)
        statement = _AGENDAS[key] = with_people(page)
    values = keyset.parameters(size, position) | parameters(scope, context.now()) | viewer_of(context)
    rows = connection.execute(statement, values)
    items = [people_of(row) for row in merged(rows, size, descending=newest_first)]
    context.accessed([item.patient.user_id for item in items[:size]], DataType.CONSULTATION)
    return keyset.page(
        items, size, context.cursors, binding, lambda item: [item.appointment.starts_at, item.appointment.id]
    )


def around_now(
    connection: Connection, context: Context, doctor_id: UUID, limit: int | None = None, cursor: str | None = None
) -> Page[AppointmentWithPeople]:
    """A doctor's appointments within 30 days before and after now, with their patients (Q010)."""
    today = day_of(context.now(), zone("UTC"))
    bounds = day_bounds(today - NEARBY, today + NEARBY, zone("UTC"))
    scope = ForDoctor(doctor_id) & StartingBetween(bounds.starts_at, bounds.ends_at)
    # Bound to the doctor, not to the day on which the first page was read: reading on after midnight goes on.
    bound_to = ("around_now", doctor_id)
    return agenda(connection, context, scope, limit, cursor, page_size=NEARBY_PAGE, bound_to=bound_to)


def past_of_doctor(
    connection: Connection, context: Context, doctor_id: UUID, limit: int | None = None, cursor: str | None = None
) -> Page[AppointmentWithPeople]:
    """A doctor's past appointments, the newest first (Q011)."""
    scope = ForDoctor(doctor_id) & Past()
    return agenda(connection, context, scope, limit, cursor, newest_first=True, page_size=PAST_PAGE)


# Q012. ix_appointments_doctor_id_status_starts_at_id for the one that is on, ix_appointments_doctor_id_starts_at_id for the next.
_ON_OR_NEXT: Final = (
    appointments.c.status == AppointmentStatus.IN_PROGRESS,
    and_(
        sql.among(OPEN),
        appointments.c.starts_at > bindparam("since", type_=UtcDateTime()),
        appointments.c.ends_at > bindparam("now", type_=UtcDateTime()),
    ),
)
_NEXT: Final = {
    viewer: with_people(
        page_of(
            part.where(which).order_by(appointments.c.starts_at, appointments.c.id).limit(1)
            for part in sides(
                of_somebody(_LIVE).where(appointments.c.doctor_id == bindparam("doctor_id", type_=Id())), viewer=viewer
            )
            for which in _ON_OR_NEXT
        )
    )
    for viewer in (False, True)
}


def next_of_doctor(connection: Connection, context: Context, doctor_id: UUID) -> AppointmentWithPeople | None:
    """The doctor's next active appointment, or the one now on (Q012)."""
    now = context.now()
    values = {"doctor_id": doctor_id, "now": now, "since": earliest_start(now)}
    found = merged(connection.execute(_NEXT[not context.actor.is_system], values | viewer_of(context)), 1)
    if not found:
        return None
    shown = people_of(found[0])
    context.accessed([shown.patient.user_id], DataType.CONSULTATION, resource_id=shown.appointment.id)
    return shown
