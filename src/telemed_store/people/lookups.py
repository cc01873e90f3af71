"""Reading one person: by id, e-mail, identifier or registration; and who may see whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from telemed_store.audit.context import Context, DataType
from telemed_store.crypto.fields import decrypt_texts
from telemed_store.database.arguments import OwnId
from telemed_store.database.hydration import hydrator
from telemed_store.errors import NotFound, NotPermitted
from telemed_store.people import statements as sql
from telemed_store.people.brazil import (
    CRM,
    NORMALISERS,
    known_system,
    normalised_authority,
    normalised_crm_number,
    normalised_crm_state,
)
from telemed_store.people.extension_points import MAY_VIEW_PATIENT
from telemed_store.people.models import Doctor, Identifier, Patient, PatientIdentity, User
from telemed_store.people.rows import (
    CHART_TEXTS,
    chart_binding,
    identifier_binding,
    index_field,
    normalised,
)

__all__ = [
    "by_identifier",
    "by_registration",
    "check_may_ask_for_time",
    "doctor_from",
    "identity",
    "load_doctor",
    "load_user",
    "may_view_user",
    "patient",
    "patient_from",
    "show_doctor",
    "show_user",
    "user_by_email",
    "user_from",
    "visible_user",
]

user_from: Final = hydrator(User)
doctor_from: Final = hydrator(Doctor)
_patient_from: Final = hydrator(Patient)
_FIELDS: Final = tuple(Patient.model_fields)
_ID: Final = _FIELDS.index("id")
_USER_ID: Final = _FIELDS.index("user_id")
_TEXTS: Final = {column: _FIELDS.index(column) for column in CHART_TEXTS}


def load_doctor(connection: Connection, context: Context, doctor_id: OwnId) -> Doctor | None:  # noqa: ARG001 - every operation takes the context
    """A doctor's profile as everybody sees it: one statement."""
    row = connection.execute(sql.DOCTOR, {"id": doctor_id}).first()
    return None if row is None else doctor_from(row)


def show_doctor(context: Context, found: Doctor | None, doctor_id: UUID) -> Doctor:  # noqa: ARG001 - what is shown may depend on both
    """A doctor's profile: it is public."""
    if found is None:
        raise NotFound("doctor")
    return found


def by_registration(connection: Connection, context: Context, authority: str, region: str, number: str) -> Doctor:  # noqa: ARG001 - every operation takes the context
    """The doctor with this registration (Q202)."""
    authority = normalised_authority(authority)
    if authority == CRM:
        fields = normalised(
            {"region": (normalised_crm_state, region), "number": (normalised_crm_number, number)},
        )
        region, number = fields["region"], fields["number"]
    else:
        region, number = region.strip(), number.strip()
    row = connection.execute(
        sql.DOCTOR_BY_REGISTRATION, {"authority": authority, "region": region, "number": number}
    ).first()
    if row is None:
        raise NotFound("doctor")
    return doctor_from(row)


def patient(connection: Connection, context: Context, patient_id: OwnId) -> Patient:
    """A patient's profile, if the actor may see it."""
    row = connection.execute(sql.PATIENT, {"id": patient_id}).first()
    if row is None:
        raise NotFound("patient")
    user_id: UUID = row[_USER_ID]
    if not _may_view(connection, context, user_id, patient_id):
        context.denied("patient", patient_id)
        raise NotFound("patient")
    context.accessed([user_id], DataType.PERSONAL_DATA, resource_id=patient_id)
    return patient_from(connection, context, row)


def patient_from(connection: Connection, context: Context, row: Sequence[Any]) -> Patient:
    """A patient from a row of ``sql.PATIENTS``, the encrypted texts opened."""
    values = list(row)
    sealed = [(chart_binding(column, values[_ID], values[_USER_ID]), values[at]) for column, at in _TEXTS.items()]
    for at, text in zip(_TEXTS.values(), decrypt_texts(connection, context.keys, sealed), strict=True):
        values[at] = text
    return _patient_from(values)


def identity(connection: Connection, context: Context, user_id: UUID) -> PatientIdentity:
    """What identifies a person, if the actor may see it."""
    rows = connection.execute(sql.IDENTITY, {"user_id": user_id}).all()
    if not rows:
        raise NotFound("user")
    if not _may_view(connection, context, user_id, rows[0].patient_id):
        context.denied("user", user_id)
        raise NotFound("user")
    context.accessed([user_id], DataType.PERSONAL_DATA, fields=("identifiers",))
    present = [row for row in rows if row.identifier_id is not None]
    values = decrypt_texts(
        connection, context.keys, [(identifier_binding(row.identifier_id, user_id), row.value) for row in present]
    )
    identifiers = tuple(
        Identifier(id=row.identifier_id, version=row.version, system=row.system, value=value or "")
        for row, value in zip(present, values, strict=True)
    )
    return PatientIdentity(user_id=user_id, name=rows[0].name, identifiers=identifiers)


def load_user(connection: Connection, context: Context, user_id: OwnId) -> User | None:  # noqa: ARG001 - every operation takes the context
    """A user with the ids of their profiles, whoever looks: one statement."""
    row = connection.execute(sql.USER_BY_ID, {"id": user_id}).first()
    return None if row is None else user_from(row)


def show_user(context: Context, found: User | None, user_id: UUID) -> User:  # noqa: ARG001 - shown is who was found
    """A user, to that user and jobs of the system."""
    if found is None:
        raise NotFound("user")
    if not _sees_anybody(context) and context.actor.id != found.id:
        context.denied("user", found.id)
        raise NotFound("user")
    context.accessed([found.id], DataType.PERSONAL_DATA, resource_id=found.id)
    return found


def user_by_email(connection: Connection, context: Context, email: str) -> User:
    """The user with this e-mail address, whatever its case (Q054)."""
    return visible_user(context, connection.execute(sql.USER_BY_EMAIL, {"email": email.strip().lower()}).first())


def by_identifier(connection: Connection, context: Context, system: str, value: str) -> User:
    """The user with this identifier, found by its blind index (Q202)."""
    system = known_system(system)
    normalise = NORMALISERS.get(system, str.strip)
    canonical = normalised({"value": (normalise, value)})["value"]
    value_index = context.keys.blind_index(index_field(system), canonical)
    row = connection.execute(sql.USER_BY_IDENTIFIER, {"system": system, "value_index": value_index}).first()
    return visible_user(context, row)


def check_may_ask_for_time(connection: Connection, context: Context, patient_id: UUID, user_id: UUID) -> None:
    """Refuse to tell when another person is busy, and note that it was told (C13, C14).

    That somebody has an appointment is health data. So a patient's id is given by the patient, by a job of the system, and by those
    who may read that patient's profile too: a doctor with a relationship, or in an emergency; what they learn leaves its access row.
    No statement, 1 to look for a relationship.
    """
    if not _may_view(connection, context, user_id, patient_id):
        context.denied("patient", patient_id)
        raise NotPermitted
    context.accessed([user_id], DataType.CONSULTATION)


def may_view_user(connection: Connection, context: Context, user_id: UUID) -> bool:
    """Whether the actor sees this user's personal data; their patient profile decides for actors with a relationship."""
    if _sees_anybody(context) or context.actor.id == user_id:
        return True
    row = connection.execute(sql.USER_BY_ID, {"id": user_id}).first()
    return row is not None and _may_view(connection, context, user_id, row.patient_id)


def visible_user(context: Context, row: Sequence[Any] | None) -> User:
    """The user of a row, for that user and jobs of the system."""
    if row is None:
        raise NotFound("user")
    found = user_from(row)
    return show_user(context, found, found.id)


def _sees_anybody(context: Context) -> bool:
    return context.actor.is_system or context.actor.emergency_reason is not None


def _may_view(connection: Connection, context: Context, user_id: UUID, patient_id: UUID | None) -> bool:
    if _sees_anybody(context) or context.actor.id == user_id:
        return True
    return patient_id is not None and any(may_view(connection, context, patient_id) for may_view in MAY_VIEW_PATIENT)
