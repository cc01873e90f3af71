# Generated from _async/locks_and_queues.py by tools/sync.py. Do not edit.
"""What locks and queues are typed to return. Checked by mypy and pyright in strict mode, never run."""

from __future__ import annotations

import datetime as dt
from contextlib import AbstractContextManager
from typing import assert_type
from uuid import UUID

from telemed_store import (
    BackOff,
    DeadLetter,
    Job,
    Lock,
    Locks,
    NamedLock,
    NewJob,
    QueueDepth,
    Queues,
    Reservation,
    UnitOfWork,
)


def locks(locks: Locks, uow: UnitOfWork, lock: Lock, row_id: UUID, ttl: dt.timedelta) -> None:
    assert_type(locks.acquire("job:one", ttl), Lock | None)
    assert_type(locks.acquire(*NamedLock.provision(row_id), wait=ttl), Lock | None)
    assert_type(locks.hold("job:one", ttl, wait=ttl), AbstractContextManager[Lock])
    with locks.hold(*NamedLock.ad_hoc(row_id, row_id)) as held:
        assert_type(held, Lock)
    assert_type(locks.extend(lock, ttl), Lock)
    assert_type(locks.release(lock), None)
    assert_type(uow.fence(lock), None)
    assert_type(NamedLock.sign("prescription", row_id), NamedLock)
    assert_type(NamedLock.job("no-show", ttl).ttl, dt.timedelta)
    assert_type(lock.fence, int)


def queues(queues: Queues, held: Reservation, row_id: UUID, time: dt.timedelta) -> None:
    new = NewJob(name="export", ids={"patient": row_id, "revision": 1, "kind": "pdf"}, back_off=BackOff.EXPORT)
    assert_type(queues.enqueue(new), Job)
    assert_type(queues.reserve(), Reservation | None)
    assert_type(queues.reserve("high", "low", wait=time, visibility=time), Reservation | None)
    assert_type(queues.extend(held), Reservation)
    assert_type(queues.ack(held), None)
    assert_type(queues.retry(held, after=time), dt.datetime | None)
    assert_type(queues.depth("low"), QueueDepth)
    assert_type(queues.dead_letters(limit=5), list[DeadLetter])
    assert_type(queues.requeue("low", row_id), None)
    assert_type(queues.purge("low"), int)
    assert_type(held.job, Job)
