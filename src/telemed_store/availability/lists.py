"""Reading windows and blocks: pages, the doctor's set-up, and the small questions of Q044-Q046. Advisory: verbs check again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Connection, Select

from telemed_store.audit.context import Context
from telemed_store.availability.models import (
    AvailabilityWindow,
    BlockedDates,
    DoctorSetUp,
    NewAvailabilityWindow,
)
from telemed_store.availability.statements import (
    BLOCK_ORDER,
    BLOCKED,
    BLOCKS_FROM,
    DATE_ORDER,
    HAS_WINDOWS,
    RECURRING,
    SPECIFIC_BETWEEN,
    SPECIFIC_FROM,
    WEEK_ORDER,
    WINDOW_SELECT,
    WINDOWS_BY_ID,
    to_block,
    to_window,
)
from telemed_store.availability.tables import availability_windows
from telemed_store.availability.windows import NO_ID, DoctorCalendarFacts, doctor_facts, overlapping_windows
from telemed_store.database.paging import Keyset, Page, PageSize, list_binding
from telemed_store.database.scoping import Scope, conditions, parameters, shape
from telemed_store.errors import ValidationFailed
from telemed_store.people.operations import locations

__all__ = [
    "blocks",
    "has_windows",
    "is_blocked",
    "recurring_windows",
    "set_up",
    "specific_windows",
    "window_conflicts",
    "windows",
    "windows_by_ids",
    "windows_near",
]

_SIZE: Final = PageSize(50, 200)
_LIST_SIZE: Final = PageSize(10, 100)
_NEAR: Final = dt.timedelta(days=30)
_BY_ID: Final = Keyset(availability_windows.c.id)
_MOST_IDS: Final = 200

ModelT = TypeVar("ModelT", bound=BaseModel)


def windows(
    connection: Connection,
    context: Context,
    scope: Scope[AvailabilityWindow] | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[AvailabilityWindow]:
    """Q051: one statement."""
    size = _LIST_SIZE.of(limit)
    values = parameters(scope, context.now())
    binding = list_binding("availability.windows", context.actor.key, (shape(scope), sorted(values.items())))
    position = None if cursor is None else context.cursors.open(cursor, binding)
    statement = _list_statement(scope, continued=cursor is not None)
    rows = connection.execute(statement, {**values, **_BY_ID.parameters(size, position)})
    return _BY_ID.page([to_window(row) for row in rows], size, context.cursors, binding)


def recurring_windows(
    connection: Connection, context: Context, doctor_id: UUID, limit: int | None = None, cursor: str | None = None
) -> Page[AvailabilityWindow]:
    """One statement."""
    return _page(
        connection, context, ("recurring", RECURRING, WEEK_ORDER, to_window), {"doctor_id": doctor_id}, limit, cursor
    )


def specific_windows(
    connection: Connection, context: Context, doctor_id: UUID, limit: int | None = None, cursor: str | None = None
) -> Page[AvailabilityWindow]:
    """Two statements: today's date where the doctor is, the page."""
    today = doctor_facts(connection, doctor_id).today(context.now())
    values = {"doctor_id": doctor_id, "from_date": today}
    return _page(connection, context, ("specific", SPECIFIC_FROM, DATE_ORDER, to_window), values, limit, cursor)


def windows_near(
    connection: Connection,
    context: Context,
    doctor_id: UUID,
    date: dt.date | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[AvailabilityWindow]:
    """Q046: two statements, one if the date is given."""
    middle = date or doctor_facts(connection, doctor_id).today(context.now())
    values = {"doctor_id": doctor_id, "first_date": _moved(middle, -_NEAR), "last_date": _moved(middle, _NEAR)}
    listing = ("near", SPECIFIC_BETWEEN, DATE_ORDER, to_window)
    following_today = ("first_date", "last_date") if date is None else ()
    return _page(connection, context, listing, values, limit, cursor, following_today)


def blocks(
    connection: Connection, context: Context, doctor_id: UUID, limit: int | None = None, cursor: str | None = None
) -> Page[BlockedDates]:
    """Two statements: today's date where the doctor is, the page."""
    facts = doctor_facts(connection, doctor_id)
    values = {"doctor_id": doctor_id, "from_date": facts.today(context.now())}
    return _page(connection, context, _blocks_for(context, facts), values, limit, cursor)


def set_up(connection: Connection, context: Context, doctor_id: UUID, limit: int | None = None) -> DoctorSetUp:
    """Q043: five statements."""
    facts = doctor_facts(connection, doctor_id)
    doctor = {"doctor_id": doctor_id}
    upcoming = {**doctor, "from_date": facts.today(context.now())}
    return DoctorSetUp(
        doctor_id=doctor_id,
        zone=facts.zone,
        schedule_version=facts.schedule_version,
        locations=locations(connection, context, doctor_id, limit),
        recurring=_page(connection, context, ("recurring", RECURRING, WEEK_ORDER, to_window), doctor, limit, None),
        specific=_page(connection, context, ("specific", SPECIFIC_FROM, DATE_ORDER, to_window), upcoming, limit, None),
        blocks=_page(connection, context, _blocks_for(context, facts), upcoming, limit, None),
    )


def window_conflicts(
    connection: Connection, _context: Context, window: NewAvailabilityWindow, ignoring: UUID | None = None
) -> list[AvailabilityWindow]:
    """Q044: one statement."""
    return overlapping_windows(connection, window.doctor_id, window, ignoring or NO_ID) if window.is_active else []


def windows_by_ids(connection: Connection, _context: Context, ids: Sequence[UUID]) -> list[AvailabilityWindow]:
    """Q045: one statement."""
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > _MOST_IDS:
        raise ValidationFailed({"ids": f"must be at most {_MOST_IDS}"})
    found = {row.id: to_window(row) for row in connection.execute(WINDOWS_BY_ID, {"ids": wanted})}
    return [found[one] for one in wanted if one in found]


def is_blocked(connection: Connection, _context: Context, doctor_id: UUID, date: dt.date) -> bool:
    """Q045: one statement."""
    return connection.execute(BLOCKED, {"doctor_id": doctor_id, "date": date}).scalar() is not None


def has_windows(connection: Connection, _context: Context, doctor_id: UUID) -> bool:
    """Q045: one statement."""
    return connection.execute(HAS_WINDOWS, {"doctor_id": doctor_id}).scalar() is not None


_Listing = tuple[str, dict[bool, Select[Any]], Keyset, Callable[[Sequence[Any]], ModelT]]


def _blocks_for(context: Context, facts: DoctorCalendarFacts) -> _Listing[BlockedDates]:
    """A doctor's blocks as the actor may see them: the reason is the doctor's own remark."""
    own = context.actor.is_system or context.actor.id == facts.user_id
    return "blocks", BLOCKS_FROM, BLOCK_ORDER, to_block if own else _without_reason


def _without_reason(row: Sequence[Any]) -> BlockedDates:
    return to_block(row).model_copy(update={"reason": None})


def _page(
    connection: Connection,
    context: Context,
    listing: _Listing[ModelT],
    values: dict[str, Any],
    limit: int | None,
    cursor: str | None,
    following_today: Collection[str] = ("from_date",),
) -> Page[ModelT]:
    name, statements, order, build = listing
    size = _SIZE.of(limit)
    # Bound to the doctor, not to the day on which the first page was read: reading on after midnight goes on.
    filters = sorted((key, value) for key, value in values.items() if key not in following_today)
    binding = list_binding(f"availability.{name}", context.actor.key, filters)
    position = None if cursor is None else context.cursors.open(cursor, binding)
    rows = connection.execute(statements[cursor is not None], {**values, **order.parameters(size, position)})
    return order.page([build(row) for row in rows], size, context.cursors, binding)


def _moved(date: dt.date, distance: dt.timedelta) -> dt.date:
    ordinal = date.toordinal() + distance.days
    return dt.date.fromordinal(min(max(ordinal, dt.date.min.toordinal()), dt.date.max.toordinal()))


_LIST_STATEMENTS: Final[dict[tuple[Any, ...], Select[Any]]] = {}


def _list_statement(scope: Scope[AvailabilityWindow] | None, *, continued: bool) -> Select[Any]:
    """The list under a combination of scopes; built once per combination, so that SQLAlchemy compiles it once."""
    key = (shape(scope), continued)
    statement = _LIST_STATEMENTS.get(key)
    if statement is None:
        # The primary key, or ix_availability_windows_doctor_id_id with the scope of one doctor.
        listed = WINDOW_SELECT.where(availability_windows.c.deleted_at.is_(None), *conditions(scope))
        statement = _LIST_STATEMENTS.setdefault(key, _BY_ID.order(listed, continued=continued))
    return statement
