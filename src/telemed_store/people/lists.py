"""The closed lists of this area: each is an enum here and a check constraint in the database (C5)."""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "BloodType",
    "DoctorStatus",
    "Gender",
    "LocationType",
    "PatientStatus",
    "Role",
    "SignatureEnrolment",
    "UserStatus",
]


class UserStatus(StrEnum):
    """Whether a user's account works."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    SUSPENDED = "suspended"
    BLOCKED = "blocked"


class DoctorStatus(StrEnum):
    """Whether a doctor practises here."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    SUSPENDED = "suspended"


class PatientStatus(StrEnum):
    """Whether a patient is cared for here."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    BLOCKED = "blocked"


class SignatureEnrolment(StrEnum):
    """How far a doctor's enrolment for digital signatures is."""

    NOT_INTEGRATED = "not_integrated"
    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Gender(StrEnum):
    """A patient's gender."""

    MALE = "male"
    FEMALE = "female"
    OTHER = "other"


class BloodType(StrEnum):
    """ABO group and Rh factor."""

    A_POSITIVE = "A+"
    A_NEGATIVE = "A-"
    B_POSITIVE = "B+"
    B_NEGATIVE = "B-"
    AB_POSITIVE = "AB+"
    AB_NEGATIVE = "AB-"
    O_POSITIVE = "O+"
    O_NEGATIVE = "O-"


class LocationType(StrEnum):
    """What kind of place a doctor sees patients at."""

    TELECONSULTATION = "teleconsultation"
    OFFICE = "office"
    HOSPITAL = "hospital"
    CLINIC = "clinic"


class Role(StrEnum):
    """A profile that a user holds."""

    DOCTOR = "doctor"
    PATIENT = "patient"
