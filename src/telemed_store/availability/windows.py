"""Adding, changing and removing windows, one by one or as a whole schedule; each takes the doctor's guard first (design §3.6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from telemed_store.audit.context import Context
from telemed_store.availability import calendar
from telemed_store.availability.busy import appointment_steps
from telemed_store.availability.calendar import Interval, Window, WindowKind
from telemed_store.availability.checks import WindowShape, meet, overlapping_items, problems
from telemed_store.availability.models import (
    AvailabilityWindow,
    AvailabilityWindowPatch,
    NewAvailabilityWindow,
    Schedule,
)
from telemed_store.availability.slots import active_locations
from telemed_store.availability.statements import (
    DOCTOR,
    INSERT_WINDOWS,
    LIVE_WINDOWS_FROM,
    OVERLAPPING_WINDOWS,
    REMOVE_WINDOWS,
    REZONE_BLOCKS,
    REZONE_WINDOWS,
    UPDATE_WINDOW,
    WINDOW_OWNER,
    WINDOWS_BY_ID,
    to_window,
)
from telemed_store.availability.tables import OVERLAPPING_WINDOW
from telemed_store.database.arguments import OwnId
from telemed_store.database.identity import new_id
from telemed_store.database.local_time import day_of, zone
from telemed_store.database.models import given
from telemed_store.errors import AlreadyExists, Conflict, NotFound, ValidationFailed, VersionConflict
from telemed_store.people.caching import DOCTOR_TIME
from telemed_store.people.guards import lock_guards
from telemed_store.people.rows import check_owner

__all__ = [
    "DoctorCalendarFacts",
    "add_window",
    "doctor_facts",
    "overlapping_windows",
    "remove_window",
    "rezone",
    "save_schedule",
    "update_window",
]

NO_ID: Final = UUID(int=0)
_FROZEN: Final = (
    "This window holds an appointment that has begun or is completed, so it stays as it is: add another window instead."
)
_CONTENT: Final = ("kind", "weekday", "specific_date", "start_minute", "end_minute", "location_id", "is_active")


class DoctorCalendarFacts(NamedTuple):
    """What a verb needs to know of the doctor."""

    user_id: UUID
    zone: str
    schedule_version: int

    def today(self, now: dt.datetime) -> dt.date:
        """The date where the doctor is."""
        return day_of(now, zone(self.zone))


def doctor_facts(connection: Connection, doctor_id: UUID) -> DoctorCalendarFacts:
    """The doctor's user, zone and schedule version, in one statement.

    Raises:
        NotFound: There is no such doctor.
    """
    row = connection.execute(DOCTOR, {"doctor_id": doctor_id}).one_or_none()
    if row is None:
        raise NotFound("doctor")
    return DoctorCalendarFacts(row.user_id, row.zone, int(row.schedule_version))


def add_window(connection: Connection, context: Context, new: NewAvailabilityWindow) -> AvailabilityWindow:
    """Five statements: guard, doctor, locations, overlap, insert."""
    lock_guards(connection, [new.doctor_id], [])
    facts = doctor_facts(connection, new.doctor_id)
    check_owner(context, "doctor", new.doctor_id, facts.user_id)
    _require_valid(connection, context, new.doctor_id, new)
    _require_no_overlap(connection, new.doctor_id, new)
    window = _stored(context, new, facts.zone)
    connection.execute(INSERT_WINDOWS, [_row(window)])
    context.changed(DOCTOR_TIME.tag(new.doctor_id))
    return window


def update_window(
    connection: Connection, context: Context, window_id: OwnId, patch: AvailabilityWindowPatch, *, expected_version: int
) -> AvailabilityWindow:
    """At most seven statements: owner, guard, window, locations, overlap, begun appointments, update."""
    window = _guarded(connection, context, window_id, expected_version)
    changed = window.model_copy(update=given(patch))
    if changed == window:
        return window
    _require_valid(connection, context, window.doctor_id, changed, unchanged_location=window.location_id)
    _require_no_overlap(connection, window.doctor_id, changed, ignored_id=window.id)
    _require_not_frozen(connection, context, window.doctor_id, [window])
    now = context.now()
    values = {f"new_{name}": getattr(changed, name) for name in _CONTENT if name != "kind"}
    parameters = {"b_id": window.id, "expected_version": expected_version, "now": now, **values}
    if connection.execute(UPDATE_WINDOW, parameters).rowcount != 1:
        raise VersionConflict(window.version + 1)
    context.changed(DOCTOR_TIME.tag(window.doctor_id))
    return changed.model_copy(update={"version": window.version + 1, "updated_at": now})


def remove_window(connection: Connection, context: Context, window_id: OwnId, *, expected_version: int) -> None:
    """At most five statements: owner, guard, window, begun appointments, update."""
    window = _guarded(connection, context, window_id, expected_version)
    _require_not_frozen(connection, context, window.doctor_id, [window])
    connection.execute(REMOVE_WINDOWS, {"ids": [window.id], "now": context.now()})
    context.changed(DOCTOR_TIME.tag(window.doctor_id))


def save_schedule(
    connection: Connection,
    context: Context,
    doctor_id: UUID,
    windows: Sequence[NewAvailabilityWindow],
    *,
    expected_version: int,
) -> Schedule:
    """At most seven statements, however many windows: guard, doctor, locations, windows, begun appointments, removal, insert."""
    lock_guards(connection, [doctor_id], [])
    facts = doctor_facts(connection, doctor_id)
    check_owner(context, "doctor", doctor_id, facts.user_id)
    today = facts.today(context.now())
    dates = (window.specific_date for window in windows if window.specific_date is not None)
    stored = _live_windows(connection, doctor_id, min([today, *dates]))
    kept, added, removed = _compare(stored, windows, today)
    _require_valid_schedule(connection, context, doctor_id, windows, _past(kept, windows))
    if facts.schedule_version != expected_version:
        raise VersionConflict(facts.schedule_version)
    _require_not_frozen(connection, context, doctor_id, removed)
    if removed:
        connection.execute(REMOVE_WINDOWS, {"ids": [window.id for window in removed], "now": context.now()})
    fresh = [_stored(context, window, facts.zone) for window in added]
    if fresh:
        connection.execute(INSERT_WINDOWS, [_row(window) for window in fresh])
    context.changed(DOCTOR_TIME.tag(doctor_id))
    shown = [window for window in (*kept, *fresh) if window.specific_date is None or window.specific_date >= today]
    return Schedule(
        doctor_id=doctor_id,
        version=facts.schedule_version + len(removed) + len(fresh),
        windows=tuple(sorted(shown, key=_place)),
    )


def rezone(connection: Connection, context: Context, doctor_id: UUID, new_zone: str) -> None:
    """Two statements: a doctor's new zone in all live windows and blocks, their wall-clock times unchanged.

    A step of the verb that changes the doctor's zone. That verb holds the doctor's guard since before it updated the doctor's row:
    booking takes the guard first and refers to that row afterwards.
    """
    parameters = {"b_doctor_id": doctor_id, "new_zone": new_zone, "now": context.now()}
    connection.execute(REZONE_WINDOWS, parameters)
    connection.execute(REZONE_BLOCKS, parameters)
    context.changed(DOCTOR_TIME.tag(doctor_id))


def overlapping_windows(
    connection: Connection, doctor_id: UUID, window: WindowShape, ignored_id: UUID = NO_ID
) -> list[AvailabilityWindow]:
    """The doctor's active windows that a window would overlap (Q044)."""
    parameters: dict[str, Any] = {
        "doctor_id": doctor_id,
        "start_minute": window.start_minute,
        "end_minute": window.end_minute,
        "ignored_id": ignored_id,
    }
    day = "weekday" if window.kind is WindowKind.RECURRING else "specific_date"
    parameters[day] = getattr(window, day)
    return [to_window(row) for row in connection.execute(OVERLAPPING_WINDOWS[window.kind], parameters)]


def _guarded(connection: Connection, context: Context, window_id: UUID, expected_version: int) -> AvailabilityWindow:
    """The window at the version the caller saw, under its doctor's guard; another doctor's is refused before it is locked (C14)."""
    owner = connection.execute(WINDOW_OWNER, {"id": window_id}).one_or_none()
    if owner is None:
        raise NotFound("availability window")
    check_owner(context, "doctor", owner.doctor_id, owner.user_id)
    lock_guards(connection, [owner.doctor_id], [])
    row = connection.execute(WINDOWS_BY_ID, {"ids": [window_id]}).one_or_none()
    if row is None:
        raise NotFound("availability window")
    window = to_window(row)
    if window.version != expected_version:
        raise VersionConflict(window.version)
    return window


def _require_valid(
    connection: Connection,
    context: Context,
    doctor_id: UUID,
    window: WindowShape,
    *,
    unchanged_location: UUID | None = None,
) -> None:
    # A window may keep a location that was closed meanwhile: changing its hours does not choose the place anew.
    usable = {unchanged_location} | _locations(connection, doctor_id, [window])
    found = problems(window, context.settings.window_min, {place for place in usable if place is not None})
    if found:
        raise ValidationFailed(found)


def _locations(connection: Connection, doctor_id: UUID, windows: Iterable[WindowShape]) -> set[UUID]:
    if all(window.location_id is None for window in windows):
        return set()
    return active_locations(connection, doctor_id)


def _require_no_overlap(connection: Connection, doctor_id: UUID, window: WindowShape, ignored_id: UUID = NO_ID) -> None:
    if not window.is_active:
        return
    overlapped = overlapping_windows(connection, doctor_id, window, ignored_id)
    if overlapped:
        raise AlreadyExists(OVERLAPPING_WINDOW, existing_id=overlapped[0].id)


def _require_valid_schedule(
    connection: Connection,
    context: Context,
    doctor_id: UUID,
    windows: Sequence[NewAvailabilityWindow],
    past: Sequence[AvailabilityWindow],
) -> None:
    """Everything that is wrong with a schedule, all items at once, as ``windows.<place>.<field>``."""
    locations = _locations(connection, doctor_id, windows)
    found: dict[str, str] = {}
    for place, window in enumerate(windows):
        reasons = problems(window, context.settings.window_min, locations)
        if window.doctor_id != doctor_id:
            reasons["doctor_id"] = "must be the doctor whose schedule is saved"
        if any(meet(window, other) for other in past if _content(other) != _content(window)):
            reasons["start_minute"] = "overlaps a window of the past, which stays as it was"
        found |= {f"windows.{place}.{field}": reason for field, reason in reasons.items()}
    for place in overlapping_items(windows):
        found.setdefault(f"windows.{place}.start_minute", "overlaps another window of this schedule")
    if found:
        raise ValidationFailed(found)


def _live_windows(connection: Connection, doctor_id: UUID, from_date: dt.date) -> list[AvailabilityWindow]:
    rows = connection.execute(LIVE_WINDOWS_FROM, {"doctor_id": doctor_id, "from_date": from_date})
    return [to_window(row) for row in rows]


def _compare(
    stored: Sequence[AvailabilityWindow], wanted: Sequence[NewAvailabilityWindow], today: dt.date
) -> tuple[list[AvailabilityWindow], list[NewAvailabilityWindow], list[AvailabilityWindow]]:
    """What stays, what is new and what goes. Windows of past dates are history: a new schedule does not touch them."""
    missing = list(wanted)
    kept: list[AvailabilityWindow] = []
    removed: list[AvailabilityWindow] = []
    contents = [_content(window) for window in missing]
    for window in stored:
        content = _content(window)
        if content in contents:
            place = contents.index(content)
            del contents[place], missing[place]
            kept.append(window)
        elif window.specific_date is not None and window.specific_date < today:
            kept.append(window)
        else:
            removed.append(window)
    return kept, missing, removed


def _past(kept: Sequence[AvailabilityWindow], wanted: Sequence[NewAvailabilityWindow]) -> list[AvailabilityWindow]:
    contents = {_content(window) for window in wanted}
    return [window for window in kept if _content(window) not in contents]


def _require_not_frozen(
    connection: Connection, context: Context, doctor_id: UUID, windows: Sequence[AvailabilityWindow]
) -> None:
    """Refuse to touch specific windows in which an appointment has begun or is completed."""
    intervals = [interval for window in windows if (interval := _interval(window)) is not None]
    if not intervals:
        return
    first = min(interval.starts_at for interval in intervals)
    last = max(interval.ends_at for interval in intervals)
    begun = list(appointment_steps().begun_between(connection, context, doctor_id, first, last))
    if any(held.starts_at < i.ends_at and i.starts_at < held.ends_at for i in intervals for held in begun):
        raise Conflict(_FROZEN)


def _interval(window: AvailabilityWindow) -> Interval | None:
    if window.specific_date is None:
        return None
    plain = Window(
        id=window.id,
        kind=window.kind,
        weekday=window.weekday,
        specific_date=window.specific_date,
        start_minute=window.start_minute,
        end_minute=window.end_minute,
        zone=window.zone,
    )
    return next(iter(calendar.effective_windows(window.specific_date, [plain], [])), None)


def _content(window: WindowShape) -> tuple[Any, ...]:
    return tuple(getattr(window, name) for name in _CONTENT)


def _place(window: AvailabilityWindow) -> tuple[Any, ...]:
    return (window.weekday or 8, window.specific_date or dt.date.min, window.start_minute, window.id)


def _stored(context: Context, new: NewAvailabilityWindow, doctor_zone: str) -> AvailabilityWindow:
    now = context.now()
    content = {name: getattr(new, name) for name in _CONTENT}
    return AvailabilityWindow(
        id=new_id(),
        version=1,
        created_at=now,
        updated_at=now,
        deleted_at=None,
        doctor_id=new.doctor_id,
        zone=doctor_zone,
        **content,
    )


def _row(window: AvailabilityWindow) -> dict[str, Any]:
    return {name: getattr(window, name) for name in AvailabilityWindow.model_fields}
