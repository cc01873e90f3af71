# Generated from _async/ephemeral/test_redis_away.py by tools/sync.py. Do not edit.
"""Locks and queues while Redis does not answer, and after it came back: with what it kept, or empty."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from telemed_store._sync.ephemeral.redis_locks import RedisLocks
from telemed_store._sync.ephemeral.redis_queues import RedisQueues
from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.ephemeral.queues import NewJob
from telemed_store.errors import LeaseLost, Unavailable
from telemed_store.redis_client.keys import Keyspace
from telemed_store.redis_client.urls import parse_redis_url
from telemed_store.testing.servers.valkey import ValkeyServer, find_valkey

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def program() -> Path:
    found = find_valkey()
    assert isinstance(found, Path), found.reason
    return found


def test_a_paused_redis_is_unavailable_within_the_limit_and_loses_nothing(program: Path) -> None:
    with ValkeyServer.start(program) as server:
        redis = RedisConnections(parse_redis_url(server.url), 0.5)
        locks = RedisLocks(redis, Keyspace("test"))
        queues = RedisQueues(redis, Keyspace("test"), MINUTE)
        lock = locks.acquire("job:one", MINUTE)
        first = queues.enqueue(NewJob(name="export"))
        second = queues.enqueue(NewJob(name="export"))
        held = queues.reserve()
        assert lock is not None
        assert held is not None

        server.pause()
        calls: list[Callable[[], object]] = [
            lambda: locks.acquire("job:other", MINUTE, wait=MINUTE),
            lambda: locks.extend(lock, MINUTE),
            lambda: queues.reserve(wait=MINUTE),
            queues.depth,
        ]
        for call in calls:
            began = time.monotonic()
            with pytest.raises(Unavailable):
                call()
            assert time.monotonic() - began < 2.0
        server.resume()

        assert held.job == first
        queues.ack(held)
        # What was sent before the pause ended may have been run after all: at least once, and never lost.
        left = queues.depth()
        assert left.ready + left.reserved == 1
        assert second.id != first.id
        locks.release(lock)
        redis.close()


def test_a_redis_that_writes_all_down_keeps_what_it_acknowledged(program: Path) -> None:
    always = ("--appendonly", "yes", "--appendfsync", "always")
    with ValkeyServer.start(program, *always) as server:
        redis = RedisConnections(parse_redis_url(server.url), 5.0)
        locks = RedisLocks(redis, Keyspace("test"))
        queues = RedisQueues(redis, Keyspace("test"), MINUTE)
        lock = locks.acquire("job:one", MINUTE)
        jobs = [queues.enqueue(NewJob(name="export", ids={"number": number})) for number in range(3)]
        reserved = queues.reserve()
        assert lock is not None
        assert reserved is not None

        server.kill()
        with pytest.raises(Unavailable):
            queues.reserve()
        server.restart()

        assert locks.acquire("job:one", MINUTE) is None
        locks.release(lock)
        queues.ack(reserved)
        rest = [queues.reserve() for _ in range(3)]
        assert [held.job for held in rest if held] == jobs[1:]
        redis.close()


def test_a_redis_that_comes_back_empty_is_worked_on_with_by_itself(program: Path) -> None:
    with ValkeyServer.start(program) as server:
        redis = RedisConnections(parse_redis_url(server.url), 5.0)
        locks = RedisLocks(redis, Keyspace("test"))
        queues = RedisQueues(redis, Keyspace("test"), MINUTE)
        lock = locks.acquire("job:one", MINUTE)
        new = NewJob(name="export", dedupe_key="export:1")
        queues.enqueue(new)
        held = queues.reserve()
        assert lock is not None
        assert held is not None

        server.kill()
        with pytest.raises(Unavailable):
            locks.extend(lock, MINUTE)
        server.restart()

        for lost in (lambda: locks.release(lock), lambda: queues.ack(held)):
            with pytest.raises(LeaseLost):
                lost()
        later = locks.acquire("job:one", MINUTE)
        assert later is not None
        assert later.fence > lock.fence
        # The relay enqueues from committed rows: the same key again is a job again.
        again = queues.enqueue(new)
        taken = queues.reserve()
        assert taken is not None
        assert taken.job == again
        redis.close()
