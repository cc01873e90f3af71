"""The demonstration's rule: the same everywhere, plausible to the store, and with natural refusals left in."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import asdict
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from validate_docbr import CPF

from telemed_store.cli.demo.cohort import CohortPerson, CohortVisit, VisitType
from telemed_store.cli.demo.rule import (
    DemoBooking,
    DemoDoctor,
    DemoPatient,
    DemoVisit,
    doctors,
    patient,
    shifted_bookings,
    visit,
)

TODAY = dt.date(2024, 2, 29)
ONE_DAY = dt.timedelta(days=1)
HALF_AN_HOUR = dt.timedelta(minutes=30)


@pytest.fixture(scope="session")
def patients(people: list[CohortPerson]) -> list[DemoPatient]:
    return [patient(person) for person in people]


@pytest.fixture(scope="session")
def timed(visits: list[CohortVisit]) -> list[DemoVisit]:
    return [visit(past) for past in visits]


def fits_window(booking: DemoBooking, doctor: DemoDoctor) -> bool:
    start = booking.local_starts_at.hour * 60 + booking.local_starts_at.minute
    return any(
        window.weekday == booking.local_starts_at.isoweekday()
        and window.start_minute <= start
        and start + 30 <= window.end_minute
        for window in doctor.windows
    )


def outcomes(bookings: list[DemoBooking]) -> Counter[str]:
    """What the rules of booking (inside a window, no overlap of doctor or patient) make of requests in this order."""
    held: dict[tuple[str, int], list[dt.datetime]] = defaultdict(list)
    result: Counter[str] = Counter()
    for booking in bookings:
        sides = ("doctor", booking.doctor), ("patient", booking.person_id)
        taken = [side for side in sides if any(abs(booking.starts_at - t) < HALF_AN_HOUR for t in held[side])]
        if not fits_window(booking, doctors()[booking.doctor]):
            result["outside availability"] += 1
        elif taken:
            result[f"{taken[0][0]} taken"] += 1
        else:
            result["booked"] += 1
            for side in sides:
                held[side].append(booking.starts_at)
    return result


def test_the_same_seed_gives_the_same_demonstration_on_every_machine() -> None:
    person = CohortPerson(person_id=1, gender="male", birth_date=dt.date(1974, 12, 6))
    past = CohortVisit(5, 1, dt.date(2011, 8, 19), dt.date(2011, 8, 19), VisitType.OUTPATIENT)
    made = json.dumps([*map(asdict, doctors()), asdict(patient(person)), asdict(visit(past))], default=str)
    assert (
        hashlib.sha256(made.encode()).hexdigest() == "252521c6d5e07062b27e578c111e36c21be4ef000ec48e3d7398e6e03bb096b9"
    )


def test_another_seed_gives_another_demonstration() -> None:
    assert [doctor.name for doctor in doctors("another")] != [doctor.name for doctor in doctors()]


def test_24_doctors_have_distinct_registrations_and_two_live_by_the_clock_of_manaus() -> None:
    everyone = doctors()
    assert len({(doctor.crm_state, doctor.crm_number) for doctor in everyone}) == 24
    assert Counter(doctor.zone for doctor in everyone) == {"America/Sao_Paulo": 22, "America/Manaus": 2}
    assert {doctor.crm_state for doctor in everyone if doctor.zone == "America/Manaus"} == {"AM"}


def test_windows_of_a_doctor_never_overlap_and_last_an_hour_at_least() -> None:
    for doctor in doctors():
        ordered = sorted(doctor.windows, key=lambda window: (window.weekday, window.start_minute))
        assert all(window.end_minute - window.start_minute >= 60 for window in ordered)
        assert all(
            before.weekday != after.weekday or before.end_minute <= after.start_minute
            for before, after in pairwise(ordered)
        )


def test_every_patient_has_a_valid_cpf_of_the_documented_pattern_and_of_their_own(patients: list[DemoPatient]) -> None:
    assert all(CPF().validate(one.cpf) and one.cpf.startswith("999") for one in patients)
    assert len({one.cpf for one in patients}) == len(patients)


def test_every_address_is_distinct_and_under_a_reserved_domain(patients: list[DemoPatient]) -> None:
    addresses = [one.email for one in patients] + [doctor.email for doctor in doctors()]
    assert len(set(addresses)) == len(addresses)
    assert all(a.isascii() and a == a.lower() and a.endswith("@example.org") for a in addresses)


def test_telephone_numbers_are_digits_in_an_area_code_of_no_region(patients: list[DemoPatient]) -> None:
    numbers = [number for one in patients for number in (one.phone, one.emergency_phone)]
    assert all(number.isdecimal() and len(number) == 13 and number.startswith("55209") for number in numbers)


def test_gender_and_birth_date_stay_as_in_the_cohort(people: list[CohortPerson], patients: list[DemoPatient]) -> None:
    assert [(p.gender, p.birth_date) for p in people] == [(p.gender, p.date_of_birth) for p in patients]


def test_a_visit_starts_and_ends_on_the_local_days_of_the_cohort(
    visits: list[CohortVisit], timed: list[DemoVisit]
) -> None:
    for past, made in zip(visits, timed, strict=True):
        zone = ZoneInfo(made.zone)
        assert made.starts_at.astimezone(zone).replace(tzinfo=None) == made.local_starts_at
        assert made.local_starts_at.date() == past.starts_on
        assert made.ends_at.astimezone(zone).date() == past.ends_on


def test_exactly_the_311_visits_of_more_than_a_day_last_longer_than_24_hours(
    visits: list[CohortVisit], timed: list[DemoVisit]
) -> None:
    longer = {made.visit_id for made in timed if made.ends_at - made.starts_at > ONE_DAY}
    assert len(longer) == 311
    assert longer == {past.visit_id for past in visits if past.days > 1}


def test_every_visit_has_a_doctor_who_works_on_its_weekday(timed: list[DemoVisit]) -> None:
    for made in timed:
        windows = doctors()[made.doctor].windows
        assert made.local_starts_at.isoweekday() in {window.weekday for window in windows}
    assert {made.doctor for made in timed} == set(range(24))


@pytest.mark.parametrize("today", [TODAY, dt.date(2026, 11, 22), dt.date(2031, 1, 9)])
def test_bookings_are_the_last_twelve_months_moved_by_whole_weeks_into_the_coming_twelve(
    timed: list[DemoVisit], today: dt.date
) -> None:
    source = {made.visit_id: made for made in timed}
    bookings = shifted_bookings(timed, today)
    assert len(bookings) == 2613
    for booking in bookings:
        moved = booking.local_starts_at - source[booking.visit_id].local_starts_at
        assert moved % dt.timedelta(weeks=1) == dt.timedelta(0)
        assert today < booking.local_starts_at.date() <= today + dt.timedelta(days=364)
        assert booking.starts_at.astimezone(ZoneInfo(booking.zone)).replace(tzinfo=None) == booking.local_starts_at


def test_bookings_do_not_depend_on_the_order_of_the_visits(timed: list[DemoVisit]) -> None:
    assert shifted_bookings(reversed(timed), TODAY) == shifted_bookings(timed, TODAY)


def test_without_visits_there_is_nothing_to_book() -> None:
    assert shifted_bookings([], TODAY) == []


def test_most_requests_can_be_booked_and_every_kind_of_refusal_occurs(timed: list[DemoVisit]) -> None:
    assert outcomes(shifted_bookings(timed, TODAY)) == {
        "booked": 2366,
        "outside availability": 180,
        "doctor taken": 66,
        "patient taken": 1,
    }
