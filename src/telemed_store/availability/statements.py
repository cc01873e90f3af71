"""Every SQL statement of availability, built once. Conditions stand on bare columns (D39)."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    Integer,
    Select,
    SmallInteger,
    and_,
    bindparam,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
    update,
)

from telemed_store.availability.calendar import WindowKind
from telemed_store.availability.models import AvailabilityWindow, BlockedDates
from telemed_store.availability.tables import availability_windows, blocked_dates
from telemed_store.database.hydration import hydrator
from telemed_store.database.paging import Keyset
from telemed_store.database.types import Id
from telemed_store.people.tables import doctors, patients, service_locations

__all__ = [
    "ACTIVE_LOCATIONS",
    "BLOCKED",
    "BLOCKS_FROM",
    "BLOCK_BY_ID",
    "BLOCK_ORDER",
    "BLOCK_OWNER",
    "CALENDARS",
    "CALENDARS_FOR_PATIENT",
    "DATE_ORDER",
    "DOCTOR",
    "HAS_WINDOWS",
    "INSERT_BLOCK",
    "INSERT_WINDOWS",
    "LIVE_WINDOWS_FROM",
    "OVERLAPPING_BLOCKS",
    "OVERLAPPING_WINDOWS",
    "RECURRING",
    "REMOVE_BLOCK",
    "REMOVE_WINDOWS",
    "REZONE_BLOCKS",
    "REZONE_WINDOWS",
    "SPECIFIC_BETWEEN",
    "SPECIFIC_FROM",
    "UPDATE_BLOCK",
    "UPDATE_WINDOW",
    "WEEK_ORDER",
    "WINDOWS_BY_ID",
    "WINDOW_OWNER",
    "WINDOW_SELECT",
    "to_block",
    "to_window",
]

_w: Final = availability_windows.c
_b: Final = blocked_dates.c

to_window: Final = hydrator(AvailabilityWindow)
to_block: Final = hydrator(BlockedDates)

_LIVE_WINDOW: Final = _w.deleted_at.is_(None)
_LIVE_BLOCK: Final = _b.deleted_at.is_(None)
_OF_DOCTOR: Final = and_(_w.doctor_id == bindparam("doctor_id", type_=Id()), _LIVE_WINDOW)
_BLOCKS_OF_DOCTOR: Final = and_(_b.doctor_id == bindparam("doctor_id", type_=Id()), _LIVE_BLOCK)

WINDOW_SELECT: Final = select(*(availability_windows.c[name] for name in AvailabilityWindow.model_fields))
_BLOCK_SELECT: Final = select(*(blocked_dates.c[name] for name in BlockedDates.model_fields))


def _dated(name: str) -> Any:
    return bindparam(name, type_=Date())


# --- the doctor -------------------------------------------------------------------------------------------------------------

# pk_doctors; the sum reads ix_availability_windows_doctor_id_id. Windows are never deleted physically, so the sum only grows.
DOCTOR: Final = select(
    doctors.c.user_id,
    doctors.c.zone,
    doctors.c.status,
    select(func.coalesce(func.sum(_w.version), 0) + 1)
    .where(_w.doctor_id == bindparam("doctor_id", type_=Id()))
    .scalar_subquery()
    .label("schedule_version"),
).where(doctors.c.id == bindparam("doctor_id", type_=Id()), doctors.c.deleted_at.is_(None))

# ix_service_locations_doctor_id_name_id
ACTIVE_LOCATIONS: Final = select(service_locations.c.id).where(
    service_locations.c.doctor_id == bindparam("doctor_id", type_=Id()),
    service_locations.c.is_active,
    service_locations.c.deleted_at.is_(None),
)

# --- calendars --------------------------------------------------------------------------------------------------------------

# The rows of calendars: of each doctor the windows, or one row without any; and of whatever doctors the blocks, which have dates.
_CALENDAR: Final[dict[str, ColumnElement[Any]]] = {
    "doctor_id": doctors.c.id,
    "doctor_zone": doctors.c.zone,
    "doctor_status": doctors.c.status,
    "id": _w.id,
    "kind": _w.kind,
    "weekday": _w.weekday,
    "specific_date": _w.specific_date,
    "start_minute": _w.start_minute,
    "end_minute": _w.end_minute,
    "zone": _w.zone,
    "location_id": _w.location_id,
    "open_location_id": service_locations.c.id,
    "first_date": type_coerce(null(), Date()),
    "last_date": type_coerce(null(), Date()),
}
_BLOCK: Final[dict[str, ColumnElement[Any]]] = {
    "doctor_id": _b.doctor_id,
    "zone": _b.zone,
    "first_date": _b.first_date,
    "last_date": _b.last_date,
}
_WANTED_DOCTORS: Final = bindparam("doctor_ids", type_=Id(), expanding=True)


def _calendars(**others: ColumnElement[Any]) -> CompoundSelect[*tuple[Any, ...]]:
    """Windows and blocks in one statement; every row of a doctor's windows with further columns."""
    shown = _CALENDAR | others
    windows = (
        select(*(column.label(name) for name, column in shown.items()))
        .select_from(
            doctors.outerjoin(
                availability_windows,
                and_(
                    _w.doctor_id == doctors.c.id,
                    _w.is_active,
                    _LIVE_WINDOW,
                    or_(
                        _w.specific_date.is_(None),
                        _w.specific_date.between(_dated("first_date"), _dated("last_date")),
                    ),
                ),
            ).outerjoin(
                service_locations,
                and_(
                    service_locations.c.id == _w.location_id,
                    service_locations.c.is_active,
                    service_locations.c.deleted_at.is_(None),
                ),
            )
        )
        .where(doctors.c.id.in_(_WANTED_DOCTORS), doctors.c.deleted_at.is_(None))
    )
    blocks = select(*(_BLOCK.get(name, null()).label(name) for name in shown)).where(
        _b.doctor_id.in_(_WANTED_DOCTORS),
        _b.last_date >= _dated("first_date"),
        _b.first_date <= _dated("last_date"),
        _LIVE_BLOCK,
    )
    return union_all(windows, blocks)


# pk_doctors, then ix_availability_windows_doctor_id_specific_date_start_minute_id, then pk_service_locations; and
# ix_blocked_dates_doctor_id_last_date_first_date_id
CALENDARS: Final = _calendars()

# The same, with the user of one patient, by pk_patients: whose time is asked for costs no statement of its own (Q041).
CALENDARS_FOR_PATIENT: Final = _calendars(
    patient_user_id=select(patients.c.user_id)
    .where(patients.c.id == bindparam("patient_id", type_=Id()), patients.c.deleted_at.is_(None))
    .scalar_subquery()
)

# --- windows ----------------------------------------------------------------------------------------------------------------

# pk_availability_windows, then pk_doctors
WINDOW_OWNER: Final = (
    select(_w.doctor_id, doctors.c.user_id)
    .select_from(availability_windows.join(doctors, doctors.c.id == _w.doctor_id))
    .where(_w.id == bindparam("id", type_=Id()), _LIVE_WINDOW)
)

# pk_availability_windows
WINDOWS_BY_ID: Final = WINDOW_SELECT.where(_w.id.in_(bindparam("ids", type_=Id(), expanding=True)), _LIVE_WINDOW)

# ix_availability_windows_doctor_id_specific_date_start_minute_id
LIVE_WINDOWS_FROM: Final = WINDOW_SELECT.where(
    _OF_DOCTOR, or_(_w.specific_date.is_(None), _w.specific_date >= _dated("from_date"))
).order_by(_w.weekday, _w.specific_date, _w.start_minute, _w.id)


def _overlapping(kind: WindowKind) -> Select[Any]:
    day = (
        and_(_w.specific_date.is_(None), _w.weekday == bindparam("weekday", type_=SmallInteger()))
        if kind is WindowKind.RECURRING
        else _w.specific_date == _dated("specific_date")
    )
    return WINDOW_SELECT.where(
        _OF_DOCTOR,
        day,
        _w.is_active,
        _w.start_minute < bindparam("end_minute", type_=SmallInteger()),
        _w.end_minute > bindparam("start_minute", type_=SmallInteger()),
        _w.id != bindparam("ignored_id", type_=Id()),
    ).order_by(_w.start_minute, _w.id)


# Q044 by ix_availability_windows_doctor_id_specific_date_start_minute_id
OVERLAPPING_WINDOWS: Final = {kind: _overlapping(kind) for kind in WindowKind}

INSERT_WINDOWS: Final = insert(availability_windows)

# pk_availability_windows
UPDATE_WINDOW: Final = (
    update(availability_windows)
    .where(_w.id == bindparam("b_id", type_=Id()), _w.version == bindparam("expected_version", type_=Integer()))
    .values(
        {
            name: bindparam(f"new_{name}", type_=availability_windows.c[name].type)
            for name in ("weekday", "specific_date", "start_minute", "end_minute", "location_id", "is_active")
        }
        | {"version": _w.version + 1, "updated_at": bindparam("now", type_=_w.updated_at.type)}
    )
)

# pk_availability_windows
REMOVE_WINDOWS: Final = (
    update(availability_windows)
    .where(_w.id.in_(bindparam("ids", type_=Id(), expanding=True)), _LIVE_WINDOW)
    .values(
        deleted_at=bindparam("now", type_=_w.deleted_at.type),
        updated_at=bindparam("now", type_=_w.updated_at.type),
        version=_w.version + 1,
    )
)

# ix_availability_windows_doctor_id_id
REZONE_WINDOWS: Final = (
    update(availability_windows)
    .where(_w.doctor_id == bindparam("b_doctor_id", type_=Id()), _LIVE_WINDOW, _w.zone != bindparam("new_zone"))
    .values(zone=bindparam("new_zone"), updated_at=bindparam("now", type_=_w.updated_at.type), version=_w.version + 1)
)

# --- blocks -----------------------------------------------------------------------------------------------------------------

# pk_blocked_dates, then pk_doctors
BLOCK_OWNER: Final = (
    select(_b.doctor_id, doctors.c.user_id)
    .select_from(blocked_dates.join(doctors, doctors.c.id == _b.doctor_id))
    .where(_b.id == bindparam("id", type_=Id()), _LIVE_BLOCK)
)

# pk_blocked_dates
BLOCK_BY_ID: Final = _BLOCK_SELECT.where(_b.id == bindparam("id", type_=Id()), _LIVE_BLOCK)

# ix_blocked_dates_doctor_id_last_date_first_date_id
OVERLAPPING_BLOCKS: Final = (
    select(_b.id)
    .where(
        _BLOCKS_OF_DOCTOR,
        _b.last_date >= _dated("first_date"),
        _b.first_date <= _dated("last_date"),
        _b.id != bindparam("ignored_id", type_=Id()),
    )
    .order_by(_b.last_date)
)

INSERT_BLOCK: Final = insert(blocked_dates)

# pk_blocked_dates
UPDATE_BLOCK: Final = (
    update(blocked_dates)
    .where(_b.id == bindparam("b_id", type_=Id()), _b.version == bindparam("expected_version", type_=Integer()))
    .values(
        first_date=_dated("new_first_date"),
        last_date=_dated("new_last_date"),
        reason=bindparam("new_reason"),
        version=_b.version + 1,
        updated_at=bindparam("now", type_=_b.updated_at.type),
    )
)

# pk_blocked_dates
REMOVE_BLOCK: Final = (
    update(blocked_dates)
    .where(_b.id == bindparam("b_id", type_=Id()), _b.version == bindparam("expected_version", type_=Integer()))
    .values(
        deleted_at=bindparam("now", type_=_b.deleted_at.type),
        updated_at=bindparam("now", type_=_b.updated_at.type),
        version=_b.version + 1,
    )
)

# ix_blocked_dates_doctor_id_last_date_first_date_id
REZONE_BLOCKS: Final = (
    update(blocked_dates)
    .where(_b.doctor_id == bindparam("b_doctor_id", type_=Id()), _LIVE_BLOCK, _b.zone != bindparam("new_zone"))
    .values(zone=bindparam("new_zone"), updated_at=bindparam("now", type_=_b.updated_at.type), version=_b.version + 1)
)

# --- lists and small questions ----------------------------------------------------------------------------------------------

WEEK_ORDER: Final = Keyset(_w.weekday, _w.start_minute, _w.id)
DATE_ORDER: Final = Keyset(_w.specific_date, _w.start_minute, _w.id)
BLOCK_ORDER: Final = Keyset(_b.first_date, _b.id)


def _paged(keyset: Keyset, statement: Select[Any]) -> dict[bool, Select[Any]]:
    """The statement of a list: of its first page, and (True) of those behind a cursor."""
    return {continued: keyset.order(statement, continued=continued) for continued in (False, True)}


# ix_availability_windows_doctor_id_specific_date_start_minute_id; a week's windows are few enough to sort
RECURRING: Final = _paged(WEEK_ORDER, WINDOW_SELECT.where(_OF_DOCTOR, _w.specific_date.is_(None)))

# ix_availability_windows_doctor_id_specific_date_start_minute_id, in its order
SPECIFIC_FROM: Final = _paged(DATE_ORDER, WINDOW_SELECT.where(_OF_DOCTOR, _w.specific_date >= _dated("from_date")))

# ix_availability_windows_doctor_id_specific_date_start_minute_id, in its order (Q046)
SPECIFIC_BETWEEN: Final = _paged(
    DATE_ORDER,
    WINDOW_SELECT.where(_OF_DOCTOR, _w.is_active, _w.specific_date.between(_dated("first_date"), _dated("last_date"))),
)

# ix_blocked_dates_doctor_id_last_date_first_date_id: by last date is by first date, as live blocks never overlap
BLOCKS_FROM: Final = _paged(BLOCK_ORDER, _BLOCK_SELECT.where(_BLOCKS_OF_DOCTOR, _b.last_date >= _dated("from_date")))

# Q045 by ix_blocked_dates_doctor_id_last_date_first_date_id
BLOCKED: Final = (
    select(literal(1))
    .select_from(blocked_dates)
    .where(_BLOCKS_OF_DOCTOR, _b.last_date >= _dated("date"), _b.first_date <= _dated("date"))
    .limit(1)
)

# Q045 by ix_availability_windows_doctor_id_id
HAS_WINDOWS: Final = select(literal(1)).select_from(availability_windows).where(_OF_DOCTOR, _w.is_active).limit(1)
