"""Queues in the memory of this process."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from typing_extensions import override

from telemed_store._async.ephemeral.queues import AsyncAskingQueues
from telemed_store.database.clock import Clock
from telemed_store.database.identity import new_id
from telemed_store.ephemeral.ownership import new_owner
from telemed_store.ephemeral.queue_state import QueueState
from telemed_store.ephemeral.queues import DeadLetter, Job, NewJob, QueueDepth, Reservation

__all__ = ["AsyncInProcessQueues"]


class AsyncInProcessQueues(AsyncAskingQueues):
    """Queues among the threads and tasks of one store, by its clock. They end with the process."""

    def __init__(self, clock: Clock, visibility: dt.timedelta) -> None:
        super().__init__(visibility)
        self._clock = clock
        self._state = QueueState()

    @override
    async def _enqueue(self, new: NewJob) -> Job:
        return self._state.enqueue(new_id(), new, self._clock.now())

    @override
    async def _reserve(self, queue: str, visibility: dt.timedelta) -> Reservation | None:
        return self._state.reserve(queue, new_owner(), visibility, self._clock.now())

    @override
    async def _extend(self, held: Reservation, visibility: dt.timedelta) -> dt.datetime | None:
        now = self._clock.now()
        return now + visibility if self._state.extend(held, visibility, now) else None

    @override
    async def _ack(self, held: Reservation) -> bool:
        return self._state.ack(held)

    @override
    async def _retry(self, held: Reservation, rest: dt.timedelta) -> tuple[bool, dt.datetime | None]:
        return self._state.retry(held, rest, self._clock.now())

    @override
    async def _depth(self, queue: str) -> QueueDepth:
        return self._state.depth(queue, self._clock.now())

    @override
    async def _dead_letters(self, queue: str, limit: int) -> list[DeadLetter]:
        return self._state.dead_letters(queue, limit)

    @override
    async def _requeue(self, queue: str, job_id: UUID) -> bool:
        return self._state.requeue(queue, job_id, self._clock.now())

    @override
    async def _purge(self, queue: str, job_id: UUID | None) -> int:
        return self._state.purge(queue, job_id)
