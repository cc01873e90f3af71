"""A doctor's registrations with professional authorities. Whoever has any has exactly one primary one.

The database holds that there is at most one; that one is left is held under the doctor's guard, which every verb here takes.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from telemed_store.audit.context import Context
from telemed_store.database.arguments import OwnId
from telemed_store.database.hydration import hydrator
from telemed_store.database.models import given
from telemed_store.errors import AlreadyExists, Conflict, NotFound
from telemed_store.people import statements as sql
from telemed_store.people.brazil import CRM, normalised_crm_number, normalised_crm_state
from telemed_store.people.caching import DOCTOR
from telemed_store.people.guards import lock_guards
from telemed_store.people.models import DoctorRegistration, NewRegistration, RegistrationPatch
from telemed_store.people.rows import change, check_owner, check_version, new_row, normalised
from telemed_store.people.tables import doctor_registrations

__all__ = [
    "add_registration",
    "check_crm",
    "registration_from",
    "remove_registration",
    "set_primary_registration",
    "update_registration",
    "write_crm",
]

registration_from: Final = hydrator(DoctorRegistration)


def add_registration(
    connection: Connection, context: Context, doctor_id: UUID, new: NewRegistration
) -> DoctorRegistration:
    """Write a registration; a doctor's first one is the primary one. 5 statements, on SQLite 4."""
    lock_guards(connection, [doctor_id])
    owner = connection.execute(sql.DOCTOR, {"id": doctor_id}).first()
    if owner is None:
        raise NotFound("doctor")
    check_owner(context, "doctor", doctor_id, owner.user_id)
    held = _held(connection, doctor_id)
    number = {"authority": new.authority, "region": new.region, "number": new.number}
    _check_free(connection, context, doctor_id, number)
    row = new_row(context, doctor_id=doctor_id, **number, is_primary=not held)
    connection.execute(sql.INSERT_REGISTRATIONS, [row])
    context.changed(DOCTOR.key(doctor_id))
    return DoctorRegistration(**row)


def update_registration(
    connection: Connection, context: Context, registration_id: OwnId, patch: RegistrationPatch, *, expected_version: int
) -> DoctorRegistration:
    """Correct region or number: 5 statements, on SQLite 4."""
    before, _ = _own(connection, context, registration_id)
    check_version(before.version, expected_version)
    values = given(patch)
    if not values:
        return before
    if before.authority == CRM:
        rules = {"region": normalised_crm_state, "number": normalised_crm_number}
        values = dict(normalised({name: (rules[name], value) for name, value in values.items()}))
    number = {"authority": before.authority, "region": before.region, "number": before.number, **values}
    _check_free(connection, context, before.doctor_id, number, own_id=before.id)
    context.changed(DOCTOR.key(before.doctor_id))
    return change(connection, context, doctor_registrations, before, expected_version, values)


def set_primary_registration(
    connection: Connection, context: Context, registration_id: OwnId, *, expected_version: int
) -> DoctorRegistration:
    """Let this registration stand for the doctor; the one that did writes a version too. 5 statements, on SQLite 4."""
    chosen, held = _own(connection, context, registration_id)
    check_version(chosen.version, expected_version)
    if chosen.is_primary:
        return chosen
    for primary in held:
        # First: the database holds at most one at any moment.
        if primary.is_primary:
            change(connection, context, doctor_registrations, primary, primary.version, {"is_primary": False})
    context.changed(DOCTOR.key(chosen.doctor_id))
    return change(connection, context, doctor_registrations, chosen, expected_version, {"is_primary": True})


def remove_registration(
    connection: Connection, context: Context, registration_id: OwnId, *, expected_version: int
) -> None:
    """Delete a registration softly, which frees its number (D50): 4 statements, on SQLite 3."""
    leaving, held = _own(connection, context, registration_id)
    check_version(leaving.version, expected_version)
    if leaving.is_primary and len(held) > 1:
        raise Conflict("The primary registration goes last: make another one primary first.")
    context.changed(DOCTOR.key(leaving.doctor_id))
    change(connection, context, doctor_registrations, leaving, expected_version, {"deleted_at": context.now()})


def check_crm(
    connection: Connection, context: Context, doctor_id: UUID, number: str, state: str
) -> DoctorRegistration | None:
    """The primary registration whose place a CRM can take, None if there is none: 2 statements. The doctor's guard is held."""
    held = _held(connection, doctor_id)
    primary = next((each for each in held if each.is_primary), None)
    if primary is not None and primary.authority != CRM:
        raise Conflict("The primary registration is with another authority: add the CRM and make it primary instead.")
    wanted = {"authority": CRM, "region": state, "number": number}
    _check_free(connection, context, doctor_id, wanted, own_id=None if primary is None else primary.id)
    return primary


def write_crm(
    connection: Connection,
    context: Context,
    doctor_id: UUID,
    number: str,
    state: str,
    primary: DoctorRegistration | None,
) -> None:
    """Make a CRM that `check_crm` let pass the doctor's primary registration: 1 statement."""
    values = {"region": state, "number": number}
    if primary is None:
        row = new_row(context, doctor_id=doctor_id, authority=CRM, **values, is_primary=True)
        connection.execute(sql.INSERT_REGISTRATIONS, [row])
    else:
        change(connection, context, doctor_registrations, primary, primary.version, values)


def _own(
    connection: Connection, context: Context, registration_id: OwnId
) -> tuple[DoctorRegistration, list[DoctorRegistration]]:
    """A registration and all that its doctor has, as they stand once the doctor's guard is held."""
    owner = connection.execute(sql.REGISTRATION_OWNER, {"id": registration_id}).first()
    if owner is None:
        raise NotFound("registration")
    check_owner(context, "registration", registration_id, owner.user_id)
    lock_guards(connection, [owner.doctor_id])
    held = _held(connection, owner.doctor_id)
    own = next((each for each in held if each.id == registration_id), None)
    if own is None:
        raise NotFound("registration")
    return own, held


def _held(connection: Connection, doctor_id: UUID) -> list[DoctorRegistration]:
    return [registration_from(row) for row in connection.execute(sql.REGISTRATIONS_OF, {"doctor_id": doctor_id})]


def _check_free(
    connection: Connection, context: Context, doctor_id: UUID, number: dict[str, Any], *, own_id: UUID | None = None
) -> None:
    """Refuse a number that another registration has; the constraint stands behind it."""
    holder = connection.execute(sql.REGISTRATION_HOLDER, number).first()
    if holder is None or holder.id == own_id:
        return
    if holder.doctor_id == doctor_id:
        raise AlreadyExists("registration", field="registration", existing_id=holder.id)
    # Ids of others are for jobs of the system only, although a doctor's registration is public: as in registering.
    told = holder.doctor_id if context.actor.is_system else None
    raise AlreadyExists("doctor", field="registration", existing_id=told)
