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
    AsyncReader,
    AsyncUnitOfWork,
    ImportedVisit,
    ImportReport,
    IssueTarget,
    NewAppointment,
    Page,
    PairHistory,
    Participant,
    RelationKind,
)
from telemed_store.scopes import ForDoctor, Upcoming


async def reading(reader: AsyncReader, some_id: UUID, instant: dt.datetime) -> None:
    appointments = reader.appointments
    assert_type(await appointments.get(some_id), Appointment)
    assert_type(await appointments.of_pair(some_id, some_id, some_id), Appointment)
    assert_type(await appointments.by_access_code("ABCD2345"), Appointment)
    assert_type(await appointments.access_code(some_id), str)
    assert_type(await appointments.detail(some_id), AppointmentDetail)
    assert_type(await appointments.next_of_doctor(some_id), AppointmentWithPeople | None)
    assert_type(await appointments.overlapping(instant, instant, doctor_id=some_id, except_id=some_id), bool)
    assert_type(await appointments.has_relationship(some_id, some_id, RelationKind.ANY), bool)
    assert_type(await appointments.for_new_issue(some_id, some_id), IssueTarget)
    assert_type(await appointments.recent_of_pair(some_id, some_id), PairHistory)


async def listing(reader: AsyncReader, some_id: UUID) -> None:
    appointments = reader.appointments
    page = await appointments.list(ForDoctor(some_id) & Upcoming(), limit=10, cursor=None, newest_first=True)
    assert_type(page, Page[Appointment])
    assert_type(page.items, tuple[Appointment, ...])
    assert_type(page.next_cursor, str | None)
    assert_type(page.has_more, bool)
    assert_type(await appointments.logs(some_id), Page[AppointmentLog])
    assert_type(await appointments.agenda(ForDoctor(some_id)), Page[AppointmentWithPeople])
    assert_type(await appointments.around_now(some_id), Page[AppointmentWithPeople])
    assert_type(await appointments.past_of_doctor(some_id), Page[AppointmentWithPeople])
    assert_type(await appointments.linkable(some_id, some_id), Page[AppointmentWithPeople])
    assert_type(await appointments.patients_to_issue_for(some_id), Page[Participant])
    assert_type(await appointments.affected(some_id), Page[Appointment])


async def changing(uow: AsyncUnitOfWork, some_id: UUID, new: NewAppointment, instant: dt.datetime) -> None:
    appointments = uow.appointments
    assert_type(await appointments.schedule(new, idempotency_key="k", override_availability="urgent"), Appointment)
    assert_type(await appointments.reschedule(some_id, instant, expected_version=1), Appointment)
    assert_type(await appointments.cancel(some_id, "ill", expected_version=1), Appointment)
    assert_type(await appointments.start(some_id, expected_version=1), Appointment)
    assert_type(await appointments.complete(some_id, expected_version=1), Appointment)
    assert_type(await appointments.mark_no_show(some_id, expected_version=1), Appointment)
    assert_type(await appointments.update(some_id, AppointmentPatch(notes=None), expected_version=1), Appointment)
    assert_type(await appointments.delete(some_id, expected_version=1), None)


async def importing(uow: AsyncUnitOfWork, visits: list[ImportedVisit]) -> None:
    report = await uow.appointments.import_completed(visits)
    assert_type(report, ImportReport)
    assert_type(report.imported, tuple[UUID, ...])
    assert_type([(refusal.index, refusal.reason) for refusal in report.refused], list[tuple[int, str]])
