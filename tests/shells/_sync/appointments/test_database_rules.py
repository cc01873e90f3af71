# Generated from _async/appointments/test_database_rules.py by tools/sync.py. Do not edit.
"""What the database itself refuses, past every verb: overlaps, states that cannot be, changes of logs and events (C7, D01, D47, D58)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Executable, Table, delete, insert, text, update
from sqlalchemy.exc import DBAPIError

from telemed_store import (
    Appointment,
    AppointmentStatus,
    CompletionKind,
    IdempotencyConflict,
    NewAppointment,
    SlotTaken,
    StoreError,
    TransactionConflict,
    new_id,
)
from telemed_store.appointments.models import TRANSITIONS
from telemed_store.appointments.overlap import DOCTOR_OVERLAP, PATIENT_OVERLAP
from telemed_store.appointments.tables import appointment_logs, appointments
from telemed_store.appointments.transitions import TRANSITION_RULE
from telemed_store.audit.context import Context
from telemed_store.events.tables import domain_events
from telemed_store.people.tables import service_locations

from .clinic import HALF_HOUR, SYSTEM, Clinic, at

Status = AppointmentStatus


def raw(clinic: Clinic, statement: Executable, values: Any = None) -> None:
    """Run a statement of the host's own."""
    with clinic.store.unit_of_work(SYSTEM) as uow:
        uow.connection.execute(statement, values)


def refused(clinic: Clinic, statement: Executable, values: Any = None) -> str:
    """What the database says to it."""
    with pytest.raises(DBAPIError) as failure:
        raw(clinic, statement, values)
    return str(failure.value.orig)


def book_in_a_unit(clinic: Clinic, request: NewAppointment, key: str | None = None) -> None:
    """Book in a unit of work that nobody repeats."""
    with clinic.store.unit_of_work(SYSTEM) as uow:
        uow.appointments.schedule(request, idempotency_key=key)


def row_of(clinic: Clinic, appointment: Appointment, **changes: Any) -> dict[str, Any]:
    """Another row like that of an appointment."""
    (row,) = clinic.rows(appointments, id=appointment.id)
    return {**row._mapping, "id": new_id(), "access_code": str(new_id())[-8:].upper(), **changes}


def test_the_database_refuses_overlaps_of_raw_inserts(clinic: Clinic) -> None:
    booked = clinic.book(at(10))
    doctor, patient = clinic.new_doctor("Davi Reis"), clinic.new_patient()
    overlapping = {"starts_at": at(10, 29), "ends_at": at(11)}

    said = refused(clinic, insert(appointments), row_of(clinic, booked, patient_id=patient.id, **overlapping))
    assert DOCTOR_OVERLAP in said
    said = refused(clinic, insert(appointments), row_of(clinic, booked, doctor_id=doctor.id, **overlapping))
    assert PATIENT_OVERLAP in said
    for allowed in (
        {"starts_at": at(10, 30), "ends_at": at(11)},
        {"starts_at": at(9, 30), "ends_at": at(10)},
        {"deleted_at": clinic.clock.now()},
        {"status": Status.CANCELLED, "cancelled_at": clinic.clock.now()},
        {"status": Status.NO_SHOW, "no_show_at": clinic.clock.now()},
        {
            "status": Status.COMPLETED,
            "started_at": at(10),
            "ended_at": at(11),
            "completion_kind": CompletionKind.AUTO_CLOSED,
        },
    ):
        raw(clinic, insert(appointments), row_of(clinic, booked, **allowed))


def test_the_database_refuses_overlaps_of_raw_updates(clinic: Clinic) -> None:
    """Moving, extending, waking up a deleted one."""
    clinic.book(at(10))
    later = clinic.book(at(11))
    deleted = clinic.book(at(12))
    clinic.system.appointments.delete(deleted.id, expected_version=1)
    taken = {"starts_at": at(10), "ends_at": at(10) + HALF_HOUR}

    wanted: list[tuple[UUID, dict[str, Any]]] = [
        (later.id, taken),
        (later.id, {"starts_at": at(10, 29)}),
        (deleted.id, {"deleted_at": None, **taken}),
    ]
    for row_id, values in wanted:
        said = refused(clinic, update(appointments).where(appointments.c.id == row_id).values(values))
        assert DOCTOR_OVERLAP in said or PATIENT_OVERLAP in said, values
    raw(clinic, update(appointments).where(appointments.c.id == later.id).values(starts_at=at(10, 30)))


def test_the_database_refuses_transitions_outside_the_one_table(clinic: Clinic) -> None:
    """D15: no statement brings a terminal appointment back, or skips the consultation."""
    now = clinic.clock.now()
    none = {"started_at": None, "ended_at": None, "completion_kind": None, "cancelled_at": None, "no_show_at": None}
    begun = none | {"started_at": now}
    consistent = {
        Status.SCHEDULED: none,
        Status.RESCHEDULED: none,
        Status.IN_PROGRESS: begun,
        Status.COMPLETED: begun | {"ended_at": now, "completion_kind": CompletionKind.FINALIZED},
        Status.CANCELLED: none | {"cancelled_at": now},
        Status.NO_SHOW: none | {"no_show_at": now},
    }
    for number, before in enumerate(Status):
        row = clinic.bring(before, at(10) + number * HALF_HOUR)
        for after in Status:
            if after is before or after in TRANSITIONS[before]:
                continue
            values = {"status": after, "cancelled_by": None, "cancellation_reason": None, **consistent[after]}
            said = refused(clinic, update(appointments).where(appointments.c.id == row.id).values(values))
            assert TRANSITION_RULE in said, (before, after)


def test_the_database_keeps_people_always_and_time_and_place_once_begun(clinic: Clinic) -> None:
    other = clinic.new_patient()
    booked = clinic.book(at(10))
    begun = clinic.bring(Status.IN_PROGRESS, at(11))
    for row_id, values in (
        (booked.id, {"patient_id": other.id}),
        (begun.id, {"starts_at": at(11, 5)}),
        (begun.id, {"ends_at": at(12)}),
        (begun.id, {"location_id": new_id()}),
    ):
        said = refused(clinic, update(appointments).where(appointments.c.id == row_id).values(values))
        assert TRANSITION_RULE in said, values


def test_the_database_refuses_another_doctors_place_and_deleting_what_has_begun(clinic: Clinic) -> None:
    booked = clinic.book(at(10))
    other = clinic.new_doctor("Davi Reis")
    (place,) = clinic.rows(service_locations, doctor_id=other.id)
    refused(clinic, update(appointments).where(appointments.c.id == booked.id).values(location_id=place.id))
    for number, status in enumerate((Status.IN_PROGRESS, Status.COMPLETED)):
        row = clinic.bring(status, at(11) + number * HALF_HOUR)
        deletion = update(appointments).where(appointments.c.id == row.id).values(deleted_at=clinic.clock.now())
        assert TRANSITION_RULE in refused(clinic, deletion)


def test_an_overlap_that_the_verb_could_not_see_is_slot_taken(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """slot_race_error_is_always_slot_taken: the constraint behind the verb's own check answers with the same error."""
    clinic.book(at(10))
    other = clinic.new_patient()
    monkeypatch.setattr("telemed_store.appointments.operations._check_free", lambda *_args, **_kwargs: None)

    with pytest.raises(SlotTaken) as of_doctor:
        clinic.book(at(10), patient_id=other.id)

    assert of_doctor.value.side == "doctor"


def test_a_key_that_the_verb_could_not_see_is_found_when_run_again(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two at once with one key and different people: the loser's second run finds the winner's row."""
    verbs = clinic.system.appointments
    verbs.schedule(clinic.request(), idempotency_key="k")
    other = clinic.request(at(11), patient_id=clinic.new_patient().id)
    from telemed_store.appointments import operations

    look_up, blind = operations._stored_for, [True]

    def late(connection: Any, context: Context, key: str, digest: bytes | None) -> Appointment | None:
        return None if blind.pop() else look_up(connection, context, key, digest)

    monkeypatch.setattr(operations, "_stored_for", lambda *args: late(*args) if blind else look_up(*args))
    with pytest.raises(IdempotencyConflict):
        verbs.schedule(other, idempotency_key="k")
    blind.append(True)
    with pytest.raises(TransactionConflict):
        book_in_a_unit(clinic, other, "k")


def test_the_database_refuses_states_that_cannot_be(clinic: Clinic) -> None:
    """D58 and the checks of domain §4."""
    booked = clinic.book()
    now = clinic.clock.now()
    impossible: list[Mapping[str, Any]] = [
        {"ends_at": booked.starts_at},
        {"ends_at": booked.starts_at - HALF_HOUR},
        {"status": Status.IN_PROGRESS},
        {"started_at": now},
        {"status": Status.COMPLETED, "started_at": now, "ended_at": now},
        {"status": Status.COMPLETED, "started_at": now, "completion_kind": CompletionKind.FINALIZED},
        {
            "status": Status.COMPLETED,
            "started_at": now,
            "ended_at": now - HALF_HOUR,
            "completion_kind": CompletionKind.FINALIZED,
        },
        {"ended_at": now},
        {"status": Status.CANCELLED},
        {"cancelled_at": now},
        {"cancellation_reason": "none"},
        {"cancelled_by": clinic.patient.user_id},
        {"status": Status.NO_SHOW},
        {"no_show_at": now},
        {"idempotency_key": "k"},
        {"completion_kind": CompletionKind.IMPORTED},
        {"access_code": None},
        {"doctor_id": new_id()},
        {"patient_id": new_id()},
        {"location_id": new_id()},
        {"created_by": new_id()},
    ]
    for values in impossible:
        refused(clinic, update(appointments).where(appointments.c.id == booked.id).values(values))
    for column in ("status", "origin", "completion_kind"):
        refused(clinic, text(f"UPDATE {name_of(clinic, appointments)} SET {column} = 'x'"))
    assert booked == clinic.system.appointments.get(booked.id)


def test_unique_values_stay_unique_for_ever(clinic: Clinic) -> None:
    clinic.system.appointments.schedule(clinic.request(), idempotency_key="k")
    (row,) = clinic.rows(appointments)
    gone = {"id": new_id(), "deleted_at": clinic.clock.now()}

    refused(clinic, insert(appointments), {**row._mapping, **gone, "access_code": "ZZZZZZZZ"})
    refused(
        clinic,
        insert(appointments),
        {**row._mapping, **gone, "idempotency_key": None, "idempotency_actor": None, "request_digest": None},
    )


def name_of(clinic: Clinic, table: Table) -> str:
    """A table's name in SQL written by hand."""
    url = clinic.store.settings.database_url
    assert url is not None
    return f"telemed.{table.name}" if url.get_secret_value().startswith("postgresql") else table.name


@pytest.mark.parametrize("table", [appointment_logs, domain_events], ids=lambda table: table.name)
def test_logs_and_events_refuse_every_change(clinic: Clinic, table: Table, telemed_engine: str) -> None:
    """D47: UPDATE, DELETE, TRUNCATE where the engine has it, and the ways of SQLite and MariaDB to replace a row."""
    clinic.book()
    before = clinic.rows(table)
    values = dict(before[0]._mapping)
    name = name_of(clinic, table)
    attempts: list[Executable] = [
        update(table).values(created_at=clinic.clock.now() + dt.timedelta(days=1)),
        update(table).where(table.c.id == values["id"]).values(payload={}),
        delete(table),
        delete(table).where(table.c.id == values["id"]),
    ]
    if telemed_engine != "sqlite":
        attempts.append(text(f"TRUNCATE TABLE {name}"))
    columns = ", ".join(table.c.keys())
    if telemed_engine == "postgresql":
        attempts.append(text(f"TRUNCATE TABLE {name} CASCADE"))
    if telemed_engine == "sqlite":
        attempts += [
            text(f"INSERT OR REPLACE INTO {name} ({columns}) SELECT {columns} FROM {name} WHERE 1"),
            text(f"UPDATE OR REPLACE {name} SET id = id"),
        ]
    if telemed_engine == "mariadb":
        attempts += [
            text(f"REPLACE INTO {name} ({columns}) SELECT {columns} FROM {name}"),
            text(
                f"INSERT INTO {name} ({columns}) SELECT {columns} FROM {name} o ON DUPLICATE KEY UPDATE created_at = o.created_at"
            ),
        ]
    for attempt in attempts:
        refused(clinic, attempt)
    assert clinic.rows(table) == before


def test_a_version_of_an_appointment_has_one_event(clinic: Clinic) -> None:
    clinic.book()
    (event,) = [row for row in clinic.rows(domain_events) if row.aggregate_type == "appointment"]

    refused(clinic, insert(domain_events), {**event._mapping, "id": new_id()})


def test_rules_of_the_database_are_typed_errors_in_a_verb(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """A code that the clock of luck repeats for ever is a conflict that may be repeated, no error of a driver."""
    monkeypatch.setattr("secrets.randbelow", lambda _codes: 0)
    clinic.book(at(9))

    with pytest.raises(StoreError) as conflict:
        book_in_a_unit(clinic, clinic.request(at(10)))

    assert type(conflict.value) is TransactionConflict
