"""Sessions, counters, limits, presence, locks and queues on a master that Sentinels name, and on a Cluster: one node has all keys of one script."""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from telemed_store._sync.ephemeral.counters import RedisCounters
from telemed_store._sync.ephemeral.presence import RedisPresence
from telemed_store._sync.ephemeral.rate_limits import RedisRateLimits
from telemed_store._sync.ephemeral.redis_locks import RedisLocks
from telemed_store._sync.ephemeral.redis_queues import RedisQueues
from telemed_store._sync.ephemeral.sessions import RedisSessions
from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.crypto import KeyStore, MasterKeys, SqlKeyStore
from telemed_store.redis_client.keys import Keyspace
from telemed_store.redis_client.urls import parse_redis_url
from telemed_store.testing.conformance import (
    CountersConformance,
    LocksConformance,
    PresenceConformance,
    QueuesConformance,
    RateLimitsConformance,
    SessionsConformance,
)
from telemed_store.testing.servers.discovery import Absent
from telemed_store.testing.servers.valkey import find_valkey, valkey_cluster, valkey_sentinels

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["Sentinels", "Cluster"])
def redis(request: pytest.FixtureRequest) -> Iterator[RedisConnections]:
    program = find_valkey()
    if isinstance(program, Absent):
        pytest.skip(program.reason)
    shape = valkey_sentinels if request.param == "Sentinels" else valkey_cluster
    with shape(program) as (url, *_):
        connections = RedisConnections(parse_redis_url(url), 10.0)
        yield connections
        connections.close()
    gc.collect()


@pytest.fixture
def keyspace(telemed_redis_namespace: str) -> Keyspace:
    return Keyspace(telemed_redis_namespace)


@pytest.fixture(scope="module")
def key_store() -> KeyStore:
    return SqlKeyStore(MasterKeys.generate())


class TestSessions(SessionsConformance):
    @pytest.fixture
    def make_sessions(
        self, redis: RedisConnections, keyspace: Keyspace, key_store: KeyStore
    ) -> Callable[..., RedisSessions]:
        return partial(RedisSessions, redis, keyspace, key_store)


class TestCounters(CountersConformance):
    @pytest.fixture
    def make_counters(self, redis: RedisConnections, keyspace: Keyspace) -> Callable[..., RedisCounters]:
        return partial(RedisCounters, redis, keyspace)


class TestRateLimits(RateLimitsConformance):
    @pytest.fixture
    def rate_limits(self, redis: RedisConnections, keyspace: Keyspace, key_store: KeyStore) -> RedisRateLimits:
        return RedisRateLimits(redis, keyspace, key_store)


class TestPresence(PresenceConformance):
    @pytest.fixture
    def make_presence(self, redis: RedisConnections, keyspace: Keyspace) -> Callable[..., RedisPresence]:
        return partial(RedisPresence, redis, keyspace)


class TestLocks(LocksConformance):
    @pytest.fixture
    def locks(self, redis: RedisConnections, keyspace: Keyspace) -> RedisLocks:
        return RedisLocks(redis, keyspace)


class TestQueues(QueuesConformance):
    @pytest.fixture
    def queues(self, redis: RedisConnections, keyspace: Keyspace) -> RedisQueues:
        return RedisQueues(redis, keyspace, dt.timedelta(minutes=3))
