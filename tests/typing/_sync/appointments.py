# Generated from _async/appointments.py by tools/sync.py. Do not edit.
"""What the verbs on appointments return. Checked by mypy and pyright in strict mode, never run."""

from __future__ import annotations

import datetime as dt
from typing import assert_type
from uuid import UUID

from telemed_store import (
    Appointment,
    AppointmentDetail,
    AppointmentLog,
    AppointmentPatch,
    AppointmentWithPeople,
    ImportedVisit,
    ImportReport,
    IssueTarget,
    NewAppointment,
    Page,
    PairHistory,
    Participant,
    Reader,
    RelationKind,
    UnitOfWork,
)
from telemed_store.scopes import ForDoctor, Upcoming


def reading(reader: Reader, some_id: UUID, instant: dt.datetime) -> None:
    appointments = reader.appointments
    assert_type(appointments.get(some_id), Appointment)
    assert_type(appointments.of_pair(some_id, some_id, some_id), Appointment)
    assert_type(appointments.by_access_code("ABCD2345"), Appointment)
    assert_type(appointments.access_code(some_id), str)
    assert_type(appointments.detail(some_id), AppointmentDetail)
    assert_type(appointments.next_of_doctor(some_id), AppointmentWithPeople | None)
    assert_type(appointments.overlapping(instant, instant, doctor_id=some_id, except_id=some_id), bool)
    assert_type(appointments.has_relationship(some_id, some_id, RelationKind.ANY), bool)
    assert_type(appointments.for_new_issue(some_id, some_id), IssueTarget)
    assert_type(appointments.recent_of_pair(some_id, some_id), PairHistory)


def listing(reader: Reader, some_id: UUID) -> None:
    appointments = reader.appointments
    page = appointments.list(ForDoctor(some_id) & Upcoming(), limit=10, cursor=None, newest_first=True)
    assert_type(page, Page[Appointment])
    assert_type(page.items, tuple[Appointment, ...])
    assert_type(page.next_cursor, str | None)
    assert_type(page.has_more, bool)
    assert_type(appointments.logs(some_id), Page[AppointmentLog])
    assert_type(appointments.agenda(ForDoctor(some_id)), Page[AppointmentWithPeople])
    assert_type(appointments.around_now(some_id), Page[AppointmentWithPeople])
    assert_type(appointments.past_of_doctor(some_id), Page[AppointmentWithPeople])
    assert_type(appointments.linkable(some_id, some_id), Page[AppointmentWithPeople])
    assert_type(appointments.patients_to_issue_for(some_id), Page[Participant])
    assert_type(appointments.affected(some_id), Page[Appointment])


def changing(uow: UnitOfWork, some_id: UUID, new: NewAppointment, instant: dt.datetime) -> None:
    appointments = uow.appointments
    assert_type(appointments.schedule(new, idempotency_key="k", override_availability="urgent"), Appointment)
    assert_type(appointments.reschedule(some_id, instant, expected_version=1), Appointment)
    assert_type(appointments.cancel(some_id, "ill", expected_version=1), Appointment)
    assert_type(appointments.start(some_id, expected_version=1), Appointment)
    assert_type(appointments.complete(some_id, expected_version=1), Appointment)
    assert_type(appointments.mark_no_show(some_id, expected_version=1), Appointment)
    assert_type(appointments.update(some_id, AppointmentPatch(notes=None), expected_version=1), Appointment)
    assert_type(appointments.delete(some_id, expected_version=1), None)


def importing(uow: UnitOfWork, visits: list[ImportedVisit]) -> None:
    report = uow.appointments.import_completed(visits)
    assert_type(report, ImportReport)
    assert_type(report.imported, tuple[UUID, ...])
    assert_type([(refusal.index, refusal.reason) for refusal in report.refused], list[tuple[int, str]])
