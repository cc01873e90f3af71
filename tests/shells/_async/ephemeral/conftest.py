"""Redis for one test: connections that wait long enough for a busy machine, and keys of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from telemed_store._async.redis_connections import AsyncRedisConnections
from telemed_store.crypto import KeyStore, MasterKeys, SqlKeyStore
from telemed_store.redis_client.keys import Keyspace
from telemed_store.redis_client.urls import parse_redis_url

TIMEOUT = 10.0


@pytest_asyncio.fixture
async def redis(telemed_redis_url: str) -> AsyncIterator[AsyncRedisConnections]:
    connections = AsyncRedisConnections(parse_redis_url(telemed_redis_url), TIMEOUT)
    yield connections
    await connections.close()


@pytest.fixture
def keyspace(telemed_redis_namespace: str) -> Keyspace:
    return Keyspace(telemed_redis_namespace)


@pytest.fixture(scope="session")
def key_store() -> KeyStore:
    return SqlKeyStore(MasterKeys.generate())
