"""The people and appointments of a telemedicine system in its tenth year, of any size: drawn at random, the same in every run.

Some doctors and patients have a known number of appointments whatever the size, others a share of all of them; the rest follows a
skewed distribution. Everything is rows of our tables; nothing here speaks to a database.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from typing import Any, Final
from uuid import UUID

from telemed_store.appointments.models import ACTIVE
from telemed_store.testing.clock import PRESENT

YEARS: Final = 10
FIRST: Final = PRESENT - dt.timedelta(days=365 * YEARS)
LAST: Final = PRESENT + dt.timedelta(days=60)
ZONE: Final = "America/Sao_Paulo"
SPECIALIZATIONS: Final = 30
_KNOWN: Final = 3
_HALF_HOUR: Final = dt.timedelta(minutes=30)
_USERS, _DOCTORS, _PATIENTS, _APPOINTMENTS, _OTHERS = range(1, 6)


class Population:
    """Everybody, and what they have together.

    Attributes:
        new_doctor: The number of a doctor with 5 appointments.
        steady_doctor: Of one with 400, whatever the size; the same user is `steady_patient`.
        busy_doctor: Of one with a twentieth of all appointments.
        new_patient: The number of a patient with 4 appointments, one of them with each doctor above.
        steady_patient: Of one with 100, whatever the size.
        regular: Of a patient who sees the steady doctor 20 times.
    """

    busy_doctor, steady_doctor, new_doctor = range(_KNOWN)
    regular, steady_patient, new_patient = range(_KNOWN)

    def __init__(self, appointments: int) -> None:
        self.appointments: Final = appointments
        few = appointments < 1_000
        self.doctors: Final = 10 if few else min(2_000, max(100, appointments // 100))
        self.patients: Final = 10 if few else max(1_000, appointments // 20)

    @staticmethod
    def doctor_id(number: int) -> UUID:
        return _id(_DOCTORS, number)

    @staticmethod
    def patient_id(number: int) -> UUID:
        return _id(_PATIENTS, number)

    @staticmethod
    def appointment_id(number: int) -> UUID:
        return _id(_APPOINTMENTS, number)

    @staticmethod
    def specialization_id(number: int) -> UUID:
        return _id(_OTHERS, number)

    @staticmethod
    def doctor_user_id(number: int) -> UUID:
        return _id(_USERS, number)

    def patient_user_id(self, number: int) -> UUID:
        """One person has both profiles."""
        if number == self.steady_patient:
            return self.doctor_user_id(self.steady_doctor)
        return _id(_USERS, self.doctors + number)

    def people(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """The rows of every table but those of appointments, by the table's name, in the order of their references."""
        chance = random.Random("people")
        doctors, patients = range(self.doctors), range(self.patients)
        users = {self.doctor_user_id(n): f"Doctor {n}" for n in doctors}
        for n in patients:
            users.setdefault(self.patient_user_id(n), f"Patient {n}")
        yield "users", [self._user(id_, name) for id_, name in users.items()]
        yield "doctors", [self._doctor(n) for n in doctors]
        yield "doctor_registrations", [self._registration(n) for n in doctors]
        yield "patients", [self._patient(n, chance) for n in patients]
        owners = [self.doctor_id(n) for n in doctors] + [self.patient_id(n) for n in patients]
        yield "booking_guards", [{"owner_id": owner, "n": 0} for owner in owners]
        yield "user_identifiers", [self._identifier(n) for n in patients]
        yield "specializations", [self._specialization(n) for n in range(SPECIALIZATIONS)]
        yield (
            "doctor_specializations",
            [
                {"doctor_id": self.doctor_id(n), "specialization_id": self.specialization_id(s), "position": position}
                for n in doctors
                for position, s in enumerate(dict.fromkeys((n % SPECIALIZATIONS, n * 7 % SPECIALIZATIONS)), 1)
            ],
        )
        yield "service_locations", [self._location(n) for n in doctors]
        yield (
            "search_words",
            [
                {"table_name": table, "word": word, "row_id": id_}
                for table, each, id_of in (
                    ("doctors", doctors, self.doctor_id),
                    ("specializations", range(SPECIALIZATIONS), self.specialization_id),
                )
                for id_, name in ((id_of(n), _name(table, n)) for n in each)
                for word in name
            ],
        )
        yield "availability_windows", [self._window(n, day) for n in doctors for day in (*range(1, 6), None)]
        yield "blocked_dates", [self._block(n, weeks) for n in doctors for weeks in (-8, 8, 20)]

    def visits(self) -> Iterator[dict[str, Any]]:
        """The rows of appointments, in the order of their start."""
        chance = random.Random("visits")
        step = (LAST - FIRST) / self.appointments
        known = self._known_visits()
        busy: dict[UUID, dt.datetime] = {}
        for number in range(self.appointments):
            starts_at = (FIRST + number * step).replace(second=0, microsecond=0)
            doctor, patient = known.get(number) or self._anybody(number, chance)
            yield self._visit(number, self.doctor_id(doctor), self.patient_id(patient), starts_at, busy, chance)

    def logs(self) -> Iterator[dict[str, Any]]:
        """Rows of the log, for every tenth appointment."""
        for number in range(0, self.appointments, 10):
            for step, event in enumerate(("created", "rescheduled", "cancelled")):
                yield {
                    "id": _id(_OTHERS, 1_000_000 + number * 3 + step),
                    "created_at": FIRST + dt.timedelta(minutes=number + step),
                    "appointment_id": self.appointment_id(number),
                    "actor_id": None,
                    "actor_kind": "system",
                    "event": event,
                    "payload": {},
                }

    def _known_visits(self) -> dict[int, tuple[int, int]]:
        """Who is in the appointments of those whose number is known, spread over all the years."""
        known: dict[int, tuple[int, int]] = {}

        def spread(times: int, shift: int) -> Iterator[int]:
            return (
                min(self.appointments - 1, int((n + 0.5) * self.appointments / times) + shift) for n in range(times)
            )

        strangers = (_KNOWN + n % (self.patients - _KNOWN) for n in count())
        colleagues = (_KNOWN + n % (self.doctors - _KNOWN) for n in count())
        for number in range(0, self.appointments, 20):
            known[number] = (self.busy_doctor, next(strangers))
        for turn, number in enumerate(spread(400, 1)):
            known[number] = (self.steady_doctor, self.regular if turn % 20 == 10 else next(strangers))
        for number in spread(100, 2):
            known[number] = (next(colleagues), self.steady_patient)
        for number in spread(5, 3):
            known[number] = (self.new_doctor, next(strangers))
        doctors = (self.busy_doctor, self.steady_doctor, self.new_doctor, _KNOWN)
        for doctor, number in zip(doctors, spread(4, 4), strict=True):
            known[number] = (doctor, self.new_patient)
        return known

    def _anybody(self, number: int, chance: random.Random) -> tuple[int, int]:
        doctor = _KNOWN + int((self.doctors - _KNOWN) * chance.random() ** 2)
        return doctor, _KNOWN + int((self.patients - _KNOWN) * chance.random() ** 1.5)

    def _visit(
        self,
        number: int,
        doctor_id: UUID,
        patient_id: UUID,
        starts_at: dt.datetime,
        busy: dict[UUID, dt.datetime],
        chance: random.Random,
    ) -> dict[str, Any]:
        ends_at = starts_at + _HALF_HOUR
        status = _status(number, starts_at, chance.random())
        if status in ACTIVE:
            # No two active ones of anybody overlap: whoever comes second was called off.
            taken = any(busy.get(side, FIRST) > starts_at for side in (doctor_id, patient_id))
            status = "cancelled" if taken else status
            if not taken:
                busy[doctor_id] = busy[patient_id] = ends_at
        began, done, cancelled = status in {"in_progress", "completed"}, status == "completed", status == "cancelled"
        created_at = starts_at - dt.timedelta(days=14)
        return {
            "id": self.appointment_id(number),
            "version": 1,
            "created_at": created_at,
            "updated_at": created_at,
            "deleted_at": created_at if cancelled and number % 50 == 7 else None,
            "doctor_id": doctor_id,
            "patient_id": patient_id,
            "location_id": None,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "local_starts_at": starts_at.replace(tzinfo=None),
            "zone": ZONE,
            "status": status,
            "access_code": _code(number),
            "origin": "booked",
            "created_by": self.doctor_user_id(0),
            "started_at": starts_at if began else None,
            "ended_at": ends_at if done else None,
            "completion_kind": "finalized" if done else None,
            "cancelled_at": created_at if cancelled else None,
            "no_show_at": ends_at if status == "no_show" else None,
        }

    def _user(self, id_: UUID, name: str) -> dict[str, Any]:
        address = f"{name.replace(' ', '.').lower()}@example.org"
        return {**_row(id_), "name": name, "email": address, "status": "active", "zone": ZONE}

    def _doctor(self, n: int) -> dict[str, Any]:
        return {
            **_row(self.doctor_id(n), FIRST + dt.timedelta(hours=n)),
            "user_id": self.doctor_user_id(n),
            "languages": ["pt-BR"],
            "status": "inactive" if n % 10 == 9 else "active",
            "signature_enrolment": "not_integrated",
            "consultation_fee": Decimal(100 + n % 400),
            "zone": ZONE,
        }

    def _registration(self, n: int) -> dict[str, Any]:
        return {
            **_row(_id(_OTHERS, 100_000 + n)),
            "doctor_id": self.doctor_id(n),
            "authority": "crm",
            "region": "SP",
            "number": f"{900_000 + n}",
            "is_primary": True,
        }

    def _patient(self, n: int, chance: random.Random) -> dict[str, Any]:
        return {
            **_row(self.patient_id(n)),
            "user_id": self.patient_user_id(n),
            "gender": "female",
            "date_of_birth": dt.date(1950, 1, 1) + dt.timedelta(days=chance.randrange(20_000)),
            "phone": "11999990000",
            "emergency_contact": "A friend",
            "emergency_phone": "11888880000",
            "status": "active",
        }

    def _identifier(self, n: int) -> dict[str, Any]:
        return {
            **_row(_id(_OTHERS, 200_000 + n)),
            "user_id": self.patient_user_id(n),
            "system": "passport",
            "value": b"sealed",
            "value_index": hashlib.sha256(b"%d" % n).digest(),
        }

    def _specialization(self, n: int) -> dict[str, Any]:
        name = f"Specialization {n}"
        return {**_row(self.specialization_id(n)), "name": name, "name_key": name.lower(), "is_active": True}

    def _location(self, n: int) -> dict[str, Any]:
        return {
            **_row(_id(_OTHERS, 300_000 + n)),
            "doctor_id": self.doctor_id(n),
            "name": "Online",
            "type": "teleconsultation",
            "is_active": True,
        }

    def _window(self, n: int, weekday: int | None) -> dict[str, Any]:
        specific = weekday is None
        return {
            **_row(_id(_OTHERS, 400_000 + 10 * n + (weekday or 0))),
            "doctor_id": self.doctor_id(n),
            "kind": "specific" if specific else "recurring",
            "weekday": weekday,
            "specific_date": PRESENT.date() + dt.timedelta(days=12) if specific else None,
            "start_minute": 480,
            "end_minute": 1080,
            "zone": ZONE,
            "is_active": True,
        }

    def _block(self, n: int, weeks: int) -> dict[str, Any]:
        first = PRESENT.date() + dt.timedelta(weeks=weeks)
        return {
            **_row(_id(_OTHERS, 500_000 + 100 * n + 50 + weeks)),
            "doctor_id": self.doctor_id(n),
            "first_date": first,
            "last_date": first + dt.timedelta(days=2),
            "zone": ZONE,
        }


def _status(number: int, starts_at: dt.datetime, chance: float) -> str:
    if number % 997 == 500 and starts_at <= PRESENT:
        return "in_progress"
    if starts_at > PRESENT:
        return "scheduled" if chance < 0.7 else "rescheduled" if chance < 0.88 else "cancelled"
    return (
        "completed" if chance < 0.8 else "cancelled" if chance < 0.92 else "no_show" if chance < 0.99 else "scheduled"
    )


def _name(table: str, n: int) -> tuple[str, ...]:
    return ("doctor" if table == "doctors" else "specialization", str(n))


def _row(id_: UUID, created_at: dt.datetime = FIRST) -> dict[str, Any]:
    return {"id": id_, "version": 1, "created_at": created_at, "updated_at": created_at}


def _id(kind: int, number: int) -> UUID:
    """A UUIDv7 that says what it names; greater numbers sort later, as ids made later do."""
    return UUID(int=(0x0190_0000_0000 + kind) << 80 | 0x7 << 76 | 0x2 << 62 | number)


def _code(number: int) -> str:
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    code = ""
    for _ in range(8):
        number, digit = divmod(number, 36)
        code += digits[digit]
    return code
