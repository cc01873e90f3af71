# Generated from _async/ephemeral/test_locks.py by tools/sync.py. Do not edit.
"""Locks: both backends pass the conformance suite; who waits gets one; fences grow whatever Redis forgets."""

from __future__ import annotations

import datetime as dt
from functools import partial
from uuid import UUID

import pytest

from telemed_store._sync.ephemeral.in_process_locks import InProcessLocks
from telemed_store._sync.ephemeral.locks import Locks
from telemed_store._sync.ephemeral.redis_locks import RedisLocks
from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.database.clock import SystemClock
from telemed_store.ephemeral.lock_state import LockState
from telemed_store.ephemeral.locks import FENCE_KEPT, NamedLock
from telemed_store.ephemeral.ownership import new_owner
from telemed_store.errors import ValidationFailed
from telemed_store.redis_client.keys import Keyspace
from telemed_store.testing._sync._synchronization import at_once
from telemed_store.testing._sync.conformance.locks import LocksConformance
from telemed_store.testing.clock import PRESENT, FrozenClock

SECOND = dt.timedelta(seconds=1)


class TestInProcess(LocksConformance):
    @pytest.fixture
    def locks(self, telemed_clock: FrozenClock) -> Locks:
        self.clock = telemed_clock
        return InProcessLocks(telemed_clock)

    def test_fences_grow_although_the_clock_stepped_back(self, locks: Locks, telemed_clock: FrozenClock) -> None:
        first = locks.acquire("job:one", SECOND)
        assert first is not None
        locks.release(first)
        telemed_clock.step(-SECOND)
        second = locks.acquire("job:one", SECOND)

        assert second is not None
        assert second.fence == first.fence + 1


class TestInRedis(LocksConformance):
    @pytest.fixture
    def locks(self, redis: RedisConnections, keyspace: Keyspace) -> Locks:
        return RedisLocks(redis, keyspace)

    def test_fences_grow_although_redis_forgot_everything(
        self, locks: Locks, redis: RedisConnections, keyspace: Keyspace
    ) -> None:
        first = locks.acquire("job:one", SECOND)
        redis.command("DEL", keyspace.key("lock", "job:one"))
        second = locks.acquire("job:one", SECOND)

        assert first is not None
        assert second is not None
        assert second.fence > first.fence

    def test_fences_grow_although_the_clock_of_redis_stepped_back(
        self, locks: Locks, redis: RedisConnections, keyspace: Keyspace
    ) -> None:
        first = locks.acquire("job:one", SECOND)
        assert first is not None
        ahead = first.fence + 3_600_000_000
        locks.release(first)
        redis.command("HSET", keyspace.key("lock", "job:one"), "fence", ahead)
        second = locks.acquire("job:one", SECOND)

        assert second is not None
        assert second.fence == ahead + 1

    def test_every_key_has_a_ttl(self, locks: Locks, redis: RedisConnections, keyspace: Keyspace) -> None:
        """D29: a lock that nobody releases ends; what is kept of it for its fence goes too."""
        held = locks.acquire("job:one", SECOND)
        assert held is not None
        locks.extend(held, 2 * SECOND)
        (key,) = redis.command("KEYS", f"{keyspace.namespace}:*")

        assert 0 < redis.command("PTTL", key) <= (FENCE_KEPT + 2 * SECOND) // dt.timedelta(milliseconds=1) + 1


@pytest.fixture(params=["in process", "in Redis"])
def locks(request: pytest.FixtureRequest, redis: RedisConnections, keyspace: Keyspace) -> Locks:
    return InProcessLocks(SystemClock()) if request.param == "in process" else RedisLocks(redis, keyspace)


def test_of_many_at_once_one_gets_the_lock(locks: Locks) -> None:
    got = at_once([partial(locks.acquire, "job:one", SECOND)] * 8)

    assert sum(lock is not None for lock in got) == 1


def test_all_who_wait_hold_it_one_after_the_other(locks: Locks) -> None:
    held: list[int] = []

    def hold() -> None:
        with locks.hold("job:one", 10 * SECOND, wait=10 * SECOND) as lock:
            held.append(lock.fence)
            assert locks.acquire("job:one", SECOND) is None

    at_once([hold] * 4)

    assert len(held) == 4
    assert held == sorted(set(held))


def test_who_waits_gets_what_a_dead_holder_left(locks: Locks) -> None:
    dead = locks.acquire("job:one", SECOND / 20)
    got = locks.acquire("job:one", SECOND, wait=10 * SECOND)

    assert dead is not None
    assert got is not None
    assert got.fence > dead.fence


def test_the_contract_names_its_locks() -> None:
    one, other = UUID(int=1), UUID(int=2)

    assert NamedLock.provision(one) == (f"provision:{one}", 30 * SECOND)
    assert NamedLock.ad_hoc(one, other) == (f"adhoc:{one}:{other}", 30 * SECOND)
    assert NamedLock.sign("prescription", one) == (f"sign:prescription:{one}", 3600 * SECOND)
    assert NamedLock.job("no-show", SECOND) == ("job:no-show", SECOND)
    with pytest.raises(ValidationFailed, match="name"):
        NamedLock.job("Ana Lima", SECOND)


def test_a_lock_that_was_tampered_with_is_refused(locks: Locks) -> None:
    lock = locks.acquire("job:one", SECOND)
    assert lock is not None
    for change in ({"name": "{x}"}, {"name": 7}, {"owner": "me"}, {"fence": -1}):
        with pytest.raises(ValidationFailed, match=next(iter(change))):
            locks.release(lock.model_copy(update=change))
    assert lock.owner not in repr(lock)
    locks.release(lock)


def test_what_is_kept_of_old_locks_is_bounded() -> None:
    state = LockState()
    for number in range(5_000):
        now = PRESENT + number * FENCE_KEPT / 1_000
        assert state.acquire(f"job:{number}", new_owner(), SECOND, now)

    assert len(state._held) <= 2_001
