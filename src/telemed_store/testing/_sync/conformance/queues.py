# Generated from _async/conformance/queues.py by tools/sync.py. Do not edit.
"""What queues have to do."""

from __future__ import annotations

import datetime as dt
from uuid import UUID, uuid4

import pytest

from telemed_store._sync.ephemeral.queues import Queues
from telemed_store.ephemeral.arguments import SHORTEST
from telemed_store.ephemeral.queues import BackOff, NewJob
from telemed_store.errors import LeaseLost, NotFound, ValidationFailed
from telemed_store.testing._sync.conformance.base import Conformance

__all__ = ["QueuesConformance"]


class QueuesConformance(Conformance):
    """Write the fixture ``queues``: a backend without jobs."""

    def now(self) -> dt.datetime:
        """The backend's present."""
        return dt.datetime.now(dt.UTC) if self.clock is None else self.clock.now()

    def test_jobs_come_in_the_order_in_which_they_went(self, queues: Queues) -> None:
        jobs = [queues.enqueue(NewJob(name="export", ids={"number": number})) for number in range(3)]

        for job in jobs:
            held = queues.reserve(visibility=self.LONG)
            assert held is not None
            assert (held.job, held.tries) == (job, 1)
            queues.ack(held)
        assert queues.reserve() is None

    def test_a_job_comes_back_as_it_went(self, queues: Queues) -> None:
        ids: dict[str, UUID | int | str] = {"visit": uuid4(), "revision": 3, "kind": "pdf"}
        new = NewJob(name="export.chart", ids=ids, queue="documents", back_off=BackOff.EXPORT, dedupe_key="export:1")
        job = queues.enqueue(new)
        held = queues.reserve("documents", visibility=self.LONG)

        assert held is not None
        assert held.job == job
        assert (job.name, job.ids, job.queue) == ("export.chart", ids, "documents")
        assert (job.back_off, job.dedupe_key) == (BackOff.EXPORT, "export:1")
        assert abs(job.enqueued_at - self.now()) < self.LONG

    def test_a_running_job_is_not_redelivered_before_its_timeout(self, queues: Queues) -> None:
        """D25."""
        queues.enqueue(NewJob(name="export"))
        brief = queues.reserve(visibility=self.LONG)

        assert brief is not None
        assert queues.reserve(visibility=self.BRIEF) is None
        self.outlast(self.BRIEF)
        assert queues.reserve(visibility=self.BRIEF) is None

    def test_a_job_whose_worker_died_is_taken_over_after_its_timeout(self, queues: Queues) -> None:
        job = queues.enqueue(NewJob(name="export"))
        dead = queues.reserve(visibility=self.BRIEF)
        self.outlast(self.BRIEF)
        alive = queues.reserve(visibility=self.LONG)

        assert dead is not None
        assert alive is not None
        assert (alive.job, alive.tries) == (job, 2)
        for late in (queues.ack, queues.retry, queues.extend):
            with pytest.raises(LeaseLost):
                late(dead)
        queues.ack(alive)
        assert queues.depth().reserved == 0

    def test_who_is_late_but_was_not_overtaken_may_finish(self, queues: Queues) -> None:
        queues.enqueue(NewJob(name="export"))
        held = queues.reserve(visibility=self.BRIEF)
        assert held is not None
        self.outlast(self.BRIEF)
        queues.ack(held)

        assert queues.reserve() is None

    def test_an_extended_reservation_lasts_longer(self, queues: Queues) -> None:
        queues.enqueue(NewJob(name="export"))
        held = queues.reserve(visibility=self.BRIEF)
        assert held is not None
        extended = queues.extend(held, self.LONG)
        self.outlast(self.BRIEF)

        assert extended.expires_at > held.expires_at
        assert queues.reserve() is None
        queues.ack(held)

    def test_a_job_is_done_once(self, queues: Queues) -> None:
        queues.enqueue(NewJob(name="export"))
        held = queues.reserve(visibility=self.LONG)
        assert held is not None
        queues.ack(held)

        with pytest.raises(LeaseLost):
            queues.ack(held)
        with pytest.raises(LeaseLost):
            queues.retry(held)

    def test_a_job_is_not_given_out_before_it_is_due(self, queues: Queues) -> None:
        later = queues.enqueue(NewJob(name="later", at=self.now() + self.LONG))
        soon = queues.enqueue(NewJob(name="soon", at=self.now() + self.BRIEF))
        past = queues.enqueue(NewJob(name="past", at=self.now() - self.LONG))
        first = queues.reserve(visibility=self.LONG)
        self.outlast(self.BRIEF)
        second = queues.reserve(visibility=self.LONG)

        assert first is not None
        assert second is not None
        assert (first.job, second.job) == (past, soon)
        assert queues.reserve() is None
        assert queues.depth().delayed == 1
        assert later.enqueued_at < self.now() + self.LONG

    def test_a_failed_job_rests_longer_each_time_and_dies_after_its_last_try(self, queues: Queues) -> None:
        rests: list[float] = []
        for failures in range(len(BackOff.SIGNING.delays)):
            queues.enqueue(NewJob(name="sign", back_off=BackOff.SIGNING))
            self.fail(queues, failures)
            held = queues.reserve(visibility=self.LONG)
            assert held is not None
            due_at = queues.retry(held)
            assert due_at is not None
            rests.append((due_at - self.now()).total_seconds())
        job = self.a_dead_letter(queues, BackOff.SIGNING)

        assert rests == pytest.approx([10, 30, 60], abs=5)
        (letter,) = queues.dead_letters()
        assert (letter.job.id, letter.tries) == (job, 4)
        assert queues.reserve() is None

    def test_a_failed_job_is_due_again_after_its_rest(self, queues: Queues) -> None:
        job = queues.enqueue(NewJob(name="export"))
        held = queues.reserve(visibility=self.LONG)
        assert held is not None
        queues.retry(held, after=self.BRIEF)
        self.outlast(self.BRIEF)
        again = queues.reserve(visibility=self.LONG)

        assert again is not None
        assert (again.job, again.tries) == (job, 2)
        with pytest.raises(LeaseLost):
            queues.ack(held)

    def test_a_job_that_kills_its_workers_becomes_a_dead_letter(self, queues: Queues) -> None:
        job = queues.enqueue(NewJob(name="poison"))
        for tries in range(1, BackOff.DEFAULT.most_tries + 1):
            held = queues.reserve(visibility=self.BRIEF)
            assert held is not None
            assert held.tries == tries
            self.outlast(self.BRIEF)

        assert queues.reserve() is None
        assert [letter.job for letter in queues.dead_letters()] == [job]

    def test_a_dead_letter_is_requeued_as_if_it_had_never_been_tried(self, queues: Queues) -> None:
        job = self.a_dead_letter(queues)
        queues.requeue("default", job)
        held = queues.reserve(visibility=self.LONG)

        assert held is not None
        assert (held.job.id, held.tries) == (job, 1)
        assert queues.dead_letters() == []
        with pytest.raises(NotFound):
            queues.requeue("default", job)

    def test_dead_letters_are_purged_one_by_one_or_all(self, queues: Queues) -> None:
        jobs = [self.a_dead_letter(queues) for _ in range(4)]

        assert [letter.job.id for letter in queues.dead_letters(limit=2)] == jobs[:2]
        assert queues.purge("default", jobs[1]) == 1
        assert queues.purge("default", jobs[1]) == 0
        assert queues.purge("default") == 3
        assert queues.dead_letters() == []
        assert queues.purge("unknown") == 0

    def test_one_key_is_one_job_while_that_is_not_done(self, queues: Queues) -> None:
        new = NewJob(name="export", dedupe_key="export:1")
        job = queues.enqueue(new)
        assert queues.enqueue(new) == job
        held = queues.reserve(visibility=self.LONG)
        assert held is not None
        assert queues.enqueue(new) == job
        queues.ack(held)

        again = queues.enqueue(new)
        assert again.id != job.id
        assert queues.depth().ready == 1

    def test_a_key_is_forgotten_after_its_time(self, queues: Queues) -> None:
        new = NewJob(name="export", dedupe_key="export:1", dedupe_for=self.BRIEF)
        first = queues.enqueue(new)
        self.outlast(self.BRIEF)
        second = queues.enqueue(new.model_copy(update={"dedupe_for": self.LONG}))
        held = queues.reserve(visibility=self.LONG)
        assert held is not None
        queues.ack(held)

        assert held.job == first
        assert second != first
        # The end of the first job does not free the key of the second.
        assert queues.enqueue(new) == second

    def test_the_queue_named_first_is_looked_into_first(self, queues: Queues) -> None:
        low = queues.enqueue(NewJob(name="export", queue="low"))
        high = queues.enqueue(NewJob(name="ring", queue="high"))
        reserved = [queues.reserve("high", "low", visibility=self.LONG) for _ in range(2)]

        assert [held.job for held in reserved if held] == [high, low]
        assert queues.reserve() is None

    def test_depth_tells_what_is_where_and_for_how_long_it_has_waited(self, queues: Queues) -> None:
        empty = queues.depth()
        self.a_dead_letter(queues)
        for at in (None, None, None, self.now() + self.LONG):
            queues.enqueue(NewJob(name="export", at=at))
        queues.reserve(visibility=self.LONG)
        self.outlast(self.BRIEF)
        depth = queues.depth()

        assert (empty.ready, empty.delayed, empty.reserved, empty.dead, empty.oldest_age) == (0, 0, 0, 0, None)
        assert (depth.ready, depth.delayed, depth.reserved, depth.dead) == (2, 1, 1, 1)
        assert depth.oldest_age is not None
        assert self.BRIEF <= depth.oldest_age < self.LONG

    def test_who_waits_in_vain_is_told_so_at_the_deadline(self, queues: Queues) -> None:
        assert queues.reserve(wait=self.BRIEF) is None

    def test_what_is_no_queue_is_refused(self, queues: Queues) -> None:
        for name in ("", "De fault", "{low}", "Ana Lima", "x" * 65):
            with pytest.raises(ValidationFailed, match="queues"):
                queues.reserve(name)
            with pytest.raises(ValidationFailed, match="queue"):
                queues.depth(name)

    def fail(self, queues: Queues, times: int) -> None:
        """Have the one job that is ready fail so often, and be ready again."""
        for _ in range(times):
            held = queues.reserve(visibility=self.LONG)
            assert held is not None
            assert queues.retry(held, after=SHORTEST) is not None
            self.outlast(SHORTEST)

    def a_dead_letter(self, queues: Queues, back_off: BackOff = BackOff.DEFAULT) -> UUID:
        """The id of a job that failed too often; nothing else may be ready."""
        job = queues.enqueue(NewJob(name="poison", back_off=back_off))
        self.fail(queues, len(back_off.delays))
        held = queues.reserve(visibility=self.LONG)
        assert held is not None
        assert held.job == job
        assert queues.retry(held, after=SHORTEST) is None
        return job.id
