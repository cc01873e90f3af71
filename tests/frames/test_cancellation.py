"""A cancelled task leaves nothing half done: no open transaction, no lost connection, no hook forgotten after a commit."""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import time
from collections.abc import Iterator
from typing import Any

import pytest

from telemed_store._async.store import AsyncStore
from telemed_store._async.unit_of_work import AsyncUnitOfWork
from telemed_store.audit.actor import Actor
from telemed_store.errors import TransactionConflict, Unavailable

pytestmark = pytest.mark.asyncio

SYSTEM = Actor.system("tests")
LATEST = 15.0  # far from the 30 s or more that it would take otherwise


async def cancelled_at(task: asyncio.Task[Any], reached: asyncio.Event) -> None:
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_unit_cancelled_between_its_statements_is_rolled_back(async_telemed: AsyncStore, ledger: Any) -> None:
    ran: list[str] = []
    reached = asyncio.Event()

    async def work() -> None:
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            unit.after_commit(ran.append, "committed")
            unit.after_rollback(ran.append, "rolled back")
            await unit.write(ledger.write, "one")
            reached.set()
            await asyncio.Event().wait()

    await cancelled_at(asyncio.create_task(work()), reached)
    await async_telemed.acting_as(SYSTEM).write(ledger.write, "two")

    assert (ledger.written, ran) == (["two"], ["rolled back"])


@pytest.fixture
def no_garbage_collection() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_garbage_collection")
@pytest.mark.parametrize("frame", ["unit_of_work", "snapshot", "reader"])
async def test_a_running_statement_is_ended_by_cancellation(async_telemed: AsyncStore, ledger: Any, frame: str) -> None:
    """And its locks with it, at once: on SQLite they stayed until the statement, part of a failure's traceback, was collected."""
    reached = asyncio.Event()

    async def work() -> None:
        async with getattr(async_telemed, frame)(SYSTEM) as opened:
            await opened.read(ledger.show)
            reached.set()
            await opened.read(ledger.sleep, 60)

    began = time.monotonic()
    task = asyncio.create_task(work())
    await reached.wait()
    await asyncio.wait([task], timeout=0.3)
    await cancelled_at(task, reached)
    await async_telemed.acting_as(SYSTEM).write(ledger.write, "two")

    assert await async_telemed.acting_as(SYSTEM).read(ledger.show) == ["two"]
    assert time.monotonic() - began < LATEST


async def test_a_time_limit_swallowed_inside_a_unit_commits_nothing(async_telemed: AsyncStore, ledger: Any) -> None:
    with pytest.raises((TransactionConflict, Unavailable)):
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            await unit.write(ledger.write, "one")
            try:
                async with asyncio.timeout(0.2):
                    await unit.write(ledger.sleep, 60)
            except TimeoutError:
                pass

    assert ledger.written == []


async def test_a_cancellation_during_commit_waits_for_it_and_for_the_hooks(
    async_telemed: AsyncStore, ledger: Any
) -> None:
    ran: list[str] = []
    reached = asyncio.Event()
    go_on = asyncio.Event()

    async def hook() -> None:
        reached.set()
        await go_on.wait()
        ran.append("hook")

    async def work() -> None:
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            unit.after_commit(hook)
            unit.after_commit(ran.append, "next hook")
            await unit.write(ledger.write, "one")

    task = asyncio.create_task(work())
    await reached.wait()
    task.cancel()
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert (ledger.written, ran) == (["one"], ["hook", "next hook"])


@pytest.mark.telemed_settings(pool_size=1, pool_timeout=dt.timedelta(seconds=5))
async def test_a_task_cancelled_while_it_waits_its_turn_leaves_the_queue(
    async_telemed: AsyncStore, ledger: Any
) -> None:
    async def work() -> None:
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            await unit.write(ledger.write, "never")

    async with async_telemed.unit_of_work(SYSTEM) as unit:
        await unit.write(ledger.write, "one")
        waiting = [asyncio.create_task(work()) for _ in range(3)]
        await asyncio.wait(waiting, timeout=0.1)
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
    await async_telemed.acting_as(SYSTEM).write(ledger.write, "two")

    assert ledger.written == ["one", "two"]


@pytest.mark.telemed_engines("sqlite")
async def test_waiting_for_another_process_lock_can_be_cancelled(
    async_telemed: AsyncStore, ledger: Any, telemed_settings: Any
) -> None:
    async with AsyncStore.open(settings=telemed_settings) as other, async_telemed.unit_of_work(SYSTEM) as unit:
        await unit.write(ledger.write, "one")
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await other.acting_as(SYSTEM).write(ledger.write, "two")
        assert time.monotonic() - began < LATEST

    assert ledger.written == ["one"]


async def test_cancellations_at_every_moment_lose_no_connection(
    telemed_settings_for: Any, telemed_database_url: str, ledger: Any
) -> None:
    """Neither is one missing from the pool, nor does one outlive its store: opened, by a task that was cancelled meanwhile."""
    settings = telemed_settings_for(telemed_database_url, pool_size=2, pool_timeout=dt.timedelta(seconds=3))
    async with AsyncStore.open(settings=settings) as store:
        mine = store.acting_as(SYSTEM)

        async def work(unit: AsyncUnitOfWork) -> None:
            await unit.write(ledger.announce, "maybe")
            async with unit.savepoint():
                await unit.write(ledger.write, "maybe")

        for step in range(40):
            task = asyncio.create_task(mine.run(work))
            await asyncio.wait([task], timeout=step * 0.0005)
            task.cancel()
            await asyncio.wait([task])
        async with mine.unit_of_work() as unit, mine.reader() as reader:
            await unit.write(ledger.write, "last")
            await reader.read(ledger.show)

    written = ledger.written
    assert written[-1] == "last"
    assert (len(written) - 1) % 2 == 0
    assert len(ledger.events) == (len(written) - 1) // 2
    assert await asyncio.to_thread(ledger.sessions_end, LATEST)
