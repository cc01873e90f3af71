"""What the cohort does not hold, by a fixed rule: names, contacts, identifiers, doctors, windows and times of day.

``docs/demo.md`` states the rule for readers. Each choice is a draw: the SHA-256 of the seed, the name of the choice and
the person's or visit's id. So a choice depends neither on the order in which rows are read nor on the machine, nor on
the Python version, which ``random`` does not promise. Everything personal is generated; none of it belongs to anybody.
Nothing here asks whether the store will accept a record: refusals are the store's answer, not part of the rule.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Literal
from zoneinfo import ZoneInfo

from telemed_store.cli.demo.cohort import CohortPerson, CohortVisit, Gender, VisitType
from telemed_store.cli.demo.vocabulary import (
    FEMALE_NAMES,
    MALE_NAMES,
    PATTERNS,
    SPECIALTIES,
    STATES,
    SURNAMES,
    DailyHours,
)

__all__ = [
    "SEED",
    "DemoBooking",
    "DemoDoctor",
    "DemoPatient",
    "DemoVisit",
    "DemoWindow",
    "doctors",
    "patient",
    "shifted_bookings",
    "visit",
]

SEED = "telemed-store demo 1"

DOCTOR_COUNT = 24
MANAUS_DOCTORS = frozenset({22, 23})
QUARTER = 15
# How many ask for a start in each hour of the day, relative to each other: a morning and an afternoon peak.
DEMAND = {7: 2, 8: 5, 9: 8, 10: 9, 11: 6, 12: 3, 13: 4, 14: 7, 15: 8, 16: 6, 17: 4, 18: 3, 19: 2, 20: 1}
EMERGENCY_HOURS = (6 * 60, 22 * 60)
ADMISSION_HOURS = (7 * 60, 11 * 60)
SAME_DAY_LENGTH = {
    VisitType.OUTPATIENT: dt.timedelta(minutes=30),
    VisitType.EMERGENCY: dt.timedelta(hours=2),
    VisitType.INPATIENT: dt.timedelta(hours=6),
}
TWELVE_MONTHS = dt.timedelta(days=365)
FIFTY_TWO_WEEKS = dt.timedelta(weeks=52)


@dataclass(frozen=True, slots=True)
class DemoWindow:
    """A recurring window: ISO weekday 1..7 and local minutes after midnight."""

    weekday: int
    start_minute: int
    end_minute: int


@dataclass(frozen=True, slots=True)
class DemoDoctor:
    """A generated doctor; ``index`` is the place in ``doctors()``."""

    index: int
    name: str
    email: str
    zone: str
    crm_number: str
    crm_state: str
    cbo: str
    specializations: tuple[str, ...]
    windows: tuple[DemoWindow, ...]


@dataclass(frozen=True, slots=True)
class DemoPatient:
    """A person of the cohort with generated name, contacts and CPF."""

    person_id: int
    name: str
    email: str
    zone: str
    gender: Gender
    date_of_birth: dt.date
    phone: str
    mother_name: str
    emergency_contact: str
    emergency_phone: str
    cpf: str


@dataclass(frozen=True, slots=True)
class DemoVisit:
    """A visit of the cohort with its doctor and instants. ``local_starts_at`` is the wall-clock time in ``zone``."""

    visit_id: int
    person_id: int
    doctor: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    local_starts_at: dt.datetime
    zone: str


@dataclass(frozen=True, slots=True)
class DemoBooking:
    """A request for an appointment of the default length, made from the past visit ``visit_id``."""

    visit_id: int
    person_id: int
    doctor: int
    starts_at: dt.datetime
    local_starts_at: dt.datetime
    zone: str


@cache
def doctors(seed: str = SEED) -> tuple[DemoDoctor, ...]:
    """Return the 24 doctors with their weekly windows, in the order of their index."""
    return tuple(_doctor(index, seed) for index in range(DOCTOR_COUNT))


def patient(person: CohortPerson, seed: str = SEED) -> DemoPatient:
    """Return the patient made of a person: gender and birth date as in the cohort, the rest generated."""
    key = person.person_id
    surname = _pick(SURNAMES, seed, "surname", key)
    given = FEMALE_NAMES if person.gender == "female" else MALE_NAMES
    if person.gender == "other":
        given = FEMALE_NAMES + MALE_NAMES
    name = f"{_pick(given, seed, 'given name', key)} {_pick(SURNAMES, seed, 'middle name', key)} {surname}"
    contact = _pick(FEMALE_NAMES + MALE_NAMES, seed, "emergency contact", key)
    return DemoPatient(
        person_id=key,
        name=name,
        email=_email(name, f"p{key:04}"),
        zone=doctors(seed)[_own_doctor(key, seed)].zone,
        gender=person.gender,
        date_of_birth=person.birth_date,
        phone=_phone(seed, "phone", key),
        mother_name=f"{_pick(FEMALE_NAMES, seed, 'mother', key)} {surname}",
        emergency_contact=f"{contact} {surname}",
        emergency_phone=_phone(seed, "emergency phone", key),
        cpf=_cpf(key),
    )


def visit(past: CohortVisit, seed: str = SEED) -> DemoVisit:
    """Return the visit with a doctor and instants.

    A visit that ends on the day it starts lasts as long as its type says; one that ends n days later lasts n times
    24 hours, so that one day is exactly one day and no rounding decides whether it is longer.
    """
    doctor = doctors(seed)[_doctor_of(past, seed)]
    local = dt.datetime.combine(past.starts_on, dt.time()) + dt.timedelta(minutes=_minute_of(past, doctor, seed))
    starts_at = _instant(local, doctor.zone)
    length = dt.timedelta(days=past.days) or SAME_DAY_LENGTH[past.visit_type]
    return DemoVisit(
        visit_id=past.visit_id,
        person_id=past.person_id,
        doctor=doctor.index,
        starts_at=starts_at,
        ends_at=starts_at + length,
        local_starts_at=local,
        zone=doctor.zone,
    )


def shifted_bookings(visits: Iterable[DemoVisit], today: dt.date) -> list[DemoBooking]:
    """Return the newest twelve months of visits as requests for the coming twelve.

    Each visit that began within the 365 days up to the newest one moves by whole weeks, the smallest multiple of 52
    that brings its day after ``today``: weekday and wall-clock time stay, the season nearly. So every request lies on
    one of the 364 days after ``today``. How long the visit was does not matter: a request has only a start.

    Args:
        visits: The visits of the whole cohort; the newest decides which twelve months are meant.
        today: The local date in the doctors' zones; every request starts on a later one.

    Returns:
        The requests in the order of their visit ids, which is neither the order of time nor of doctors.
    """
    known = sorted(visits, key=lambda one: one.visit_id)
    if not known:
        return []
    newest = max(one.local_starts_at.date() for one in known)
    recent = (one for one in known if one.local_starts_at.date() > newest - TWELVE_MONTHS)
    return [_booking(one, today) for one in recent]


def _booking(past: DemoVisit, today: dt.date) -> DemoBooking:
    behind = today - past.local_starts_at.date()
    local = past.local_starts_at + (behind // FIFTY_TWO_WEEKS + 1) * FIFTY_TWO_WEEKS
    return DemoBooking(
        visit_id=past.visit_id,
        person_id=past.person_id,
        doctor=past.doctor,
        starts_at=_instant(local, past.zone),
        local_starts_at=local,
        zone=past.zone,
    )


def _doctor(index: int, seed: str) -> DemoDoctor:
    given = _pick(FEMALE_NAMES + MALE_NAMES, seed, "given name of doctor", index)
    name = f"{given} {_pick(SURNAMES, seed, 'surname of doctor', index)}"
    specialty, cbo = SPECIALTIES[index % len(SPECIALTIES)]
    manaus = index in MANAUS_DOCTORS
    return DemoDoctor(
        index=index,
        name=name,
        email=_email(name, f"d{index + 1:02}"),
        zone="America/Manaus" if manaus else "America/Sao_Paulo",
        crm_number=f"DEMO{index + 1:04}",
        crm_state="AM" if manaus else STATES[index % len(STATES)],
        cbo=cbo,
        specializations=(specialty,),
        windows=tuple(
            DemoWindow(weekday, start, end)
            for weekday, hours in PATTERNS[index % len(PATTERNS)].items()
            for start, end in hours
        ),
    )


def _doctor_of(past: CohortVisit, seed: str) -> int:
    """The person's own doctor if on duty on that weekday, otherwise a stand-in who is."""
    weekday = past.starts_on.isoweekday()
    on_duty = [doctor.index for doctor in doctors(seed) if _hours(doctor.index, weekday)]
    own = _own_doctor(past.person_id, seed)
    return own if own in on_duty else on_duty[_draw(len(on_duty), seed, "stand-in", past.visit_id)]


def _own_doctor(person_id: int, seed: str) -> int:
    return _draw(DOCTOR_COUNT, seed, "own doctor", person_id)


def _hours(index: int, weekday: int) -> DailyHours:
    return PATTERNS[index % len(PATTERNS)].get(weekday, ())


def _minute_of(past: CohortVisit, doctor: DemoDoctor, seed: str) -> int:
    """Minutes after midnight, on a quarter of an hour.

    An outpatient asks for a time between the doctor's first opening and last closing, the break included. Emergencies
    and admissions follow no opening hours.
    """
    if past.visit_type is VisitType.OUTPATIENT:
        hours = _hours(doctor.index, past.starts_on.isoweekday())
        quarters, weights = _demand(hours[0][0], hours[-1][1])
        return quarters[bisect_right(weights, _draw(weights[-1], seed, "time of day", past.visit_id))]
    first, end = EMERGENCY_HOURS if past.visit_type is VisitType.EMERGENCY else ADMISSION_HOURS
    return first + QUARTER * _draw((end - first) // QUARTER, seed, "time of day", past.visit_id)


@cache
def _demand(first: int, end: int) -> tuple[range, list[int]]:
    quarters = range(first, end, QUARTER)
    return quarters, list(accumulate(DEMAND[minute // 60] for minute in quarters))


def _instant(local: dt.datetime, zone: str) -> dt.datetime:
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)


def _draw(below: int, seed: str, choice: str, key: int) -> int:
    digest = hashlib.sha256(f"{seed}|{choice}|{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % below


def _pick(words: Sequence[str], seed: str, choice: str, key: int) -> str:
    return words[_draw(len(words), seed, choice, key)]


def _email(name: str, unique: str) -> str:
    """An address under example.org, which RFC 2606 reserves: no mail ever reaches anybody."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().split()
    return f"{plain[0]}.{plain[-1]}.{unique}@example.org"


def _phone(seed: str, choice: Literal["phone", "emergency phone"], key: int) -> str:
    """A mobile number of Brazil's form in area code 20, which is held in reserve: nobody answers."""
    return f"55209{_draw(10**8, seed, choice, key):08}"


def _cpf(person_id: int) -> str:
    """999, the person's id in six digits, and the two check digits of the CPF (modulo 11, weights from 2 upwards)."""
    digits = f"999{person_id:06}"
    for _ in range(2):
        total = sum(weight * int(digit) for weight, digit in enumerate(reversed(digits), start=2))
        digits += str(total * 10 % 11 % 10)
    return digits
