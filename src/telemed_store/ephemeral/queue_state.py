"""Queues in the memory of one process: the same rules as `queue_scripts.py`, by the store's clock."""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from telemed_store.ephemeral.in_process import InProcessState
from telemed_store.ephemeral.queues import DeadLetter, Job, NewJob, QueueDepth, Reservation

__all__ = ["QueueState"]


@dataclass(slots=True)
class _Kept:
    """A job that is not done."""

    job: Job
    tries: int = 0


@dataclass(frozen=True, slots=True)
class _Held:
    """A reservation."""

    owner: str
    expires_at: dt.datetime


@dataclass(slots=True)
class _Queue:
    """One queue. A job stands in `jobs`, and in one of the other places."""

    jobs: dict[UUID, _Kept] = field(default_factory=dict[UUID, _Kept])
    ready: deque[tuple[UUID, dt.datetime]] = field(default_factory=deque[tuple[UUID, dt.datetime]])
    delayed: list[tuple[dt.datetime, int, UUID]] = field(default_factory=list[tuple[dt.datetime, int, UUID]])
    reserved: dict[UUID, _Held] = field(default_factory=dict[UUID, _Held])
    dead: dict[UUID, dt.datetime] = field(default_factory=dict[UUID, dt.datetime])
    by_key: dict[str, tuple[UUID, dt.datetime]] = field(default_factory=dict[str, tuple[UUID, dt.datetime]])


class QueueState(InProcessState):
    """All queues of one store."""

    def __init__(self) -> None:
        super().__init__()
        self._queues: dict[str, _Queue] = {}
        self._numbers = itertools.count()

    def enqueue(self, job_id: UUID, new: NewJob, now: dt.datetime) -> Job:
        """The job, or the one that has the same key and is not done."""
        job = Job(
            id=job_id,
            queue=new.queue,
            name=new.name,
            ids=dict(new.ids),
            back_off=new.back_off,
            dedupe_key=new.dedupe_key,
            enqueued_at=now,
        )
        with self.lock:
            queue = self._queues.setdefault(new.queue, _Queue())
            if new.dedupe_key is not None:
                known, ends = queue.by_key.get(new.dedupe_key, (job_id, now))
                if known in queue.jobs and ends > now:
                    return queue.jobs[known].job
                queue.by_key[new.dedupe_key] = (job_id, now + new.dedupe_for)
            queue.jobs[job_id] = _Kept(job)
            if new.at is not None and new.at > now:
                self._delay(queue, job_id, new.at)
            else:
                queue.ready.append((job_id, now))
        return job

    def reserve(self, name: str, owner: str, visibility: dt.timedelta, now: dt.datetime) -> Reservation | None:
        """The job that waits for the longest time: one that was not finished in time before one that is due."""
        with self.lock:
            queue = self._queues.get(name)
            if queue is None:
                return None
            job_id = next(self._overdue(queue, now), None)
            if job_id is None:
                _move_due(queue, now)
                if not queue.ready:
                    return None
                job_id, _ = queue.ready.popleft()
            kept = queue.jobs[job_id]
            kept.tries += 1
            queue.reserved[job_id] = _Held(owner, now + visibility)
            return Reservation(job=kept.job, owner=owner, tries=kept.tries, expires_at=now + visibility)

    def extend(self, held: Reservation, visibility: dt.timedelta, now: dt.datetime) -> bool:
        """Whether the reservation is still this owner's, and now ends later."""
        with self.lock:
            queue = self._held_in(held)
            if queue is None:
                return False
            queue.reserved[held.job.id] = _Held(held.owner, now + visibility)
        return True

    def ack(self, held: Reservation) -> bool:
        """Whether the reservation was still this owner's; then the job is done."""
        with self.lock:
            queue = self._held_in(held)
            if queue is None:
                return False
            del queue.reserved[held.job.id]
            _forget(queue, held.job.id)
        return True

    def retry(self, held: Reservation, rest: dt.timedelta, now: dt.datetime) -> tuple[bool, dt.datetime | None]:
        """Whether the reservation was still this owner's; and when the job is due again, None if it is a dead letter now."""
        with self.lock:
            queue = self._held_in(held)
            if queue is None:
                return False, None
            del queue.reserved[held.job.id]
            if _is_used_up(queue.jobs[held.job.id]):
                queue.dead[held.job.id] = now
                return True, None
            self._delay(queue, held.job.id, now + rest)
        return True, now + rest

    def depth(self, name: str, now: dt.datetime) -> QueueDepth:
        """How much it holds."""
        with self.lock:
            queue = self._queues.get(name, _Queue())
            _move_due(queue, now)
            return QueueDepth(
                queue=name,
                ready=len(queue.ready),
                delayed=len(queue.delayed),
                reserved=len(queue.reserved),
                dead=len(queue.dead),
                oldest_age=now - queue.ready[0][1] if queue.ready else None,
            )

    def dead_letters(self, name: str, limit: int) -> list[DeadLetter]:
        """The oldest ones."""
        with self.lock:
            queue = self._queues.get(name, _Queue())
            return [
                DeadLetter(job=queue.jobs[job_id].job, tries=queue.jobs[job_id].tries, died_at=died_at)
                for job_id, died_at in itertools.islice(queue.dead.items(), limit)
            ]

    def requeue(self, name: str, job_id: UUID, now: dt.datetime) -> bool:
        """Whether there was such a dead letter; then it is due, as if it had never been tried."""
        with self.lock:
            queue = self._queues.get(name, _Queue())
            if queue.dead.pop(job_id, None) is None:
                return False
            queue.jobs[job_id].tries = 0
            queue.ready.append((job_id, now))
        return True

    def purge(self, name: str, job_id: UUID | None) -> int:
        """How many dead letters were forgotten: one, or all."""
        with self.lock:
            queue = self._queues.get(name, _Queue())
            purged = [each for each in queue.dead if job_id in {None, each}]
            for each in purged:
                del queue.dead[each]
                _forget(queue, each)
        return len(purged)

    def _held_in(self, held: Reservation) -> _Queue | None:
        """The queue, if nobody else has taken the job over; that the time is over alone does not matter."""
        queue = self._queues.get(held.job.queue)
        current = None if queue is None else queue.reserved.get(held.job.id)
        return queue if current is not None and current.owner == held.owner else None

    def _delay(self, queue: _Queue, job_id: UUID, due_at: dt.datetime) -> None:
        heapq.heappush(queue.delayed, (due_at, next(self._numbers), job_id))

    def _overdue(self, queue: _Queue, now: dt.datetime) -> Iterator[UUID]:
        """Jobs whose worker did not finish in time; one that was tried too often becomes a dead letter."""
        late = sorted((held.expires_at, job_id) for job_id, held in queue.reserved.items() if held.expires_at <= now)
        for _, job_id in late:
            if not _is_used_up(queue.jobs[job_id]):
                yield job_id
            else:
                del queue.reserved[job_id]
                queue.dead[job_id] = now


def _move_due(queue: _Queue, now: dt.datetime) -> None:
    while queue.delayed and queue.delayed[0][0] <= now:
        _, _, job_id = heapq.heappop(queue.delayed)
        queue.ready.append((job_id, now))


def _is_used_up(kept: _Kept) -> bool:
    return kept.tries >= kept.job.back_off.most_tries


def _forget(queue: _Queue, job_id: UUID) -> None:
    key = queue.jobs.pop(job_id).job.dedupe_key
    if key is not None and queue.by_key.get(key, (None,))[0] == job_id:
        del queue.by_key[key]
