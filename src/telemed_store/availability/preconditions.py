"""What booking asks besides the calendar: the interval, doctor, patient and place. One definition for booking and `is_bookable` (D05)."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, and_, bindparam, func, select

from telemed_store.database.types import Id
from telemed_store.people.lists import DoctorStatus, PatientStatus
from telemed_store.people.models import NEEDED_TO_BOOK
from telemed_store.people.tables import doctors, patients, service_locations, users

__all__ = ["LONGEST", "PRECONDITIONS", "booking_people", "interval_problems", "people_problems"]

LONGEST: Final = dt.timedelta(days=1)
"""An appointment lies within one effective window, and none is longer than a day."""

_request = select(
    *(bindparam(name, type_=Id()).label(name) for name in ("doctor_id", "patient_id", "location_id", "creator_id"))
).subquery("request")

# Q006. pk_doctors, pk_patients, pk_service_locations, pk_users: all a booking must know of its people, in one statement.
PRECONDITIONS: Final = (
    select(
        _request.c.patient_id.label("asked_patient_id"),
        _request.c.location_id.label("asked_location_id"),
        doctors.c.id.label("doctor_id"),
        doctors.c.user_id.label("doctor_user_id"),
        doctors.c.status.label("doctor_status"),
        doctors.c.zone.label("doctor_zone"),
        patients.c.id.label("patient_id"),
        patients.c.user_id.label("patient_user_id"),
        patients.c.status.label("patient_status"),
        *(patients.c[name] for name in NEEDED_TO_BOOK),
        service_locations.c.id.label("location_id"),
        users.c.id.label("creator_id"),
    )
    .select_from(_request)
    .outerjoin(doctors, and_(doctors.c.id == _request.c.doctor_id, doctors.c.deleted_at.is_(None)))
    .outerjoin(patients, and_(patients.c.id == _request.c.patient_id, patients.c.deleted_at.is_(None)))
    .outerjoin(
        service_locations,
        and_(
            service_locations.c.id == _request.c.location_id,
            service_locations.c.doctor_id == doctors.c.id,
            service_locations.c.is_active,
            service_locations.c.deleted_at.is_(None),
        ),
    )
    .outerjoin(
        users,
        and_(
            users.c.id == func.coalesce(_request.c.creator_id, doctors.c.user_id),
            users.c.deleted_at.is_(None),
        ),
    )
)


def booking_people(
    connection: Connection,
    doctor_id: UUID,
    patient_id: UUID | None,
    location_id: UUID | None,
    creator_id: UUID | None,
) -> Row[*tuple[Any, ...]]:
    """Who and where of a booking, as far as they are there: one row, of one statement. Without a creator it is the doctor's user."""
    wanted = {
        "doctor_id": doctor_id,
        "patient_id": patient_id,
        "location_id": location_id,
        "creator_id": creator_id,
    }
    return connection.execute(PRECONDITIONS, wanted).one()


def people_problems(found: Row[*tuple[Any, ...]]) -> dict[str, str]:
    """Field to reason, for everything that keeps these people and this place from being booked; who was not asked for is left out."""
    wrong: dict[str, str] = {}
    if found.doctor_id is None:
        wrong["doctor_id"] = "names no doctor"
    elif found.doctor_status is not DoctorStatus.ACTIVE:
        wrong["doctor_id"] = "names a doctor who is not active"
    if found.asked_patient_id is not None:
        if found.patient_id is None:
            wrong["patient_id"] = "names no patient"
        elif missing := _missing_of_patient(found):
            wrong["patient_id"] = f"names a patient whose profile is not complete: {', '.join(missing)}"
        elif found.patient_user_id == found.doctor_user_id:
            wrong["patient_id"] = "is the doctor's own patient profile"
    if found.asked_location_id is not None and found.location_id is None:
        wrong["location_id"] = "names no active location of this doctor"
    return wrong


def _missing_of_patient(found: Row[*tuple[Any, ...]]) -> list[str]:
    missing = [name for name in NEEDED_TO_BOOK if getattr(found, name) is None]
    return missing if found.patient_status is PatientStatus.ACTIVE else [*missing, "status is not active"]


def interval_problems(now: dt.datetime, starts_at: dt.datetime, ends_at: dt.datetime) -> dict[str, str]:
    """Field to reason, for what is wrong with a time to book whoever it is for."""
    if starts_at <= now:
        return {"starts_at": "must lie in the future"}
    if ends_at <= starts_at:
        return {"ends_at": "must be later than starts_at"}
    if ends_at - starts_at > LONGEST:
        return {"ends_at": "must be at most one day after starts_at"}
    return {}
