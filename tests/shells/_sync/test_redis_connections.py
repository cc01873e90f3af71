# Generated from _async/test_redis_connections.py by tools/sync.py. Do not edit.
"""Commands and scripts on a real Valkey: one server, behind Sentinels, as a Cluster; and when it does not answer."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from certificates import certified
from tls_front import tls_front

from telemed_store._sync._synchronization import sleep
from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.errors import SettingsError, StoreError, Unavailable
from telemed_store.redis_client.keys import Keyspace
from telemed_store.redis_client.scripts import Script
from telemed_store.redis_client.urls import parse_redis_url
from telemed_store.testing.servers.valkey import ValkeyServer, find_valkey, valkey_cluster, valkey_sentinels

COUNT = Script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
FAILOVER_SECONDS = 20


@pytest.fixture
def program() -> Path:
    found = find_valkey()
    assert isinstance(found, Path), found.reason
    return found


def everything_works(redis: RedisConnections, namespace: str) -> None:
    keys = Keyspace(namespace)
    counter, text = keys.key("counter", "a"), keys.key("text", "b")
    assert redis.command("SET", text, b"\x00\xff") is True
    assert redis.command("GET", text) == b"\x00\xff"
    assert [redis.script(COUNT, [counter], [2]), redis.script(COUNT, [counter], [3])] == [2, 5]
    assert redis.pipeline([("GET", counter), ("DEL", counter), ("GET", counter)]) == [b"5", 1, None]


def test_one_server(telemed_redis_url: str, telemed_redis_namespace: str) -> None:
    redis = RedisConnections(parse_redis_url(telemed_redis_url), 5.0)
    try:
        everything_works(redis, telemed_redis_namespace)
    finally:
        redis.close()
    with pytest.raises(StoreError, match="closed"):
        redis.command("PING")


@pytest.mark.slow
def test_sentinels_and_the_master_that_they_choose_next(program: Path, telemed_redis_namespace: str) -> None:
    with valkey_sentinels(program) as (url, master, _replica):
        goes_on_after(master.kill, RedisConnections(parse_redis_url(url), 5.0), telemed_redis_namespace)


@pytest.mark.slow
# redis-py lets go of the connections of a node that has left a Cluster without closing them; they are collected in this test.
@pytest.mark.filterwarnings(
    r"ignore:Exception ignored in. <function \w+\.__del__:pytest.PytestUnraisableExceptionWarning"
)
def test_a_cluster_and_the_replica_that_takes_over(program: Path, telemed_redis_namespace: str) -> None:
    with valkey_cluster(program) as (url, nodes):
        goes_on_after(nodes[0].kill, RedisConnections(parse_redis_url(url), 5.0), telemed_redis_namespace)
    gc.collect()


def goes_on_after(failure: Callable[[], None], redis: RedisConnections, namespace: str) -> None:
    """Nothing but `Unavailable` while nobody is the master of a key, and then it works again by itself."""
    keys = [Keyspace(namespace).key("text", subject) for subject in "abcdef"]
    try:
        everything_works(redis, namespace)
        failure()
        deadline = time.monotonic() + FAILOVER_SECONDS
        while keys and time.monotonic() < deadline:
            try:
                redis.command("SET", keys[-1], "again")
                keys.pop()
            except Unavailable:
                sleep(0.05)
        assert not keys
        everything_works(redis, namespace)
    finally:
        redis.close()


def test_a_paused_server_costs_the_time_limit_and_a_dead_one_nothing(program: Path) -> None:
    with ValkeyServer.start(program) as server:
        redis = RedisConnections(parse_redis_url(server.url), 0.2)
        redis.command("SET", "key", "kept")
        server.pause()
        for _ in range(3):
            began = time.monotonic()
            with pytest.raises(Unavailable) as refusal:
                redis.command("GET", "key")
            assert time.monotonic() - began < 2.0
            assert "key" not in str(refusal.value)
        server.resume()
        # An answer that came too late belongs to nobody: the next command gets its own.
        assert redis.command("ECHO", "own") == b"own"
        server.kill()
        with pytest.raises(Unavailable):
            redis.command("PING")
        server.restart()
        assert redis.script(COUNT, ["{key}"], [1]) == 1  # it has forgotten the script, and is sent it again
        redis.close()


def test_an_account_that_is_refused_is_a_mistake_in_the_settings(program: Path) -> None:
    with ValkeyServer.start(program, "--requirepass", "right") as server:
        wrong = RedisConnections(parse_redis_url(server.url.replace("//", "//:wrong@")), 5.0)
        with pytest.raises(SettingsError) as refusal:
            wrong.command("PING")
        assert "wrong" not in str(refusal.value)
        wrong.close()
        right = RedisConnections(parse_redis_url(server.url.replace("//", "//:right@")), 5.0)
        assert right.command("PING") is True
        right.close()


def test_tls_to_a_server_whose_certificate_is_trusted_and_to_no_other(program: Path, tmp_path: Path) -> None:
    certificate, key = certified(tmp_path)
    with ValkeyServer.start(program) as server, tls_front(server.port, certificate, key) as port:
        url = f"rediss://127.0.0.1:{port}/0"
        trusting = RedisConnections(parse_redis_url(f"{url}?ssl_ca_certs={certificate}"), 5.0)
        assert trusting.command("PING") is True
        trusting.close()
        distrustful = RedisConnections(parse_redis_url(url), 5.0)
        with pytest.raises(Unavailable):
            distrustful.command("PING")
        distrustful.close()
