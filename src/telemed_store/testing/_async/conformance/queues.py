"""What queues have to do."""

from __future__ import annotations

import datetime as dt
from uuid import UUID, uuid4

import pytest

from telemed_store._async.ephemeral.queues import AsyncQueues
from telemed_store.ephemeral.arguments import SHORTEST
from telemed_store.ephemeral.queues import BackOff, NewJob
from telemed_store.errors import LeaseLost, NotFound, ValidationFailed
from telemed_store.testing._async.conformance.base import AsyncConformance

__all__ = ["AsyncQueuesConformance"]


class AsyncQueuesConformance(AsyncConformance):
    """Write the fixture ``queues``: a backend without jobs."""

    def now(self) -> dt.datetime:
        """The backend's present."""
        return dt.datetime.now(dt.UTC) if self.clock is None else self.clock.now()

    async def test_jobs_come_in_the_order_in_which_they_went(self, queues: AsyncQueues) -> None:
        jobs = [await queues.enqueue(NewJob(name="export", ids={"number": number})) for number in range(3)]

        for job in jobs:
            held = await queues.reserve(visibility=self.LONG)
            assert held is not None
            assert (held.job, held.tries) == (job, 1)
            await queues.ack(held)
        assert await queues.reserve() is None

    async def test_a_job_comes_back_as_it_went(self, queues: AsyncQueues) -> None:
        ids: dict[str, UUID | int | str] = {"visit": uuid4(), "revision": 3, "kind": "pdf"}
        new = NewJob(name="export.chart", ids=ids, queue="documents", back_off=BackOff.EXPORT, dedupe_key="export:1")
        job = await queues.enqueue(new)
        held = await queues.reserve("documents", visibility=self.LONG)

        assert held is not None
        assert held.job == job
        assert (job.name, job.ids, job.queue) == ("export.chart", ids, "documents")
        assert (job.back_off, job.dedupe_key) == (BackOff.EXPORT, "export:1")
        assert abs(job.enqueued_at - self.now()) < self.LONG

    async def test_a_running_job_is_not_redelivered_before_its_timeout(self, queues: AsyncQueues) -> None:
        """D25."""
        await queues.enqueue(NewJob(name="export"))
        brief = await queues.reserve(visibility=self.LONG)

        assert brief is not None
        assert await queues.reserve(visibility=self.BRIEF) is None
        await self.outlast(self.BRIEF)
        assert await queues.reserve(visibility=self.BRIEF) is None

    async def test_a_job_whose_worker_died_is_taken_over_after_its_timeout(self, queues: AsyncQueues) -> None:
        job = await queues.enqueue(NewJob(name="export"))
        dead = await queues.reserve(visibility=self.BRIEF)
        await self.outlast(self.BRIEF)
        alive = await queues.reserve(visibility=self.LONG)

        assert dead is not None
        assert alive is not None
        assert (alive.job, alive.tries) == (job, 2)
        for late in (queues.ack, queues.retry, queues.extend):
            with pytest.raises(LeaseLost):
                await late(dead)
        await queues.ack(alive)
        assert (await queues.depth()).reserved == 0

    async def test_who_is_late_but_was_not_overtaken_may_finish(self, queues: AsyncQueues) -> None:
        await queues.enqueue(NewJob(name="export"))
        held = await queues.reserve(visibility=self.BRIEF)
        assert held is not None
        await self.outlast(self.BRIEF)
        await queues.ack(held)

        assert await queues.reserve() is None

    async def test_an_extended_reservation_lasts_longer(self, queues: AsyncQueues) -> None:
        await queues.enqueue(NewJob(name="export"))
        held = await queues.reserve(visibility=self.BRIEF)
        assert held is not None
        extended = await queues.extend(held, self.LONG)
        await self.outlast(self.BRIEF)

        assert extended.expires_at > held.expires_at
        assert await queues.reserve() is None
        await queues.ack(held)

    async def test_a_job_is_done_once(self, queues: AsyncQueues) -> None:
        await queues.enqueue(NewJob(name="export"))
        held = await queues.reserve(visibility=self.LONG)
        assert held is not None
        await queues.ack(held)

        with pytest.raises(LeaseLost):
            await queues.ack(held)
        with pytest.raises(LeaseLost):
            await queues.retry(held)

    async def test_a_job_is_not_given_out_before_it_is_due(self, queues: AsyncQueues) -> None:
        later = await queues.enqueue(NewJob(name="later", at=self.now() + self.LONG))
        soon = await queues.enqueue(NewJob(name="soon", at=self.now() + self.BRIEF))
        past = await queues.enqueue(NewJob(name="past", at=self.now() - self.LONG))
        first = await queues.reserve(visibility=self.LONG)
        await self.outlast(self.BRIEF)
        second = await queues.reserve(visibility=self.LONG)

        assert first is not None
        assert second is not None
        assert (first.job, second.job) == (past, soon)
        assert await queues.reserve() is None
        assert (await queues.depth()).delayed == 1
        assert later.enqueued_at < self.now() + self.LONG

    async def test_a_failed_job_rests_longer_each_time_and_dies_after_its_last_try(self, queues: AsyncQueues) -> None:
        rests: list[float] = []
        for failures in range(len(BackOff.SIGNING.delays)):
            await queues.enqueue(NewJob(name="sign", back_off=BackOff.SIGNING))
            await self.fail(queues, failures)
            held = await queues.reserve(visibility=self.LONG)
            assert held is not None
            due_at = await queues.retry(held)
            assert due_at is not None
            rests.append((due_at - self.now()).total_seconds())
        job = await self.a_dead_letter(queues, BackOff.SIGNING)

        assert rests == pytest.approx([10, 30, 60], abs=5)
        (letter,) = await queues.dead_letters()
        assert (letter.job.id, letter.tries) == (job, 4)
        assert await queues.reserve() is None

    async def test_a_failed_job_is_due_again_after_its_rest(self, queues: AsyncQueues) -> None:
        job = await queues.enqueue(NewJob(name="export"))
        held = await queues.reserve(visibility=self.LONG)
        assert held is not None
        await queues.retry(held, after=self.BRIEF)
        await self.outlast(self.BRIEF)
        again = await queues.reserve(visibility=self.LONG)

        assert again is not None
        assert (again.job, again.tries) == (job, 2)
        with pytest.raises(LeaseLost):
            await queues.ack(held)

    async def test_a_job_that_kills_its_workers_becomes_a_dead_letter(self, queues: AsyncQueues) -> None:
        job = await queues.enqueue(NewJob(name="poison"))
        for tries in range(1, BackOff.DEFAULT.most_tries + 1):
            held = await queues.reserve(visibility=self.BRIEF)
            assert held is not None
            assert held.tries == tries
            await self.outlast(self.BRIEF)

        assert await queues.reserve() is None
        assert [letter.job for letter in await queues.dead_letters()] == [job]

    async def test_a_dead_letter_is_requeued_as_if_it_had_never_been_tried(self, queues: AsyncQueues) -> None:
        job = await self.a_dead_letter(queues)
        await queues.requeue("default", job)
        held = await queues.reserve(visibility=self.LONG)

        assert held is not None
        assert (held.job.id, held.tries) == (job, 1)
        assert await queues.dead_letters() == []
        with pytest.raises(NotFound):
            await queues.requeue("default", job)

    async def test_dead_letters_are_purged_one_by_one_or_all(self, queues: AsyncQueues) -> None:
        jobs = [await self.a_dead_letter(queues) for _ in range(4)]

        assert [letter.job.id for letter in await queues.dead_letters(limit=2)] == jobs[:2]
        assert await queues.purge("default", jobs[1]) == 1
        assert await queues.purge("default", jobs[1]) == 0
        assert await queues.purge("default") == 3
        assert await queues.dead_letters() == []
        assert await queues.purge("unknown") == 0

    async def test_one_key_is_one_job_while_that_is_not_done(self, queues: AsyncQueues) -> None:
        new = NewJob(name="export", dedupe_key="export:1")
        job = await queues.enqueue(new)
        assert await queues.enqueue(new) == job
        held = await queues.reserve(visibility=self.LONG)
        assert held is not None
        assert await queues.enqueue(new) == job
        await queues.ack(held)

        again = await queues.enqueue(new)
        assert again.id != job.id
        assert (await queues.depth()).ready == 1

    async def test_a_key_is_forgotten_after_its_time(self, queues: AsyncQueues) -> None:
        new = NewJob(name="export", dedupe_key="export:1", dedupe_for=self.BRIEF)
        first = await queues.enqueue(new)
        await self.outlast(self.BRIEF)
        second = await queues.enqueue(new.model_copy(update={"dedupe_for": self.LONG}))
        held = await queues.reserve(visibility=self.LONG)
        assert held is not None
        await queues.ack(held)

        assert held.job == first
        assert second != first
        # The end of the first job does not free the key of the second.
        assert await queues.enqueue(new) == second

    async def test_the_queue_named_first_is_looked_into_first(self, queues: AsyncQueues) -> None:
        low = await queues.enqueue(NewJob(name="export", queue="low"))
        high = await queues.enqueue(NewJob(name="ring", queue="high"))
        reserved = [await queues.reserve("high", "low", visibility=self.LONG) for _ in range(2)]

        assert [held.job for held in reserved if held] == [high, low]
        assert await queues.reserve() is None

    async def test_depth_tells_what_is_where_and_for_how_long_it_has_waited(self, queues: AsyncQueues) -> None:
        empty = await queues.depth()
        await self.a_dead_letter(queues)
        for at in (None, None, None, self.now() + self.LONG):
            await queues.enqueue(NewJob(name="export", at=at))
        await queues.reserve(visibility=self.LONG)
        await self.outlast(self.BRIEF)
        depth = await queues.depth()

        assert (empty.ready, empty.delayed, empty.reserved, empty.dead, empty.oldest_age) == (0, 0, 0, 0, None)
        assert (depth.ready, depth.delayed, depth.reserved, depth.dead) == (2, 1, 1, 1)
        assert depth.oldest_age is not None
        assert self.BRIEF <= depth.oldest_age < self.LONG

    async def test_who_waits_in_vain_is_told_so_at_the_deadline(self, queues: AsyncQueues) -> None:
        assert await queues.reserve(wait=self.BRIEF) is None

    async def test_what_is_no_queue_is_refused(self, queues: AsyncQueues) -> None:
        for name in ("", "De fault", "{low}", "Ana Lima", "x" * 65):
            with pytest.raises(ValidationFailed, match="queues"):
                await queues.reserve(name)
            with pytest.raises(ValidationFailed, match="queue"):
                await queues.depth(name)

    async def fail(self, queues: AsyncQueues, times: int) -> None:
        """Have the one job that is ready fail so often, and be ready again."""
        for _ in range(times):
            held = await queues.reserve(visibility=self.LONG)
            assert held is not None
            assert await queues.retry(held, after=SHORTEST) is not None
            await self.outlast(SHORTEST)

    async def a_dead_letter(self, queues: AsyncQueues, back_off: BackOff = BackOff.DEFAULT) -> UUID:
        """The id of a job that failed too often; nothing else may be ready."""
        job = await queues.enqueue(NewJob(name="poison", back_off=back_off))
        await self.fail(queues, len(back_off.delays))
        held = await queues.reserve(visibility=self.LONG)
        assert held is not None
        assert held.job == job
        assert await queues.retry(held, after=SHORTEST) is None
        return job.id
