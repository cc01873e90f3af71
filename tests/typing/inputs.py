"""How inputs, actors and settings are written down. Checked by mypy and pyright in strict mode, never run."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import assert_type
from uuid import UUID

from telemed_store import (
    Actor,
    ActorKind,
    AppointmentPatch,
    AvailabilityWindowPatch,
    BlockPatch,
    Clock,
    ConsentChannel,
    ConsentType,
    DoctorPatch,
    Gender,
    IdentifierPatch,
    ImportedVisit,
    LocationType,
    MasterKeys,
    NewAppointment,
    NewAvailabilityWindow,
    NewBlock,
    NewConsent,
    NewDoctor,
    NewIdentifier,
    NewPatient,
    NewRegistration,
    NewServiceLocation,
    NewUserIdentity,
    PatientPatch,
    RegistrationPatch,
    ServiceLocationPatch,
    Settings,
    SpecializationPatch,
    SystemClock,
    UserPatch,
    new_id,
)


def what_has_a_default_may_be_left_out(some_id: UUID, day: dt.date, instant: dt.datetime) -> None:
    NewDoctor(name="Ana Souza", email="ana@example.org", crm_number="123456", crm_state="SP")
    NewDoctor(user_id=some_id, registrations=(NewRegistration(authority="CRO", region="SP", number="1"),))
    passport = NewIdentifier(system="passport", value="BR1")
    NewPatient(
        name="Rui Lima", gender=Gender.MALE, date_of_birth=day, identifiers=(passport,), weight_kg=Decimal("71.5")
    )
    NewUserIdentity(user_id=some_id, issuer="https://login.example.org", subject="24400320")
    NewServiceLocation(doctor_id=some_id, name="Vídeo", type=LocationType.TELECONSULTATION)
    NewAvailabilityWindow(doctor_id=some_id, weekday=1, start_minute=480, end_minute=1080)
    NewAvailabilityWindow(doctor_id=some_id, specific_date=day, start_minute=480, end_minute=1080)
    NewBlock(doctor_id=some_id, first_date=day)
    NewAppointment(doctor_id=some_id, patient_id=some_id, starts_at=instant)
    ImportedVisit(doctor_id=some_id, patient_id=some_id, starts_at=instant, ends_at=instant)
    NewConsent(
        user_id=some_id,
        type=ConsentType.TELEMEDICINE,
        text_version="2030-1",
        text_sha256="0" * 64,
        channel=ConsentChannel.CLICK,
    )


def a_patch_says_what_changes() -> None:
    UserPatch()
    UserPatch(name="Ana", email=None)
    DoctorPatch(crm_number="123456", crm_state="SP", biography=None)
    PatientPatch(phone=None, height_cm=170)
    IdentifierPatch(value="BR2")
    RegistrationPatch(number="654321")
    ServiceLocationPatch(is_active=False)
    SpecializationPatch(is_active=True)
    AvailabilityWindowPatch(start_minute=540, location_id=None)
    BlockPatch(reason=None)
    AppointmentPatch(notes=None)


def actors(some_id: UUID) -> None:
    assert_type(Actor.user(some_id, ip="198.51.100.7", user_agent="Firefox"), Actor)
    assert_type(Actor.system("no-show-sweeper"), Actor)
    assert_type(Actor.system("relay").kind, ActorKind)
    assert_type(Actor.user(some_id).correlation_id, str)


def settings_clock_and_keys(clock: Clock) -> None:
    assert_type(Settings().appointment_duration, dt.timedelta)
    assert_type(Settings(pool_size=4).slot_step, dt.timedelta | None)
    assert_type(clock.now(), dt.datetime)
    assert_type(SystemClock().now(), dt.datetime)
    assert_type(MasterKeys.generate(), MasterKeys)
    assert_type(new_id(), UUID)
