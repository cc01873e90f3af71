"""Rate limits: both backends pass the conformance suite; Redis is told no e-mail address and no ip."""

from __future__ import annotations

import datetime as dt

import pytest

from telemed_store._async.ephemeral.rate_limits import (
    AsyncInProcessRateLimits,
    AsyncRateLimits,
    AsyncRedisRateLimits,
)
from telemed_store._async.redis_connections import AsyncRedisConnections
from telemed_store.crypto import KeyStore
from telemed_store.ephemeral.rate_limits import RateLimit
from telemed_store.redis_client.keys import Keyspace
from telemed_store.testing._async.conformance.rate_limits import EMAIL, IP, AsyncRateLimitsConformance
from telemed_store.testing.clock import FrozenClock

pytestmark = pytest.mark.asyncio

MICROSECOND = dt.timedelta(microseconds=1)


class TestInProcess(AsyncRateLimitsConformance):
    @pytest.fixture
    def rate_limits(self, telemed_clock: FrozenClock, key_store: KeyStore) -> AsyncRateLimits:
        self.clock = telemed_clock
        return AsyncInProcessRateLimits(telemed_clock, key_store)

    async def test_it_is_allowed_when_the_wait_is_over_and_not_before(
        self, rate_limits: AsyncRateLimits, telemed_clock: FrozenClock
    ) -> None:
        limit = RateLimit(name="exact", hits=2, period=dt.timedelta(seconds=60))
        await rate_limits.hit(limit, IP)
        telemed_clock.step(dt.timedelta(seconds=20))
        await rate_limits.hit(limit, IP)

        for wait in (40.0, 20.0, 40.0):
            refused = await rate_limits.hit(limit, IP)
            assert (refused.allowed, refused.retry_after) == (False, wait)
            telemed_clock.step(dt.timedelta(seconds=wait) - MICROSECOND)
            assert not (await rate_limits.hit(limit, IP)).allowed
            telemed_clock.step(MICROSECOND)
            assert (await rate_limits.hit(limit, IP)).remaining == 0


class TestInRedis(AsyncRateLimitsConformance):
    @pytest.fixture
    def rate_limits(self, redis: AsyncRedisConnections, keyspace: Keyspace, key_store: KeyStore) -> AsyncRateLimits:
        return AsyncRedisRateLimits(redis, keyspace, key_store)

    async def test_keys_tell_nobody_and_expire(
        self, rate_limits: AsyncRateLimits, redis: AsyncRedisConnections, keyspace: Keyspace
    ) -> None:
        await rate_limits.hit(self.LIMIT, EMAIL, IP)
        (key,) = await redis.command("KEYS", f"{keyspace.namespace}:*")

        assert key.startswith(f"{keyspace.namespace}:v1:rate_limit:{{".encode())
        assert not any(part in key.decode() for part in (EMAIL, "maria", "example", IP))
        left = await redis.command("PTTL", key)
        assert 0 < left <= self.LONG.total_seconds() * 1000
