"""What a unit of work made stale goes after its commit, whoever commits, and when nobody knows whether it is committed."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import cached_reads
import pytest
import pytest_asyncio
from cached_reads import ALL_NAMES, ONE
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from telemed_store._async._synchronization import WORLD
from telemed_store._async.store import AsyncStore
from telemed_store.audit.actor import Actor
from telemed_store.database.identity import new_id
from telemed_store.errors import CommitUncertain, StoreError
from telemed_store.testing.clock import FrozenClock

pytestmark = pytest.mark.asyncio
JOB = Actor.system("tests")


@pytest_asyncio.fixture
async def host(ledger: Any) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(ledger.url_of(WORLD))
    yield engine
    await engine.dispose()


async def added(store: AsyncStore) -> Any:
    return await store.acting_as(JOB).write(cached_reads.add, new_id(), "cardiology")


async def test_the_hosts_commit_drops_and_its_rollback_does_not(store: AsyncStore, host: AsyncEngine) -> None:
    mine, row = store.acting_as(JOB), await added(store)
    before = await mine.read_cached(ONE, row)
    with pytest.raises(LookupError):
        async with host.connect() as connection, store.join(connection, JOB) as unit, connection.begin():
            await unit.write(cached_reads.rename, row, "neurology")
            raise LookupError
    assert await mine.read_cached(ONE, row) == before
    assert cached_reads.loads == [row]

    async with host.connect() as connection, store.join(connection, JOB) as unit, connection.begin():
        await unit.write(cached_reads.rename, row, "neurology")
        assert (await unit.read_cached(ONE, row)).name == "neurology"
        assert (await mine.read_cached(ONE, row)).name == "cardiology"
    assert (await mine.read_cached(ONE, row)).name == "neurology"


async def test_what_a_refused_verb_may_have_changed_goes_too(store: AsyncStore) -> None:
    mine, row = store.acting_as(JOB), await added(store)
    await mine.read_cached(ONE, row)
    async with mine.unit_of_work() as unit:
        with contextlib.suppress(StoreError):
            await unit.write(cached_reads.rename_and_fail, row, "neurology")
    assert (await mine.read_cached(ONE, row)).name == "neurology"
    assert await mine.read_cached(ALL_NAMES) == ("neurology",)


@pytest.mark.parametrize("commit", ["arrived", "lost"])
async def test_a_commit_that_may_have_happened_drops_and_keeps_nothing_for_a_while(
    store: AsyncStore, telemed_faults: Any, telemed_clock: FrozenClock, kind: str, commit: str
) -> None:
    mine, row = store.acting_as(JOB), await added(store)
    await mine.read_cached(ONE, row)
    await mine.read_cached(ALL_NAMES)
    if commit == "arrived":
        telemed_faults.lose_commit_reply()
    else:
        telemed_faults.fail_next("commit", CommitUncertain)
    with pytest.raises(CommitUncertain):
        async with mine.unit_of_work() as unit:
            await unit.write(cached_reads.rename, row, "neurology")

    # The server may still be about to commit it: what it answers now must not be kept.
    cached_reads.loads.clear()
    name = "neurology" if commit == "arrived" else "cardiology"
    for _ in range(3):
        assert (await mine.read_cached(ONE, row)).name == name
        assert await mine.read_cached(ALL_NAMES) == (name,)
    assert len(cached_reads.loads) == 3
    if kind == "memory":
        telemed_clock.step(dt.timedelta(minutes=1))
        for _ in range(3):
            await mine.read_cached(ONE, row)
        assert len(cached_reads.loads) == 4


@pytest.mark.failing_cache
@pytest.mark.telemed_engines("sqlite", "postgresql")
async def test_a_drop_that_fails_is_made_up_for_before_the_next_read(
    store: AsyncStore, caplog: pytest.LogCaptureFixture
) -> None:
    mine, row, backend = store.acting_as(JOB), await added(store), store.cache._backend
    await mine.read_cached(ONE, row)
    drop = backend.drop

    async def fail(*_args: Any, **_named: Any) -> None:
        raise LookupError("health data")

    backend.drop = fail  # type: ignore[method-assign]
    await mine.write(cached_reads.rename, row, "neurology")
    backend.drop = drop  # type: ignore[method-assign]
    assert (await mine.read_cached(ONE, row)).name == "neurology"
    assert await mine.read_cached(ALL_NAMES) == ("neurology",)
    assert "health data" not in caplog.text
