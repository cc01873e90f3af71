"""What a new document can belong to: which appointments take one, for whom a doctor may issue, and what a new issue is for (Q015 to Q017)."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, case, exists, func, or_, select

from telemed_store.appointments import statements as sql
from telemed_store.appointments.agenda import agenda
from telemed_store.appointments.models import (
    OPEN,
    Appointment,
    AppointmentStatus,
    AppointmentWithPeople,
    IssueTarget,
    Participant,
)
from telemed_store.appointments.rows import doctor_zone
from telemed_store.appointments.scopes import ForDoctor, ForPatient, Linkable
from telemed_store.appointments.sides import of_pair
from telemed_store.appointments.tables import appointments
from telemed_store.audit.context import Context, DataType
from telemed_store.database.local_time import day_bounds, day_of, zone
from telemed_store.database.paging import Keyset, Page, PageSize, list_binding
from telemed_store.database.types import Id, UtcDateTime
from telemed_store.people.tables import patients, users

__all__ = ["for_new_issue", "linkable", "patients_to_issue_for"]

LINK_PAGE: Final = PageSize(default=10, largest=100)

_patient_users = users.alias("patient_users")
_OWN: Final = len(Appointment.model_fields)


def linkable(
    connection: Connection,
    context: Context,
    doctor_id: UUID,
    patient_id: UUID,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[AppointmentWithPeople]:
    """The pair's appointments that take new documents, the newest first (Q015): two statements."""
    zone_name = doctor_zone(connection, context, doctor_id)
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
    zone_name = doctor_zone(connection, context, doctor_id)
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
        of_pair(),
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
    local = zone(doctor_zone(connection, context, doctor_id))
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
