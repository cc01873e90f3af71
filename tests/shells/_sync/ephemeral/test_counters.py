# Generated from _async/ephemeral/test_counters.py by tools/sync.py. Do not edit.
"""Counters: both backends pass the conformance suite."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import uuid4

import pytest

from telemed_store._sync.ephemeral.counters import Counters, InProcessCounters, RedisCounters
from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.ephemeral.counters import CounterBoard, CounterTimes
from telemed_store.redis_client.keys import Keyspace
from telemed_store.testing._sync.conformance.counters import KIND, CountersConformance
from telemed_store.testing.clock import FrozenClock

MakeCounters = Callable[[CounterTimes], Counters]


class TestInProcess(CountersConformance):
    @pytest.fixture
    def make_counters(self, telemed_clock: FrozenClock) -> MakeCounters:
        self.clock = telemed_clock
        board = CounterBoard()
        return lambda times: InProcessCounters(telemed_clock, times, board)


class TestInRedis(CountersConformance):
    @pytest.fixture
    def make_counters(self, redis: RedisConnections, keyspace: Keyspace) -> MakeCounters:
        return partial(RedisCounters, redis, keyspace)

    def test_every_key_expires(self, counters: Counters, redis: RedisConnections, keyspace: Keyspace) -> None:
        somebody = uuid4()
        counters.get(KIND, somebody)
        self.outlast(self.BRIEF)
        counters.increment(KIND, somebody)
        assert redis.command("KEYS", f"{keyspace.namespace}:*") == [
            f"{keyspace.namespace}:v1:counter:{{{somebody}}}:{KIND}:value".encode()
        ]
        left = redis.command("PTTL", keyspace.key("counter", somebody, KIND, "value"))
        assert 0 < left <= self.LONG.total_seconds() * 1000
