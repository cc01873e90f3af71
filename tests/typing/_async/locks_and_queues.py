"""What locks and queues are typed to return. Checked by mypy and pyright in strict mode, never run."""

from __future__ import annotations

import datetime as dt
from contextlib import AbstractAsyncContextManager
from typing import assert_type
from uuid import UUID

from telemed_store import (
    AsyncLocks,
    AsyncQueues,
    AsyncUnitOfWork,
    BackOff,
    DeadLetter,
    Job,
    Lock,
    NamedLock,
    NewJob,
    QueueDepth,
    Reservation,
)


async def locks(locks: AsyncLocks, uow: AsyncUnitOfWork, lock: Lock, row_id: UUID, ttl: dt.timedelta) -> None:
    assert_type(await locks.acquire("job:one", ttl), Lock | None)
    assert_type(await locks.acquire(*NamedLock.provision(row_id), wait=ttl), Lock | None)
    assert_type(locks.hold("job:one", ttl, wait=ttl), AbstractAsyncContextManager[Lock])
    async with locks.hold(*NamedLock.ad_hoc(row_id, row_id)) as held:
        assert_type(held, Lock)
    assert_type(await locks.extend(lock, ttl), Lock)
    assert_type(await locks.release(lock), None)
    assert_type(await uow.fence(lock), None)
    assert_type(NamedLock.sign("prescription", row_id), NamedLock)
    assert_type(NamedLock.job("no-show", ttl).ttl, dt.timedelta)
    assert_type(lock.fence, int)


async def queues(queues: AsyncQueues, held: Reservation, row_id: UUID, time: dt.timedelta) -> None:
    new = NewJob(name="export", ids={"patient": row_id, "revision": 1, "kind": "pdf"}, back_off=BackOff.EXPORT)
    assert_type(await queues.enqueue(new), Job)
    assert_type(await queues.reserve(), Reservation | None)
    assert_type(await queues.reserve("high", "low", wait=time, visibility=time), Reservation | None)
    assert_type(await queues.extend(held), Reservation)
    assert_type(await queues.ack(held), None)
    assert_type(await queues.retry(held, after=time), dt.datetime | None)
    assert_type(await queues.depth("low"), QueueDepth)
    assert_type(await queues.dead_letters(limit=5), list[DeadLetter])
    assert_type(await queues.requeue("low", row_id), None)
    assert_type(await queues.purge("low"), int)
    assert_type(held.job, Job)
