# Generated from _async/conformance/locks.py by tools/sync.py. Do not edit.
"""What locks have to do."""

from __future__ import annotations

import datetime as dt

import pytest

from telemed_store._sync.ephemeral.locks import Locks
from telemed_store.errors import Conflict, LeaseLost, ValidationFailed
from telemed_store.testing._sync.conformance.base import Conformance

__all__ = ["LocksConformance"]


class LocksConformance(Conformance):
    """Write the fixture ``locks``: a backend in which nobody holds anything."""

    def test_one_holds_a_lock_at_a_time(self, locks: Locks) -> None:
        assert locks.acquire("job:one", self.LONG) is not None
        assert locks.acquire("job:one", self.LONG) is None
        assert locks.acquire("job:other", self.LONG) is not None

    def test_a_released_lock_is_free_and_its_next_fence_is_higher(self, locks: Locks) -> None:
        fences: list[int] = []
        for _ in range(5):
            lock = locks.acquire("job:one", self.LONG)
            assert lock is not None
            fences.append(lock.fence)
            locks.release(lock)

        assert fences == sorted(set(fences))

    def test_an_expired_lock_is_free_and_its_next_fence_is_higher(self, locks: Locks) -> None:
        first = locks.acquire("job:one", self.BRIEF)
        self.outlast(self.BRIEF)
        second = locks.acquire("job:one", self.LONG)

        assert first is not None
        assert second is not None
        assert second.fence > first.fence
        assert second.owner != first.owner

    def test_an_extended_lock_keeps_its_owner_and_its_fence(self, locks: Locks) -> None:
        lock = locks.acquire("job:one", self.LONG)
        assert lock is not None
        extended = locks.extend(lock, 2 * self.LONG)

        assert (extended.owner, extended.fence) == (lock.owner, lock.fence)
        assert extended.expires_at >= lock.expires_at + self.LONG
        assert locks.acquire("job:one", self.LONG) is None
        locks.release(lock)

    def test_expired_lease_cannot_resurrect(self, locks: Locks) -> None:
        lock = locks.acquire("job:one", self.BRIEF)
        assert lock is not None
        self.outlast(self.BRIEF)

        with pytest.raises(LeaseLost):
            locks.extend(lock, self.LONG)
        with pytest.raises(LeaseLost):
            locks.release(lock)

    def test_who_lost_a_lock_takes_nothing_from_who_holds_it(self, locks: Locks) -> None:
        lost = locks.acquire("job:one", self.BRIEF)
        self.outlast(self.BRIEF)
        held = locks.acquire("job:one", self.LONG)
        assert lost is not None
        assert held is not None

        with pytest.raises(LeaseLost):
            locks.release(lost)
        with pytest.raises(LeaseLost):
            locks.extend(lost, self.LONG)
        assert locks.acquire("job:one", self.LONG) is None
        locks.release(held)

    def test_a_lock_is_released_once(self, locks: Locks) -> None:
        lock = locks.acquire("job:one", self.LONG)
        assert lock is not None
        locks.release(lock)

        with pytest.raises(LeaseLost):
            locks.release(lock)

    def test_who_waits_in_vain_is_told_so_at_the_deadline(self, locks: Locks) -> None:
        locks.acquire("job:one", self.LONG)

        assert locks.acquire("job:one", self.LONG, wait=self.BRIEF) is None

    def test_a_block_holds_a_lock_and_releases_it(self, locks: Locks) -> None:
        with locks.hold("job:one", self.LONG) as lock:
            assert locks.acquire("job:one", self.LONG) is None
            with pytest.raises(Conflict):
                with locks.hold("job:one", self.LONG):
                    pytest.fail("somebody else holds it")

        again = locks.acquire("job:one", self.LONG)
        assert again is not None
        assert again.fence > lock.fence

    def test_a_block_that_raises_releases_its_lock(self, locks: Locks) -> None:
        with pytest.raises(ZeroDivisionError):
            with locks.hold("job:one", self.LONG):
                raise ZeroDivisionError

        assert locks.acquire("job:one", self.LONG) is not None

    def test_a_block_that_outlasts_its_lock_is_told_so(self, locks: Locks) -> None:
        with pytest.raises(LeaseLost):
            with locks.hold("job:one", self.BRIEF):
                self.outlast(self.BRIEF)

    def test_a_block_that_raises_is_not_talked_over(self, locks: Locks) -> None:
        def fail_late() -> None:
            with locks.hold("job:one", self.BRIEF):
                self.outlast(self.BRIEF)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail_late()

    def test_every_lock_has_an_end(self, locks: Locks) -> None:
        for ttl in (dt.timedelta(0), dt.timedelta(seconds=-1), dt.timedelta.max):
            with pytest.raises(ValidationFailed, match="ttl"):
                locks.acquire("job:one", ttl)

    def test_a_name_is_no_key_of_another(self, locks: Locks) -> None:
        for name in ("", "job:{one}", "job one", "Ana Lima", "job\n", "x" * 201):
            with pytest.raises(ValidationFailed, match="name"):
                locks.acquire(name, self.LONG)
