# Generated from _async/ephemeral/test_queues.py by tools/sync.py. Do not edit.
"""Queues: both backends pass the conformance suite; jobs hold no texts; memory is bounded by what is not done."""

from __future__ import annotations

import datetime as dt
import time
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from telemed_store._sync.ephemeral.in_process_queues import InProcessQueues
from telemed_store._sync.ephemeral.queues import Queues
from telemed_store._sync.ephemeral.redis_queues import RedisQueues
from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.database.clock import SystemClock
from telemed_store.ephemeral.queue_scripts import PARTS
from telemed_store.ephemeral.queues import BackOff, NewJob, encoded_job
from telemed_store.errors import ValidationFailed
from telemed_store.redis_client.keys import Keyspace
from telemed_store.testing._sync._synchronization import at_once
from telemed_store.testing._sync.conformance.queues import QueuesConformance
from telemed_store.testing.clock import FrozenClock

SECOND = dt.timedelta(seconds=1)
VISIBILITY = 180 * SECOND


class TestInProcess(QueuesConformance):
    @pytest.fixture
    def queues(self, telemed_clock: FrozenClock) -> Queues:
        self.clock = telemed_clock
        return InProcessQueues(telemed_clock, VISIBILITY)

    def test_a_job_is_nobody_elses_for_as_long_as_the_setting_says(
        self, queues: Queues, telemed_clock: FrozenClock
    ) -> None:
        """D25."""
        queues.enqueue(NewJob(name="export"))
        held = queues.reserve()
        assert held is not None
        assert held.expires_at == telemed_clock.now() + VISIBILITY
        telemed_clock.step(VISIBILITY - dt.timedelta(microseconds=1))
        assert queues.reserve() is None
        telemed_clock.step(dt.timedelta(microseconds=1))
        assert queues.reserve() is not None


class TestInRedis(QueuesConformance):
    @pytest.fixture
    def queues(self, redis: RedisConnections, keyspace: Keyspace) -> Queues:
        return RedisQueues(redis, keyspace, VISIBILITY)

    def test_memory_is_bounded_by_what_is_not_done(
        self, queues: Queues, redis: RedisConnections, keyspace: Keyspace
    ) -> None:
        for number in range(20):
            queues.enqueue(NewJob(name="export", dedupe_key=f"export:{number}"))
            if number % 4 == 0:
                held = queues.reserve()
                assert held is not None
                queues.retry(held)
        while (held := queues.reserve()) is not None:
            queues.ack(held)

        kept = {key.decode() for key in redis.command("KEYS", f"{keyspace.namespace}:*")}
        assert queues.depth().delayed == 5
        # The stream of nothing, the five that rest, and what tells that these are not done.
        keys = {part: keyspace.key("queue", "default", part) for part in PARTS}
        assert redis.command("XLEN", keys["stream"]) == 0
        assert redis.command("HLEN", keys["jobs"]) == 5
        assert len(kept - set(keys.values())) == 5

    def test_all_keys_of_a_queue_carry_its_hash_tag(
        self, queues: Queues, redis: RedisConnections, keyspace: Keyspace
    ) -> None:
        queues.enqueue(NewJob(name="export", dedupe_key="export:1", queue="documents"))
        queues.enqueue(NewJob(name="export", at=dt.datetime(2100, 1, 1, tzinfo=dt.UTC), queue="documents"))
        queues.reserve("documents")

        keys = [key.decode() for key in redis.command("KEYS", f"{keyspace.namespace}:*")]
        assert len(keys) == 7
        assert all(key.startswith(f"{keyspace.namespace}:v1:queue:{{documents}}:") for key in keys)

    def test_a_queue_whose_keys_were_evicted_goes_on(
        self, queues: Queues, redis: RedisConnections, keyspace: Keyspace
    ) -> None:
        queues.enqueue(NewJob(name="export"))
        redis.command("DEL", keyspace.key("queue", "default", "jobs"))
        assert queues.reserve() is None
        job = queues.enqueue(NewJob(name="export"))
        held = queues.reserve()

        assert held is not None
        assert held.job == job


@pytest.fixture(params=["in process", "in Redis"])
def queues(request: pytest.FixtureRequest, redis: RedisConnections, keyspace: Keyspace) -> Queues:
    if request.param == "in process":
        return InProcessQueues(SystemClock(), VISIBILITY)
    return RedisQueues(redis, keyspace, VISIBILITY)


def test_many_at_once_get_each_job_once(queues: Queues) -> None:
    jobs = [queues.enqueue(NewJob(name="export")) for _ in range(6)]
    got = at_once([queues.reserve] * 8)

    assert sorted(held.job.id for held in got if held) == sorted(job.id for job in jobs)


def test_one_key_enqueued_at_once_is_one_job(queues: Queues) -> None:
    jobs = at_once([partial(queues.enqueue, NewJob(name="export", dedupe_key="export:1"))] * 8)

    assert len({job.id for job in jobs}) == 1
    assert queues.depth().ready == 1


def test_who_waits_gets_a_job_soon_after_it_is_due(queues: Queues) -> None:
    due_at = dt.datetime.now(dt.UTC) + SECOND / 5
    queues.enqueue(NewJob(name="export", at=due_at))
    began = time.monotonic()
    held = queues.reserve(wait=30 * SECOND)

    assert held is not None
    assert dt.datetime.now(dt.UTC) >= due_at
    assert time.monotonic() - began < 10


def test_a_job_holds_no_text_and_no_number_of_a_persons() -> None:
    for value in ("Ana Lima", "ana@example.org", "5520900000001", 52_998_224_725, "a" * 31, 1.5, None, b"x", ["a"]):
        ids: dict[str, Any] = {"patient": value}
        with pytest.raises(ValidationError) as refusal:
            NewJob(name="export", ids=ids)
        assert "Ana" not in str(refusal.value)
    with pytest.raises(ValidationError):
        NewJob(name="Ana Lima")
    with pytest.raises(ValidationError):
        NewJob(name="export", ids={f"id{number}": number for number in range(17)})


def test_the_largest_job_is_small() -> None:
    ids: dict[str, UUID | int | str] = {f"{'a' * 28}{number:02}": uuid4() for number in range(16)}
    largest = NewJob(name="a" * 100, ids=ids, dedupe_key="a" * 200, back_off=BackOff.SIGNING)

    assert len(encoded_job(uuid4(), largest)) < 2_048


def test_wrong_arguments_are_refused_by_name(queues: Queues) -> None:
    wrong: Any = 7
    calls: list[tuple[str, Any]] = [
        ("job", lambda: queues.enqueue(wrong)),
        ("wait", lambda: queues.reserve(wait=wrong)),
        ("wait", lambda: queues.reserve(wait=dt.timedelta(days=1))),
        ("visibility", lambda: queues.reserve(visibility=dt.timedelta(0))),
        ("held", lambda: queues.ack(wrong)),
        ("after", lambda: queues.retry(wrong, after=wrong)),
        ("limit", lambda: queues.dead_letters(limit=0)),
        ("job_id", lambda: queues.requeue("default", wrong)),
        ("queue", lambda: queues.purge(wrong)),
    ]
    for name, call in calls:
        with pytest.raises(ValidationFailed) as refusal:
            call()
        assert name in refusal.value.fields


def test_a_reservation_that_was_tampered_with_is_refused(queues: Queues) -> None:
    queues.enqueue(NewJob(name="export"))
    held = queues.reserve()
    assert held is not None
    for change in ({"owner": "me .*"}, {"tries": 0}, {"job": held.job.model_copy(update={"queue": "{x}"})}):
        with pytest.raises(ValidationFailed):
            queues.ack(held.model_copy(update=change))
    assert held.owner not in repr(held)
    queues.ack(held)
