"""Reading appointments together with their people, and what a doctor and a patient have together (Q003, Q010 to Q018, Q201)."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
)

from telemed_store.appointments import queries
from telemed_store.appointments import statements as sql
from telemed_store.appointments.models import (
    OPEN,
    Appointment,
    AppointmentDetail,
    AppointmentStatus,
    AppointmentWithPeople,
    IssueTarget,
    PairHistory,
    Participant,
    RelationKind,
)
from telemed_store.appointments.rows import earliest_start, refuse
from telemed_store.appointments.scopes import ForDoctor, ForPatient, IncludingDeleted, Linkable, Past, StartingBetween
from telemed_store.appointments.sides import merged, of_somebody, page_of, sides, visible
from telemed_store.appointments.tables import appointments
from telemed_store.audit.context import Context, DataType
from telemed_store.availability.slots import Calendar, load_calendar
from telemed_store.database.arguments import OwnId
from telemed_store.database.local_time import day_bounds, day_of, zone
from telemed_store.database.paging import Keyset, Page, PageSize, list_binding
from telemed_store.database.scoping import Scope, conditions, content, mentions, parameters, shape
from telemed_store.database.types import Id, UtcDateTime
from telemed_store.errors import NotFound, NotPermitted
from telemed_store.people.tables import doctors, patients, users

__all__ = [
    "affected",
    "agenda",
    "around_now",
    "detail",
    "for_new_issue",
    "has_relationship",
    "linkable",
    "may_view_patient",
    "next_of_doctor",
    "past_of_doctor",
    "patients_to_issue_for",
    "recent_of_pair",
]

AGENDA_PAGE: Final = PageSize(default=10, largest=100)
NEARBY_PAGE: Final = PageSize(default=50, largest=200)
PAST_PAGE: Final = PageSize(default=4, largest=20)
PAIR_PAGE: Final = PageSize(default=10, largest=50)
LINK_PAGE: Final = PageSize(default=10, largest=100)

NEARBY: Final = dt.timedelta(days=30)

_doctor_users = users.alias("doctor_users")
_patient_users = users.alias("patient_users")
_OWN: Final = len(Appointment.model_fields)

_ASCENDING: Final = Keyset(appointments.c.starts_at, appointments.c.id)
_DESCENDING: Final = Keyset(appointments.c.starts_at, appointments.c.id, descending=True)


def _with_people(of: FromClause) -> Select[*tuple[Any, ...]]:
    """Appointments with both sides, whose rows are found by their primary keys."""
    return (
        select(
            *(of.c[name] for name in Appointment.model_fields),
            doctors.c.user_id.label("doctor_user_id"),
            _doctor_users.c.name.label("doctor_name"),
            patients.c.user_id.label("patient_user_id"),
            _patient_users.c.name.label("patient_name"),
        )
        .select_from(of)
        .join(doctors, doctors.c.id == of.c.doctor_id)
        .join(_doctor_users, _doctor_users.c.id == doctors.c.user_id)
        .join(patients, patients.c.id == of.c.patient_id)
        .join(_patient_users, _patient_users.c.id == patients.c.user_id)
    )


_LIVE: Final = select(*sql.APPOINTMENT_COLUMNS).where(appointments.c.deleted_at.is_(None))


def _people_of(row: Row[*tuple[Any, ...]]) -> AppointmentWithPeople:
    appointment = sql.appointment_from(row)
    doctor_user_id, doctor_name, patient_user_id, patient_name = row[_OWN:]
    return AppointmentWithPeople(
        appointment=appointment,
        doctor=Participant(profile_id=appointment.doctor_id, user_id=doctor_user_id, name=doctor_name),
        patient=Participant(profile_id=appointment.patient_id, user_id=patient_user_id, name=patient_name),
    )


def _viewer(context: Context) -> dict[str, Any]:
    return {} if context.actor.is_system else {"viewer": context.actor.id}


# Q003, Q022. pk_appointments and the primary keys of its people.
_DETAIL: Final = {
    viewer: _with_people(appointments).where(
        appointments.c.id == bindparam("id", type_=Id()),
        appointments.c.deleted_at.is_(None),
        *([visible()] if viewer else []),
    )
    for viewer in (False, True)
}


def detail(connection: Connection, context: Context, appointment_id: OwnId) -> AppointmentDetail:
    """One appointment with both sides and the first rows of its log: two statements."""
    values = {"id": appointment_id} | _viewer(context)
    found = connection.execute(_DETAIL[not context.actor.is_system], values).first()
    if found is None:
        refuse(connection, context, appointment_id)
    shown = _people_of(found)
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
        statement = _AGENDAS[key] = _with_people(page)
    values = keyset.parameters(size, position) | parameters(scope, context.now()) | _viewer(context)
    rows = connection.execute(statement, values)
    items = [_people_of(row) for row in merged(rows, size, descending=newest_first)]
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
    viewer: _with_people(
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
    found = merged(connection.execute(_NEXT[not context.actor.is_system], values | _viewer(context)), 1)
    if not found:
        return None
    shown = _people_of(found[0])
    context.accessed([shown.patient.user_id], DataType.CONSULTATION, resource_id=shown.appointment.id)
    return shown


_PAIR: Final = and_(
    appointments.c.doctor_id == bindparam("doctor_id", type_=Id()),
    appointments.c.patient_id == bindparam("patient_id", type_=Id()),
    appointments.c.deleted_at.is_(None),
)

_RELATES: Final[dict[RelationKind, tuple[ColumnElement[bool], ...]]] = {
    RelationKind.ANY: (),
    RelationKind.RECORD: (appointments.c.status != AppointmentStatus.CANCELLED,),
    RelationKind.AD_HOC: (
        or_(
            appointments.c.status == AppointmentStatus.IN_PROGRESS,
            and_(
                appointments.c.status == AppointmentStatus.COMPLETED,
                appointments.c.ended_at >= bindparam("completed_since", type_=UtcDateTime()),
            ),
        ),
    ),
}

# Q013. ix_appointments_doctor_id_patient_id_starts_at_id: the one definition of each relationship (D11, D37).
_RELATIONSHIP: Final = {
    (kind, viewer): select(exists().where(_PAIR, *relates, *([visible()] if viewer else [])))
    for kind, relates in _RELATES.items()
    for viewer in (False, True)
}


def has_relationship(
    connection: Connection, context: Context, doctor_id: UUID, patient_id: UUID, kind: RelationKind = RelationKind.ANY
) -> bool:
    """Whether doctor and patient are related in this way (Q013), as far as the actor sees it: that they are is health data."""
    values: dict[str, Any] = {
        "doctor_id": doctor_id,
        "patient_id": patient_id,
    } | _viewer(context)
    if kind is RelationKind.AD_HOC:
        values["completed_since"] = context.now() - dt.timedelta(days=context.settings.ad_hoc_relationship_days)
    return bool(connection.execute(_RELATIONSHIP[kind, not context.actor.is_system], values).scalar())


# ix_appointments_doctor_id_patient_id_starts_at_id
_VIEWER_RELATED: Final = select(
    exists().where(
        appointments.c.doctor_id
        == select(doctors.c.id)
        .where(doctors.c.user_id == bindparam("viewer", type_=Id()), doctors.c.deleted_at.is_(None))
        .scalar_subquery(),
        appointments.c.patient_id == bindparam("patient_id", type_=Id()),
        appointments.c.deleted_at.is_(None),
        appointments.c.status != AppointmentStatus.CANCELLED,
    )
)


def may_view_patient(connection: Connection, context: Context, patient_id: UUID) -> bool:
    """Whether the acting user is a doctor with a relationship that opens this patient's record (Q013 record)."""
    values = {"viewer": context.actor.id, "patient_id": patient_id}
    return bool(connection.execute(_VIEWER_RELATED, values).scalar())


# pk_doctors
_DOCTOR: Final = select(doctors.c.zone, doctors.c.user_id).where(
    doctors.c.id == bindparam("id", type_=Id()), doctors.c.deleted_at.is_(None)
)


def _doctor_zone(connection: Connection, context: Context, doctor_id: UUID) -> str:
    """The zone of a doctor whose own list is asked for: by the doctor, or by a system job."""
    found = connection.execute(_DOCTOR, {"id": doctor_id}).first()
    if found is None:
        raise NotFound("doctor")
    if not context.actor.is_system and context.actor.id != found.user_id:
        context.denied("doctor", doctor_id)
        raise NotPermitted
    return str(found.zone)


def linkable(
    connection: Connection,
    context: Context,
    doctor_id: UUID,
    patient_id: UUID,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[AppointmentWithPeople]:
    """The pair's appointments that take new documents, the newest first (Q015): two statements."""
    zone_name = _doctor_zone(connection, context, doctor_id)
    scope = ForDoctor(doctor_id) & ForPatient(patient_id) & Linkable(zone_name, context.settings.link_completed_days)
    return agenda(connection, context, scope, limit, cursor, newest_first=True, page_size=LINK_PAGE)


_NAME_ORDER: Final = Keyset(_patient_users.c.name, _patient_users.c.id)


def _named(field: str, type_: Any = None, **options: Any) -> BindParameter[Any]:
    return bindparam(field, type_=type_, **options)


def _issue_patients(*, continued: bool) -> Select[*tuple[Any, ...]]:
    reachable = Linkable("UTC", 0).condition(_named)
    statement = (
        select(patients.c.id, _patient_users.c.id, _patient_users.c.name)
        .join(_patient_users, _patient_users.c.id == patients.c.user_id)
        .where(
            patients.c.deleted_at.is_(None),
            exists().where(
                appointments.c.doctor_id == bindparam("doctor_id", type_=Id()),
                appointments.c.patient_id == patients.c.id,
                appointments.c.deleted_at.is_(None),
                reachable,
            ),
        )
    )
    return _NAME_ORDER.order(statement, continued=continued)


# Q016. ix_appointments_doctor_id_patient_id_starts_at_id, pk_patients
_ISSUE_PATIENTS: Final = {continued: _issue_patients(continued=continued) for continued in (False, True)}


def patients_to_issue_for(
    connection: Connection, context: Context, doctor_id: UUID, limit: int | None = None, cursor: str | None = None
) -> Page[Participant]:
    """The patients a doctor may issue for, by name (Q016): two statements."""
    zone_name = _doctor_zone(connection, context, doctor_id)
    size = LINK_PAGE.of(limit)
    binding = list_binding("patients_to_issue_for", context.actor.key, doctor_id)
    position = context.cursors.open(cursor, binding) if cursor is not None else None
    reach = Linkable(zone_name, context.settings.issue_patient_days).values(context.now())
    values = _NAME_ORDER.parameters(size, position) | {"doctor_id": doctor_id, **reach}
    rows = connection.execute(_ISSUE_PATIENTS[position is not None], values)
    items = [Participant(profile_id=row[0], user_id=row[1], name=row[2]) for row in rows]
    context.accessed([item.user_id for item in items[:size]], DataType.PERSONAL_DATA)
    return _NAME_ORDER.page(items, size, context.cursors, binding, lambda item: [item.name, item.user_id])


# Q017. ix_appointments_doctor_id_patient_id_starts_at_id
_FOR_ISSUE: Final = (
    select(
        *sql.APPOINTMENT_COLUMNS,
        patients.c.user_id,
        func.sum(case((appointments.c.status == AppointmentStatus.IN_PROGRESS, 1), else_=0)).over(),
    )
    .join(patients, patients.c.id == appointments.c.patient_id)
    .where(
        _PAIR,
        or_(
            appointments.c.status == AppointmentStatus.IN_PROGRESS,
            and_(
                appointments.c.status.in_(OPEN),
                appointments.c.starts_at >= bindparam("from_", type_=UtcDateTime()),
                appointments.c.starts_at < bindparam("until", type_=UtcDateTime()),
            ),
        ),
    )
)


def for_new_issue(connection: Connection, context: Context, doctor_id: UUID, patient_id: UUID) -> IssueTarget:
    """What a new issue belongs to: the one in progress, else today's nearest open one, never a completed one (Q017)."""
    now = context.now()
    local = zone(_doctor_zone(connection, context, doctor_id))
    today = day_of(now, local)
    bounds = day_bounds(today, today, local)
    pair = {"doctor_id": doctor_id, "patient_id": patient_id}
    rows = connection.execute(_FOR_ISSUE, pair | {"from_": bounds.starts_at, "until": bounds.ends_at}).all()
    if not rows:
        return IssueTarget(appointment=None, in_progress=0)
    context.accessed([rows[0][_OWN]], DataType.CONSULTATION)
    candidates = [sql.appointment_from(row) for row in rows]
    nearest = min(
        candidates,
        key=lambda one: (one.status is not AppointmentStatus.IN_PROGRESS, abs(one.starts_at - now), one.id),
    )
    return IssueTarget(appointment=nearest, in_progress=int(rows[0][_OWN + 1]))


# Q018. ix_appointments_doctor_id_patient_id_starts_at_id
_COMPLETED_OF_PAIR: Final = {
    viewer: select(func.count()).where(
        _PAIR,
        appointments.c.status == AppointmentStatus.COMPLETED,
        *([visible()] if viewer else []),
    )
    for viewer in (False, True)
}


def recent_of_pair(
    connection: Connection,
    context: Context,
    doctor_id: UUID,
    patient_id: UUID,
    limit: int | None = None,
    cursor: str | None = None,
) -> PairHistory:
    """The pair's appointments, the newest first, and how many were completed (Q018): two statements."""
    pair = {"doctor_id": doctor_id, "patient_id": patient_id}
    scope = ForDoctor(doctor_id) & ForPatient(patient_id)
    size = PAIR_PAGE.of(limit)
    recent = queries.list_appointments(connection, context, scope, size, cursor, newest_first=True)
    counting = _COMPLETED_OF_PAIR[not context.actor.is_system]
    completed = connection.execute(counting, pair | _viewer(context)).scalar_one()
    return PairHistory(recent=recent, completed=completed)


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
    local = zone(_doctor_zone(connection, context, doctor_id))
    size = NEARBY_PAGE.of(limit)
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
