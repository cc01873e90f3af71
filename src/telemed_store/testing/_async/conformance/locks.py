"""What locks have to do."""

from __future__ import annotations

import datetime as dt

import pytest

from telemed_store._async.ephemeral.locks import AsyncLocks
from telemed_store.errors import Conflict, LeaseLost, ValidationFailed
from telemed_store.testing._async.conformance.base import AsyncConformance

__all__ = ["AsyncLocksConformance"]


class AsyncLocksConformance(AsyncConformance):
    """Write the fixture ``locks``: a backend in which nobody holds anything."""

    async def test_one_holds_a_lock_at_a_time(self, locks: AsyncLocks) -> None:
        assert await locks.acquire("job:one", self.LONG) is not None
        assert await locks.acquire("job:one", self.LONG) is None
        assert await locks.acquire("job:other", self.LONG) is not None

    async def test_a_released_lock_is_free_and_its_next_fence_is_higher(self, locks: AsyncLocks) -> None:
        fences: list[int] = []
        for _ in range(5):
            lock = await locks.acquire("job:one", self.LONG)
            assert lock is not None
            fences.append(lock.fence)
            await locks.release(lock)

        assert fences == sorted(set(fences))

    async def test_an_expired_lock_is_free_and_its_next_fence_is_higher(self, locks: AsyncLocks) -> None:
        first = await locks.acquire("job:one", self.BRIEF)
        await self.outlast(self.BRIEF)
        second = await locks.acquire("job:one", self.LONG)

        assert first is not None
        assert second is not None
        assert second.fence > first.fence
        assert second.owner != first.owner

    async def test_an_extended_lock_keeps_its_owner_and_its_fence(self, locks: AsyncLocks) -> None:
        lock = await locks.acquire("job:one", self.LONG)
        assert lock is not None
        extended = await locks.extend(lock, 2 * self.LONG)

        assert (extended.owner, extended.fence) == (lock.owner, lock.fence)
        assert extended.expires_at >= lock.expires_at + self.LONG
        assert await locks.acquire("job:one", self.LONG) is None
        await locks.release(lock)

    async def test_expired_lease_cannot_resurrect(self, locks: AsyncLocks) -> None:
        lock = await locks.acquire("job:one", self.BRIEF)
        assert lock is not None
        await self.outlast(self.BRIEF)

        with pytest.raises(LeaseLost):
            await locks.extend(lock, self.LONG)
        with pytest.raises(LeaseLost):
            await locks.release(lock)

    async def test_who_lost_a_lock_takes_nothing_from_who_holds_it(self, locks: AsyncLocks) -> None:
        lost = await locks.acquire("job:one", self.BRIEF)
        await self.outlast(self.BRIEF)
        held = await locks.acquire("job:one", self.LONG)
        assert lost is not None
        assert held is not None

        with pytest.raises(LeaseLost):
            await locks.release(lost)
        with pytest.raises(LeaseLost):
            await locks.extend(lost, self.LONG)
        assert await locks.acquire("job:one", self.LONG) is None
        await locks.release(held)

    async def test_a_lock_is_released_once(self, locks: AsyncLocks) -> None:
        lock = await locks.acquire("job:one", self.LONG)
        assert lock is not None
        await locks.release(lock)

        with pytest.raises(LeaseLost):
            await locks.release(lock)

    async def test_who_waits_in_vain_is_told_so_at_the_deadline(self, locks: AsyncLocks) -> None:
        await locks.acquire("job:one", self.LONG)

        assert await locks.acquire("job:one", self.LONG, wait=self.BRIEF) is None

    async def test_a_block_holds_a_lock_and_releases_it(self, locks: AsyncLocks) -> None:
        async with locks.hold("job:one", self.LONG) as lock:
            assert await locks.acquire("job:one", self.LONG) is None
            with pytest.raises(Conflict):
                async with locks.hold("job:one", self.LONG):
                    pytest.fail("somebody else holds it")

        again = await locks.acquire("job:one", self.LONG)
        assert again is not None
        assert again.fence > lock.fence

    async def test_a_block_that_raises_releases_its_lock(self, locks: AsyncLocks) -> None:
        with pytest.raises(ZeroDivisionError):
            async with locks.hold("job:one", self.LONG):
                raise ZeroDivisionError

        assert await locks.acquire("job:one", self.LONG) is not None

    async def test_a_block_that_outlasts_its_lock_is_told_so(self, locks: AsyncLocks) -> None:
        with pytest.raises(LeaseLost):
            async with locks.hold("job:one", self.BRIEF):
                await self.outlast(self.BRIEF)

    async def test_a_block_that_raises_is_not_talked_over(self, locks: AsyncLocks) -> None:
        async def fail_late() -> None:
            async with locks.hold("job:one", self.BRIEF):
                await self.outlast(self.BRIEF)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail_late()

    async def test_every_lock_has_an_end(self, locks: AsyncLocks) -> None:
        for ttl in (dt.timedelta(0), dt.timedelta(seconds=-1), dt.timedelta.max):
            with pytest.raises(ValidationFailed, match="ttl"):
                await locks.acquire("job:one", ttl)

    async def test_a_name_is_no_key_of_another(self, locks: AsyncLocks) -> None:
        for name in ("", "job:{one}", "job one", "Ana Lima", "job\n", "x" * 201):
            with pytest.raises(ValidationFailed, match="name"):
                await locks.acquire(name, self.LONG)
