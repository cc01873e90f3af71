# Generated from _async/frames.py by tools/sync.py. Do not edit.
"""What the store and its frames are typed to return. Checked by mypy and pyright in strict mode, never run."""

from __future__ import annotations

from typing import assert_type
from uuid import UUID

from sqlalchemy import Connection

from telemed_store import (
    Actor,
    Appointment,
    BoundStore,
    Cache,
    CacheBackend,
    ConsultationScheduled,
    Counters,
    DomainEvent,
    Lock,
    Locks,
    NewAppointment,
    Presence,
    Queues,
    RateLimits,
    Reader,
    Sessions,
    Settings,
    Snapshot,
    Store,
    UnitOfWork,
)
from telemed_store._sync.appointments import AppointmentReads, Appointments
from telemed_store._sync.availability import Availability, AvailabilityReads
from telemed_store._sync.consents import ConsentReads, Consents
from telemed_store._sync.events import Events
from telemed_store._sync.joining import JoinedUnitOfWork
from telemed_store._sync.migrator import Migrator
from telemed_store._sync.people import People
from telemed_store._sync.people_reads import PeopleReads
from telemed_store._sync.unit_of_work import Savepoint
from telemed_store.migrations.migrator import Check, Finding, Revision


def a_store_is_opened_and_hands_out_frames(settings: Settings, actor: Actor, connection: Connection) -> None:
    assert_type(Store.open(), Store)
    assert_type(Store.open("sqlite:///:memory:"), Store)
    with Store.open(settings=settings) as store:
        assert_type(store, Store)
        assert_type(store.settings, Settings)
        assert_type(store.migrator, Migrator)
        assert_type(store.locks, Locks)
        assert_type(store.queues, Queues)
        assert_type(store.cache, Cache)
        assert_type(store.acting_as(actor, cached=False).reader(cached=True), Reader)
        assert_type(store.sessions, Sessions)
        assert_type(store.counters, Counters)
        assert_type(store.rate_limits, RateLimits)
        assert_type(store.presence, Presence)
        assert_type(store.acting_as(actor), BoundStore)
        assert_type(store.unit_of_work(actor), UnitOfWork)
        assert_type(store.reader(actor), Reader)
        assert_type(store.snapshot(actor), Snapshot)
        assert_type(store.join(connection, actor), JoinedUnitOfWork)
    assert_type(store.close(), None)


def a_bound_store_hands_out_frames(mine: BoundStore, connection: Connection) -> None:
    assert_type(mine.actor, Actor)
    with mine.unit_of_work() as uow:
        assert_type(uow, UnitOfWork)
    with mine.reader() as reader:
        assert_type(reader, Reader)
    with mine.snapshot() as snapshot:
        assert_type(snapshot, Snapshot)
    with mine.join(connection) as joined:
        assert_type(joined, JoinedUnitOfWork)
        assert_type(joined.committed(), None)
        assert_type(joined.rolled_back(), None)


def frames_that_write_hold_whole_repositories(mine: BoundStore, uow: UnitOfWork) -> None:
    assert_type(mine.people, People)
    assert_type(mine.consents, Consents)
    assert_type(mine.availability, Availability)
    assert_type(mine.appointments, Appointments)
    assert_type(mine.events, Events)
    assert_type(uow.people, People)
    assert_type(uow.consents, Consents)
    assert_type(uow.availability, Availability)
    assert_type(uow.appointments, Appointments)
    assert_type(uow.events, Events)


def frames_that_read_hold_the_read_half(reader: Reader, snapshot: Snapshot) -> None:
    assert_type(reader.people, PeopleReads)
    assert_type(reader.consents, ConsentReads)
    assert_type(reader.availability, AvailabilityReads)
    assert_type(reader.appointments, AppointmentReads)
    assert_type(reader.events, Events)
    assert_type(snapshot.people, PeopleReads)
    assert_type(snapshot.consents, ConsentReads)
    assert_type(snapshot.availability, AvailabilityReads)
    assert_type(snapshot.appointments, AppointmentReads)
    assert_type(snapshot.events, Events)


def a_unit_of_work_has_a_connection_a_fence_savepoints_and_hooks(uow: UnitOfWork, lock: Lock) -> None:
    assert_type(uow.connection, Connection)
    assert_type(uow.may_be_repeated, bool)
    assert_type(uow.fence(lock), None)
    assert_type(uow.savepoint(), Savepoint)
    with uow.savepoint() as inner:
        assert_type(inner, UnitOfWork)

    def mail(address: str, *, urgent: bool = False) -> int:
        return len(address) + urgent

    assert_type(uow.after_commit(mail, "a@example.org", urgent=True), None)
    assert_type(uow.after_rollback(mail, "a@example.org"), None)


def a_function_run_again_on_conflict_keeps_its_type(mine: BoundStore, new: NewAppointment) -> None:
    def book(uow: UnitOfWork, wanted: NewAppointment, *, key: str) -> Appointment:
        return uow.appointments.schedule(wanted, idempotency_key=key)

    assert_type(mine.run(book, new, key="k"), Appointment)


def observers_are_told_of_their_class_of_events(store: Store) -> None:
    def push(event: ConsultationScheduled) -> None:
        assert_type(event.doctor_id, UUID)

    def bill(event: DomainEvent, uow: UnitOfWork) -> None:
        uow.appointments.get(event.aggregate_id)

    store.on(ConsultationScheduled, push)
    store.on(ConsultationScheduled, push, when="after_commit")
    store.on(ConsultationScheduled, bill, when="in_transaction")
    store.on(DomainEvent, lambda event: event.type_name())


def a_cache_is_looked_after(cache: Cache, backend: CacheBackend) -> None:
    assert_type(cache.is_shared, bool)
    assert_type(cache.heal(), None)
    assert_type(cache.clear(), None)
    assert_type(cache.purge_invalidations(), int)
    assert_type(Store.open(cache=backend), Store)


def a_migrator_tells_how_the_schema_stands(migrator: Migrator) -> None:
    assert_type(migrator.upgrade(), None)
    assert_type(migrator.downgrade("base", destroy=True), None)
    assert_type(migrator.stamp("head"), None)
    assert_type(migrator.current(), str | None)
    assert_type(migrator.history(), tuple[Revision, ...])
    assert_type(migrator.plan(), tuple[Revision, ...])
    assert_type(migrator.check(), Check)
    assert_type(migrator.verify(), tuple[Finding, ...])
    assert_type(migrator.sql("head", start="base"), str)
