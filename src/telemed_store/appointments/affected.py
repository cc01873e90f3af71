"""Which appointments a block or a changed window leaves outside a doctor's calendar (Q201)."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, bindparam, select

from telemed_store.appointments import statements as sql
from telemed_store.appointments.models import Appointment
from telemed_store.appointments.rows import doctor_zone, earliest_start
from telemed_store.appointments.tables import appointments
from telemed_store.audit.context import Context, DataType
from telemed_store.availability.slots import Calendar, load_calendar
from telemed_store.database.local_time import day_of, zone
from telemed_store.database.paging import Keyset, Page, PageSize, list_binding
from telemed_store.database.types import Id, UtcDateTime
from telemed_store.people.tables import patients

__all__ = ["affected"]

AFFECTED_PAGE: Final = PageSize(default=50, largest=200)

_OWN: Final = len(Appointment.model_fields)
_ASCENDING: Final = Keyset(appointments.c.starts_at, appointments.c.id)

# Q201. ix_appointments_doctor_id_starts_at_id
_UPCOMING_OF_DOCTOR: Final = {
    continued: _ASCENDING.order(
        select(
            *sql.APPOINTMENT_COLUMNS,
            select(patients.c.user_id).where(patients.c.id == appointments.c.patient_id).scalar_subquery(),
        ).where(
            appointments.c.doctor_id == bindparam("doctor_id", type_=Id()),
            sql.holds_time(),
            appointments.c.starts_at > bindparam("since", type_=UtcDateTime()),
            appointments.c.ends_at > bindparam("now", type_=UtcDateTime()),
        ),
        continued=continued,
    )
    for continued in (False, True)
}
_EXAMINED: Final = 1000
"""Appointments that one call compares with the calendar; a page may therefore be shorter than asked and still have a next one."""


def affected(
    connection: Connection, context: Context, doctor_id: UUID, limit: int | None = None, cursor: str | None = None
) -> Page[Appointment]:
    """A doctor's active appointments that lie outside the windows as they are now: hit by a block or a window's change (Q201)."""
    local = zone(doctor_zone(connection, context, doctor_id))
    size = AFFECTED_PAGE.of(limit)
    binding = list_binding("affected", context.actor.key, doctor_id)
    position = context.cursors.open(cursor, binding) if cursor is not None else None
    now = context.now()
    values = _ASCENDING.parameters(_EXAMINED, position) | {
        "doctor_id": doctor_id,
        "now": now,
        "since": earliest_start(now),
    }
    rows = connection.execute(_UPCOMING_OF_DOCTOR[position is not None], values).all()
    if not rows:
        return Page(items=(), next_cursor=None, has_more=False)
    examined = rows[:_EXAMINED]
    days = (day_of(examined[0].starts_at, local), day_of(examined[-1].ends_at, local))
    calendar = load_calendar(connection, [doctor_id], *days)[doctor_id]
    hit = [row for row in examined if _is_hit(row, calendar, local)]
    shown, rest = hit[:size], hit[size:]
    context.accessed([row[_OWN] for row in shown], DataType.CONSULTATION)
    has_more = bool(rest) or len(rows) > _EXAMINED
    last = shown[-1] if rest else examined[-1]
    next_cursor = context.cursors.seal([last.starts_at, last.id], binding) if has_more else None
    return Page(items=tuple(sql.appointment_from(row) for row in shown), next_cursor=next_cursor, has_more=has_more)


def _is_hit(row: Row[*tuple[Any, ...]], calendar: Calendar, local: ZoneInfo) -> bool:
    """Outside every window; what was booked outside on purpose is hit by a block alone."""
    if row.availability_override is None:
        return calendar.interval(row.starts_at, row.ends_at, row.location_id) is None
    date = day_of(row.starts_at, local)
    return any(block.first_date <= date <= block.last_date for block in calendar.blocks)
