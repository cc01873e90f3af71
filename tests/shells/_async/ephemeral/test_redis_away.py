"""Locks and queues while Redis does not answer, and after it came back: with what it kept, or empty."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from telemed_store._async.ephemeral.redis_locks import AsyncRedisLocks
from telemed_store._async.ephemeral.redis_queues import AsyncRedisQueues
from telemed_store._async.redis_connections import AsyncRedisConnections
from telemed_store.ephemeral.queues import NewJob
from telemed_store.errors import LeaseLost, Unavailable
from telemed_store.redis_client.keys import Keyspace
from telemed_store.redis_client.urls import parse_redis_url
from telemed_store.testing.servers.valkey import ValkeyServer, find_valkey

pytestmark = pytest.mark.asyncio

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def program() -> Path:
    found = find_valkey()
    assert isinstance(found, Path), found.reason
    return found


async def test_a_paused_redis_is_unavailable_within_the_limit_and_loses_nothing(program: Path) -> None:
    with ValkeyServer.start(program) as server:
        redis = AsyncRedisConnections(parse_redis_url(server.url), 0.5)
        locks = AsyncRedisLocks(redis, Keyspace("test"))
        queues = AsyncRedisQueues(redis, Keyspace("test"), MINUTE)
        lock = await locks.acquire("job:one", MINUTE)
        first = await queues.enqueue(NewJob(name="export"))
        second = await queues.enqueue(NewJob(name="export"))
        held = await queues.reserve()
        assert lock is not None
        assert held is not None

        server.pause()
        calls: list[Callable[[], Awaitable[object]]] = [
            lambda: locks.acquire("job:other", MINUTE, wait=MINUTE),
            lambda: locks.extend(lock, MINUTE),
            lambda: queues.reserve(wait=MINUTE),
            queues.depth,
        ]
        for call in calls:
            began = time.monotonic()
            with pytest.raises(Unavailable):
                await call()
            assert time.monotonic() - began < 2.0
        server.resume()

        assert held.job == first
        await queues.ack(held)
        # What was sent before the pause ended may have been run after all: at least once, and never lost.
        left = await queues.depth()
        assert left.ready + left.reserved == 1
        assert second.id != first.id
        await locks.release(lock)
        await redis.close()


async def test_a_redis_that_writes_all_down_keeps_what_it_acknowledged(program: Path) -> None:
    always = ("--appendonly", "yes", "--appendfsync", "always")
    with ValkeyServer.start(program, *always) as server:
        redis = AsyncRedisConnections(parse_redis_url(server.url), 5.0)
        locks = AsyncRedisLocks(redis, Keyspace("test"))
        queues = AsyncRedisQueues(redis, Keyspace("test"), MINUTE)
        lock = await locks.acquire("job:one", MINUTE)
        jobs = [await queues.enqueue(NewJob(name="export", ids={"number": number})) for number in range(3)]
        reserved = await queues.reserve()
        assert lock is not None
        assert reserved is not None

        server.kill()
        with pytest.raises(Unavailable):
            await queues.reserve()
        server.restart()

        assert await locks.acquire("job:one", MINUTE) is None
        await locks.release(lock)
        await queues.ack(reserved)
        rest = [await queues.reserve() for _ in range(3)]
        assert [held.job for held in rest if held] == jobs[1:]
        await redis.close()


async def test_a_redis_that_comes_back_empty_is_worked_on_with_by_itself(program: Path) -> None:
    with ValkeyServer.start(program) as server:
        redis = AsyncRedisConnections(parse_redis_url(server.url), 5.0)
        locks = AsyncRedisLocks(redis, Keyspace("test"))
        queues = AsyncRedisQueues(redis, Keyspace("test"), MINUTE)
        lock = await locks.acquire("job:one", MINUTE)
        new = NewJob(name="export", dedupe_key="export:1")
        await queues.enqueue(new)
        held = await queues.reserve()
        assert lock is not None
        assert held is not None

        server.kill()
        with pytest.raises(Unavailable):
            await locks.extend(lock, MINUTE)
        server.restart()

        for lost in (lambda: locks.release(lock), lambda: queues.ack(held)):
            with pytest.raises(LeaseLost):
                await lost()
        later = await locks.acquire("job:one", MINUTE)
        assert later is not None
        assert later.fence > lock.fence
        # The relay enqueues from committed rows: the same key again is a job again.
        again = await queues.enqueue(new)
        taken = await queues.reserve()
        assert taken is not None
        assert taken.job == again
        await redis.close()
