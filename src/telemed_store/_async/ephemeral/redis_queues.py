"""Queues in Redis, for all processes that name it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from typing_extensions import override

from telemed_store._async.ephemeral.queues import AsyncAskingQueues
from telemed_store._async.redis_connections import AsyncRedisConnections
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

__all__ = ["AsyncRedisQueues"]


class AsyncRedisQueues(AsyncAskingQueues):
    """Queues in Redis, by its clock. What it acknowledged is there as long as its memory is: see its persistence."""

    def __init__(self, connections: AsyncRedisConnections, keyspace: Keyspace, visibility: dt.timedelta) -> None:
        super().__init__(visibility)
        self._connections = connections
        self._keyspace = keyspace

    @override
    async def _enqueue(self, new: NewJob) -> Job:
        job_id = new_id()
        due = "" if new.at is None else microseconds(new.at)
        arguments = (
            str(job_id),
            new.back_off.most_tries,
            encoded_job(job_id, new),
            due,
            -(-microseconds(new.dedupe_for) // 1000),
        )
        return stored_job(new.queue, await self._run(scripts.ENQUEUE, new.queue, arguments, new.dedupe_key))

    @override
    async def _reserve(self, queue: str, visibility: dt.timedelta) -> Reservation | None:
        owner = new_owner()
        reserved = await self._run(scripts.RESERVE, queue, (owner, microseconds(visibility)))
        if reserved is None:
            return None
        kept, tries, expires = reserved
        return Reservation(job=stored_job(queue, kept), owner=owner, tries=tries, expires_at=instant(int(expires)))

    @override
    async def _extend(self, held: Reservation, visibility: dt.timedelta) -> dt.datetime | None:
        expires = await self._run(
            scripts.EXTEND, held.job.queue, (str(held.job.id), held.owner, microseconds(visibility))
        )
        return None if expires is None else instant(int(expires))

    @override
    async def _ack(self, held: Reservation) -> bool:
        job = held.job
        return bool(await self._run(scripts.ACK, job.queue, (str(job.id), held.owner), job.dedupe_key))

    @override
    async def _retry(self, held: Reservation, rest: dt.timedelta) -> tuple[bool, dt.datetime | None]:
        arguments = (str(held.job.id), held.owner, microseconds(rest))
        due = await self._run(scripts.RETRY, held.job.queue, arguments)
        return due is not None, instant(int(due)) if due else None

    @override
    async def _depth(self, queue: str) -> QueueDepth:
        ready, delayed, reserved, dead, waited = await self._run(scripts.DEPTH, queue)
        return QueueDepth(
            queue=queue,
            ready=ready,
            delayed=delayed,
            reserved=reserved,
            dead=dead,
            oldest_age=None if waited < 0 else dt.timedelta(milliseconds=waited),
        )

    @override
    async def _dead_letters(self, queue: str, limit: int) -> list[DeadLetter]:
        found = await self._run(scripts.DEAD_LETTERS, queue, (limit,))
        return [
            DeadLetter(job=stored_job(queue, kept), tries=int(tries), died_at=instant(int(died)))
            for kept, tries, died in found
        ]

    @override
    async def _requeue(self, queue: str, job_id: UUID) -> bool:
        return bool(await self._run(scripts.REQUEUE, queue, (str(job_id),)))

    @override
    async def _purge(self, queue: str, job_id: UUID | None) -> int:
        if job_id is not None:
            return int(await self._run(scripts.PURGE, queue, (str(job_id),)))
        purged = 0
        while some := int(await self._run(scripts.PURGE, queue, ("",))):
            purged += some
        return purged

    async def _run(
        self,
        script: Script,
        queue: str,
        arguments: Sequence[str | bytes | int] = (),
        dedupe_key: str | None = None,
    ) -> Any:
        keys = [self._keyspace.key("queue", queue, part) for part in scripts.PARTS]
        if dedupe_key is not None:
            keys.append(self._keyspace.key("queue", queue, "dedupe", dedupe_key))
        return await self._connections.script(script, keys, arguments)
