"""The reads of appointments that the cache may answer: one by its id, and by its id and its pair."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import Connection, bindparam, select

from telemed_store.appointments import caching, queries
from telemed_store.appointments import statements as sql
from telemed_store.appointments.caching import SharedAppointment
from telemed_store.appointments.models import Appointment
from telemed_store.appointments.tables import appointments
from telemed_store.audit.context import Context, DataType
from telemed_store.cache.keys import CacheKey, Tag
from telemed_store.cache.reading import Cached
from telemed_store.database.arguments import OwnId
from telemed_store.database.hot_reads import hot_rows
from telemed_store.database.types import Id
from telemed_store.errors import NotFound
from telemed_store.people.caching import PROFILES
from telemed_store.people.tables import doctors, patients

__all__ = ["APPOINTMENT", "APPOINTMENT_OF_PAIR"]

# pk_appointments, pk_doctors, pk_patients
_WITH_VIEWERS: Final = (
    select(
        *sql.APPOINTMENT_COLUMNS,
        doctors.c.user_id.label("doctor_user_id"),
        doctors.c.deleted_at.label("doctor_deleted_at"),
        patients.c.user_id.label("patient_user_id"),
        patients.c.deleted_at.label("patient_deleted_at"),
    )
    .join(doctors, doctors.c.id == appointments.c.doctor_id)
    .join(patients, patients.c.id == appointments.c.patient_id)
    .where(appointments.c.id == bindparam("id", type_=Id()), appointments.c.deleted_at.is_(None))
)
_OWN: Final = len(Appointment.model_fields)


def load(connection: Connection, context: Context, appointment_id: OwnId) -> SharedAppointment | None:  # noqa: ARG001 - every operation takes the context
    """An appointment that was not deleted, with those who see it: one statement."""
    found = hot_rows(connection, _WITH_VIEWERS, {"id": appointment_id})
    if not found:
        return None
    doctor_user_id, doctor_deleted_at, patient_user_id, patient_deleted_at = found[0][_OWN:]
    profiles = ((doctor_user_id, doctor_deleted_at), (patient_user_id, patient_deleted_at))
    return SharedAppointment(
        appointment=sql.appointment_from(found[0]),
        viewers=tuple(user_id for user_id, deleted_at in profiles if deleted_at is None),
        patient_user_id=patient_user_id,
    )


def show(context: Context, found: SharedAppointment | None, appointment_id: UUID) -> Appointment:
    """The appointment, to its doctor, its patient and jobs of the system, as `queries.get` shows it."""
    if found is None:
        raise NotFound("appointment")
    if context.actor.is_system:
        return found.appointment
    if context.actor.id not in found.viewers:
        context.denied("appointment", appointment_id)
        raise NotFound("appointment")
    context.accessed([found.patient_user_id], DataType.CONSULTATION, resource_id=appointment_id)
    return found.appointment


def load_of_pair(
    connection: Connection,
    context: Context,
    appointment_id: OwnId,
    doctor_id: UUID,  # noqa: ARG001 - whose it is, is looked at when it is shown
    patient_id: UUID,  # noqa: ARG001 - the same
) -> SharedAppointment | None:
    """The same value as `load`."""
    return load(connection, context, appointment_id)


def show_of_pair(
    context: Context, found: SharedAppointment | None, appointment_id: UUID, doctor_id: UUID, patient_id: UUID
) -> Appointment:
    """The appointment if it is of exactly this doctor and this patient, as `queries.of_pair` shows it."""
    pair = None if found is None else (found.appointment.doctor_id, found.appointment.patient_id)
    return show(context, found if pair == (doctor_id, patient_id) else None, appointment_id)


def _key(_context: Context, appointment_id: UUID, *_pair: UUID) -> CacheKey:
    return caching.APPOINTMENT.key(appointment_id)


def _tags(*_ids: UUID) -> tuple[Tag, ...]:
    return (PROFILES,)


def _version(found: SharedAppointment) -> int:
    return found.appointment.version


APPOINTMENT: Final = Cached(caching.APPOINTMENT, _key, load, show, tags=_tags, version=_version, uncached=queries.get)

APPOINTMENT_OF_PAIR: Final = Cached(
    caching.APPOINTMENT, _key, load_of_pair, show_of_pair, tags=_tags, version=_version, uncached=queries.of_pair
)
