# Generated from _async/ephemeral/test_rate_limits.py by tools/sync.py. Do not edit.
"""Rate limits: both backends pass the conformance suite; Redis is told no e-mail address and no ip."""

from __future__ import annotations

import datetime as dt

import pytest

from telemed_store._sync.ephemeral.rate_limits import (
    InProcessRateLimits,
    RateLimits,
    RedisRateLimits,
)
from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.crypto import KeyStore
from telemed_store.ephemeral.rate_limits import RateLimit
from telemed_store.redis_client.keys import Keyspace
from telemed_store.testing._sync.conformance.rate_limits import EMAIL, IP, RateLimitsConformance
from telemed_store.testing.clock import FrozenClock

MICROSECOND = dt.timedelta(microseconds=1)


class TestInProcess(RateLimitsConformance):
    @pytest.fixture
    def rate_limits(self, telemed_clock: FrozenClock, key_store: KeyStore) -> RateLimits:
        self.clock = telemed_clock
        return InProcessRateLimits(telemed_clock, key_store)

    def test_it_is_allowed_when_the_wait_is_over_and_not_before(
        self, rate_limits: RateLimits, telemed_clock: FrozenClock
    ) -> None:
        limit = RateLimit(name="exact", hits=2, period=dt.timedelta(seconds=60))
        rate_limits.hit(limit, IP)
        telemed_clock.step(dt.timedelta(seconds=20))
        rate_limits.hit(limit, IP)

        for wait in (40.0, 20.0, 40.0):
            refused = rate_limits.hit(limit, IP)
            assert (refused.allowed, refused.retry_after) == (False, wait)
            telemed_clock.step(dt.timedelta(seconds=wait) - MICROSECOND)
            assert not rate_limits.hit(limit, IP).allowed
            telemed_clock.step(MICROSECOND)
            assert rate_limits.hit(limit, IP).remaining == 0


class TestInRedis(RateLimitsConformance):
    @pytest.fixture
    def rate_limits(self, redis: RedisConnections, keyspace: Keyspace, key_store: KeyStore) -> RateLimits:
        return RedisRateLimits(redis, keyspace, key_store)

    def test_keys_tell_nobody_and_expire(
        self, rate_limits: RateLimits, redis: RedisConnections, keyspace: Keyspace
    ) -> None:
        rate_limits.hit(self.LIMIT, EMAIL, IP)
        (key,) = redis.command("KEYS", f"{keyspace.namespace}:*")

        assert key.startswith(f"{keyspace.namespace}:v1:rate_limit:{{".encode())
        assert not any(part in key.decode() for part in (EMAIL, "maria", "example", IP))
        left = redis.command("PTTL", key)
        assert 0 < left <= self.LONG.total_seconds() * 1000
