# Generated from _async/ephemeral/redis_queues.py by tools/sync.py. Do not edit.
"""Queues in Redis, for all processes that name it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from typing_extensions import override

from telemed_store._sync.ephemeral.queues import AskingQueues
from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.database.identity import new_id
from telemed_store.ephemeral import queue_scripts as scripts
from telemed_store.ephemeral.ownership import instant, microseconds, new_owner
from telemed_store.ephemeral.queues import (
    DeadLetter,
    Job,
    NewJob,
    QueueDepth,
    Reservation,
    encoded_job,
    stored_job,
)
from telemed_store.redis_client.keys import Keyspace
from telemed_store.redis_client.scripts import Script

__all__ = ["RedisQueues"]


class RedisQueues(AskingQueues):
    """Queues in Redis, by its clock. What it acknowledged is there as long as its memory is: see its persistence."""

    def __init__(self, connections: RedisConnections, keyspace: Keyspace, visibility: dt.timedelta) -> None:
        super().__init__(visibility)
        self._connections = connections
        self._keyspace = keyspace

    @override
    def _enqueue(self, new: NewJob) -> Job:
        job_id = new_id()
        due = "" if new.at is None else microseconds(new.at)
        arguments = (
            str(job_id),
            new.back_off.most_tries,
            encoded_job(job_id, new),
            due,
            -(-microseconds(new.dedupe_for) // 1000),
        )
        return stored_job(new.queue, self._run(scripts.ENQUEUE, new.queue, arguments, new.dedupe_key))

    @override
    def _reserve(self, queue: str, visibility: dt.timedelta) -> Reservation | None:
        owner = new_owner()
        reserved = self._run(scripts.RESERVE, queue, (owner, microseconds(visibility)))
        if reserved is None:
            return None
        kept, tries, expires = reserved
        return Reservation(job=stored_job(queue, kept), owner=owner, tries=tries, expires_at=instant(int(expires)))

    @override
    def _extend(self, held: Reservation, visibility: dt.timedelta) -> dt.datetime | None:
        expires = self._run(scripts.EXTEND, held.job.queue, (str(held.job.id), held.owner, microseconds(visibility)))
        return None if expires is None else instant(int(expires))

    @override
    def _ack(self, held: Reservation) -> bool:
        job = held.job
        return bool(self._run(scripts.ACK, job.queue, (str(job.id), held.owner), job.dedupe_key))

    @override
    def _retry(self, held: Reservation, rest: dt.timedelta) -> tuple[bool, dt.datetime | None]:
        arguments = (str(held.job.id), held.owner, microseconds(rest))
        due = self._run(scripts.RETRY, held.job.queue, arguments)
        return due is not None, instant(int(due)) if due else None

    @override
    def _depth(self, queue: str) -> QueueDepth:
        ready, delayed, reserved, dead, waited = self._run(scripts.DEPTH, queue)
        return QueueDepth(
            queue=queue,
            ready=ready,
            delayed=delayed,
            reserved=reserved,
            dead=dead,
            oldest_age=None if waited < 0 else dt.timedelta(milliseconds=waited),
        )

    @override
    def _dead_letters(self, queue: str, limit: int) -> list[DeadLetter]:
        found = self._run(scripts.DEAD_LETTERS, queue, (limit,))
        return [
            DeadLetter(job=stored_job(queue, kept), tries=int(tries), died_at=instant(int(died)))
            for kept, tries, died in found
        ]

    @override
    def _requeue(self, queue: str, job_id: UUID) -> bool:
        return bool(self._run(scripts.REQUEUE, queue, (str(job_id),)))

    @override
    def _purge(self, queue: str, job_id: UUID | None) -> int:
        if job_id is not None:
            return int(self._run(scripts.PURGE, queue, (str(job_id),)))
        purged = 0
        while some := int(self._run(scripts.PURGE, queue, ("",))):
            purged += some
        return purged

    def _run(
        self,
        script: Script,
        queue: str,
        arguments: Sequence[str | bytes | int] = (),
        dedupe_key: str | None = None,
    ) -> Any:
        keys = [self._keyspace.key("queue", queue, part) for part in scripts.PARTS]
        if dedupe_key is not None:
            keys.append(self._keyspace.key("queue", queue, "dedupe", dedupe_key))
        return self._connections.script(script, keys, arguments)
