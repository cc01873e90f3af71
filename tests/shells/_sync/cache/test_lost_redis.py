# Generated from _async/cache/test_lost_redis.py by tools/sync.py. Do not edit.
"""Redis paused, killed and restarted empty in the middle of reads and writes: slower, never wrong, nobody sees an error, it comes back by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cached_reads
import pytest
from cached_reads import ALL_NAMES, ONE

from telemed_store._sync._synchronization import sleep
from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.cache.healing import EVERY
from telemed_store.database.identity import new_id
from telemed_store.testing.servers.valkey import ValkeyServer, find_valkey, valkey_cluster, valkey_sentinels
from telemed_store.testing.sizes import ProofSize

JOB = Actor.system("tests")
SECONDS = 20.0


@pytest.fixture
def kind() -> str:
    return "redis"


@pytest.fixture
def program() -> Path:
    found = find_valkey()
    assert isinstance(found, Path), found.reason
    return found


@pytest.fixture
def server(program: Path) -> Iterator[ValkeyServer]:
    with ValkeyServer.start(program) as server:
        yield server


def all_is_right(stores: list[Store], row: Any, rounds: int = 3) -> None:
    """Writes through each store, and reads through all."""
    for number in range(rounds):
        writing = stores[number % len(stores)].acting_as(JOB)
        name = f"round {number} {new_id()}"
        version = writing.write(cached_reads.rename, row, name).version
        heard: Any = stores[number % len(stores)].cache._healing
        for store in stores:
            if not heard.is_done():
                # Redis has not heard of it: whoever noticed nothing sees it when the next healing is due, and not before.
                healing: Any = store.cache._healing
                healing._last -= EVERY + 1
            for _ in range(2):
                found = store.acting_as(JOB).read_cached(ONE, row)
                assert (found.version, found.name) == (version, name)
                assert store.acting_as(JOB).read_cached(ALL_NAMES) == (name,)


def it_is_used_again(store: Store, row: Any) -> None:
    ends_at = time.monotonic() + SECONDS
    while time.monotonic() < ends_at:
        store.acting_as(JOB).read_cached(ONE, row)
        before = len(cached_reads.loads)
        store.acting_as(JOB).read_cached(ONE, row)
        if len(cached_reads.loads) == before:
            return
        sleep(0.02)
    raise AssertionError("the cache is not used again")


def added(store: Store) -> Any:
    return store.acting_as(JOB).write(cached_reads.add, new_id(), "cardiology")


@pytest.mark.failing_cache
@pytest.mark.telemed_engines("sqlite", "postgresql")
def test_reads_stay_right_and_the_cache_comes_back(opened: Callable[..., Store], server: ValkeyServer) -> None:
    given = {"redis_url": server.url, "redis_timeout": 0.2, "redis_pause": 0.2}
    with opened(**given) as one, opened(**given) as other:
        stores, row = [one, other], added(one)
        all_is_right(stores, row)
        for change in (server.pause, server.resume, server.kill, server.restart, server.restart):
            change()
            all_is_right(stores, row)
            if change not in {server.pause, server.kill}:
                it_is_used_again(one, row)
                all_is_right(stores, row)


@pytest.mark.failing_cache
@pytest.mark.telemed_engines("sqlite")
def test_a_server_that_says_nothing_costs_its_time_limit_once(
    opened: Callable[..., Store], server: ValkeyServer
) -> None:
    with opened(redis_url=server.url, redis_timeout=0.5, redis_pause=600) as store:
        row = added(store)
        all_is_right([store], row)
        server.pause()
        began = time.monotonic()
        all_is_right([store], row, rounds=10)
        # 10 writes and 40 reads; one of them waited.
        assert time.monotonic() - began < 0.5 * 10
        server.resume()


@pytest.mark.slow
@pytest.mark.failing_cache
@pytest.mark.telemed_engines("sqlite")
@pytest.mark.telemed_size(failovers=(0, 1))
def test_a_master_behind_sentinels(opened: Callable[..., Store], program: Path, telemed_size: ProofSize) -> None:
    with valkey_sentinels(program) as (url, master, _replica):
        given = {"redis_url": url, "redis_timeout": 0.5, "redis_pause": 0.5}
        with opened(**given) as one, opened(**given) as other:
            row = added(one)
            all_is_right([one, other], row)
            it_is_used_again(one, row)
            for _ in range(telemed_size.failovers):
                master.kill()
                all_is_right([one, other], row, rounds=1)
                it_is_used_again(one, row)
                all_is_right([one, other], row)


@pytest.mark.slow
@pytest.mark.failing_cache
@pytest.mark.telemed_engines("sqlite")
# redis-py lets go of the connections of a node that has left a Cluster without closing them; they are collected in this test.
@pytest.mark.filterwarnings("ignore:unclosed")
def test_a_cluster(opened: Callable[..., Store], program: Path) -> None:
    with valkey_cluster(program) as (url, _nodes):
        given = {"redis_url": url, "redis_timeout": 5}
        with opened(**given) as one, opened(**given) as other:
            row = added(one)
            all_is_right([one, other], row)
            it_is_used_again(one, row)
