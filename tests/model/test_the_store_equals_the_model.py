"""A state machine drives the store and a small model of a clinic side by side; after each step they are equal.

Bookings, moves, starts, ends, imports, windows, blocks, consents and steps of the clock, refused attempts among them, one by one and in
units of work that are committed or undone, whole or in part (D01-D07, D12, D15, D47, D48; `free_slots_and_booking_agree`,
`adjacent_appointments_are_allowed`, `reschedule_onto_itself_is_allowed`, `booking_is_idempotent_by_key_for_ever`,
`clock_step_back_keeps_periods_ordered`).
"""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from telemed_store import AsyncStore, Store, StoreError
from telemed_store.scopes import ForDoctor, IncludingDeleted
from telemed_store.settings import Settings
from telemed_store.testing import Make, ProofSize
from telemed_store.testing.clock import PRESENT, FrozenClock

from . import wishes
from .clinic_model import ClinicModel, in_order
from .facts import CUTOFF, DAY, ZONE, Person, Refusal, Row, Who, local
from .house import Committed, House, Tasks, Threads, World, as_row
from .requests import SYSTEM, Request, Requests
from .wishes import Tick, Unit, Wish

pytestmark = pytest.mark.slow

NIL = UUID(int=0)
_examples = itertools.count(1)


class Undo(Exception):
    """The host gives a unit of work up."""


class Clinic(RuleBasedStateMachine):
    """Two doctors and two patients, new for each example, in one database."""

    def __init__(
        self, world: World, committed: Committed, clock: FrozenClock, make: Make, *, looks_each_time: bool
    ) -> None:
        super().__init__()
        self.looks_each_time = looks_each_time
        self.house = House(world, f"model-{next(_examples)}")
        self.committed = committed
        self.clock = clock
        self.make = make
        self.model = ClinicModel(PRESENT)
        self.requests = Requests(self.model, [])
        self.seen_logs: dict[UUID, int] = {}

    # --- what happens ---------------------------------------------------------------------------------------------------------

    @initialize(
        consenting=st.sampled_from([2, 2, 1, 0]),
        at_the_office=st.booleans(),
        wished=st.lists(wishes.BEGINNING, min_size=3, max_size=7),
    )
    def open(self, *, consenting: int, at_the_office: bool, wished: list[Wish]) -> None:
        """Both doctors work on all mornings, the second perhaps at the office alone, tomorrow by a window of that date; some visits."""
        self.clock.set(PRESENT)
        with self.house.world.entered(self.house.acting_as(SYSTEM).unit_of_work()) as uow:
            result = self.house.world.result
            people = uow.people
            offices = []
            for _ in range(2):
                doctor = result(people.register_doctor(self.make.new_doctor(zone=ZONE)))
                patient = result(people.register_patient(self.make.new_patient()))
                self.model.doctors.append(Person(doctor.id, doctor.user_id))
                self.model.patients.append(Person(patient.id, patient.user_id))
                online = result(people.first_teleconsultation_location(doctor.id))
                office = result(people.add_location(self.make.new_service_location(doctor.id)))
                self.model.places |= {place.id: dict(place) for place in (online, office)}
                offices.append(office.id)
            self.house.users = {person.id: person.user_id for person in self.model.patients}
            for doctor, place in zip(self.model.doctors, (None, offices[1] if at_the_office else None), strict=True):
                days: list[Row] = [{"weekday": day, "specific_date": None} for day in range(1, 8)]
                days.append({"weekday": None, "specific_date": self.model.today + DAY})
                hours = {"start_minute": 480, "end_minute": 720, "location_id": place, "is_active": True}
                windows = [{"doctor_id": doctor.id, **day, **hours} for day in days]
                arguments = {"doctor_id": doctor.id, "windows": windows, "version": 1}
                self.attempt(uow, Request("save_schedule", SYSTEM, arguments))
            for patient in self.model.patients[:consenting]:
                self.attempt(uow, Request("grant", SYSTEM, {"patient_id": patient.id}))
            self.several(uow, SYSTEM, wished)

    @rule(moments=wishes.MOMENTS)
    def go_on(self, moments: list[Wish | Unit | Tick]) -> None:
        """Verbs by themselves and in units of work, and steps of the clock, between two looks at everything."""
        for moment in moments:
            if isinstance(moment, Tick):
                self.tick(moment)
            elif isinstance(moment, Unit):
                self.unit_of_work(moment)
            else:
                request = self.requests.of(moment)
                if request is not None:
                    self.attempt(self.house.acting_as(request.who), request)
            if self.looks_each_time:
                self.the_store_equals_the_model()

    def unit_of_work(self, unit: Unit) -> None:
        """What is undone leaves nothing, and verbs that are refused undo nothing else."""
        who, undone = self.requests.someone(unit.who), not unit.commits
        with self.undone(undone), self.entered(self.house.acting_as(who).unit_of_work(), undone) as uow:
            for kind, wished in unit.parts:
                if kind == "plain":
                    self.several(uow, who, wished)
                    continue
                with self.undone(kind == "undone"), self.entered(uow.savepoint(), kind == "undone") as savepoint:
                    self.several(savepoint, who, wished)

    def tick(self, tick: Tick) -> None:
        """Forward, and back to before what happened last."""
        starts = [row["starts_at"] for row in self.model.visits.values()]
        moment = starts[tick.pick % len(starts)] if starts and tick.moment == "visit" else self.model.now
        self.model.now = moment + dt.timedelta(minutes=tick.minutes, microseconds=tick.off)
        self.clock.set(self.model.now)

    # --- how it happens -------------------------------------------------------------------------------------------------------

    def several(self, frame: Any, who: Who, wished: list[Wish]) -> None:
        for wish in wished:
            request = self.requests.of(wish, who)
            if request is not None:
                self.attempt(frame, request)

    @contextmanager
    def undone(self, is_undone: bool) -> Generator[None]:  # noqa: FBT001 - reads as a sentence where it is used
        """A block whose changes the model forgets, if so, as the store does."""
        before = self.model.copy() if is_undone else None
        try:
            yield
        except Undo:
            assert before is not None
            self.model = self.requests.model = before

    @contextmanager
    def entered(self, frame: Any, gives_up: bool) -> Generator[Any]:  # noqa: FBT001 - the same
        with self.house.world.entered(frame) as opened:
            yield opened
            if gives_up:
                raise Undo

    def attempt(self, frame: Any, request: Request) -> None:
        """Ask the store, then the model: both do the same, or refuse for the same reason."""
        returned, refused = None, None
        try:
            returned = as_row(self.house.do(frame, request))
        except StoreError as error:
            refused = error
        expected, refusal = None, None
        try:
            expected = getattr(self.model, request.verb)(
                request.who, *self.made(request, returned), **request.arguments
            )
        except Refusal as error:
            refusal = error
        if refusal is None:
            assert refused is None, f"the store refuses what the model allows: {refused}"
            assert expected is None or returned == expected
            return
        assert refused is not None, f"the store allows what the model refuses: {refusal}"
        assert type(refused).__name__ == refusal.error, f"not {refusal}: {refused}"
        facts = {name: getattr(refused, name) for name in refusal.facts}
        facts |= {"fields": set(facts["fields"])} if "fields" in facts else {}
        assert facts == refusal.facts

    def made(self, request: Request, done: Any) -> tuple[Any, ...]:
        """The ids that the store gave to what it made: the model has no say in them."""
        if request.verb in {"schedule", "add_window", "block_dates"}:
            return (done["id"] if done else NIL,)
        if request.verb == "import_completed":
            return (done["imported"] if done else [],)
        if request.verb == "save_schedule":
            return (self.ids_of_new_windows(request.arguments["windows"], done["windows"] if done else {}),)
        return ()

    def ids_of_new_windows(self, wanted: list[Row], shown: dict[UUID, Row]) -> dict[int, UUID]:
        fresh = [row for row in shown.values() if row["id"] not in self.model.windows]
        ids: dict[int, UUID] = {}
        for place, window in enumerate(wanted):
            row = next((row for row in fresh if all(row[name] == value for name, value in window.items())), None)
            if row is not None:
                fresh.remove(row)
                ids[place] = row["id"]
        return ids

    # --- what holds after each step -------------------------------------------------------------------------------------------

    @invariant()
    def the_store_equals_the_model(self) -> None:
        self.rows_are_the_models()
        self.logs_and_events_are_the_models()
        self.lists_are_the_models()
        self.free_slots_are_the_models()

    def rows_are_the_models(self) -> None:
        doctors = [doctor.id for doctor in self.model.doctors]
        stored = {row["id"]: row for row in self.committed.visits(doctors)}
        hidden = {"access_code", "idempotency_actor", "idempotency_key", "request_digest"}
        assert {row_id: without(row, hidden) for row_id, row in stored.items()} == self.model.visits
        used = {row_id: (who, key) for (who, key), (_, row_id) in self.model.keys.items()}
        for row_id, row in stored.items():
            who, key = used.get(row_id, (None, None))
            expected = (key, who and self.house.actor(who).key, key is not None)
            held = (row["idempotency_key"], row["idempotency_actor"], row["request_digest"] is not None)
            assert held == expected
        assert {row["id"]: row for row in self.committed.windows(doctors)} == self.model.windows
        assert {row["id"]: row for row in self.committed.blocks(doctors)} == self.model.blocks
        seen = self.committed.last_seen(person.id for person in self.model.patients)
        assert {row_id: at for row_id, at in seen.items() if at is not None} == self.model.last_seen
        assert self.committed.outbox_rows() == 0

    def logs_and_events_are_the_models(self) -> None:
        """D07, D15, D47: one row of the log per change, one event per change that is one, dense in order, neither holding codes or notes."""
        visits = list(self.model.visits)
        logged = [
            (row["appointment_id"], row["event"], row["payload"], row["created_at"], row["actor_kind"], row["actor_id"])
            for row in self.committed.logs(visits)
        ]
        told = [
            (row_id, one.event, one.payload, one.at, one.by.kind, one.by.id)
            for row_id in visits
            for one in self.model.logs[row_id]
        ]
        assert by_visit(logged) == by_visit(told)
        assert by_visit(self.recorded(visits)) == by_visit(self.expected_events(visits))

    def recorded(self, visits: list[UUID]) -> list[tuple[Any, ...]]:
        names = ("aggregate_id", "type", "aggregate_version", "payload", "occurred_at", "actor_kind", "actor_id")
        more = ("recipients", "correlation_id", "aggregate_type", "schema_version")
        return [tuple(row[name] for name in (*names, *more)) for row in self.committed.events(visits)]

    def expected_events(self, visits: list[UUID]) -> list[tuple[Any, ...]]:
        users = {person.id: str(person.user_id) for person in (*self.model.doctors, *self.model.patients)}
        expected = []
        for row_id in visits:
            row = self.model.visits[row_id]
            recipients = [users[row["doctor_id"]], users[row["patient_id"]]]
            for one in self.model.events[row_id]:
                told = (row_id, one.type, one.version, one.payload, one.at, one.by.kind, one.by.id)
                correlation = self.house.actor(one.by).correlation_id
                expected.append((*told, recipients, correlation, "appointment", 1))
        return expected

    def lists_are_the_models(self) -> None:
        """Each doctor's list, and the log of each visit that something happened to since the last look."""
        with self.house.world.entered(self.house.acting_as(SYSTEM).reader()) as reader:
            for doctor in self.model.doctors:
                shown = self.pages(partial(reader.appointments.list, ForDoctor(doctor.id), 100))
                live = [row for row in self.model.visits.values() if not row["deleted_at"]]
                expected = in_order([row for row in live if row["doctor_id"] == doctor.id])
                assert [dict(one) for one in shown] == expected
            for row_id in self.model.visits:
                told = [(one.event, one.payload, one.at) for one in self.model.logs[row_id]]
                if self.seen_logs.get(row_id) != len(told):
                    shown = self.pages(partial(reader.appointments.logs, row_id, 100))
                    assert [(one.event, one.payload, one.created_at) for one in shown] == told
                    self.seen_logs[row_id] = len(told)

    def pages(self, read: Callable[[str | None], Any]) -> list[Any]:
        """The whole of a list."""
        page = self.house.world.result(read(None))
        items = list(page.items)
        while page.has_more:
            page = self.house.world.result(read(page.next_cursor))
            items += page.items
        return items

    def free_slots_are_the_models(self) -> None:
        """D05, D06, for a week; with the first patient, whose time counts too, and without."""
        first, last = self.model.today, self.model.today + dt.timedelta(days=6)
        with self.house.world.entered(self.house.acting_as(SYSTEM).reader()) as reader:
            for doctor, patient in zip(self.model.doctors, (None, self.model.patients[0].id), strict=True):
                found = reader.availability.free_slots(doctor.id, first, last, patient_id=patient)
                slots = [
                    {"starts_at": slot.starts_at, "ends_at": slot.ends_at, "place": slot.location_id}
                    for slot in self.house.world.result(found)
                    if (slot.zone, slot.local_starts_at) == (ZONE, local(slot.starts_at))
                ]
                assert slots == self.model.slots(doctor.id, first, 7, patient)

    def teardown(self) -> None:
        """Once per example, what costs more: the last moment of a slot, what a change hits, deleted visits, each person's list."""
        if not self.model.doctors:
            return
        slots = self.model.slots(self.model.doctors[0].id, self.model.today, 7)
        for off in (dt.timedelta(microseconds=-1), dt.timedelta(0)) if slots else ():
            self.model.now = slots[0]["starts_at"] - CUTOFF + off
            self.clock.set(self.model.now)
            self.free_slots_are_the_models()
        with self.house.world.entered(self.house.acting_as(SYSTEM).reader()) as reader:
            for doctor in self.model.doctors:
                hit = self.pages(partial(reader.appointments.affected, doctor.id, 100))
                assert [dict(one) for one in hit] == self.model.affected(doctor.id)
                newest_first = partial(reader.appointments.list, newest_first=True)
                shown = self.pages(partial(newest_first, ForDoctor(doctor.id) & IncludingDeleted(), 100))
                own = in_order([row for row in self.model.visits.values() if row["doctor_id"] == doctor.id])
                assert [dict(one) for one in shown] == own[::-1]
        for person in (*self.model.doctors, *self.model.patients):
            who = Who("user", person.user_id)
            with self.house.world.entered(self.house.acting_as(who).reader()) as reader:
                shown = self.pages(partial(reader.appointments.list, None, 100))
                seen = [row for row in self.model.visits.values() if self.model.sees(who, row)]
                assert [dict(one) for one in shown] == in_order([row for row in seen if not row["deleted_at"]])


def without(row: Row, names: set[str]) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def by_visit(rows: list[tuple[Any, ...]]) -> dict[UUID, list[tuple[Any, ...]]]:
    """Rows of several visits, those of each in the order given."""
    grouped: dict[UUID, list[tuple[Any, ...]]] = {}
    for row in rows:
        grouped.setdefault(row[0], []).append(row)
    return grouped


def run(world: World, url: str, clock: FrozenClock, make: Make, size: ProofSize, name: str) -> None:
    """Rounds of as many examples as Hypothesis draws afresh, before it starts to vary those it has; at the small size always the same."""
    committed = Committed(url)
    chosen = settings(
        max_examples=10,
        stateful_step_count=size.steps,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
    try:
        for number in range(size.rounds):
            clinic = partial(Clinic, world, committed, clock, make, looks_each_time=size.full)
            repeatable = clinic if size.full else seed(f"{name} {number}")(clinic)
            run_state_machine_as_test(repeatable, settings=chosen)
    finally:
        committed.close()


@pytest.mark.telemed_size(rounds=(2, 12), steps=(10, 15))
@pytest.mark.timeout(1800)
def test_rows_logs_events_and_slots_equal_the_models(
    telemed_engine: str,
    telemed: Store,
    telemed_database_url: str,
    telemed_clock: FrozenClock,
    telemed_make: Make,
    telemed_size: ProofSize,
) -> None:
    run(Threads(telemed), telemed_database_url, telemed_clock, telemed_make, telemed_size, telemed_engine)


@pytest.mark.telemed_engines("sqlite")
@pytest.mark.telemed_size(rounds=(1, 4), steps=(5, 15))
@pytest.mark.timeout(1800)
def test_the_asynchronous_store_equals_the_model_too(
    telemed_settings: Settings,
    telemed_database_url: str,
    telemed_clock: FrozenClock,
    telemed_make: Make,
    telemed_size: ProofSize,
) -> None:
    with asyncio.Runner() as runner:
        store = AsyncStore.open(settings=telemed_settings, clock=telemed_clock)
        try:
            run(Tasks(store, runner), telemed_database_url, telemed_clock, telemed_make, telemed_size, "tasks")
        finally:
            runner.run(store.close())
