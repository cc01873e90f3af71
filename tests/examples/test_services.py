"""The service layer of ``examples/services.py``: a visit from the search to its end, and every refusal on the way."""

from __future__ import annotations

import datetime as dt

import pytest
from services import BookingService, TimeGone, TooLate

from telemed_store import Actor, AppointmentStatus, ConsentRequired, Doctor, Patient, Store, VersionConflict
from telemed_store.testing import FrozenClock, Make


@pytest.fixture
def doctor(telemed_make: Make) -> Doctor:
    doctor = telemed_make.doctor(specializations=(telemed_make.specialization("Cardiology").id,))
    telemed_make.office_hours(doctor.id)
    return doctor


@pytest.fixture
def patient(telemed_make: Make) -> Patient:
    return telemed_make.patient()


@pytest.fixture
def service(telemed: Store, telemed_clock: FrozenClock, patient: Patient) -> BookingService:
    return BookingService(telemed.acting_as(Actor.user(patient.user_id)), telemed_clock)


def tomorrow(clock: FrozenClock) -> dt.date:
    return clock.now().date() + dt.timedelta(days=1)


def test_a_visit_from_the_search_to_its_end(
    telemed: Store, telemed_clock: FrozenClock, service: BookingService, doctor: Doctor, patient: Patient
) -> None:
    specialization = telemed.acting_as(Actor.user(patient.user_id)).people.specializations().items[0]
    assert [found.id for found in service.find_doctors(doctor.name.split()[0], specialization.id).items] == [doctor.id]

    slots = service.free_times(doctor.id, patient.id, tomorrow(telemed_clock) + dt.timedelta(days=1))
    visit = service.book(slots[0], patient.id, "request-1")
    assert service.book(slots[0], patient.id, "request-1") == visit
    visit = service.move(visit.id, slots[4], visit.version)
    assert visit.starts_at == slots[4].starts_at

    telemed_clock.set(visit.starts_at)
    at_work = BookingService(telemed.acting_as(Actor.user(doctor.user_id)), telemed_clock)
    with pytest.raises(ConsentRequired):
        at_work.start(visit)
    service.agree_to_telemedicine(patient.user_id)
    visit = at_work.start(visit)
    telemed_clock.step(dt.timedelta(minutes=20))
    assert at_work.complete(visit).status is AppointmentStatus.COMPLETED


def test_who_comes_second_is_offered_other_times(
    telemed: Store, telemed_make: Make, telemed_clock: FrozenClock, doctor: Doctor
) -> None:
    mine, other = telemed_make.patient(), telemed_make.patient()
    first = BookingService(telemed.acting_as(Actor.user(mine.user_id)), telemed_clock)
    slots = first.free_times(doctor.id, mine.id, tomorrow(telemed_clock))
    rival = BookingService(telemed.acting_as(Actor.user(other.user_id)), telemed_clock)
    rival.book(slots[3], other.id, "request-of-the-other")

    with pytest.raises(TimeGone) as gone:
        first.book(slots[3], mine.id, "request-1")
    assert slots[3] not in gone.value.instead
    visit = first.book(gone.value.instead[0], mine.id, "request-2")

    with pytest.raises(TimeGone):
        first.move(visit.id, slots[3], visit.version)
    assert first.move(visit.id, slots[5], visit.version).version == visit.version + 1


def test_within_the_notice_a_visit_stays(
    telemed_make: Make, telemed_clock: FrozenClock, service: BookingService, doctor: Doctor, patient: Patient
) -> None:
    slots = service.free_times(doctor.id, patient.id, tomorrow(telemed_clock) + dt.timedelta(days=2))
    visit = service.book(slots[0], patient.id, "request-1")
    telemed_clock.set(visit.starts_at - dt.timedelta(hours=23))
    with pytest.raises(TooLate):
        service.call_off(visit.id, visit.version)
    with pytest.raises(TooLate):
        service.move(visit.id, slots[1], visit.version)

    telemed_clock.set(visit.starts_at - dt.timedelta(hours=25))
    with pytest.raises(VersionConflict):
        service.call_off(visit.id, visit.version + 1)
    assert service.call_off(visit.id, visit.version, "travelling").status is AppointmentStatus.CANCELLED
