"""Locks and queues on a master that Sentinels name, and on a Cluster: all keys of one script lie on one node."""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Iterator

import pytest

from telemed_store._sync.ephemeral.locks import Locks
from telemed_store._sync.ephemeral.queues import Queues
from telemed_store._sync.ephemeral.redis_locks import RedisLocks
from telemed_store._sync.ephemeral.redis_queues import RedisQueues
from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.redis_client.keys import Keyspace
from telemed_store.redis_client.urls import parse_redis_url
from telemed_store.testing.conformance import LocksConformance, QueuesConformance
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


class TestLocks(LocksConformance):
    @pytest.fixture
    def locks(self, redis: RedisConnections, telemed_redis_namespace: str) -> Locks:
        return RedisLocks(redis, Keyspace(telemed_redis_namespace))


class TestQueues(QueuesConformance):
    @pytest.fixture
    def queues(self, redis: RedisConnections, telemed_redis_namespace: str) -> Queues:
        return RedisQueues(redis, Keyspace(telemed_redis_namespace), dt.timedelta(minutes=3))
