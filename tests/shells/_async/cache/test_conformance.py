"""Our own backends do what the conformance suite asks of everybody's."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

import pytest

from telemed_store._async.cache.in_process import AsyncInProcessCache
from telemed_store._async.cache.redis import AsyncRedisCache
from telemed_store._async.redis_connections import AsyncRedisConnections
from telemed_store.cache.keys import CacheKey, Stale, Tag
from telemed_store.database.identity import new_id
from telemed_store.redis_client.keys import Keyspace
from telemed_store.redis_client.urls import parse_redis_url
from telemed_store.testing.clock import FrozenClock
from telemed_store.testing.conformance import AsyncCacheConformance

KEY, TAG = CacheKey("thing:1"), Tag("things:1")
NONE = dt.timedelta(0)


class TestInProcess(AsyncCacheConformance):
    @pytest.fixture
    def cache(self, telemed_clock: FrozenClock) -> AsyncInProcessCache:
        self.clock = telemed_clock
        return AsyncInProcessCache(telemed_clock, size=5000)

    async def outlast(self, lifetime: dt.timedelta) -> None:
        self.clock.step(lifetime)

    async def test_what_was_not_used_for_the_longest_time_goes_first(self, cache: AsyncInProcessCache) -> None:
        small = AsyncInProcessCache(self.clock, size=2)
        for number in (1, 2, 1, 3):
            key = CacheKey(f"thing:{number}")
            looked = await self.look(small, key)
            await self.fill(small, looked.ticket, key=key)
        kept = [(await self.look(small, CacheKey(f"thing:{number}"))).kept for number in (1, 3, 2)]
        assert kept == [b"value", b"value", None]


class TestRedis(AsyncCacheConformance):
    @pytest.fixture
    async def cache(self, telemed_redis_url: str, telemed_redis_namespace: str) -> AsyncIterator[AsyncRedisCache]:
        connections = AsyncRedisConnections(parse_redis_url(telemed_redis_url), 5.0)
        yield AsyncRedisCache(connections, Keyspace(telemed_redis_namespace), pause=1.0)
        await connections.close()

    @pytest.mark.parametrize("which", ["generation", "epoch", "record"])
    async def test_a_key_that_redis_evicts_revives_nothing(self, cache: AsyncRedisCache, which: str) -> None:
        await self.filled(cache, b"value", TAG)
        ticket = (await self.look(cache, KEY, TAG)).ticket
        names = {"generation": cache._generation(TAG), "epoch": cache._epoch(), "record": cache._record(KEY)}
        await cache._connections.command("DEL", names[which])
        if which == "record":
            # What is kept stays right until it is dropped; who was under way is refused.
            assert not await self.fill(cache, ticket, b"old", TAG)
        else:
            assert (await self.look(cache, KEY, TAG)).kept is None
        await cache.drop([Stale(KEY)], hold=NONE)
        assert (await self.look(cache, KEY, TAG)).kept is None

    @pytest.mark.parametrize("what", [KEY, TAG])
    async def test_what_is_written_down_is_dropped_once(self, cache: AsyncRedisCache, what: CacheKey | Tag) -> None:
        """Healing comes again and again, and must not take what was filled in since."""
        stale = Stale(what, 1, new_id())
        await self.filled(cache, b"value", TAG)
        await cache.drop([stale], hold=NONE)
        assert (await self.look(cache, KEY, TAG)).kept is None
        await self.filled(cache, b"value", TAG)
        await cache.drop([stale], hold=NONE)
        assert (await self.look(cache, KEY, TAG)).kept == b"value"

    async def test_all_that_stands_in_redis_has_an_end(self, cache: AsyncRedisCache) -> None:
        await self.filled(cache, b"value", TAG)
        await cache.drop([Stale(KEY, 1, new_id()), Stale(TAG, 0, new_id())], hold=NONE)
        await self.filled(cache, b"value", TAG)
        names = await cache._connections.command("KEYS", cache._keys.key("*", "*").replace("{*}", "*"))
        endless = [name for name in names if await cache._connections.command("PTTL", name) == -1]
        assert len(names) >= 6
        assert endless == [cache._epoch().encode()]
