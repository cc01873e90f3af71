# Generated from _async/appointments/test_lists.py by tools/sync.py. Do not edit.
"""Lists: every scope, paging in both directions with ties and inserts, cursors that fit nothing else (Q001, Q002, Q021; D14, D38, D43, D56)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from telemed_store import Appointment, AppointmentStatus, InvalidCursor, Page, Scope, ValidationFailed
from telemed_store.scopes import (
    ForDoctor,
    ForPatient,
    IncludingDeleted,
    OnDates,
    Past,
    StartingBetween,
    ThisWeek,
    Today,
    Upcoming,
    WithStatus,
)
from telemed_store.testing.statements import StatementCounter

from .clinic import TODAY, ZONE, Clinic, at

Status = AppointmentStatus


def all_pages(read: Callable[[str | None], Page[Any]]) -> list[Any]:
    """Every item of a list, page by page."""
    page = read(None)
    items = list(page.items)
    while page.has_more:
        assert page.next_cursor is not None
        page = read(page.next_cursor)
        items += page.items
    assert page.next_cursor is None
    return items


def test_every_scope_and_their_combinations(clinic: Clinic) -> None:
    """D14: a range includes its whole last day; D43: past, today and upcoming are apart."""
    other_doctor, other_patient = clinic.new_doctor("Davi Reis"), clinic.new_patient()
    report = clinic.system.appointments.import_completed([clinic.visit(days_ago=20)])
    made = {
        "imported": clinic.system.appointments.get(report.imported[0]),
        "today": clinic.book(at(15, day=0)),
        "tomorrow": clinic.book(at(9)),
        "late": clinic.book(at(19, 30)),
        "sunday": clinic.book(at(9, day=6)),
        "monday": clinic.book(at(9, day=7)),
        "other doctor": clinic.book(at(10), doctor_id=other_doctor.id),
        "other patient": clinic.book(at(11), patient_id=other_patient.id),
        "cancelled": clinic.bring(Status.CANCELLED, at(12)),
        "deleted": clinic.book(at(13)),
    }
    clinic.system.appointments.delete(made["deleted"].id, expected_version=1)
    names = {appointment.id: name for name, appointment in made.items()}
    live = set(made) - {"deleted"}
    ahead = live - {"imported", "cancelled"}
    tomorrow = TODAY + dt.timedelta(days=1)
    on_tomorrow = {"tomorrow", "late", "other doctor", "other patient", "cancelled"}
    expected: list[tuple[Scope[Appointment] | None, set[str]]] = [
        (None, live),
        (IncludingDeleted(), set(made)),
        (ForDoctor(other_doctor.id), {"other doctor"}),
        (ForPatient(other_patient.id), {"other patient"}),
        (ForDoctor(clinic.doctor.id) & ForPatient(clinic.patient.id), live - {"other doctor", "other patient"}),
        (WithStatus(Status.CANCELLED), {"cancelled"}),
        (WithStatus(Status.CANCELLED, Status.COMPLETED), {"cancelled", "imported"}),
        (Upcoming(), ahead),
        (Past(), {"imported"}),
        (Today(ZONE.key), {"today"}),
        (ThisWeek(ZONE.key), live - {"imported", "monday"}),
        (StartingBetween(at(9), at(10)), {"tomorrow"}),
        (StartingBetween(at(10), None), live - {"imported", "today", "tomorrow"}),
        (StartingBetween(None, at(9)), {"imported", "today"}),
        (StartingBetween(), live),
        (OnDates(ZONE.key, tomorrow, tomorrow), on_tomorrow),
        (OnDates(ZONE.key, None, tomorrow), on_tomorrow | {"imported", "today"}),
        (OnDates(ZONE.key, tomorrow), on_tomorrow | {"sunday", "monday"}),
        (OnDates(ZONE.key), live),
        (OnDates(ZONE.key, dt.date.min, dt.date.max), live),
        (Upcoming() & OnDates(ZONE.key, tomorrow, tomorrow) & ForDoctor(other_doctor.id), {"other doctor"}),
        (Upcoming() & Past(), set()),
        (ForDoctor(clinic.doctor.id) & IncludingDeleted() & StartingBetween(at(13), at(14)), {"deleted"}),
    ]
    for scope, wanted in expected:
        page = clinic.system.appointments.list(scope, limit=100)
        assert {names[one.id] for one in page.items} == wanted, scope
        if scope is None or not any(isinstance(part, IncludingDeleted) for part in scope.parts()):
            shown = clinic.system.appointments.agenda(scope, limit=100)
            assert {names[one.appointment.id] for one in shown.items} == wanted, scope
    clinic.clock.step(dt.timedelta(days=1))
    past = clinic.system.appointments.list(Past()).items
    assert [names[one.id] for one in past] == ["imported", "today", "tomorrow"]


def test_a_status_scope_needs_statuses() -> None:
    for statuses in ((), ("gone",)):
        with pytest.raises(ValidationFailed):
            WithStatus(*statuses)  # type: ignore[arg-type]


def test_reversed_dates_are_refused(clinic: Clinic) -> None:
    with pytest.raises(ValidationFailed):
        clinic.system.appointments.list(OnDates(ZONE.key, TODAY, TODAY - dt.timedelta(days=1)))


@pytest.mark.parametrize("newest_first", [False, True])
def test_paging_neither_repeats_nor_skips(clinic: Clinic, *, newest_first: bool) -> None:
    """D56: ties at one start, an insert before and behind each page, both directions; agenda and list alike."""
    visits = [clinic.visit(starts_at=at(9, day=-1 - n // 3)) for n in range(10)]
    stored = set(clinic.system.appointments.import_completed(visits).imported)
    inserted: list[Any] = []

    def disturbed(cursor: str | None) -> Page[Appointment]:
        page = clinic.system.appointments.list(limit=2, cursor=cursor, newest_first=newest_first)
        for day in (1, 30):
            new = [clinic.visit(starts_at=at(9, day=-day))]
            inserted.extend(clinic.system.appointments.import_completed(new).imported)
        return page

    items = all_pages(disturbed)
    ids = [one.id for one in items]
    assert len(ids) == len(set(ids))
    assert stored <= set(ids)
    keys = [(one.starts_at, one.id) for one in items]
    assert keys == sorted(keys, reverse=newest_first)
    quiet = all_pages(
        lambda cursor: clinic.system.appointments.agenda(limit=3, cursor=cursor, newest_first=newest_first)
    )
    ordered = [(one.appointment.starts_at, one.appointment.id) for one in quiet]
    assert ordered == sorted(ordered, reverse=newest_first)
    assert {one.appointment.id for one in quiet} == stored | set(inserted)


def test_sizes_of_pages(clinic: Clinic) -> None:
    clinic.system.appointments.import_completed([clinic.visit(days_ago=n + 1) for n in range(202)])
    mine = clinic.system.appointments
    lists: list[tuple[Callable[[int | None], Page[Any]], int, int]] = [
        (lambda limit: mine.list(limit=limit), 10, 100),
        (lambda limit: mine.agenda(limit=limit), 10, 100),
        (lambda limit: mine.past_of_doctor(clinic.doctor.id, limit), 4, 20),
    ]
    for read, default, largest in lists:
        assert len(read(None).items) == default
        assert len(read(10_000).items) == largest
        for wrong in (0, -1, True, 1.5, "2"):
            with pytest.raises(ValidationFailed) as refused:
                read(wrong)  # type: ignore[arg-type]
            assert set(refused.value.fields) == {"limit"}
    pair = (clinic.doctor.id, clinic.patient.id)
    for limit, size in ((None, 10), (10_000, 50)):
        history = mine.recent_of_pair(*pair, limit)
        assert (len(history.recent.items), history.recent.has_more, history.completed) == (size, True, 202)


def test_bad_cursor_is_a_clear_error(clinic: Clinic) -> None:
    """Tampered, cut, foreign or no cursor at all."""
    for hour in range(9, 14):
        clinic.book(at(hour))
    mine = clinic.system.appointments
    scope = ForDoctor(clinic.doctor.id)
    cursor = mine.list(scope, limit=2).next_cursor
    assert cursor is not None
    flipped = [cursor[:n] + ("A" if cursor[n] != "A" else "B") + cursor[n + 1 :] for n in (0, 20, len(cursor) // 2)]
    wrong = [
        *flipped,
        cursor[:-2],
        cursor[4:],
        cursor + "AAAA",
        "",
        "A",
        "=",
        "é",
        "\x00",
        "null",
        "x" * 10_000,
        cursor * 2,
    ]

    for bad in wrong:
        with pytest.raises(InvalidCursor):
            mine.list(scope, limit=2, cursor=bad)
    with pytest.raises(InvalidCursor):
        mine.list(scope, limit=2, cursor=7)  # type: ignore[arg-type]
    elsewhere: list[Callable[[], Any]] = [
        lambda: mine.list(None, cursor=cursor),
        lambda: mine.list(scope & Upcoming(), cursor=cursor),
        lambda: mine.list(ForPatient(clinic.patient.id), cursor=cursor),
        lambda: mine.list(scope, cursor=cursor, newest_first=True),
        lambda: mine.agenda(scope, cursor=cursor),
        lambda: mine.past_of_doctor(clinic.doctor.id, cursor=cursor),
        lambda: mine.affected(clinic.doctor.id, cursor=cursor),
        lambda: mine.patients_to_issue_for(clinic.doctor.id, cursor=cursor),
        lambda: clinic.acting_as(clinic.doctor).appointments.list(scope, cursor=cursor),
    ]
    for read in elsewhere:
        with pytest.raises(InvalidCursor):
            read()
    assert len(mine.list(scope, limit=2, cursor=cursor).items) == 2


def test_a_log_is_paged_oldest_first(clinic: Clinic) -> None:
    """Q021."""
    first, second = clinic.book(at(9)), clinic.book(at(10))
    for version in range(1, 6):
        clinic.system.appointments.reschedule(first.id, starts_at=at(11, version), expected_version=version)
    mine = clinic.acting_as(clinic.patient).appointments
    rows = all_pages(lambda cursor: mine.logs(first.id, 4, cursor))

    assert [row.event.value for row in rows] == ["created"] + ["rescheduled"] * 5
    assert {row.appointment_id for row in rows} == {first.id}
    cursor = mine.logs(first.id, 4).next_cursor
    with pytest.raises(InvalidCursor):
        mine.logs(second.id, 4, cursor)
    with pytest.raises(InvalidCursor):
        clinic.system.appointments.logs(first.id, 4, cursor)


def test_a_scope_of_values_that_are_none_is_refused_when_it_is_built() -> None:
    for build in (
        lambda: ForDoctor("not an id"),  # type: ignore[arg-type]
        lambda: Today("Mars/Olympus"),
        lambda: StartingBetween(dt.datetime(2030, 1, 1)),  # noqa: DTZ001 - the point
    ):
        with pytest.raises(ValueError, match="validation error"):
            build()


def test_lists_take_one_statement_whatever_their_length(clinic: Clinic, telemed_statements: StatementCounter) -> None:
    """list_has_constant_statement_count."""
    patients = [clinic.new_patient(f"Patient {n}", consents=False) for n in range(5)]
    for hour, patient in enumerate(patients, 9):
        clinic.book(at(hour), patient_id=patient.id)
    mine = clinic.system.appointments
    with telemed_statements() as by_a_job:
        assert len(mine.list().items) == 5
        assert len(mine.agenda().items) == 5
        mine.around_now(clinic.doctor.id)
        mine.past_of_doctor(clinic.doctor.id)
        mine.next_of_doctor(clinic.doctor.id)
    assert by_a_job.count == 5
    with telemed_statements() as by_the_doctor:
        assert len(clinic.acting_as(clinic.doctor).appointments.agenda().items) == 5
    assert by_the_doctor.count == 3  # the list, which views are recent, the access rows
