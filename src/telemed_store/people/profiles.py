"""Changing people: partial updates, statuses, deletion. Each writes one version and refuses a stale one (C3, C12, D63)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection

from telemed_store.audit.context import Context
from telemed_store.crypto.data_keys import Purpose
from telemed_store.crypto.fields import encrypt_text
from telemed_store.database.arguments import OwnId
from telemed_store.database.models import given
from telemed_store.errors import AlreadyExists, Conflict, NotFound, NotPermitted, ValidationFailed
from telemed_store.people import statements as sql
from telemed_store.people.authorities import check_crm, write_crm
from telemed_store.people.caching import DOCTOR, DOCTOR_TIME, PROFILES, SPECIALIZATION_LIST, USER
from telemed_store.people.extension_points import BEFORE_DELETION, DOCTOR_ZONE_CHANGED
from telemed_store.people.guards import lock_guards
from telemed_store.people.lists import DoctorStatus, PatientStatus, UserStatus
from telemed_store.people.lookups import doctor_from, patient_from, user_from
from telemed_store.people.models import Doctor, DoctorPatch, Patient, PatientPatch, User, UserPatch
from telemed_store.people.registration import write_specializations
from telemed_store.people.rows import (
    CHART_TEXTS,
    change,
    chart_binding,
    check_birth_date,
    check_owner,
    check_version,
    missing,
    replace_words,
)
from telemed_store.people.tables import doctors, patients, users

__all__ = [
    "delete_doctor",
    "delete_patient",
    "delete_user",
    "set_doctor_status",
    "set_patient_status",
    "set_user_status",
    "update_doctor",
    "update_patient",
    "update_user",
]


def update_user(
    connection: Connection, context: Context, user_id: OwnId, patch: UserPatch, *, expected_version: int
) -> User:
    """Change name, e-mail or zone: 2 statements, with an e-mail 3, with a doctor's name 4."""
    before = _user(connection, context, user_id)
    check_version(before.version, expected_version)
    values = given(patch)
    if not values:
        return before
    if values.get("email") is not None and values["email"] != before.email:
        taken = connection.execute(sql.USER_BY_EMAIL, {"email": values["email"]}).first()
        if taken is not None:
            raise AlreadyExists("user", field="email", existing_id=taken.id if context.actor.is_system else None)
    stored = values | ({"email_verified_at": None} if values.get("email", before.email) != before.email else {})
    after = change(connection, context, users, before, expected_version, stored)
    context.changed(USER.key(user_id))
    if after.name != before.name and after.doctor_id is not None:
        replace_words(connection, "doctors", after.doctor_id, after.name)
        context.changed(DOCTOR.key(after.doctor_id))
    return after


def update_doctor(
    connection: Connection, context: Context, doctor_id: OwnId, patch: DoctorPatch, *, expected_version: int
) -> Doctor:
    """Change a profile: 2 statements; a CRM adds the guard and 3, specializations 3, a zone the guard and its steps."""
    values = given(patch)
    if {"zone", "crm_number"} & values.keys():
        # Windows and blocks carry the zone: their verbs take the same guard first. So do the verbs of registrations.
        lock_guards(connection, [doctor_id])
    before = _doctor(connection, context, doctor_id)
    check_version(before.version, expected_version)
    if not values:
        return before
    if "languages" in values:
        values["languages"] = list(values["languages"])
    chosen: tuple[UUID, ...] | None = values.pop("specializations", None)
    if chosen:
        there = connection.execute(sql.ACTIVE_SPECIALIZATIONS, {"ids": list(chosen)}).scalars()
        if missing(chosen, there):
            raise ValidationFailed({"specializations": "must name active specializations"})
    crm: dict[str, str] = {name: values.pop(name) for name in ("crm_number", "crm_state") if name in values}
    primary = check_crm(connection, context, doctor_id, crm["crm_number"], crm["crm_state"]) if crm else None
    after = change(connection, context, doctors, before, expected_version, values, shown=values | crm)
    context.changed(DOCTOR.key(doctor_id))
    if crm:
        write_crm(connection, context, doctor_id, crm["crm_number"], crm["crm_state"], primary)
    if chosen is not None:
        connection.execute(sql.DELETE_DOCTOR_SPECIALIZATIONS, {"doctor_id": doctor_id})
        write_specializations(connection, doctor_id, chosen)
        context.changed(SPECIALIZATION_LIST)
    if after.zone != before.zone:
        for step in DOCTOR_ZONE_CHANGED:
            step(connection, context, doctor_id, after.zone)
    return after


def update_patient(
    connection: Connection, context: Context, patient_id: OwnId, patch: PatientPatch, *, expected_version: int
) -> Patient:
    """Change a profile: 2 statements, and those that read or make the patient's keys."""
    before = _patient(connection, context, patient_id)
    check_version(before.version, expected_version)
    values = given(patch)
    if not values:
        return before
    check_birth_date(context, values.get("date_of_birth"))
    stored = dict(values)
    texts = [column for column in CHART_TEXTS if values.get(column) is not None]
    if texts:
        ring = context.keys.ensure(connection, before.user_id, Purpose.CHART)
        for column in texts:
            stored[column] = encrypt_text(ring, chart_binding(column, patient_id, before.user_id), values[column])
    return change(connection, context, patients, before, expected_version, stored, shown=values)


def set_user_status(
    connection: Connection, context: Context, user_id: OwnId, status: UserStatus, *, expected_version: int
) -> User:
    """Change whether an account works: 2 statements. Suspending and blocking, and ending it, is for jobs of the system."""
    before = _user(connection, context, user_id)
    check_version(before.version, expected_version)
    if {UserStatus.SUSPENDED, UserStatus.BLOCKED} & {before.status, status} and not context.actor.is_system:
        raise NotPermitted
    if status is before.status:
        return before
    context.changed(USER.key(user_id))
    return change(connection, context, users, before, expected_version, {"status": status})


def set_doctor_status(
    connection: Connection, context: Context, doctor_id: OwnId, status: DoctorStatus, *, expected_version: int
) -> Doctor:
    """Change whether a doctor practises: 2 statements. Suspending, and ending it, is for jobs of the system."""
    before = _doctor(connection, context, doctor_id)
    check_version(before.version, expected_version)
    if DoctorStatus.SUSPENDED in {before.status, status} and not context.actor.is_system:
        raise NotPermitted
    if status is before.status:
        return before
    _practice_changed(context, doctor_id)
    return change(connection, context, doctors, before, expected_version, {"status": status})


def set_patient_status(
    connection: Connection, context: Context, patient_id: OwnId, status: PatientStatus, *, expected_version: int
) -> Patient:
    """Change whether a patient is cared for: 2 statements. Blocking, and ending it, is for jobs of the system."""
    before = _patient(connection, context, patient_id)
    check_version(before.version, expected_version)
    if PatientStatus.BLOCKED in {before.status, status} and not context.actor.is_system:
        raise NotPermitted
    if status is before.status:
        return before
    return change(connection, context, patients, before, expected_version, {"status": status})


def delete_doctor(connection: Connection, context: Context, doctor_id: OwnId, *, expected_version: int) -> None:
    """Delete a doctor's profile, registrations and places softly, which frees their unique values (D50): 6 statements."""
    lock_guards(connection, [doctor_id])
    before = _doctor(connection, context, doctor_id)
    check_version(before.version, expected_version)
    for step in BEFORE_DELETION:
        step(connection, context, doctor_id)
    change(connection, context, doctors, before, expected_version, {"deleted_at": context.now()})
    _practice_changed(context, doctor_id)
    _profile_deleted(context, before.user_id)
    now = context.now()
    connection.execute(sql.DELETE_REGISTRATIONS, {"owner": doctor_id, "now": now})
    connection.execute(sql.DELETE_WORDS_OF_LOCATIONS, {"doctor_id": doctor_id})
    connection.execute(sql.DELETE_LOCATIONS, {"owner": doctor_id, "now": now})
    connection.execute(sql.DELETE_WORDS, {"row_id": doctor_id, "words_of": "doctors"})


def delete_patient(connection: Connection, context: Context, patient_id: OwnId, *, expected_version: int) -> None:
    """Delete a patient's profile softly: 2 statements."""
    lock_guards(connection, [], [patient_id])
    before = _patient(connection, context, patient_id)
    check_version(before.version, expected_version)
    for step in BEFORE_DELETION:
        step(connection, context, patient_id)
    change(connection, context, patients, before, expected_version, {"deleted_at": context.now()})
    _profile_deleted(context, before.user_id)


def delete_user(connection: Connection, context: Context, user_id: OwnId, *, expected_version: int) -> None:
    """Delete a user without profiles softly, which frees e-mail, identifiers and logins: 4 statements."""
    before = _user(connection, context, user_id)
    check_version(before.version, expected_version)
    if before.roles:
        raise Conflict("The user still has a profile: delete that first, then the user.")
    change(connection, context, users, before, expected_version, {"deleted_at": context.now()})
    context.changed(USER.key(user_id))
    connection.execute(sql.DELETE_IDENTIFIERS, {"owner": user_id, "now": context.now()})
    connection.execute(sql.DELETE_IDENTITIES, {"owner": user_id})


def _practice_changed(context: Context, doctor_id: UUID) -> None:
    """Whether a doctor can be found and booked stands in the profile, in the count of each specialization, and in the free slots."""
    context.changed(DOCTOR.key(doctor_id))
    context.changed(SPECIALIZATION_LIST)
    context.changed(DOCTOR_TIME.tag(doctor_id))


def _profile_deleted(context: Context, user_id: UUID) -> None:
    """The user holds a profile less, and sees no appointments of it any more."""
    context.changed(USER.key(user_id))
    context.changed(PROFILES)


def _user(connection: Connection, context: Context, user_id: UUID) -> User:
    row = connection.execute(sql.USER_BY_ID, {"id": user_id}).first()
    if row is None:
        raise NotFound("user")
    check_owner(context, "user", user_id, user_id)
    return user_from(row)


def _doctor(connection: Connection, context: Context, doctor_id: UUID) -> Doctor:
    row = connection.execute(sql.DOCTOR, {"id": doctor_id}).first()
    if row is None:
        raise NotFound("doctor")
    found = doctor_from(row)
    check_owner(context, "doctor", doctor_id, found.user_id)
    return found


def _patient(connection: Connection, context: Context, patient_id: UUID) -> Patient:
    row = connection.execute(sql.PATIENT, {"id": patient_id}).first()
    if row is None:
        raise NotFound("patient")
    check_owner(context, "patient", patient_id, row.user_id)
    return patient_from(connection, context, row)
