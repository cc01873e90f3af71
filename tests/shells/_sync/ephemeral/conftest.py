# Generated from _async/ephemeral/conftest.py by tools/sync.py. Do not edit.
"""Redis for one test: connections that wait long enough for a busy machine, and keys of the test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.crypto import KeyStore, MasterKeys, SqlKeyStore
from telemed_store.redis_client.keys import Keyspace
from telemed_store.redis_client.urls import parse_redis_url

TIMEOUT = 10.0


@pytest.fixture
def redis(telemed_redis_url: str) -> Iterator[RedisConnections]:
    connections = RedisConnections(parse_redis_url(telemed_redis_url), TIMEOUT)
    yield connections
    connections.close()


@pytest.fixture
def keyspace(telemed_redis_namespace: str) -> Keyspace:
    return Keyspace(telemed_redis_namespace)


@pytest.fixture(scope="session")
def key_store() -> KeyStore:
    return SqlKeyStore(MasterKeys.generate())
