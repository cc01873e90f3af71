# Generated from _async/cache/test_conformance.py by tools/sync.py. Do not edit.
"""Our own backends do what the conformance suite asks of everybody's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from telemed_store._sync.cache.in_process import InProcessCache
from telemed_store._sync.cache.redis import RedisCache
from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.cache.keys import CacheKey, Stale, Tag
from telemed_store.database.identity import new_id
from telemed_store.redis_client.keys import Keyspace
from telemed_store.redis_client.urls import parse_redis_url
from telemed_store.testing.clock import FrozenClock
from telemed_store.testing.conformance import CacheConformance

KEY, TAG = CacheKey("thing:1"), Tag("things:1")
NONE = dt.timedelta(0)


class TestInProcess(CacheConformance):
    @pytest.fixture
    def cache(self, telemed_clock: FrozenClock) -> InProcessCache:
        self.clock = telemed_clock
        return InProcessCache(telemed_clock, size=5000)

    def outlast(self, lifetime: dt.timedelta) -> None:
        self.clock.step(lifetime)

    def test_what_was_not_used_for_the_longest_time_goes_first(self, cache: InProcessCache) -> None:
        small = InProcessCache(self.clock, size=2)
        for number in (1, 2, 1, 3):
            key = CacheKey(f"thing:{number}")
            looked = self.look(small, key)
            self.fill(small, looked.ticket, key=key)
        kept = [self.look(small, CacheKey(f"thing:{number}")).kept for number in (1, 3, 2)]
        assert kept == [b"value", b"value", None]


class TestRedis(CacheConformance):
    @pytest.fixture
    def cache(self, telemed_redis_url: str, telemed_redis_namespace: str) -> Iterator[RedisCache]:
        connections = RedisConnections(parse_redis_url(telemed_redis_url), 5.0)
        yield RedisCache(connections, Keyspace(telemed_redis_namespace), pause=1.0)
        connections.close()

    @pytest.mark.parametrize("which", ["generation", "epoch", "record"])
    def test_a_key_that_redis_evicts_revives_nothing(self, cache: RedisCache, which: str) -> None:
        self.filled(cache, b"value", TAG)
        ticket = self.look(cache, KEY, TAG).ticket
        names = {"generation": cache._generation(TAG), "epoch": cache._epoch(), "record": cache._record(KEY)}
        cache._connections.command("DEL", names[which])
        if which == "record":
            # What is kept stays right until it is dropped; who was under way is refused.
            assert not self.fill(cache, ticket, b"old", TAG)
        else:
            assert self.look(cache, KEY, TAG).kept is None
        cache.drop([Stale(KEY)], hold=NONE)
        assert self.look(cache, KEY, TAG).kept is None

    @pytest.mark.parametrize("what", [KEY, TAG])
    def test_what_is_written_down_is_dropped_once(self, cache: RedisCache, what: CacheKey | Tag) -> None:
        """Healing comes again and again, and must not take what was filled in since."""
        stale = Stale(what, 1, new_id())
        self.filled(cache, b"value", TAG)
        cache.drop([stale], hold=NONE)
        assert self.look(cache, KEY, TAG).kept is None
        self.filled(cache, b"value", TAG)
        cache.drop([stale], hold=NONE)
        assert self.look(cache, KEY, TAG).kept == b"value"

    def test_all_that_stands_in_redis_has_an_end(self, cache: RedisCache) -> None:
        self.filled(cache, b"value", TAG)
        cache.drop([Stale(KEY, 1, new_id()), Stale(TAG, 0, new_id())], hold=NONE)
        self.filled(cache, b"value", TAG)
        names = cache._connections.command("KEYS", cache._keys.key("*", "*").replace("{*}", "*"))
        endless = [name for name in names if cache._connections.command("PTTL", name) == -1]
        assert len(names) >= 6
        assert endless == [cache._epoch().encode()]
