"""Every public verb and list sends a fixed number of statements, the same for ten rows and for ten thousand (C16, D22, D38, D57;
incident list_has_constant_statement_count). The asynchronous shells await the same operations: what is counted here holds there."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from telemed_store import Actor, NewIdentifier, NewRegistration, NewUserIdentity, Store
from telemed_store._sync.repositories import Repositories
from telemed_store.appointments.tables import appointment_logs, appointments
from telemed_store.availability.tables import availability_windows, blocked_dates
from telemed_store.consents.tables import consents
from telemed_store.database.engines import BEGIN_SNAPSHOT
from telemed_store.database.identity import new_id
from telemed_store.messages.maintenance import BATCH
from telemed_store.people.tables import service_locations
from telemed_store.testing import Make, ProofSize
from telemed_store.testing.clock import PRESENT
from telemed_store.testing.statements import StatementCounter
from telemed_store.testing.watching import listening

from .loading import load
from .many_messages import write_conversations, write_messages
from .population import Population
from .statement_counts import CPF, HALF_HOUR, ISSUER, OWN, READS, TODAY, WRITES, World

FEW = 10


def public_verbs() -> set[str]:
    """Every verb of every repository, by looking."""
    repositories = vars(Repositories(frame=None))  # type: ignore[arg-type]  # no verb is called
    return {
        f"{name}.{verb}"
        for name, repository in repositories.items()
        for verb, _ in inspect.getmembers(type(repository), inspect.isfunction)
        if not verb.startswith("_")
    }


def test_every_public_verb_says_what_it_costs() -> None:
    assert public_verbs() == READS.keys() | WRITES.keys() | OWN.keys(), (
        "give a new verb its line in statement_counts.py"
    )


def test_the_figures_that_callers_rely_on_stand_in_the_table() -> None:
    """Free slots in at most 3 statements, of 31 days and of 50 doctors; an import in at most 12; role and profile in one (D57)."""
    at_most = {"availability.free_slots": 3, "availability.free_slots_of": 3, "appointments.import_completed": 12}
    at_most |= {"people.user": 1, "people.user_by_email": 1}
    assert [name for name, most in at_most.items() if (READS | WRITES)[name].statements > most] == []


class _Undo(Exception):
    pass


@contextmanager
def undone(store: Store, actor: Actor | None = None) -> Iterator[Any]:
    """A unit of work, of a job if nobody is named, that is undone, so that the next verb finds everything as it was."""
    with suppress(_Undo), store.unit_of_work(actor or Actor.system("counting")) as unit:
        yield unit
        raise _Undo


@pytest.mark.telemed_size(rows=(2_000, 10_000))
@pytest.mark.telemed_settings(view_dedupe=dt.timedelta(0))
@pytest.mark.timeout(600)
def test_list_has_constant_statement_count(
    telemed: Store,
    telemed_make: Make,
    telemed_engine: str,
    telemed_database_url: str,
    telemed_statements: StatementCounter,
    telemed_size: ProofSize,
) -> None:
    expected = {name: verb.by_job(telemed_engine) for name, verb in (READS | WRITES).items()}
    expected |= {
        f"{name} by the doctor": verb.statements + verb.more for name, verb in READS.items() if verb.more is not None
    }
    expected |= {name: verb.by_job(telemed_engine) + (verb.more or 0) for name, verb in OWN.items()}
    world = world_of(telemed, telemed_make, FEW)
    assert counts(telemed, telemed_statements, world) == expected
    load(telemed_database_url, Population(telemed_size.rows))
    grow(telemed, world, telemed_size.rows)
    # A job of many transactions: what stands in the table is what each of them sends.
    conversations = 1 + FEW + telemed_size.rows
    expected["messages.reconcile_counters"] *= -(-conversations // BATCH)
    assert counts(telemed, telemed_statements, replace(world, rows=telemed_size.rows)) == expected


@contextmanager
def transactions() -> Iterator[list[str]]:
    """The transactions that begin within the block: units of work by their COMMIT, snapshots by their BEGIN."""
    seen: list[str] = []

    def committed(_connection: Any) -> None:
        seen.append("unit")

    def sent(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement in BEGIN_SNAPSHOT.values():
            seen.append("snapshot")

    with listening((Engine, "commit", committed), (Engine, "before_cursor_execute", sent)):
        yield seen


def test_each_frame_begins_as_many_transactions_as_it_says(
    telemed: Store, telemed_make: Make, telemed_statements: StatementCounter
) -> None:
    """One for a verb, one for a unit, one for what is read at one point in time, one for the record of an access; none for a read."""
    visit = telemed_make.appointment()
    job = telemed.acting_as(telemed_make.actor, cached=False)
    doctor = telemed.acting_as(Actor.user(job.people.doctor(visit.doctor_id).user_id), cached=False)
    with transactions() as seen:
        job.appointments.get(visit.id)
    assert seen == []
    with transactions() as seen:
        job.appointments.detail(visit.id)
    assert seen == ["snapshot"]
    with transactions() as seen, telemed_statements() as sent:
        doctor.appointments.get(visit.id)
    assert seen == ["unit"]
    assert sent.count == 3, "the appointment, whether the view was recorded lately, its record"
    with transactions() as seen, telemed_statements() as sent:
        doctor.appointments.get(visit.id)
    assert seen == ["unit"]
    assert sent.count == 2, "the appointment, and that the view was recorded lately"
    with transactions() as seen:
        job.people.add_specialization("Numerologia")
    assert seen == ["unit"]
    with transactions() as seen, job.unit_of_work() as unit:
        unit.people.add_specialization("Contagem")
        unit.appointments.cancel(visit.id, expected_version=visit.version)
    assert seen == ["unit"]


def counts(store: Store, counter: StatementCounter, world: World) -> dict[str, int]:
    """What each verb sends: reads by a job and by the doctor, writes by a job."""
    measured: dict[str, int] = {}
    frames = {"": Actor.system("counting"), " by the doctor": Actor.user(world.doctor.user_id)}
    for said, actor in frames.items():
        reader = store.acting_as(actor, cached=False)
        for name, verb in READS.items():
            if said and verb.more is None:
                continue
            with counter() as seen:
                verb.call(reader, world)
            measured[f"{name}{said}"] = seen.count
    for name, verb in WRITES.items():
        with undone(store) as unit, counter() as seen:
            verb.call(unit, world)
        measured[name] = seen.count
    for name, verb in OWN.items():
        with undone(store, frames[" by the doctor"]) as unit, counter() as seen:
            verb.call(unit, world)
        measured[name] = seen.count
    return measured


def world_of(store: Store, make: Make, rows: int) -> World:
    """A doctor with an office, windows, a block, and appointments with one patient; and some who have none."""
    job = store.acting_as(make.actor)
    specialization = make.specialization()
    doctor = make.doctor(email="counted@example.org", cpf=CPF, specializations=(specialization.id,))
    patient, free_doctor, gone = make.patient(), make.doctor(), make.patient()
    job.people.delete_patient(gone.id, expected_version=gone.version)
    make.consent(patient.user_id)
    weekly = make.office_hours(doctor.id)[0]
    booked, begun = make.appointment(doctor.id, patient.id), make.appointment(doctor.id, patient.id, "in_progress")
    people, user_id = job.people, doctor.user_id
    world = World(
        letter=make.message(patient.user_id, user_id),
        answer=make.message(user_id, patient.user_id),
        login=people.link_identity(NewUserIdentity(user_id=user_id, issuer=ISSUER, subject="1")),
        passport=people.add_identifier(user_id, NewIdentifier(system="passport", value="AB1")),
        second=people.add_registration(doctor.id, NewRegistration(authority="cro", region="SP", number="12345")),
        make=make,
        rows=rows,
        doctor=doctor,
        patient=job.people.patient(patient.id),
        open=booked,
        begun=begun,
        access_code=job.appointments.access_code(booked.id),
        specialization=specialization,
        office=make.service_location(doctor.id),
        weekly=weekly,
        dated=make.availability_window(doctor.id, specific_date=TODAY + dt.timedelta(days=40)),
        block=make.blocked_dates(doctor.id),
        free_doctor=free_doctor,
        free_patient=make.patient(),
        lone_user=job.people.user(gone.user_id),
        doctor_ids=[doctor.id, free_doctor.id, *(Population.doctor_id(number) for number in range(48))],
    )
    grow(store, world, rows)
    # The keys of these people are in the store's memory from here on: loading them is one statement more, once.
    job.people.identity(patient.user_id)
    job.people.patient(world.free_patient.id)
    job.messages.page(world.letter.conversation_id)
    return world


def grow(store: Store, world: World, rows: int) -> None:
    """So many rows in every list of this doctor and this patient, beside those of a tenth at most that there are."""
    owner = {"doctor_id": world.doctor.id, "zone": "America/Sao_Paulo"}

    def dated(table: Any, number: int, **values: Any) -> dict[str, Any]:
        created = {"id": new_id(), "created_at": PRESENT, "version": 1, "updated_at": PRESENT, "deleted_at": None}
        return {name: value for name, value in (created | values).items() if name in table.c}

    past = [PRESENT - dt.timedelta(hours=number + 1) for number in range(rows)]
    days = [TODAY + dt.timedelta(days=200 + rows + 2 * number) for number in range(rows)]
    values: dict[Any, list[dict[str, Any]]] = {
        appointments: [
            {
                **owner,
                "patient_id": world.patient.id,
                "starts_at": at,
                "ends_at": at + HALF_HOUR,
                "local_starts_at": at.replace(tzinfo=None),
                "status": "completed",
                "access_code": new_id().hex[-8:].upper(),
                "origin": "booked",
                "created_by": world.doctor.user_id,
                "started_at": at,
                "ended_at": at + HALF_HOUR,
                "completion_kind": "finalized",
            }
            for at in past
        ],
        appointment_logs: [
            {"appointment_id": world.open.id, "actor_kind": "system", "event": "updated", "payload": {}} for _ in past
        ],
        consents: [
            {
                "user_id": world.patient.user_id,
                "type": "marketing",
                "text_version": "1",
                "text_sha256": "ab" * 32,
                "channel": "click",
                "granted_at": at,
                "granted_by": world.patient.user_id,
                "revoked_at": at,
            }
            for at in past
        ],
        service_locations: [
            {"doctor_id": world.doctor.id, "name": "Online", "type": "teleconsultation", "is_active": True}
            for _ in past
        ],
        availability_windows: [
            {**owner, "kind": "specific", "specific_date": day, "start_minute": 0, "end_minute": 60, "is_active": True}
            for day in days
        ],
        blocked_dates: [{**owner, "first_date": day, "last_date": day} for day in days],
    }
    with store.unit_of_work(Actor.system("growing")) as unit:
        doctor, patient = world.doctor.user_id, world.patient.user_id
        write_messages(unit.connection, world.letter.conversation_id, patient, doctor, rows)
        write_conversations(unit.connection, doctor, rows)
        for table, each in values.items():
            unit.connection.execute(insert(table), [dated(table, n, **one) for n, one in enumerate(each)])
