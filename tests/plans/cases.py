"""What is asked of a clinic, and which index answers: the lists and look-ups that domain.md §12 marks as hot, and their neighbours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_
from typing import Any, Final
from uuid import UUID

from telemed_store import Appointment, AppointmentStatus, BoundStore, Doctor, RelationKind
from telemed_store.appointments import cached_reads
from telemed_store.database.scoping import Scope
from telemed_store.scopes import (
    AvailableOn,
    FeeBetween,
    ForDoctor,
    ForPatient,
    Online,
    Past,
    StartingBetween,
    Upcoming,
    WithSpecialization,
    WithStatus,
)
from telemed_store.testing.clock import PRESENT

from .population import Population

PAGE: Final = 50
MOST: Final = 30 * PAGE
"""Pages or rows read for a page of appointments with both sides, at most: each row with its people, by some levels of five trees; twice
for somebody with two profiles."""

DOCTOR: Final = "ix_appointments_doctor_id_starts_at_id"
DOCTOR_STATUS: Final = "ix_appointments_doctor_id_status_starts_at_id"
DOCTOR_ENDS: Final = "ix_appointments_doctor_id_ends_at"
PATIENT: Final = "ix_appointments_patient_id_starts_at_id"
PATIENT_STATUS: Final = "ix_appointments_patient_id_status_starts_at_id"
PATIENT_ENDS: Final = "ix_appointments_patient_id_ends_at"
PAIR: Final = "ix_appointments_doctor_id_patient_id_starts_at_id"
TIME: Final = "ix_appointments_starts_at_id"
STATUS: Final = "ix_appointments_status_starts_at_id"
LOGS: Final = "ix_appointment_logs_appointment_id_created_at_id"
WINDOWS: Final = "ix_availability_windows_doctor_id_specific_date_start_minute_id"
WINDOWS_BY_ID: Final = "ix_availability_windows_doctor_id_id"
BLOCKS: Final = "ix_blocked_dates_doctor_id_last_date_first_date_id"
SEARCH: Final = "ix_doctors_status_created_at_id"

Asked = Callable[[BoundStore, str | None], Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One question.

    Attributes:
        name: What a failing test calls it.
        ask: Asks it; the second argument is the cursor of a list.
        indexes: By which indexes it is answered: one of each set at least.
        user_id: Who asks; None: a job of the system.
        most_read: Pages or rows that an answer may read.
        sorts: Why this one may sort; empty: it may not.
    """

    name: str
    ask: Asked
    indexes: tuple[frozenset[str], ...]
    user_id: UUID | None = None
    most_read: int = MOST
    sorts: str = ""


def one_of(*names: str) -> frozenset[str]:
    return frozenset(names)


_MONTH: Final = StartingBetween(PRESENT - dt.timedelta(days=365), PRESENT - dt.timedelta(days=335))
_ONE_STATUS: Final = {
    "completed": WithStatus(AppointmentStatus.COMPLETED),
    "in_progress": WithStatus(AppointmentStatus.IN_PROGRESS),
}
_FILTERS: Final[dict[str, Scope[Appointment] | None]] = {
    "all": None,
    "upcoming": Upcoming(),
    "past": Past(),
    "a month": _MONTH,
    **_ONE_STATUS,
    "open": WithStatus(AppointmentStatus.SCHEDULED, AppointmentStatus.RESCHEDULED),
    "completed of a month": _ONE_STATUS["completed"] & _MONTH,
}
_OF_ONE_STATUS: Final = frozenset({*_ONE_STATUS, "completed of a month"})
_WALKS: Final = 1_000_000
"""Open ones without a bound of time stand behind the past, which is walked: somebody's own, or one page after the other."""


def lists(population: Population) -> Iterator[Case]:
    """Q001, Q002: every list in both directions, by a job and by those who see only what is theirs."""
    for newest_first in (False, True):
        for case in (*_lists_of_jobs(population), *_lists_of_people(population)):
            for verb in ("list", "agenda"):
                yield replace(
                    case,
                    name=f"{verb} {case.name}, {'newest' if newest_first else 'oldest'} first",
                    ask=_listing(verb, case.ask, newest_first=newest_first),
                )


def _listing(verb: str, scope_of: Asked, *, newest_first: bool) -> Asked:
    def ask(mine: BoundStore, cursor: str | None) -> Any:
        return getattr(mine.appointments, verb)(scope_of(mine, None), PAGE, cursor, newest_first=newest_first)

    return ask


def _lists_of_jobs(p: Population) -> Iterator[Case]:
    for who, doctor in (("the new doctor", p.new_doctor), ("the busy doctor", p.busy_doctor)):
        for what, scope in _FILTERS.items():
            by = one_of(DOCTOR, DOCTOR_STATUS) if what in _OF_ONE_STATUS else one_of(DOCTOR)
            most = _WALKS if what == "open" else MOST
            yield _scoped(f"{what} of {who}", (by,), ForDoctor(p.doctor_id(doctor)), scope, most_read=most)
    for who, patient in (("the new patient", p.new_patient), ("the steady patient", p.steady_patient)):
        for what, scope in _FILTERS.items():
            by = one_of(PATIENT, PATIENT_STATUS) if what in _OF_ONE_STATUS else one_of(PATIENT)
            yield _scoped(f"{what} of {who}", (by,), ForPatient(p.patient_id(patient)), scope)
    pair = ForDoctor(p.doctor_id(p.steady_doctor)) & ForPatient(p.patient_id(p.regular))
    yield _scoped("all of a pair", (one_of(PAIR, PATIENT),), pair)
    for what in ("all", "upcoming", "past", "a month"):
        yield _scoped(f"{what} of everybody", (one_of(TIME),), _FILTERS[what])
    for what, scope in _ONE_STATUS.items():
        yield _scoped(f"{what} of everybody", (one_of(STATUS, TIME),), scope)


def _lists_of_people(p: Population) -> Iterator[Case]:
    # MariaDB finds out beforehand that somebody has no such profile, and leaves that half of the list out.
    own = (one_of(DOCTOR, DOCTOR_STATUS, PATIENT, PATIENT_STATUS),)
    people = {
        "the new doctor": p.doctor_user_id(p.new_doctor),
        "the busy doctor": p.doctor_user_id(p.busy_doctor),
        "the new patient": p.patient_user_id(p.new_patient),
        "doctor and patient": p.patient_user_id(p.steady_patient),
    }
    for who, user_id in people.items():
        for what in ("all", "upcoming", "past", "completed"):
            yield replace(_scoped(f"{what} seen by {who}", own, _FILTERS[what]), user_id=user_id)
        for whose, doctor in (("the new doctor", p.new_doctor), ("the busy doctor", p.busy_doctor)):
            of_doctor = ForDoctor(p.doctor_id(doctor))
            for what in ("all", "upcoming"):
                name = f"{what} of {whose} seen by {who}"
                yield replace(_scoped(name, (), of_doctor, _FILTERS[what]), user_id=user_id)
        of_patient = ForPatient(p.patient_id(p.new_patient))
        yield replace(_scoped(f"all of the new patient seen by {who}", (), of_patient), user_id=user_id)


def _scoped(name: str, indexes: tuple[frozenset[str], ...], *scopes: Scope[Appointment] | None, **options: Any) -> Case:
    given = [scope for scope in scopes if scope is not None]
    scope = reduce(and_, given) if given else None
    return Case(name, lambda _mine, _cursor: scope, indexes, **options)


def pages(p: Population) -> Iterator[tuple[Case, int]]:
    """First pages of those who have as many appointments in any clinic, and of one who has a twentieth of all.

    Beside each stands in how many other tables something is looked up for every row of it.
    """
    job, person = None, p.patient_user_id(p.steady_patient)
    doctor, busy = ForDoctor(p.doctor_id(p.steady_doctor)), ForDoctor(p.doctor_id(p.busy_doctor))
    patient = ForPatient(p.patient_id(p.steady_patient))
    for who, user_id, scope in (
        ("the steady doctor", job, doctor),
        ("the busy doctor", job, busy),
        ("the steady patient", job, patient),
        ("doctor and patient, seen by them", person, None),
    ):
        # MariaDB reaches somebody's past, the newest first, over what they have ahead: more of it for whoever has a share of all.
        for what in ("all", "completed") if scope is busy else ("all", "past", "completed"):
            for verb, trees in (("list", 0 if user_id is None else 1), ("agenda", 4)):
                case = replace(_scoped(f"{verb} {what} of {who}", (), scope, _FILTERS[what]), user_id=user_id)
                yield replace(case, ask=_listing(verb, case.ask, newest_first=True)), trees


def look_ups(p: Population) -> Iterator[Case]:
    """Single appointments, overlaps, relationships, free slots, people, the search for doctors."""
    visit = p.appointment_id(0)
    soon = PRESENT + dt.timedelta(days=3)
    doctors = {"the new doctor": p.new_doctor, "the busy doctor": p.busy_doctor}
    patient_id = p.patient_id(p.new_patient)
    key = "pk_appointments|uq_appointments_id_doctor_id_patient_id"
    people = {"a job": None, "the doctor": p.doctor_user_id(p.busy_doctor)}
    for who, user_id in people.items():

        def seen(
            name: str, ask: Callable[[BoundStore], Any], *indexes: str, who: str = who, user_id: UUID | None = user_id
        ) -> Case:
            by = tuple(one_of(*index.split("|")) for index in indexes)
            return Case(f"{name} seen by {who}", lambda mine, _cursor: ask(mine), by, user_id)

        yield seen("an appointment", lambda mine: mine.appointments.get(visit), key)
        yield seen("an appointment for the cache", lambda mine: mine.read(cached_reads.load, visit), key)
        yield seen("an appointment's detail", lambda mine: mine.appointments.detail(visit), key, LOGS)
        yield seen("an appointment's log", lambda mine: mine.appointments.logs(visit), LOGS)
        yield seen("an access code", lambda mine: mine.appointments.access_code(visit), key)
        for kind in RelationKind:
            yield seen(
                f"relationship {kind} (Q013)",
                lambda mine, kind=kind: mine.appointments.has_relationship(
                    p.doctor_id(p.busy_doctor), patient_id, kind
                ),
                f"{PAIR}|{PATIENT}",
            )
    for who, doctor in doctors.items():
        doctor_id = p.doctor_id(doctor)

        def of(
            name: str,
            ask: Callable[[BoundStore, UUID], Any],
            *indexes: str,
            who: str = who,
            doctor_id: UUID = doctor_id,
        ) -> Case:
            by = tuple(one_of(*index.split("|")) for index in indexes)
            return Case(f"{name} of {who}", lambda mine, _cursor: ask(mine, doctor_id), by)

        yield replace(
            of("around now (Q010)", lambda mine, id_: mine.appointments.around_now(id_, PAGE), DOCTOR),
            sorts="where sixty days hold less than a page, all of them are read, and may as well be sorted",
        )
        yield of("past (Q011)", lambda mine, id_: mine.appointments.past_of_doctor(id_), DOCTOR)
        yield of(
            "overlap (Q004)",
            lambda mine, id_: mine.appointments.overlapping(
                soon, soon + dt.timedelta(minutes=5), doctor_id=id_, patient_id=patient_id
            ),
            DOCTOR_ENDS,
            PATIENT_ENDS,
        )
        yield of(
            "free slots of a date (Q040, Q007)",
            lambda mine, id_: mine.availability.free_slots(id_, soon.date(), soon.date(), patient_id),
            f"{WINDOWS}|{WINDOWS_BY_ID}",
            BLOCKS,
            DOCTOR_ENDS,
            PATIENT_ENDS,
        )
        yield of(
            "free slots of 31 days (Q041, Q009)",
            lambda mine, id_: mine.availability.free_slots(id_, PRESENT.date(), PRESENT.date() + dt.timedelta(days=30)),
            f"{WINDOWS}|{WINDOWS_BY_ID}",
            BLOCKS,
            DOCTOR_ENDS,
        )
    yield from _people(p)


def _people(p: Population) -> Iterator[Case]:
    def asked(name: str, ask: Callable[[BoundStore], Any], *indexes: str) -> Case:
        return Case(name, lambda mine, _cursor: ask(mine), tuple(map(one_of, indexes)))

    some = [p.doctor_id(number) for number in range(50)]
    yield asked(
        "free slots of 50 doctors (Q008)",
        lambda mine: mine.availability.free_slots_of(some, PRESENT.date() + dt.timedelta(days=3)),
        DOCTOR_ENDS,
    )
    user_id = p.doctor_user_id(p.busy_doctor)
    by_user = ("uq_patients_user_id",)
    yield asked("user (Q054)", lambda mine: mine.people.user(user_id), "pk_users", *by_user)
    yield asked(
        "user by e-mail (Q054)",
        lambda mine: mine.people.user_by_email("doctor.7@example.org"),
        "uq_users_email",
        *by_user,
    )
    yield from _doctors(p)


def _doctors(p: Population) -> Iterator[Case]:
    """Of a few hundred doctors a planner rightly reads all: what they are found by is told with thousands, in the proof."""
    many = p.doctors >= 2_000
    registration, specialized = (
        "uq_doctor_registrations_number_region_authority",
        "ix_doctor_specializations_specialization_id",
    )

    def searched(
        what: str, *indexes: str, sorts: str = "", text: str | None = None, scope: Scope[Doctor] | None = None
    ) -> Case:
        def ask(mine: BoundStore, cursor: str | None) -> Any:
            return mine.people.search_doctors(scope, text, PAGE, cursor)

        by = (one_of(*indexes),) if many else ()
        # A word that begins every doctor's name is found once for each of them.
        most = 10 * MOST if text is None else 20 * MOST
        return Case(f"search {what} (Q050)", ask, by, None, most, sorts if many else "they are few")

    yield Case(
        "doctor by registration (Q202)",
        lambda mine, _cursor: mine.people.by_registration("crm", "SP", "900007"),
        (one_of(registration),) if many else (),
    )
    matching = "those who match are found by an index and sorted by their age"
    yield searched("for anybody", SEARCH)
    yield searched("online", SEARCH, scope=Online())
    yield searched("by fee", SEARCH, scope=FeeBetween(None, None))
    yield searched("on a date", SEARCH, scope=AvailableOn(PRESENT.date() + dt.timedelta(days=3)))
    specialization = WithSpecialization(p.specialization_id(3))
    yield searched("by specialization", specialized, SEARCH, scope=specialization, sorts=matching)
    yield searched("by text", "pk_search_words", text="doctor 77", sorts=matching)
