"""People as callers see them. What identifies a person (CPF, CNS) stands in `PatientIdentity` alone, never in a row of a list."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Final
from uuid import UUID

from pydantic import Field

from telemed_store.database.models import StoredModel
from telemed_store.people.brazil import CNS, CPF
from telemed_store.people.inputs import (
    DoctorPatch,
    IdentifierPatch,
    NewDoctor,
    NewIdentifier,
    NewPatient,
    NewRegistration,
    NewServiceLocation,
    NewUserIdentity,
    PatientPatch,
    RegistrationPatch,
    ServiceLocationPatch,
    SpecializationPatch,
    UserPatch,
)
from telemed_store.people.lists import (
    BloodType,
    DoctorStatus,
    Gender,
    LocationType,
    PatientStatus,
    Role,
    SignatureEnrolment,
    UserStatus,
)

__all__ = [
    "NEEDED_TO_BOOK",
    "BloodType",
    "Doctor",
    "DoctorPatch",
    "DoctorRegistration",
    "DoctorStatus",
    "DoctorSummary",
    "Gender",
    "Identifier",
    "IdentifierPatch",
    "LocationType",
    "NewDoctor",
    "NewIdentifier",
    "NewPatient",
    "NewRegistration",
    "NewServiceLocation",
    "NewUserIdentity",
    "Patient",
    "PatientIdentity",
    "PatientPatch",
    "PatientStatus",
    "PatientSummary",
    "RegistrationPatch",
    "Role",
    "ServiceLocation",
    "ServiceLocationPatch",
    "SignatureEnrolment",
    "Specialization",
    "SpecializationCount",
    "SpecializationPatch",
    "User",
    "UserIdentity",
    "UserPatch",
    "UserStatus",
]

NEEDED_TO_BOOK: Final = ("date_of_birth", "gender", "phone", "emergency_contact", "emergency_phone")
"""What must be present in an active patient's profile before anybody books for them (``patient_is_complete``)."""


class User(StoredModel):
    """A user with the profiles they hold.

    Attributes:
        email: In lower case; None for a dependant.
        zone: IANA zone.
        doctor_id: Id of the doctor profile, if there is one.
        patient_id: Id of the patient profile, if there is one.
    """

    id: UUID
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    name: str
    email: str | None
    email_verified_at: dt.datetime | None
    status: UserStatus
    zone: str
    doctor_id: UUID | None
    patient_id: UUID | None

    @property
    def roles(self) -> tuple[Role, ...]:
        """The profiles held: none, one or both."""
        held = ((Role.DOCTOR, self.doctor_id), (Role.PATIENT, self.patient_id))
        return tuple(role for role, profile in held if profile is not None)


class UserIdentity(StoredModel):
    """A login of the host's own identity provider, linked to a user.

    Attributes:
        issuer: The identity provider, such as the ``iss`` of its tokens.
        subject: The account at that provider, such as the ``sub`` of its tokens.
    """

    id: UUID
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    user_id: UUID
    issuer: str
    subject: str


class Doctor(StoredModel):
    """A doctor's public professional profile.

    Attributes:
        name: The user's name.
        crm_number: Number of the primary registration with a CRM, if there is one.
        crm_state: Federative unit of that registration.
        cbo: Occupation code, six digits.
        languages: As entered, in order of preference.
        consultation_fee: In the installation's currency.
        zone: IANA zone in which the doctor's availability is kept.
    """

    id: UUID
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    user_id: UUID
    name: str
    crm_number: str | None
    crm_state: str | None
    cbo: str | None
    biography: str | None
    languages: list[str]
    license_expiry_date: dt.date | None
    status: DoctorStatus
    signature_enrolment: SignatureEnrolment
    consultation_fee: Decimal | None
    zone: str


class DoctorRegistration(StoredModel):
    """A doctor's registration with a professional authority. Whoever has any has exactly one primary one.

    Attributes:
        authority: ``crm`` or another one, in lower case.
        region: Of a CRM the federative unit.
        is_primary: Whether it stands for the doctor; a primary CRM is `Doctor.crm_number` and `Doctor.crm_state`.
    """

    id: UUID
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    doctor_id: UUID
    authority: str
    region: str
    number: str
    is_primary: bool


class Specialization(StoredModel):
    """A medical specialization."""

    id: UUID
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    name: str
    is_active: bool


class SpecializationCount(Specialization):
    """A specialization with how many active doctors have it."""

    doctor_count: int


class ServiceLocation(StoredModel):
    """A place where a doctor sees patients.

    Attributes:
        address: Always present unless the type is teleconsultation.
    """

    id: UUID
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    doctor_id: UUID
    name: str
    type: LocationType
    address: str | None
    phone: str | None
    description: str | None
    is_active: bool


class DoctorSummary(Doctor):
    """A doctor as the search shows them: with specializations, in the doctor's order, and active places, by name."""

    specializations: tuple[Specialization, ...]
    locations: tuple[ServiceLocation, ...]


class PatientSummary(StoredModel):
    """A patient in a list."""

    id: UUID
    version: int
    created_at: dt.datetime
    user_id: UUID
    name: str
    gender: Gender | None
    date_of_birth: dt.date | None
    phone: str | None
    blood_type: BloodType | None
    status: PatientStatus
    last_consultation_at: dt.datetime | None


class Patient(StoredModel):
    """A patient's profile.

    Attributes:
        name: The user's name.
        zone: The user's IANA zone.
        gender: None only after erasure.
        date_of_birth: As ``gender``.
        weight_kg: Kilograms.
        height_cm: Centimetres.
        last_consultation_at: Start of the last completed appointment.
    """

    id: UUID
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    user_id: UUID
    name: str
    email: str | None
    zone: str
    gender: Gender | None
    date_of_birth: dt.date | None
    phone: str | None
    mother_name: str | None
    emergency_contact: str | None
    emergency_phone: str | None
    medical_history: str | None
    allergies: str | None
    current_medications: str | None
    blood_type: BloodType | None
    height_cm: int | None
    weight_kg: Decimal | None
    insurance_provider: str | None
    insurance_number: str | None
    status: PatientStatus
    last_consultation_at: dt.datetime | None

    @property
    def is_complete(self) -> bool:
        """Whether booking knows enough: birth date, phone, gender, emergency contact and phone present, status active."""
        return self.status is PatientStatus.ACTIVE and all(getattr(self, name) is not None for name in NEEDED_TO_BOOK)

    @property
    def bmi(self) -> Decimal | None:
        """Body mass index in kg/m², to one decimal place."""
        if self.height_cm is None or self.weight_kg is None:
            return None
        metres = Decimal(self.height_cm) / 100
        return (self.weight_kg / (metres * metres)).quantize(Decimal("0.1"))

    def age_on(self, date: dt.date) -> int | None:
        """Age in completed years on a date."""
        born = self.date_of_birth
        if born is None:
            return None
        return date.year - born.year - ((date.month, date.day) < (born.month, born.day))


class Identifier(StoredModel):
    """One identifier of a person.

    Attributes:
        system: ``cpf``, ``cns``, ``passport`` or any URI.
        value: Normalised.
    """

    id: UUID
    version: int
    system: str
    value: str = Field(repr=False)


class PatientIdentity(StoredModel):
    """What identifies a person. Its repr shows nothing."""

    user_id: UUID
    name: str
    identifiers: tuple[Identifier, ...]

    @property
    def cpf(self) -> str | None:
        """The CPF's eleven digits."""
        return self._value(CPF)

    @property
    def cns(self) -> str | None:
        """The CNS's fifteen digits."""
        return self._value(CNS)

    def _value(self, system: str) -> str | None:
        return next((identifier.value for identifier in self.identifiers if identifier.system == system), None)
