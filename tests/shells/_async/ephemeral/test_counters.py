"""Counters: both backends pass the conformance suite."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import uuid4

import pytest

from telemed_store._async.ephemeral.counters import AsyncCounters, AsyncInProcessCounters, AsyncRedisCounters
from telemed_store._async.redis_connections import AsyncRedisConnections
from telemed_store.ephemeral.counters import CounterBoard, CounterTimes
from telemed_store.redis_client.keys import Keyspace
from telemed_store.testing._async.conformance.counters import KIND, AsyncCountersConformance
from telemed_store.testing.clock import FrozenClock

pytestmark = pytest.mark.asyncio

MakeCounters = Callable[[CounterTimes], AsyncCounters]


class TestInProcess(AsyncCountersConformance):
    @pytest.fixture
    def make_counters(self, telemed_clock: FrozenClock) -> MakeCounters:
        self.clock = telemed_clock
        board = CounterBoard()
        return lambda times: AsyncInProcessCounters(telemed_clock, times, board)


class TestInRedis(AsyncCountersConformance):
    @pytest.fixture
    def make_counters(self, redis: AsyncRedisConnections, keyspace: Keyspace) -> MakeCounters:
        return partial(AsyncRedisCounters, redis, keyspace)

    async def test_every_key_expires(
        self, counters: AsyncCounters, redis: AsyncRedisConnections, keyspace: Keyspace
    ) -> None:
        somebody = uuid4()
        await counters.get(KIND, somebody)
        await self.outlast(self.BRIEF)
        await counters.increment(KIND, somebody)
        assert await redis.command("KEYS", f"{keyspace.namespace}:*") == [
            f"{keyspace.namespace}:v1:counter:{{{somebody}}}:{KIND}:value".encode()
        ]
        left = await redis.command("PTTL", keyspace.key("counter", somebody, KIND, "value"))
        assert 0 < left <= self.LONG.total_seconds() * 1000
