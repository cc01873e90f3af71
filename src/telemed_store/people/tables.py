"""How people, their qualifications and their places are stored. Uniqueness holds among live rows, on every engine (C4, D50)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Named,
    SmallInteger,
    String,
    Table,
    TypedColumns,
    UniqueConstraint,
)

from telemed_store.database.columns import MutableRow, SoftDeletable
from telemed_store.database.metadata import METADATA, TABLE_OPTIONS
from telemed_store.database.native import LIVE, unique_while
from telemed_store.database.translation import register
from telemed_store.database.types import (
    Ciphertext,
    ClosedList,
    Digest,
    FixedPoint,
    Id,
    LongText,
    ShortText,
    UtcDateTime,
    closed_list,
    json_type,
)
from telemed_store.errors import AlreadyExists, Cause
from telemed_store.people.brazil import CNS, CPF
from telemed_store.people.lists import (
    BloodType,
    DoctorStatus,
    Gender,
    LocationType,
    PatientStatus,
    SignatureEnrolment,
    UserStatus,
)

__all__ = [
    "booking_guards",
    "doctor_registrations",
    "doctor_specializations",
    "doctors",
    "patients",
    "search_words",
    "service_locations",
    "specializations",
    "user_identifiers",
    "user_identities",
    "users",
]

WORD_LENGTH: Final = 64


def _digits(column: str, count: int) -> str:
    """SQL that holds for ``count`` digits and nothing else, on every engine: no two of them share a word for patterns."""
    rest = column
    for digit in "0123456789":
        rest = f"replace({rest}, '{digit}', '')"
    return f"length({column}) = {count} AND {rest} = ''"


class UserColumns(SoftDeletable, MutableRow):
    name: Named[str] = Column(ShortText(255), nullable=False)
    email: Named[str | None] = Column(ShortText(254), nullable=True)
    email_verified_at: Named[dt.datetime | None] = Column(UtcDateTime(), nullable=True)
    password_hash: Named[str | None] = Column(ShortText(255), nullable=True)
    status: Named[UserStatus] = Column(ClosedList(UserStatus), nullable=False)
    zone: Named[str] = Column(ShortText(64), nullable=False)
    anonymised_at: Named[dt.datetime | None] = Column(UtcDateTime(), nullable=True)


class UserIdentityColumns(MutableRow):
    user_id: Named[UUID] = Column(Id(), ForeignKey("telemed.users.id"), nullable=False)
    issuer: Named[str] = Column(ShortText(255), nullable=False)
    subject: Named[str] = Column(ShortText(255), nullable=False)


class UserIdentifierColumns(SoftDeletable, MutableRow):
    user_id: Named[UUID] = Column(Id(), ForeignKey("telemed.users.id"), nullable=False)
    system: Named[str] = Column(ShortText(255), nullable=False)
    value: Named[bytes] = Column(Ciphertext(), nullable=False)
    # NULL once the person was erased while the chart, and with it the value, is retained (domain §10).
    value_index: Named[bytes | None] = Column(Digest(), nullable=True)


class DoctorColumns(SoftDeletable, MutableRow):
    user_id: Named[UUID] = Column(Id(), ForeignKey("telemed.users.id"), nullable=False)
    cbo: Named[str | None] = Column(ShortText(6), nullable=True)
    biography: Named[str | None] = Column(LongText(), nullable=True)
    languages: Named[list[str]] = Column(json_type(), nullable=False)
    license_expiry_date: Named[dt.date | None] = Column(Date(), nullable=True)
    status: Named[DoctorStatus] = Column(ClosedList(DoctorStatus), nullable=False)
    signature_enrolment: Named[SignatureEnrolment] = Column(ClosedList(SignatureEnrolment), nullable=False)
    consultation_fee: Named[Decimal | None] = Column(FixedPoint(8, 2), nullable=True)
    zone: Named[str] = Column(ShortText(64), nullable=False)


class DoctorRegistrationColumns(SoftDeletable, MutableRow):
    doctor_id: Named[UUID] = Column(Id(), ForeignKey("telemed.doctors.id"), nullable=False)
    authority: Named[str] = Column(ShortText(20), nullable=False)
    region: Named[str] = Column(ShortText(10), nullable=False)
    number: Named[str] = Column(ShortText(20), nullable=False)
    is_primary: Named[bool] = Column(Boolean(), nullable=False)


class PatientColumns(SoftDeletable, MutableRow):
    user_id: Named[UUID] = Column(Id(), ForeignKey("telemed.users.id"), nullable=False)
    gender: Named[Gender | None] = Column(ClosedList(Gender), nullable=True)
    date_of_birth: Named[dt.date | None] = Column(Date(), nullable=True)
    phone: Named[str | None] = Column(ShortText(20), nullable=True)
    mother_name: Named[str | None] = Column(ShortText(255), nullable=True)
    emergency_contact: Named[str | None] = Column(ShortText(100), nullable=True)
    emergency_phone: Named[str | None] = Column(ShortText(20), nullable=True)
    medical_history: Named[bytes | None] = Column(Ciphertext(), nullable=True)
    allergies: Named[bytes | None] = Column(Ciphertext(), nullable=True)
    current_medications: Named[bytes | None] = Column(Ciphertext(), nullable=True)
    blood_type: Named[BloodType | None] = Column(ClosedList(BloodType), nullable=True)
    height_cm: Named[int | None] = Column(SmallInteger(), nullable=True)
    weight_kg: Named[Decimal | None] = Column(FixedPoint(5, 2), nullable=True)
    insurance_provider: Named[str | None] = Column(ShortText(100), nullable=True)
    insurance_number: Named[str | None] = Column(ShortText(50), nullable=True)
    status: Named[PatientStatus] = Column(ClosedList(PatientStatus), nullable=False)
    last_consultation_at: Named[dt.datetime | None] = Column(UtcDateTime(), nullable=True)
    chart_name: Named[bytes | None] = Column(Ciphertext(), nullable=True)


class SpecializationColumns(MutableRow):
    name: Named[str] = Column(ShortText(100), nullable=False)
    # The name without regard to case: unique, and the order of lists. Twice as long, since case folding may lengthen a name.
    name_key: Named[str] = Column(ShortText(200), nullable=False)
    is_active: Named[bool] = Column(Boolean(), nullable=False)


class DoctorSpecializationColumns(TypedColumns):
    doctor_id: Named[UUID] = Column(Id(), ForeignKey("telemed.doctors.id"), primary_key=True)
    specialization_id: Named[UUID] = Column(Id(), ForeignKey("telemed.specializations.id"), primary_key=True)
    position: Named[int] = Column(SmallInteger(), nullable=False)


class ServiceLocationColumns(SoftDeletable, MutableRow):
    doctor_id: Named[UUID] = Column(Id(), ForeignKey("telemed.doctors.id"), nullable=False)
    name: Named[str] = Column(ShortText(255), nullable=False)
    type: Named[LocationType] = Column(ClosedList(LocationType), nullable=False)
    address: Named[str | None] = Column(ShortText(500), nullable=True)
    phone: Named[str | None] = Column(ShortText(20), nullable=True)
    description: Named[str | None] = Column(LongText(), nullable=True)
    is_active: Named[bool] = Column(Boolean(), nullable=False)


class BookingGuardColumns(TypedColumns):
    # The id of a doctor or of a patient: two kinds of owners, so no foreign key. Written with the profile, never deleted.
    owner_id: Named[UUID] = Column(Id(), primary_key=True)
    n: Named[int] = Column(BigInteger(), nullable=False, server_default="0")


class SearchWordColumns(TypedColumns):
    table_name: Named[str] = Column(ShortText(63), primary_key=True)
    # Collation C on PostgreSQL: a prefix is a range of the index whatever the database's own collation is.
    word: Named[str] = Column(
        String(WORD_LENGTH).with_variant(String(WORD_LENGTH, collation="C"), "postgresql"), primary_key=True
    )
    row_id: Named[UUID] = Column(Id(), primary_key=True)


users: Final = Table("users", METADATA, UserColumns, closed_list("status", UserStatus), **TABLE_OPTIONS)

user_identities: Final = Table(
    "user_identities",
    METADATA,
    UserIdentityColumns,
    UniqueConstraint("issuer", "subject"),
    Index("ix_user_identities_user_id", "user_id"),
    **TABLE_OPTIONS,
)

user_identifiers: Final = Table(
    "user_identifiers",
    METADATA,
    UserIdentifierColumns,
    Index("ix_user_identifiers_user_id", "user_id"),
    **TABLE_OPTIONS,
)

doctors: Final = Table(
    "doctors",
    METADATA,
    DoctorColumns,
    closed_list("status", DoctorStatus),
    closed_list("signature_enrolment", SignatureEnrolment),
    CheckConstraint(_digits("cbo", 6), name="cbo"),
    CheckConstraint("consultation_fee >= 0", name="consultation_fee"),
    # Q050, Q051: the search pages by age of the profile.
    Index("ix_doctors_status_created_at_id", "status", "created_at", "id"),
    **TABLE_OPTIONS,
)

doctor_registrations: Final = Table(
    "doctor_registrations",
    METADATA,
    DoctorRegistrationColumns,
    Index("ix_doctor_registrations_doctor_id", "doctor_id"),
    **TABLE_OPTIONS,
)

patients: Final = Table(
    "patients",
    METADATA,
    PatientColumns,
    closed_list("gender", Gender),
    closed_list("blood_type", BloodType),
    closed_list("status", PatientStatus),
    CheckConstraint("height_cm > 0", name="height_cm"),
    CheckConstraint("weight_kg > 0", name="weight_kg"),
    # Q051
    Index("ix_patients_status_id", "status", "id"),
    Index("ix_patients_date_of_birth_id", "date_of_birth", "id"),
    Index("ix_patients_last_consultation_at_id", "last_consultation_at", "id"),
    **TABLE_OPTIONS,
)

specializations: Final = Table(
    "specializations",
    METADATA,
    SpecializationColumns,
    UniqueConstraint("name_key"),
    **TABLE_OPTIONS,
)

doctor_specializations: Final = Table(
    "doctor_specializations",
    METADATA,
    DoctorSpecializationColumns,
    CheckConstraint("position BETWEEN 1 AND 5", name="position"),
    UniqueConstraint("doctor_id", "position"),
    Index("ix_doctor_specializations_specialization_id", "specialization_id", "doctor_id"),
    **TABLE_OPTIONS,
)

service_locations: Final = Table(
    "service_locations",
    METADATA,
    ServiceLocationColumns,
    closed_list("type", LocationType),
    CheckConstraint("type = 'teleconsultation' OR address IS NOT NULL", name="address"),
    # What refers to a place together with its doctor refers to this pair: nobody is booked at another doctor's place.
    UniqueConstraint("id", "doctor_id"),
    # Q043: a doctor's places by name; also which kinds of places a doctor has (Q050).
    Index("ix_service_locations_doctor_id_name_id", "doctor_id", "name", "id"),
    **TABLE_OPTIONS,
)

booking_guards: Final = Table("booking_guards", METADATA, BookingGuardColumns, **TABLE_OPTIONS)

search_words: Final = Table(
    "search_words",
    METADATA,
    SearchWordColumns,
    # What a row's words are replaced by.
    Index("ix_search_words_row_id", "row_id"),
    **TABLE_OPTIONS,
)

USER_EMAIL: Final = unique_while(users, "email")
IDENTIFIER_VALUE: Final = unique_while(user_identifiers, "value_index", "system")
# Of what the country profile issues once per person.
ONE_IDENTIFIER: Final = unique_while(
    user_identifiers,
    "user_id",
    "system",
    condition=f"system IN ('{CPF}', '{CNS}') AND {LIVE}",
    name="uq_user_identifiers_one",
)
DOCTOR_USER: Final = unique_while(doctors, "user_id")
PATIENT_USER: Final = unique_while(patients, "user_id")
REGISTRATION_NUMBER: Final = unique_while(doctor_registrations, "number", "region", "authority")
PRIMARY_REGISTRATION: Final = unique_while(
    doctor_registrations, "doctor_id", condition=f"is_primary AND {LIVE}", name="uq_doctor_registrations_primary"
)
SPECIALIZATION_NAME: Final = "uq_specializations_name_key"
IDENTITY_PAIR: Final = "uq_user_identities_issuer_subject"


def _taken(what: str, field: str, cause: Cause) -> AlreadyExists:
    return AlreadyExists(what, field=field, cause=cause)


register(USER_EMAIL, lambda cause: _taken("user", "email", cause))
register(IDENTIFIER_VALUE, lambda cause: _taken("user", "identifier", cause))
register(ONE_IDENTIFIER, lambda cause: _taken("identifier", "system", cause))
register(DOCTOR_USER, lambda cause: _taken("doctor", "user_id", cause))
register(PATIENT_USER, lambda cause: _taken("patient", "user_id", cause))
register(REGISTRATION_NUMBER, lambda cause: _taken("doctor", "registration", cause))
register(PRIMARY_REGISTRATION, lambda cause: _taken("registration", "is_primary", cause))
register(SPECIALIZATION_NAME, lambda cause: _taken("specialization", "name", cause))
register(IDENTITY_PAIR, lambda cause: _taken("user", "identity", cause))
