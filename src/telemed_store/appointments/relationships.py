"""What a doctor and a patient have together: whether they are related, and what they had with each other (Q013, Q018)."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, func, or_, select

from telemed_store.appointments import queries
from telemed_store.appointments.models import AppointmentStatus, PairHistory, RelationKind
from telemed_store.appointments.scopes import ForDoctor, ForPatient
from telemed_store.appointments.sides import of_pair, viewer_of, visible
from telemed_store.appointments.tables import appointments
from telemed_store.audit.context import Context
from telemed_store.database.paging import PageSize
from telemed_store.database.types import Id, UtcDateTime
from telemed_store.people.tables import doctors

__all__ = ["has_relationship", "may_view_patient", "recent_of_pair"]

PAIR_PAGE: Final = PageSize(default=10, largest=50)

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
    (kind, viewer): select(exists().where(of_pair(), *relates, *([visible()] if viewer else [])))
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
    } | viewer_of(context)
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


# Q018. ix_appointments_doctor_id_patient_id_starts_at_id
_COMPLETED_OF_PAIR: Final = {
    viewer: select(func.count()).where(
        of_pair(),
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
    completed = connection.execute(counting, pair | viewer_of(context)).scalar_one()
    return PairHistory(recent=recent, completed=completed)
