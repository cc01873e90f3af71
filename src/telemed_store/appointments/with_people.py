"""Appointments as they are shown: with both sides beside them, each row as wide as `AppointmentWithPeople`."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import FromClause, Row, Select, select

from telemed_store.appointments import statements as sql
from telemed_store.appointments.models import Appointment, AppointmentWithPeople, Participant
from telemed_store.people.tables import doctors, patients, users

__all__ = ["people_of", "with_people"]

_doctor_users = users.alias("doctor_users")
_patient_users = users.alias("patient_users")
_OWN: Final = len(Appointment.model_fields)


def with_people(of: FromClause) -> Select[*tuple[Any, ...]]:
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


def people_of(row: Row[*tuple[Any, ...]]) -> AppointmentWithPeople:
    """The model of a row of `with_people`."""
    appointment = sql.appointment_from(row)
    doctor_user_id, doctor_name, patient_user_id, patient_name = row[_OWN:]
    return AppointmentWithPeople(
        appointment=appointment,
        doctor=Participant(profile_id=appointment.doctor_id, user_id=doctor_user_id, name=doctor_name),
        patient=Participant(profile_id=appointment.patient_id, user_id=patient_user_id, name=patient_name),
    )
