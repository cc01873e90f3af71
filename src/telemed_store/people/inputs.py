"""What a caller may say about people. Partial updates change what was passed and nothing else (C12, D63)."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Annotated, ClassVar, Final, Self
from uuid import UUID

from pydantic import MISSING, AfterValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from telemed_store.database.models import Input, PlainText, ZoneName
from telemed_store.people.brazil import (
    CNS,
    CPF,
    CRM,
    NORMALISERS,
    CnsNumber,
    CpfNumber,
    CrmNumber,
    CrmState,
    known_system,
    normalised_authority,
    normalised_crm_number,
    normalised_crm_state,
)
from telemed_store.people.lists import BloodType, Gender, LocationType

__all__ = [
    "DoctorPatch",
    "IdentifierPatch",
    "NewDoctor",
    "NewIdentifier",
    "NewPatient",
    "NewRegistration",
    "NewServiceLocation",
    "NewUserIdentity",
    "PatientPatch",
    "RegistrationPatch",
    "ServiceLocationPatch",
    "SpecializationPatch",
    "UserPatch",
]

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")
_PHONE_PUNCTUATION: Final = str.maketrans("", "", "+()-. ")
_PHONE: Final = re.compile(r"[0-9]{1,20}", re.ASCII)


def _email(value: str) -> str:
    address = value.strip().lower()
    if not _EMAIL.fullmatch(address):
        raise ValueError("must be an e-mail address")
    return address


def _phone(value: str) -> str:
    digits = value.translate(_PHONE_PUNCTUATION)
    if not _PHONE.fullmatch(digits):
        raise ValueError("must be a phone number of at most 20 digits")
    return digits


PersonName = Annotated[PlainText, Field(min_length=1, max_length=255)]
EmailAddress = Annotated[PlainText, Field(min_length=3, max_length=254), AfterValidator(_email)]
PhoneNumber = Annotated[str, Field(max_length=40), AfterValidator(_phone)]
Cbo = Annotated[str, Field(pattern=r"^[0-9]{6}$")]
Languages = tuple[Annotated[PlainText, Field(min_length=1, max_length=35)], ...]
Fee = Annotated[Decimal, Field(ge=0, max_digits=8, decimal_places=2)]
Weight = Annotated[Decimal, Field(gt=0, max_digits=5, decimal_places=2)]
Height = Annotated[int, Field(gt=0, le=300)]
IdentifierValue = Annotated[PlainText, Field(min_length=1, max_length=255)]
Region = Annotated[PlainText, Field(min_length=1, max_length=10)]
RegistrationNumber = Annotated[PlainText, Field(min_length=1, max_length=20)]
LongNote = Annotated[PlainText, Field(max_length=20_000)]
Specializations = Annotated[tuple[UUID, ...], Field(max_length=5)]


class NewIdentifier(Input):
    """An identifier of a system that is data to the library, such as ``passport`` or a URI.

    Attributes:
        system: Names the system. CPF and CNS are recognised whatever the case.
        value: In the system's canonical form: equal identifiers are found by equal text. CPF and CNS are normalised and checked.
    """

    system: Annotated[PlainText, Field(min_length=1, max_length=255), AfterValidator(known_system)]
    value: IdentifierValue = Field(repr=False)

    @field_validator("value")
    @classmethod
    def _normalise(cls, value: str, known: ValidationInfo) -> str:
        normalise = NORMALISERS.get(known.data.get("system", ""))
        return value if normalise is None else normalise(value)


class IdentifierPatch(Input):
    """What changes about an identifier: its value. Of another system it is another identifier.

    Attributes:
        value: As in `NewIdentifier`; a CPF or CNS is normalised and checked by the verb, which knows the system.
    """

    value: IdentifierValue | MISSING = Field(default=MISSING, repr=False)


class NewUserIdentity(Input):
    """A login of the host's own identity provider, to be linked to a user.

    Attributes:
        issuer: The identity provider, such as the ``iss`` of its tokens.
        subject: The account at that provider, such as the ``sub`` of its tokens.
    """

    # Two accounts of a provider may differ by a space alone: what is compared exactly is kept exactly.
    model_config: ClassVar[ConfigDict] = ConfigDict(str_strip_whitespace=False)

    user_id: UUID
    issuer: Annotated[PlainText, Field(min_length=1, max_length=255)]
    subject: Annotated[PlainText, Field(min_length=1, max_length=255)]


class NewRegistration(Input):
    """A doctor's registration with a professional authority, besides the CRM that ``crm_number`` names at registration.

    Attributes:
        authority: Kept trimmed and in lower case.
        region: With authority ``crm`` one of the 27 federative units.
        number: With authority ``crm`` 4 to 20 letters and digits.
    """

    authority: Annotated[PlainText, AfterValidator(normalised_authority), Field(min_length=1, max_length=20)]
    region: Region
    number: RegistrationNumber

    @field_validator("region")
    @classmethod
    def _crm_state(cls, value: str, known: ValidationInfo) -> str:
        return normalised_crm_state(value) if known.data.get("authority") == CRM else value

    @field_validator("number")
    @classmethod
    def _crm_number(cls, value: str, known: ValidationInfo) -> str:
        return normalised_crm_number(value) if known.data.get("authority") == CRM else value


class RegistrationPatch(Input):
    """What changes about a registration. With another authority it is another registration.

    Attributes:
        region: Of a CRM one of the 27 federative units, checked by the verb, which knows the authority.
        number: Of a CRM 4 to 20 letters and digits, checked by the verb.
    """

    region: Region | MISSING = MISSING
    number: RegistrationNumber | MISSING = MISSING


class _NewPerson(Input):
    """What every registration says about the person.

    Attributes:
        name: Required, unless ``user_id`` names a user who has one.
        email: Unique whatever its case; none for a dependant.
        zone: IANA zone; by default the country profile's.
        user_id: An existing user who gets this profile; name, email and zone are then the user's.
        cpf: With or without punctuation; check digits are verified.
        cns: The same.
        identifiers: Identifiers of other systems.
    """

    name: PersonName | None = None
    email: EmailAddress | None = None
    zone: ZoneName | None = None
    user_id: UUID | None = None
    cpf: CpfNumber | None = Field(default=None, repr=False)
    cns: CnsNumber | None = Field(default=None, repr=False)
    identifiers: Annotated[tuple[NewIdentifier, ...], Field(max_length=10)] = ()

    @field_validator("identifiers")
    @classmethod
    def _one_value(cls, value: tuple[NewIdentifier, ...], known: ValidationInfo) -> tuple[NewIdentifier, ...]:
        for system in (CPF, CNS):
            values = {known.data.get(system), *(each.value for each in value if each.system == system)} - {None}
            if len(values) > 1:
                raise ValueError(f"must not name another {system}: a person has one")
        return value

    @model_validator(mode="after")
    def _one_user(self) -> Self:
        if self.user_id is None and self.name is None:
            raise ValueError("name is required, unless user_id names an existing user")
        if self.user_id is not None and (self.name is not None or self.email is not None):
            raise ValueError(
                "leave out name and email: the user named by user_id has them; change them with update_user"
            )
        return self


class NewDoctor(_NewPerson):
    """A doctor to register.

    Attributes:
        crm_number: 4 to 20 letters and digits; needs ``crm_state``.
        crm_state: One of the 27 federative units.
        registrations: With other authorities.
        cbo: Occupation code, six digits.
        consultation_fee: In the installation's currency.
        specializations: Ids, at most five, the main one first.
    """

    crm_number: CrmNumber | None = None
    crm_state: CrmState | None = None
    registrations: Annotated[tuple[NewRegistration, ...], Field(max_length=5)] = ()
    cbo: Cbo | None = None
    biography: LongNote | None = None
    languages: Languages = ()
    license_expiry_date: dt.date | None = None
    consultation_fee: Fee | None = None
    specializations: Specializations = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.crm_number is None) != (self.crm_state is None):
            raise ValueError("give crm_number and crm_state together, or neither")
        _check_different(self.specializations)
        return self


class NewPatient(_NewPerson):
    """A patient to register.

    Attributes:
        gender: Required, as is ``date_of_birth``: both are null after erasure only. That a profile without them is not complete speaks
            of erased people, not of people who never said them.
        phone: At most 20 digits; punctuation is removed.
        medical_history: Kept encrypted, as are allergies and current_medications.
        height_cm: Centimetres.
        weight_kg: Kilograms.
    """

    gender: Gender
    date_of_birth: dt.date
    phone: PhoneNumber | None = None
    mother_name: PersonName | None = None
    emergency_contact: Annotated[PlainText, Field(min_length=1, max_length=100)] | None = None
    emergency_phone: PhoneNumber | None = None
    medical_history: LongNote | None = None
    allergies: LongNote | None = None
    current_medications: LongNote | None = None
    blood_type: BloodType | None = None
    height_cm: Height | None = None
    weight_kg: Weight | None = None
    insurance_provider: Annotated[PlainText, Field(min_length=1, max_length=100)] | None = None
    insurance_number: Annotated[PlainText, Field(min_length=1, max_length=50)] | None = None


class UserPatch(Input):
    """What changes about a user."""

    name: PersonName | MISSING = MISSING
    email: EmailAddress | MISSING | None = MISSING
    zone: ZoneName | MISSING = MISSING


class DoctorPatch(Input):
    """What changes about a doctor. ``crm_number`` and ``crm_state`` change together."""

    crm_number: CrmNumber | MISSING = MISSING
    crm_state: CrmState | MISSING = MISSING
    cbo: Cbo | MISSING | None = MISSING
    biography: LongNote | MISSING | None = MISSING
    languages: Languages | MISSING = MISSING
    license_expiry_date: dt.date | MISSING | None = MISSING
    consultation_fee: Fee | MISSING | None = MISSING
    zone: ZoneName | MISSING = MISSING
    specializations: Specializations | MISSING = MISSING

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if ("crm_number" in self.model_fields_set) != ("crm_state" in self.model_fields_set):
            raise ValueError("give crm_number and crm_state together, or neither")
        if self.specializations is not MISSING:
            _check_different(self.specializations)
        return self


class PatientPatch(Input):
    """What changes about a patient. Gender and birth date change, but are not taken away."""

    gender: Gender | MISSING = MISSING
    date_of_birth: dt.date | MISSING = MISSING
    phone: PhoneNumber | MISSING | None = MISSING
    mother_name: PersonName | MISSING | None = MISSING
    emergency_contact: Annotated[PlainText, Field(min_length=1, max_length=100)] | MISSING | None = MISSING
    emergency_phone: PhoneNumber | MISSING | None = MISSING
    medical_history: LongNote | MISSING | None = MISSING
    allergies: LongNote | MISSING | None = MISSING
    current_medications: LongNote | MISSING | None = MISSING
    blood_type: BloodType | MISSING | None = MISSING
    height_cm: Height | MISSING | None = MISSING
    weight_kg: Weight | MISSING | None = MISSING
    insurance_provider: Annotated[PlainText, Field(min_length=1, max_length=100)] | MISSING | None = MISSING
    insurance_number: Annotated[PlainText, Field(min_length=1, max_length=50)] | MISSING | None = MISSING


class NewServiceLocation(Input):
    """A place to add.

    Attributes:
        address: Required unless the type is teleconsultation.
    """

    doctor_id: UUID
    name: PersonName
    type: LocationType = LocationType.OFFICE
    address: Annotated[PlainText, Field(min_length=1, max_length=500)] | None = None
    phone: PhoneNumber | None = None
    description: LongNote | None = None

    @model_validator(mode="after")
    def _addressed(self) -> Self:
        if self.type is not LocationType.TELECONSULTATION and self.address is None:
            raise ValueError("address is required unless the type is teleconsultation")
        return self


class ServiceLocationPatch(Input):
    """What changes about a place."""

    name: PersonName | MISSING = MISSING
    type: LocationType | MISSING = MISSING
    address: Annotated[PlainText, Field(min_length=1, max_length=500)] | MISSING | None = MISSING
    phone: PhoneNumber | MISSING | None = MISSING
    description: LongNote | MISSING | None = MISSING
    is_active: bool | MISSING = MISSING


class SpecializationPatch(Input):
    """What changes about a specialization."""

    name: Annotated[PlainText, Field(min_length=1, max_length=100)] | MISSING = MISSING
    is_active: bool | MISSING = MISSING


def _check_different(specializations: tuple[UUID, ...]) -> None:
    if len(set(specializations)) != len(specializations):
        raise ValueError("name each specialization once")
