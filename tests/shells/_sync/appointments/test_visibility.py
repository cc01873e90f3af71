# Generated from _async/appointments/test_visibility.py by tools/sync.py. Do not edit.
"""Who sees which appointment, and what is recorded of seeing and of being refused (C8, C13, D38, D46)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from registering import new_patient

from telemed_store import (
    Actor,
    Appointment,
    AppointmentPatch,
    AppointmentStatus,
    BoundStore,
    NotFound,
    NotPermitted,
    RelationKind,
    new_id,
)
from telemed_store.appointments.tables import appointments
from telemed_store.audit.context import DataType
from telemed_store.audit.tables import audit_logs, data_access_logs
from telemed_store.scopes import ForDoctor, ForPatient, IncludingDeleted, Past, Upcoming, WithStatus

from .clinic import SYSTEM, ZONE, Clinic, at

Call = Callable[[BoundStore, Appointment], Any]

READS: list[Call] = [
    lambda mine, one: mine.appointments.get(one.id),
    lambda mine, one: mine.appointments.of_pair(one.id, one.doctor_id, one.patient_id),
    lambda mine, one: mine.appointments.access_code(one.id),
    lambda mine, one: mine.appointments.logs(one.id),
    lambda mine, one: mine.appointments.detail(one.id),
]
WRITES: list[Call] = [
    lambda mine, one: mine.appointments.reschedule(one.id, starts_at=at(15), expected_version=1),
    lambda mine, one: mine.appointments.cancel(one.id, expected_version=1),
    lambda mine, one: mine.appointments.start(one.id, expected_version=1),
    lambda mine, one: mine.appointments.complete(one.id, expected_version=1),
    lambda mine, one: mine.appointments.mark_no_show(one.id, expected_version=1),
    lambda mine, one: mine.appointments.update(one.id, AppointmentPatch(notes="x"), expected_version=1),
    lambda mine, one: mine.appointments.delete(one.id, expected_version=1),
]


def test_denied_access_is_recorded(clinic: Clinic) -> None:
    """A stranger gets NotFound from every read and every verb, each with one denied row, and nothing changes."""
    booked = clinic.book()
    code = clinic.system.appointments.access_code(booked.id)
    stranger = clinic.stranger()
    calls: list[Call] = [*READS, *WRITES, lambda mine, _one: mine.appointments.by_access_code(code)]

    for count, call in enumerate(calls, 1):
        with pytest.raises(NotFound):
            call(stranger, booked)
        denied = clinic.rows(audit_logs, resource_id=booked.id)
        assert len(denied) == count
        assert {(row.action, row.resource_type, row.user_id) for row in denied} == {
            ("access_denied", "appointment", stranger.actor.id)
        }
    assert booked == clinic.system.appointments.get(booked.id)
    assert clinic.count(data_access_logs) == 0


def test_what_does_not_exist_is_no_denial(clinic: Clinic) -> None:
    booked = clinic.book()
    nobody = booked.model_copy(update={"id": new_id()})
    stranger = clinic.stranger()

    for call in [*READS, *WRITES]:
        with pytest.raises(NotFound):
            call(stranger, nobody)
        with pytest.raises(NotFound):
            call(clinic.system, nobody)
    for wrong in ("", "AAAAAAAA", "x" * 300, "ÀÀÀÀÀÀÀÀ"):
        with pytest.raises(NotFound):
            stranger.appointments.by_access_code(wrong)
    with pytest.raises(NotFound):
        clinic.acting_as(clinic.doctor).appointments.of_pair(booked.id, booked.doctor_id, new_id())
    assert clinic.count(audit_logs) == 0


def test_a_denial_outlives_its_rolled_back_unit(clinic: Clinic) -> None:
    booked = clinic.book()
    stranger = clinic.stranger()

    def attempt() -> None:
        with stranger.unit_of_work() as uow:
            uow.appointments.cancel(booked.id, expected_version=1)

    with pytest.raises(NotFound):
        attempt()
    assert len(clinic.rows(audit_logs, resource_id=booked.id)) == 1


def test_doctor_and_patient_see_it(clinic: Clinic) -> None:
    booked = clinic.acting_as(clinic.patient).appointments.schedule(clinic.request())
    clinic.acting_as(clinic.doctor).appointments.schedule(clinic.request(at(11)))

    for mine in (clinic.acting_as(clinic.doctor), clinic.acting_as(clinic.patient)):
        for call in READS:
            call(mine, booked)
        assert len(mine.appointments.list().items) == 2
        assert len(mine.appointments.agenda().items) == 2
    mine = clinic.acting_as(clinic.patient)
    code = mine.appointments.access_code(booked.id)
    assert mine.appointments.by_access_code(f" {code.lower()} ").id == booked.id
    with pytest.raises(NotFound):
        mine.appointments.by_access_code(code + "A")


def test_nobody_books_or_imports_for_two_others(clinic: Clinic) -> None:
    """C14: a booking opens the patient's record to the doctor; a stranger makes none, and the attempt is noted."""
    stranger = clinic.stranger()
    with pytest.raises(NotPermitted):
        stranger.appointments.schedule(clinic.request())
    with pytest.raises(NotPermitted):
        clinic.acting_as(clinic.doctor).appointments.import_completed([clinic.visit()])
    assert clinic.count(appointments) == 0
    assert clinic.count(audit_logs) == 1


def test_filters_never_widen_the_view(clinic: Clinic) -> None:
    """D38."""
    deleted = clinic.book(at(11))
    clinic.system.appointments.delete(deleted.id, expected_version=1)
    clinic.book()
    stranger = clinic.stranger()

    for scope in (
        None,
        ForDoctor(clinic.doctor.id),
        ForPatient(clinic.patient.id) & IncludingDeleted(),
        WithStatus(*AppointmentStatus),
        Upcoming(),
        Past(),
    ):
        assert stranger.appointments.list(scope).items == ()
        assert stranger.appointments.agenda(scope).items == ()
    pair = (clinic.doctor.id, clinic.patient.id)
    assert stranger.appointments.around_now(pair[0]).items == ()
    assert stranger.appointments.past_of_doctor(pair[0]).items == ()
    assert stranger.appointments.next_of_doctor(pair[0]) is None
    history = stranger.appointments.recent_of_pair(*pair)
    assert (history.recent.items, history.completed) == ((), 0)
    assert [stranger.appointments.has_relationship(*pair, kind) for kind in RelationKind] == [False] * 3
    assert clinic.count(data_access_logs) == 0


def test_a_doctors_own_lists_are_for_that_doctor(clinic: Clinic) -> None:
    """C14: another person's id needs a job of the system, and the attempt is recorded."""
    clinic.bring(AppointmentStatus.IN_PROGRESS)
    other = clinic.acting_as(clinic.new_doctor("Davi Reis"))
    pair = (clinic.doctor.id, clinic.patient.id)
    calls: list[Callable[[BoundStore], Any]] = [
        lambda mine: mine.appointments.linkable(*pair),
        lambda mine: mine.appointments.patients_to_issue_for(pair[0]),
        lambda mine: mine.appointments.for_new_issue(*pair),
        lambda mine: mine.appointments.affected(pair[0]),
    ]
    for count, call in enumerate(calls, 1):
        for mine in (other, clinic.acting_as(clinic.patient)):
            with pytest.raises(NotPermitted):
                call(mine)
        assert len(clinic.rows(audit_logs, resource_id=clinic.doctor.id)) == count * 2
        call(clinic.acting_as(clinic.doctor))
        call(clinic.system)
    with pytest.raises(NotFound):
        clinic.system.appointments.affected(new_id())


@pytest.mark.telemed_settings(view_dedupe=dt.timedelta(0))
def test_each_read_by_the_doctor_writes_one_access_row(clinic: Clinic) -> None:
    """D46; none for the patient themself, none for a job of the system."""
    booked = clinic.bring(AppointmentStatus.IN_PROGRESS)
    code = clinic.system.appointments.access_code(booked.id)
    pair = (clinic.doctor.id, clinic.patient.id)
    reads: list[Call] = [
        *READS,
        lambda mine, _one: mine.appointments.by_access_code(code),
        lambda mine, _one: mine.appointments.list(),
        lambda mine, _one: mine.appointments.agenda(),
        lambda mine, _one: mine.appointments.around_now(pair[0]),
        lambda mine, _one: mine.appointments.next_of_doctor(pair[0]),
        lambda mine, _one: mine.appointments.recent_of_pair(*pair),
    ]
    for_the_doctor: list[Call] = [
        lambda mine, _one: mine.appointments.linkable(*pair),
        lambda mine, _one: mine.appointments.patients_to_issue_for(pair[0]),
        lambda mine, _one: mine.appointments.for_new_issue(*pair),
    ]
    for call in reads:
        call(clinic.acting_as(clinic.patient), booked)
        call(clinic.system, booked)
    assert clinic.count(data_access_logs) == 0
    for count, call in enumerate([*reads, *for_the_doctor], 1):
        call(clinic.acting_as(clinic.doctor), booked)
        rows = clinic.rows(data_access_logs)
        assert len(rows) == count
        assert (rows[-1].accessor_id, rows[-1].subject_id, rows[-1].action.value) == (
            clinic.doctor.user_id,
            clinic.patient.user_id,
            "view",
        )


def test_repeated_views_merge_for_a_while(clinic: Clinic) -> None:
    booked = clinic.book()
    doctor = clinic.store.acting_as(Actor.user(clinic.doctor.user_id, "203.0.113.7", correlation_id="request-1"))
    doctor.appointments.get(booked.id)
    clinic.clock.step(dt.timedelta(seconds=299))
    doctor.appointments.list()
    (row,) = clinic.rows(data_access_logs)
    assert (row.resource_id, row.correlation_id, row.data_type.value) == (booked.id, "request-1", "consultation")
    assert row.origin_id is not None
    clinic.clock.step(dt.timedelta(seconds=2))
    doctor.appointments.get(booked.id)
    assert clinic.count(data_access_logs) == 2


def test_a_list_writes_one_access_row_per_patient_shown(clinic: Clinic) -> None:
    """Those of the page, not the row that was read to know whether there is more."""
    patients = [clinic.new_patient(f"Patient {n}") for n in range(3)]
    for hour, patient in enumerate([*patients[:2], *patients], 9):
        clinic.book(at(hour), patient_id=patient.id)

    clinic.acting_as(clinic.doctor).appointments.list(limit=4)

    assert {row.subject_id for row in clinic.rows(data_access_logs)} == {p.user_id for p in patients[:2]}
    assert clinic.count(data_access_logs) == 2


def test_when_a_patient_is_busy_is_told_to_them_and_their_doctors_alone(clinic: Clinic) -> None:
    """C13, C14: that somebody has an appointment is health data, whichever verb tells it."""
    date = at(9).astimezone(ZONE).date()
    doctor, patient = clinic.doctor, clinic.patient
    other = clinic.new_doctor("Davi Reis")
    clinic.book(at(9))

    def answers(mine: BoundStore) -> list[object]:
        free = mine.availability.free_slots(other.id, date, date, patient_id=patient.id)
        of_all = mine.availability.free_slots_of([other.id], date, patient_id=patient.id)
        return [
            at(9) in [slot.starts_at for slot in free],
            free == of_all,
            mine.availability.is_bookable(other.id, at(9), at(10), patient_id=patient.id),
            mine.appointments.overlapping(at(9), at(10), patient_id=patient.id),
        ]

    told = [False, True, False, True]
    assert answers(clinic.system) == told
    assert answers(clinic.acting_as(patient)) == told
    assert clinic.count(data_access_logs) == 0
    assert answers(clinic.acting_as(doctor)) == told
    (access,) = clinic.rows(data_access_logs)
    assert (access.accessor_id, access.subject_id, access.data_type) == (
        doctor.user_id,
        patient.user_id,
        DataType.CONSULTATION,
    )

    stranger = clinic.acting_as(other)
    for question in (
        partial(stranger.availability.free_slots, other.id, date, date, patient_id=patient.id),
        partial(stranger.availability.free_slots_of, [other.id], date, patient_id=patient.id),
        partial(stranger.availability.is_bookable, other.id, at(9), at(10), patient_id=patient.id),
        partial(stranger.appointments.overlapping, at(9), at(10), patient_id=patient.id),
        partial(clinic.stranger().appointments.overlapping, at(9), at(10), patient_id=patient.id),
    ):
        with pytest.raises(NotPermitted):
            question()
    assert len(clinic.rows(audit_logs, resource_id=patient.id)) == 5
    assert clinic.count(data_access_logs) == 1
    emergency = clinic.store.acting_as(Actor.user(other.user_id, emergency_reason="Unconscious in the emergency room"))
    assert emergency.appointments.overlapping(at(9), at(10), patient_id=patient.id)
    assert [row.reason is None for row in clinic.rows(data_access_logs)] == [True, False]
    # Without a patient it is the doctor's own calendar, which is public.
    assert len(stranger.availability.free_slots(doctor.id, date, date)) > 0
    assert stranger.appointments.overlapping(at(9), at(10), doctor_id=doctor.id)
    for question in (
        partial(clinic.system.availability.free_slots, other.id, date, date, patient_id=new_id()),
        partial(clinic.system.availability.free_slots_of, [other.id], date, patient_id=new_id()),
        partial(clinic.system.appointments.overlapping, at(9), at(10), patient_id=new_id()),
    ):
        with pytest.raises(NotFound):
            question()
    assert clinic.system.availability.free_slots_of([new_id()], date, patient_id=patient.id) == []


def test_a_deleted_profile_neither_shows_nor_breaks_anything(clinic: Clinic) -> None:
    """A user may come back with a second profile; what belonged to the first stays with the first."""
    done = clinic.bring(AppointmentStatus.CANCELLED)
    version = clinic.system.people.patient(clinic.patient.id).version
    clinic.system.people.delete_patient(clinic.patient.id, expected_version=version)
    own = clinic.acting_as(clinic.patient)
    with pytest.raises(NotFound):
        own.appointments.get(done.id)
    again = clinic.system.people.register_patient(new_patient(user_id=clinic.patient.user_id))

    assert own.appointments.list().items == ()
    assert again.id != clinic.patient.id
    assert clinic.acting_as(clinic.doctor).appointments.get(done.id).id == done.id


def test_who_holds_time_cannot_vanish(clinic: Clinic) -> None:
    from telemed_store import Conflict

    booked = clinic.book()
    version = clinic.system.people.doctor(clinic.doctor.id).version
    with pytest.raises(Conflict):
        clinic.system.people.delete_doctor(clinic.doctor.id, expected_version=version)
    clinic.system.appointments.cancel(booked.id, expected_version=1)
    clinic.system.people.delete_doctor(clinic.doctor.id, expected_version=version)
    assert len(clinic.rows(appointments)) == 1


def test_a_log_stays_readable_after_deletion_for_those_who_saw_it(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.system.appointments.delete(booked.id, expected_version=1)
    stranger = clinic.stranger()

    page = clinic.acting_as(clinic.patient).appointments.logs(booked.id)
    assert [row.event.value for row in page.items] == ["created", "deleted"]
    with pytest.raises(NotFound):
        stranger.appointments.logs(booked.id)
    assert len(clinic.rows(audit_logs, resource_id=booked.id)) == 1


def test_nothing_shown_tells_what_stands_in_it(clinic: Clinic) -> None:
    """No PHI in a repr."""
    booked = clinic.book(notes="secret remark")
    detail = clinic.system.appointments.detail(booked.id)
    page = clinic.system.appointments.agenda()
    with clinic.store.unit_of_work(SYSTEM) as uow:
        shown = (
            f"{clinic.request(notes='secret remark')!r} {booked} {booked!r} {detail!r} {page!r} {page.items!r} {uow!r}"
        )
    assert "secret" not in shown
    assert "Prado" not in shown
