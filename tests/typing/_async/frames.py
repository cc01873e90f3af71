"""What the store and its frames are typed to return. Checked by mypy and pyright in strict mode, never run."""

from __future__ import annotations

from typing import assert_type
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from telemed_store import (
    Actor,
    Appointment,
    AsyncBoundStore,
    AsyncCache,
    AsyncCacheBackend,
    AsyncCounters,
    AsyncLocks,
    AsyncPresence,
    AsyncQueues,
    AsyncRateLimits,
    AsyncReader,
    AsyncSessions,
    AsyncSnapshot,
    AsyncStore,
    AsyncUnitOfWork,
    ConsultationScheduled,
    DomainEvent,
    Lock,
    NewAppointment,
    Settings,
)
from telemed_store._async.appointments import AsyncAppointmentReads, AsyncAppointments
from telemed_store._async.availability import AsyncAvailability, AsyncAvailabilityReads
from telemed_store._async.consents import AsyncConsentReads, AsyncConsents
from telemed_store._async.events import AsyncEvents
from telemed_store._async.joining import AsyncJoinedUnitOfWork
from telemed_store._async.migrator import AsyncMigrator
from telemed_store._async.people import AsyncPeople
from telemed_store._async.people_reads import AsyncPeopleReads
from telemed_store._async.unit_of_work import AsyncSavepoint
from telemed_store.migrations.migrator import Check, Finding, Revision


async def a_store_is_opened_and_hands_out_frames(settings: Settings, actor: Actor, connection: AsyncConnection) -> None:
    assert_type(AsyncStore.open(), AsyncStore)
    assert_type(AsyncStore.open("sqlite:///:memory:"), AsyncStore)
    async with AsyncStore.open(settings=settings) as store:
        assert_type(store, AsyncStore)
        assert_type(store.settings, Settings)
        assert_type(store.migrator, AsyncMigrator)
        assert_type(store.locks, AsyncLocks)
        assert_type(store.queues, AsyncQueues)
        assert_type(store.cache, AsyncCache)
        assert_type(store.acting_as(actor, cached=False).reader(cached=True), AsyncReader)
        assert_type(store.sessions, AsyncSessions)
        assert_type(store.counters, AsyncCounters)
        assert_type(store.rate_limits, AsyncRateLimits)
        assert_type(store.presence, AsyncPresence)
        assert_type(store.acting_as(actor), AsyncBoundStore)
        assert_type(store.unit_of_work(actor), AsyncUnitOfWork)
        assert_type(store.reader(actor), AsyncReader)
        assert_type(store.snapshot(actor), AsyncSnapshot)
        assert_type(store.join(connection, actor), AsyncJoinedUnitOfWork)
    assert_type(await store.close(), None)


async def a_bound_store_hands_out_frames(mine: AsyncBoundStore, connection: AsyncConnection) -> None:
    assert_type(mine.actor, Actor)
    async with mine.unit_of_work() as uow:
        assert_type(uow, AsyncUnitOfWork)
    async with mine.reader() as reader:
        assert_type(reader, AsyncReader)
    async with mine.snapshot() as snapshot:
        assert_type(snapshot, AsyncSnapshot)
    async with mine.join(connection) as joined:
        assert_type(joined, AsyncJoinedUnitOfWork)
        assert_type(await joined.committed(), None)
        assert_type(await joined.rolled_back(), None)


async def frames_that_write_hold_whole_repositories(mine: AsyncBoundStore, uow: AsyncUnitOfWork) -> None:
    assert_type(mine.people, AsyncPeople)
    assert_type(mine.consents, AsyncConsents)
    assert_type(mine.availability, AsyncAvailability)
    assert_type(mine.appointments, AsyncAppointments)
    assert_type(mine.events, AsyncEvents)
    assert_type(uow.people, AsyncPeople)
    assert_type(uow.consents, AsyncConsents)
    assert_type(uow.availability, AsyncAvailability)
    assert_type(uow.appointments, AsyncAppointments)
    assert_type(uow.events, AsyncEvents)


async def frames_that_read_hold_the_read_half(reader: AsyncReader, snapshot: AsyncSnapshot) -> None:
    assert_type(reader.people, AsyncPeopleReads)
    assert_type(reader.consents, AsyncConsentReads)
    assert_type(reader.availability, AsyncAvailabilityReads)
    assert_type(reader.appointments, AsyncAppointmentReads)
    assert_type(reader.events, AsyncEvents)
    assert_type(snapshot.people, AsyncPeopleReads)
    assert_type(snapshot.consents, AsyncConsentReads)
    assert_type(snapshot.availability, AsyncAvailabilityReads)
    assert_type(snapshot.appointments, AsyncAppointmentReads)
    assert_type(snapshot.events, AsyncEvents)


async def a_unit_of_work_has_a_connection_a_fence_savepoints_and_hooks(uow: AsyncUnitOfWork, lock: Lock) -> None:
    assert_type(uow.connection, AsyncConnection)
    assert_type(uow.may_be_repeated, bool)
    assert_type(await uow.fence(lock), None)
    assert_type(uow.savepoint(), AsyncSavepoint)
    async with uow.savepoint() as inner:
        assert_type(inner, AsyncUnitOfWork)

    def mail(address: str, *, urgent: bool = False) -> int:
        return len(address) + urgent

    assert_type(uow.after_commit(mail, "a@example.org", urgent=True), None)
    assert_type(uow.after_rollback(mail, "a@example.org"), None)


async def a_function_run_again_on_conflict_keeps_its_type(mine: AsyncBoundStore, new: NewAppointment) -> None:
    async def book(uow: AsyncUnitOfWork, wanted: NewAppointment, *, key: str) -> Appointment:
        return await uow.appointments.schedule(wanted, idempotency_key=key)

    assert_type(await mine.run(book, new, key="k"), Appointment)


async def observers_are_told_of_their_class_of_events(store: AsyncStore) -> None:
    async def push(event: ConsultationScheduled) -> None:
        assert_type(event.doctor_id, UUID)

    async def bill(event: DomainEvent, uow: AsyncUnitOfWork) -> None:
        await uow.appointments.get(event.aggregate_id)

    store.on(ConsultationScheduled, push)
    store.on(ConsultationScheduled, push, when="after_commit")
    store.on(ConsultationScheduled, bill, when="in_transaction")
    store.on(DomainEvent, lambda event: event.type_name())


async def a_cache_is_looked_after(cache: AsyncCache, backend: AsyncCacheBackend) -> None:
    assert_type(cache.is_shared, bool)
    assert_type(await cache.heal(), None)
    assert_type(await cache.clear(), None)
    assert_type(await cache.purge_invalidations(), int)
    assert_type(AsyncStore.open(cache=backend), AsyncStore)


async def a_migrator_tells_how_the_schema_stands(migrator: AsyncMigrator) -> None:
    assert_type(await migrator.upgrade(), None)
    assert_type(await migrator.downgrade("base", destroy=True), None)
    assert_type(await migrator.stamp("head"), None)
    assert_type(await migrator.current(), str | None)
    assert_type(await migrator.history(), tuple[Revision, ...])
    assert_type(await migrator.plan(), tuple[Revision, ...])
    assert_type(await migrator.check(), Check)
    assert_type(await migrator.verify(), tuple[Finding, ...])
    assert_type(await migrator.sql("head", start="base"), str)
