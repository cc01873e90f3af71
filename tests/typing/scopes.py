"""Which lists each scope and each combination filters. Checked by mypy and pyright in strict mode, never run."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TypeVar, assert_type
from uuid import UUID

from telemed_store import (
    Appointment,
    AppointmentStatus,
    AvailabilityWindow,
    BloodType,
    ConsentType,
    Doctor,
    DoctorStatus,
    Gender,
    Patient,
    PatientStatus,
    WindowKind,
)
from telemed_store import scopes as s

ModelT = TypeVar("ModelT")


def of(scope: s.Scope[ModelT]) -> s.Scope[ModelT]:
    """The scope as a list sees it."""
    return scope


def of_appointments(some_id: UUID, day: dt.date, instant: dt.datetime) -> None:
    assert_type(of(s.ForDoctor(some_id)), s.Scope[Appointment])
    assert_type(of(s.ForPatient(some_id)), s.Scope[Appointment])
    assert_type(of(s.WithStatus(AppointmentStatus.SCHEDULED, AppointmentStatus.RESCHEDULED)), s.Scope[Appointment])
    assert_type(of(s.StartingBetween(from_=instant, until=None)), s.Scope[Appointment])
    assert_type(of(s.OnDates("America/Sao_Paulo", day, day)), s.Scope[Appointment])
    assert_type(of(s.Today("America/Sao_Paulo")), s.Scope[Appointment])
    assert_type(of(s.ThisWeek("America/Sao_Paulo")), s.Scope[Appointment])
    assert_type(of(s.Upcoming()), s.Scope[Appointment])
    assert_type(of(s.Past()), s.Scope[Appointment])
    assert_type(of(s.Linkable("America/Sao_Paulo", 30)), s.Scope[Appointment])
    assert_type(of(s.IncludingDeleted()), s.Scope[Appointment])


def of_doctors(some_id: UUID, day: dt.date) -> None:
    assert_type(of(s.WithSpecialization(some_id)), s.Scope[Doctor])
    assert_type(of(s.MatchingText("ana")), s.Scope[Doctor])
    assert_type(of(s.AtLocation("centro")), s.Scope[Doctor])
    assert_type(of(s.FeeBetween(Decimal(100), None)), s.Scope[Doctor])
    assert_type(of(s.Online()), s.Scope[Doctor])
    assert_type(of(s.Presential()), s.Scope[Doctor])
    assert_type(of(s.WithDoctorStatus(DoctorStatus.ACTIVE)), s.Scope[Doctor])
    assert_type(of(s.AvailableOn(day)), s.Scope[Doctor])
    assert_type(of(s.WithWindows()), s.Scope[Doctor])


def of_patients(instant: dt.datetime) -> None:
    assert_type(of(s.WithPatientStatus(PatientStatus.ACTIVE)), s.Scope[Patient])
    assert_type(of(s.WithGender(next(iter(Gender)))), s.Scope[Patient])
    assert_type(of(s.WithBloodType(next(iter(BloodType)))), s.Scope[Patient])
    assert_type(of(s.AgedBetween(18, 65)), s.Scope[Patient])
    assert_type(of(s.LastSeenBetween(earliest=instant)), s.Scope[Patient])
    assert_type(of(s.WithActiveConsent(ConsentType.TELEMEDICINE)), s.Scope[Patient])


def of_windows(some_id: UUID, day: dt.date) -> None:
    assert_type(of(s.WindowsOfDoctor(some_id)), s.Scope[AvailabilityWindow])
    assert_type(of(s.OfKind(WindowKind.SPECIFIC)), s.Scope[AvailabilityWindow])
    assert_type(of(s.WindowsBetween(day, None)), s.Scope[AvailabilityWindow])


def combined(some_id: UUID) -> None:
    assert_type(s.ForDoctor(some_id) & s.Upcoming(), s.Scope[Appointment])
    assert_type(s.ForDoctor(some_id) & s.ForPatient(some_id) & s.Past(), s.Scope[Appointment])
    assert_type(s.Online() & s.WithSpecialization(some_id), s.Scope[Doctor])
    assert_type(s.AgedBetween(18) & s.WithActiveConsent(), s.Scope[Patient])
