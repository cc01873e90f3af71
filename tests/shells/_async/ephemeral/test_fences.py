"""Fences: once a later holder of a lock has written, the database takes no write of an earlier one."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from telemed_store._async._synchronization import sleep
from telemed_store._async.store import AsyncStore
from telemed_store._async.unit_of_work import AsyncUnitOfWork
from telemed_store.audit.actor import Actor
from telemed_store.database.compatibility import schema_compatibility
from telemed_store.ephemeral.locks import Lock
from telemed_store.ephemeral.ownership import new_owner
from telemed_store.errors import LeaseLost, TransactionConflict, ValidationFailed
from telemed_store.testing._async._synchronization import at_once
from telemed_store.testing.clock import PRESENT

pytestmark = pytest.mark.asyncio

SYSTEM = Actor.system("tests")


def lock(fence: int, name: str = "job:one") -> Lock:
    return Lock(name=name, owner=new_owner(), fence=fence, expires_at=PRESENT)


async def test_the_holder_may_write_again_and_a_later_one_too(
    async_telemed: AsyncStore, ledger: Any, telemed_statements: Any
) -> None:
    for fence in (1, 1, 2, 5):
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            with telemed_statements() as seen:
                await unit.fence(lock(fence))
            seen.assert_at_most(1)
            await unit.write(ledger.write, str(fence))
    async with async_telemed.unit_of_work(SYSTEM) as unit:
        await unit.fence(lock(1, "job:other"))
        await unit.write(ledger.write, "other")

    assert ledger.written == ["1", "1", "2", "5", "other"]


async def test_an_overtaken_holder_writes_nothing(async_telemed: AsyncStore, ledger: Any) -> None:
    async with async_telemed.unit_of_work(SYSTEM) as unit:
        await unit.fence(lock(2**53))
    with pytest.raises(LeaseLost):
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            await unit.write(ledger.write, "before the fence")
            await unit.fence(lock(2**53 - 1))
    with pytest.raises(TransactionConflict):
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            with contextlib.suppress(LeaseLost):
                await unit.fence(lock(2**53 - 1))
            await unit.connection.execute(update(schema_compatibility).values(oldest_code_revision=1))
    # What the refused one asked for did not lower what is remembered.
    with pytest.raises(LeaseLost):
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            await unit.fence(lock(2**53 - 1))

    assert ledger.written == []


async def test_an_overtaken_holder_is_not_run_again(async_telemed: AsyncStore) -> None:
    runs: list[int] = []

    async def work(uow: AsyncUnitOfWork) -> None:
        runs.append(1)
        await uow.fence(lock(1))

    async with async_telemed.unit_of_work(SYSTEM) as unit:
        await unit.fence(lock(2))
    with pytest.raises(LeaseLost):
        await async_telemed.acting_as(SYSTEM).run(work)
    assert len(runs) == 1


async def test_a_later_holder_that_was_undone_refuses_nobody(async_telemed: AsyncStore) -> None:
    with contextlib.suppress(LookupError):
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            await unit.fence(lock(2))
            raise LookupError
    async with async_telemed.unit_of_work(SYSTEM) as unit:
        await unit.fence(lock(1))


async def test_a_fence_undone_with_its_savepoint_leaves_the_unit(async_telemed: AsyncStore, ledger: Any) -> None:
    async with async_telemed.unit_of_work(SYSTEM) as unit:
        await unit.fence(lock(2))
    async with async_telemed.unit_of_work(SYSTEM) as unit:
        with contextlib.suppress(LeaseLost):
            async with unit.savepoint():
                await unit.write(ledger.write, "protected")
                await unit.fence(lock(1))
        await unit.write(ledger.write, "else")

    assert ledger.written == ["else"]


@pytest.mark.parametrize("first", [1, 2], ids=["the earlier holder first", "the later holder first"])
async def test_two_writers_wait_for_each_other(async_telemed: AsyncStore, ledger: Any, first: int) -> None:
    async with async_telemed.unit_of_work(SYSTEM) as unit:
        await unit.write(ledger.make_locks, "x")

    def put(connection: Connection, _context: object, fence: int) -> None:
        row = update(schema_compatibility).where(schema_compatibility.c.id == ord("x"))
        connection.execute(row.values(oldest_code_revision=fence))

    async def write(fence: int) -> bool:
        try:
            async with async_telemed.unit_of_work(SYSTEM) as unit:
                await unit.fence(lock(fence))
                # The other has time to come in between.
                await sleep(0.05)
                await unit.write(put, fence)
        except LeaseLost:
            return False
        return True

    second = 3 - first
    written = dict(zip((first, second), await at_once([partial(write, first), partial(write, second)]), strict=True))

    assert written[2]
    # Whoever began first: the earlier holder wrote before the later one, or not at all.
    async with async_telemed.unit_of_work(SYSTEM) as unit:
        row = select(schema_compatibility.c.oldest_code_revision).where(schema_compatibility.c.id == ord("x"))
        assert (await unit.connection.execute(row)).scalar_one() == 2


async def test_what_is_no_lock_is_refused(async_telemed: AsyncStore) -> None:
    wrong: Any = "job:one"
    async with async_telemed.unit_of_work(SYSTEM) as unit:
        with pytest.raises(ValidationFailed, match="lock"):
            await unit.fence(wrong)
        with pytest.raises(ValidationFailed, match="fence"):
            await unit.fence(lock(1).model_copy(update={"fence": 2**63}))
