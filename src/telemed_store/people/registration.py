"""Registering people: user, profile, identifiers, registrations, places and booking guard, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from telemed_store.audit.context import Context
from telemed_store.crypto.data_keys import Purpose
from telemed_store.crypto.fields import encrypt_text
from telemed_store.database.identity import new_id
from telemed_store.errors import AlreadyExists, ValidationFailed
from telemed_store.people import statements as sql
from telemed_store.people.brazil import CNS, CPF, CRM, DEFAULT_ZONE
from telemed_store.people.caching import SPECIALIZATION_LIST, USER
from telemed_store.people.lists import DoctorStatus, LocationType, PatientStatus, SignatureEnrolment, UserStatus
from telemed_store.people.lookups import user_from
from telemed_store.people.models import Doctor, NewDoctor, NewPatient, Patient
from telemed_store.people.rows import (
    CHART_TEXTS,
    chart_binding,
    check_birth_date,
    check_owner,
    identifier_binding,
    index_field,
    insert_words,
    missing,
    new_row,
    word_rows,
)

__all__ = ["register_doctor", "register_patient"]

_FIRST_LOCATION: Final = "Teleconsultation"
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class _Person:
    """The user who gets a profile: a new one, or one who exists."""

    id: UUID
    name: str
    email: str | None
    zone: str
    is_new: bool


def register_doctor(connection: Connection, context: Context, new: NewDoctor) -> Doctor:
    """Write a doctor: 1 statement to check, 5 to write; registrations, identifiers and specializations add up to 7."""
    registrations = list(dict.fromkeys(_registrations(new)))
    person, systems = _check(
        connection, context, new, "doctor", [number for *_, number in registrations], registrations
    )
    if new.specializations:
        there = connection.execute(sql.ACTIVE_SPECIALIZATIONS, {"ids": list(new.specializations)}).scalars()
        if missing(new.specializations, there):
            raise ValidationFailed({"specializations": "must name active specializations"})
    _write_person(connection, context, person, systems)
    row = new_row(
        context,
        user_id=person.id,
        cbo=new.cbo,
        biography=new.biography,
        languages=list(new.languages),
        license_expiry_date=new.license_expiry_date,
        status=DoctorStatus.ACTIVE,
        signature_enrolment=SignatureEnrolment.NOT_INTEGRATED,
        consultation_fee=new.consultation_fee if new.consultation_fee is None else new.consultation_fee.quantize(_CENT),
        zone=new.zone or person.zone,
    )
    doctor_id: UUID = row["id"]
    connection.execute(sql.INSERT_DOCTOR, row)
    connection.execute(sql.INSERT_GUARD, {"owner_id": doctor_id, "n": 0})
    if registrations:
        connection.execute(
            sql.INSERT_REGISTRATIONS,
            [
                new_row(
                    context, doctor_id=doctor_id, authority=authority, region=region, number=number, is_primary=not at
                )
                for at, (authority, region, number) in enumerate(registrations)
            ],
        )
    write_specializations(connection, doctor_id, new.specializations)
    if new.specializations:
        context.changed(SPECIALIZATION_LIST)
    place = new_row(
        context,
        doctor_id=doctor_id,
        name=_FIRST_LOCATION,
        type=LocationType.TELECONSULTATION,
        address=None,
        phone=None,
        description=None,
        is_active=True,
    )
    connection.execute(sql.INSERT_LOCATION, place)
    found_by = word_rows("doctors", doctor_id, person.name)
    insert_words(connection, found_by + word_rows("service_locations", place["id"], _FIRST_LOCATION))
    authority, state, number = registrations[0] if registrations else (None, None, None)
    is_crm = authority == CRM
    return Doctor(**row, name=person.name, crm_number=number if is_crm else None, crm_state=state if is_crm else None)


def register_patient(connection: Connection, context: Context, new: NewPatient) -> Patient:
    """Write a patient: 1 statement to check and 3 to write at least; identifiers and encrypted texts add up to 7."""
    check_birth_date(context, new.date_of_birth)
    person, systems = _check(connection, context, new, "patient", [], [])
    _write_person(connection, context, person, systems)
    fields = {name: getattr(new, name) for name in NewPatient.model_fields if name in Patient.model_fields}
    fields |= {"weight_kg": new.weight_kg if new.weight_kg is None else new.weight_kg.quantize(_CENT)}
    for of_the_user in ("name", "email", "zone"):
        fields.pop(of_the_user)
    row = new_row(
        context,
        **{**fields, "user_id": person.id},
        status=PatientStatus.ACTIVE,
        last_consultation_at=None,
        chart_name=None,
    )
    patient_id: UUID = row["id"]
    stored = dict(row)
    if any(row[column] is not None for column in CHART_TEXTS):
        ring = context.keys.ensure(connection, person.id, Purpose.CHART)
        for column in CHART_TEXTS:
            stored[column] = encrypt_text(ring, chart_binding(column, patient_id, person.id), row[column])
    connection.execute(sql.INSERT_PATIENT, stored)
    connection.execute(sql.INSERT_GUARD, {"owner_id": patient_id, "n": 0})
    row.pop("chart_name")
    return Patient(**row, name=person.name, email=person.email, zone=person.zone)


def write_specializations(connection: Connection, doctor_id: UUID, specializations: tuple[UUID, ...]) -> None:
    """The doctor's specializations, the main one first."""
    if specializations:
        connection.execute(
            sql.INSERT_DOCTOR_SPECIALIZATIONS,
            [
                {"doctor_id": doctor_id, "specialization_id": specialization_id, "position": position}
                for position, specialization_id in enumerate(specializations, 1)
            ],
        )


def _registrations(new: NewDoctor) -> Iterator[tuple[str, str, str]]:
    if new.crm_number is not None and new.crm_state is not None:
        yield CRM, new.crm_state, new.crm_number
    yield from ((each.authority, each.region, each.number) for each in new.registrations)


@dataclass(frozen=True, slots=True)
class _Identifier:
    system: str
    value: str
    index: bytes


def _identifiers(context: Context, new: NewDoctor | NewPatient) -> list[_Identifier]:
    pairs = [(CPF, new.cpf), (CNS, new.cns), *((each.system, each.value) for each in new.identifiers)]
    present = dict.fromkeys((system, value) for system, value in pairs if value is not None)
    return [
        _Identifier(system, value, context.keys.blind_index(index_field(system), value)) for system, value in present
    ]


def _check(
    connection: Connection,
    context: Context,
    new: NewDoctor | NewPatient,
    profile: str,
    numbers: list[str],
    registrations: list[tuple[str, str, str]],
) -> tuple[_Person, list[_Identifier]]:
    """Everything that could refuse this registration, before anything is written; the constraints stand behind it."""
    person = _person(connection, context, new)
    identifiers = _identifiers(context, new)
    wanted = {"email": None if not person.is_new else person.email, "user_id": person.id, "numbers": numbers}
    taken = connection.execute(sql.TAKEN, {**wanted, "indexes": [each.index for each in identifiers]})
    asked = {(f"{authority}/{region}", number) for authority, region, number in registrations}
    held: set[str] = set()
    for kind, existing_id, detail, number in taken:
        # Ids of others are for jobs of the system only: a stranger learns no more than that the value is taken.
        told = existing_id if context.actor.is_system else None
        if kind == "email":
            raise AlreadyExists("user", field="email", existing_id=told)
        if kind == "identifier":
            if existing_id != person.id:
                raise AlreadyExists("user", field=detail, existing_id=told)
            identifiers = [each for each in identifiers if each.system != detail]
        if kind == "own":
            held.add(detail)
        if kind == "registration" and (detail, number) in asked:
            raise AlreadyExists("doctor", field="registration", existing_id=told)
        if kind == profile:
            raise AlreadyExists(profile, field="user_id", existing_id=existing_id)
    another = [each.system for each in identifiers if each.system in held and each.system in {CPF, CNS}]
    if another:
        raise ValidationFailed(dict.fromkeys(another, "differs from the one this user is known by"))
    return person, identifiers


def _person(connection: Connection, context: Context, new: NewDoctor | NewPatient) -> _Person:
    if new.user_id is None:
        return _Person(new_id(), new.name or "", new.email, new.zone or DEFAULT_ZONE, is_new=True)
    check_owner(context, "user", new.user_id, new.user_id)
    row = connection.execute(sql.USER_BY_ID, {"id": new.user_id}).first()
    if row is None:
        raise ValidationFailed({"user_id": "must name an existing user"})
    user = user_from(row)
    return _Person(user.id, user.name, user.email, user.zone, is_new=False)


def _write_person(connection: Connection, context: Context, person: _Person, identifiers: list[_Identifier]) -> None:
    if person.is_new:
        row = new_row(
            context,
            name=person.name,
            email=person.email,
            status=UserStatus.ACTIVE,
            zone=person.zone,
        )
        connection.execute(sql.INSERT_USER, {**row, "id": person.id})
    else:
        context.changed(USER.key(person.id))
    if identifiers:
        ring = context.keys.ensure(connection, person.id, Purpose.IDENTITY)
        rows: list[dict[str, Any]] = []
        for each in identifiers:
            row = new_row(context, user_id=person.id, system=each.system, value_index=each.index)
            rows.append({**row, "value": encrypt_text(ring, identifier_binding(row["id"], person.id), each.value)})
        connection.execute(sql.INSERT_IDENTIFIERS, rows)
