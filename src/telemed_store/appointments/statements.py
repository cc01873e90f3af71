"""The SQL of booking and of an appointment's life; what reads alone stands in ``queries.py``, ``agenda.py`` and beside them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Update, and_, bindparam, insert, or_, select, union_all, update

from telemed_store.appointments.models import ACTIVE, Appointment, AppointmentLog, AppointmentStatus
from telemed_store.appointments.sides import visible
from telemed_store.appointments.tables import appointment_logs, appointments
from telemed_store.availability.preconditions import PRECONDITIONS
from telemed_store.database.hydration import hydrator
from telemed_store.database.planning import filtered_only
from telemed_store.database.types import Id, UtcDateTime
from telemed_store.people.tables import doctors, patients, service_locations, users

__all__ = [
    "ACTIVE_LOCATION",
    "ADVANCE_LAST_CONSULTATION",
    "APPOINTMENT_COLUMNS",
    "APPOINTMENT_FOR_UPDATE",
    "APPOINTMENT_WITH_SIDES",
    "BOOKING",
    "BY_IDEMPOTENCY_KEY",
    "BY_IDEMPOTENCY_KEYS",
    "DOCTOR_ZONE",
    "EXISTS",
    "IMPORT_DOCTORS",
    "IMPORT_LOCATIONS",
    "IMPORT_PATIENTS",
    "INSERT_APPOINTMENT",
    "INSERT_LOG",
    "LIVE_USER",
    "LOCATION_TYPE",
    "LOG_COLUMNS",
    "OVERLAPPING",
    "among",
    "appointment_from",
    "changing",
    "holds_time",
    "log_from",
    "others_than",
    "touching",
]

appointment_from: Final = hydrator(Appointment)
log_from: Final = hydrator(AppointmentLog)

APPOINTMENT_COLUMNS: Final = tuple(appointments.c[name] for name in Appointment.model_fields)
LOG_COLUMNS: Final = tuple(appointment_logs.c[name] for name in AppointmentLog.model_fields)


def holds_time() -> ColumnElement[bool]:
    """The one definition of busy: active and not deleted."""
    return and_(among(ACTIVE), appointments.c.deleted_at.is_(None))


def among(statuses: Iterable[AppointmentStatus]) -> ColumnElement[bool]:
    """Whether an appointment is in one of several statuses: a filter, never what it is found by (`filtered_only`)."""
    return filtered_only(appointments.c.status).not_in(others_than(statuses))


def others_than(statuses: Iterable[AppointmentStatus]) -> list[AppointmentStatus]:
    """The other statuses: not to be in them is no condition for an index by status, whose rows would have to be sorted."""
    wanted = frozenset(statuses)
    return [status for status in AppointmentStatus if status not in wanted]


def touching() -> ColumnElement[bool]:
    """Appointments that share time with ``[from_, until)``; ``latest_end`` (`latest_end`) keeps the range of their ends short."""
    return and_(
        appointments.c.ends_at > bindparam("from_", type_=UtcDateTime()),
        appointments.c.ends_at < bindparam("latest_end", type_=UtcDateTime()),
        filtered_only(appointments.c.starts_at) < bindparam("until", type_=UtcDateTime()),
    )


# Q004. ix_appointments_doctor_id_ends_at, then ix_appointments_patient_id_ends_at: a range of each, never one condition over both.
OVERLAPPING: Final = union_all(
    *(
        select(appointments.c.doctor_id, appointments.c.patient_id).where(
            appointments.c[side] == bindparam(side, type_=Id()),
            holds_time(),
            touching(),
            appointments.c.id != bindparam("self_id", type_=Id()),
        )
        for side in ("doctor_id", "patient_id")
    )
).limit(1)

# Q006 and Q004 in one round trip, for use under the guards.
BOOKING: Final = PRECONDITIONS.add_columns(
    select(OVERLAPPING.subquery("taken").c.doctor_id).scalar_subquery().label("taken_doctor_id")
)

# uq_appointments_idempotency_actor_idempotency_key
BY_IDEMPOTENCY_KEY: Final = select(*APPOINTMENT_COLUMNS, appointments.c.request_digest).where(
    appointments.c.idempotency_actor == bindparam("actor"), appointments.c.idempotency_key == bindparam("key")
)
BY_IDEMPOTENCY_KEYS: Final = select(
    appointments.c.id, appointments.c.idempotency_key, appointments.c.request_digest
).where(
    appointments.c.idempotency_actor == bindparam("actor"),
    appointments.c.idempotency_key.in_(bindparam("keys", expanding=True)),
)

INSERT_APPOINTMENT: Final = insert(appointments)
INSERT_LOG: Final = insert(appointment_logs)


def _with_sides(*, viewer: bool, locking: bool) -> Select[*tuple[Any, ...]]:
    # Subqueries, not joins: MariaDB locks every row of a locking read's joins, so that two verbs of one doctor would wait for each other.
    doctor_user = select(doctors.c.user_id).where(doctors.c.id == appointments.c.doctor_id).scalar_subquery()
    patient_user = select(patients.c.user_id).where(patients.c.id == appointments.c.patient_id).scalar_subquery()
    statement = select(
        *APPOINTMENT_COLUMNS, doctor_user.label("doctor_user_id"), patient_user.label("patient_user_id")
    ).where(appointments.c.id == bindparam("id", type_=Id()), appointments.c.deleted_at.is_(None))
    statement = statement.where(visible()) if viewer else statement
    return statement.with_for_update() if locking else statement


# pk_appointments, pk_doctors, pk_patients; by whether the viewer is a user, who sees only what is theirs.
APPOINTMENT_WITH_SIDES: Final = {viewer: _with_sides(viewer=viewer, locking=False) for viewer in (False, True)}
APPOINTMENT_FOR_UPDATE: Final = {viewer: _with_sides(viewer=viewer, locking=True) for viewer in (False, True)}

# pk_appointments; a deleted one is there too: its log stays readable, by those who see it.
EXISTS: Final = select(appointments.c.id).where(appointments.c.id == bindparam("id", type_=Id()))

# pk_service_locations
LOCATION_TYPE: Final = select(service_locations.c.type).where(service_locations.c.id == bindparam("id", type_=Id()))
ACTIVE_LOCATION: Final = select(service_locations.c.id).where(
    service_locations.c.id == bindparam("id", type_=Id()),
    service_locations.c.doctor_id == bindparam("doctor_id", type_=Id()),
    service_locations.c.is_active,
    service_locations.c.deleted_at.is_(None),
)


@cache
def changing(*columns: str) -> Update:
    """The conditional update that sets these columns of the version seen: pk_appointments."""
    return (
        update(appointments)
        .where(appointments.c.id == bindparam("row_id"), appointments.c.version == bindparam("expected_version"))
        .values(
            version=appointments.c.version + 1,
            updated_at=bindparam("now", type_=UtcDateTime()),
            **{name: bindparam(f"new_{name}", type_=appointments.c[name].type) for name in columns},
        )
    )


# pk_patients; monotone, so it neither asks for nor raises the version that a profile's editors see (C3).
ADVANCE_LAST_CONSULTATION: Final = (
    update(patients)
    .where(
        patients.c.id == bindparam("patient"),
        or_(patients.c.last_consultation_at.is_(None), patients.c.last_consultation_at < bindparam("instant")),
    )
    .values(last_consultation_at=bindparam("instant", type_=UtcDateTime()))
)

# pk_doctors, pk_patients, pk_service_locations: what an import must know of its people, once for all visits.
IMPORT_DOCTORS: Final = select(doctors.c.id, doctors.c.user_id, doctors.c.zone).where(
    doctors.c.id.in_(bindparam("ids", expanding=True)), doctors.c.deleted_at.is_(None)
)
IMPORT_PATIENTS: Final = select(patients.c.id, patients.c.user_id).where(
    patients.c.id.in_(bindparam("ids", expanding=True)), patients.c.deleted_at.is_(None)
)
IMPORT_LOCATIONS: Final = select(service_locations.c.id, service_locations.c.doctor_id).where(
    service_locations.c.id.in_(bindparam("ids", expanding=True))
)

# pk_doctors
DOCTOR_ZONE: Final = select(doctors.c.zone, doctors.c.user_id).where(
    doctors.c.id == bindparam("id", type_=Id()), doctors.c.deleted_at.is_(None)
)

# pk_users
LIVE_USER: Final = select(users.c.id).where(users.c.id == bindparam("id"), users.c.deleted_at.is_(None))
