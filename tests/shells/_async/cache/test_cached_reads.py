"""A cached read answers as an uncached one would, on every frame, and is recorded as one (C13)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import cached_reads
import pytest
from cached_reads import ALL_NAMES, ONE

from telemed_store._async.store import AsyncStore
from telemed_store.audit.actor import Actor
from telemed_store.database.identity import new_id
from telemed_store.errors import NotFound, StoreError, ValidationFailed
from telemed_store.testing.clock import FrozenClock

pytestmark = pytest.mark.asyncio
JOB = Actor.system("tests")
VIEWER = Actor.user(new_id())


async def added(store: AsyncStore, name: str = "cardiology") -> Any:
    return await store.acting_as(JOB).write(cached_reads.add, new_id(), name)


async def test_what_was_read_is_not_asked_again(store: AsyncStore) -> None:
    mine, one = store.acting_as(JOB), await added(store)

    first = await mine.read_cached(ONE, one)
    assert await mine.read_cached(ONE, one) == first
    async with mine.reader() as reader:
        assert await reader.read_cached(ONE, one) == first

    assert cached_reads.loads == [one]


@pytest.mark.parametrize("kind", ["memory"])
async def test_a_value_expires_however_often_it_is_read(store: AsyncStore, telemed_clock: FrozenClock) -> None:
    mine, one = store.acting_as(JOB), await added(store)
    for _ in range(3):
        await mine.read_cached(ONE, one)
        telemed_clock.step(dt.timedelta(seconds=31))

    assert len(cached_reads.loads) == 2


@pytest.mark.parametrize("how", ["store", "reader"])
async def test_whoever_wants_no_cache_gets_none(store: AsyncStore, how: str) -> None:
    one = await added(store)
    plain = store.acting_as(JOB, cached=False) if how == "store" else store.acting_as(JOB).reader(cached=False)
    for _ in range(2):
        await plain.read_cached(ONE, one)
    await store.acting_as(JOB).read_cached(ONE, one)

    assert cached_reads.loads == [one] * 3


async def test_open_transactions_never_touch_the_cache(store: AsyncStore) -> None:
    mine, one = store.acting_as(JOB), await added(store)
    async with mine.unit_of_work() as uow:
        await uow.write(cached_reads.rename, one, "neurology")
        assert (await uow.read_cached(ONE, one)).name == "neurology"
        assert (await mine.reader().read_cached(ONE, one)).name == "cardiology"
        assert (await uow.read_cached(ONE, one)).name == "neurology"
    assert (await mine.read_cached(ONE, one)).name == "neurology"
    async with mine.snapshot() as snapshot:
        assert (await snapshot.read_cached(ONE, one)).name == "neurology"
        assert await snapshot.read_cached(ALL_NAMES) == ("neurology",)

    assert len(cached_reads.loads) == 5


@pytest.mark.telemed_settings(view_dedupe=dt.timedelta(0))
async def test_every_hit_is_recorded_before_it_is_shown(store: AsyncStore, ledger: Any) -> None:
    one = await added(store)
    for seen in range(1, 4):
        await store.acting_as(VIEWER).read_cached(ONE, one)
        assert ledger.accesses == [one] * seen


async def test_a_hit_that_is_denied_is_recorded_as_denied(store: AsyncStore, ledger: Any) -> None:
    one = await added(store)
    await store.acting_as(JOB).write(cached_reads.retire, one)
    for _ in range(2):
        with pytest.raises(NotFound):
            await store.acting_as(VIEWER).read_cached(ONE, one)

    assert ledger.denials == [("specialization", one)] * 2


async def test_nothing_is_kept_too_until_there_is_something(store: AsyncStore) -> None:
    mine, one = store.acting_as(JOB), new_id()
    for _ in range(2):
        with pytest.raises(NotFound):
            await mine.read_cached(ONE, one)
    assert cached_reads.loads == [one]

    await mine.write(cached_reads.add, one, "cardiology")
    assert (await mine.read_cached(ONE, one)).name == "cardiology"


async def test_a_collection_is_kept_until_its_tag_changes(store: AsyncStore) -> None:
    mine, one = store.acting_as(JOB), await added(store)
    assert await mine.read_cached(ALL_NAMES) == ("cardiology",)
    await mine.write(cached_reads.rename, one, "neurology")
    assert await mine.read_cached(ALL_NAMES) == ("neurology",)
    await added(store, "oncology")
    assert await mine.read_cached(ALL_NAMES) == ("neurology", "oncology")


async def test_arguments_are_checked_before_the_cache_is_asked(store: AsyncStore) -> None:
    wrong: Any = "no id"
    with pytest.raises(ValidationFailed):
        await store.acting_as(JOB).read_cached(ONE, wrong)
    async with store.unit_of_work(JOB) as uow:
        with pytest.raises(ValidationFailed):
            await uow.read_cached(ONE, wrong)


async def test_rolled_back_write_never_reaches_cache_or_outbox(store: AsyncStore) -> None:
    mine, one = store.acting_as(JOB), await added(store)
    before = await mine.read_cached(ONE, one)
    with pytest.raises(ZeroDivisionError):
        async with mine.unit_of_work() as uow:
            await uow.write(cached_reads.rename, one, "neurology")
            assert (await uow.read_cached(ONE, one)).name == "neurology"
            raise ZeroDivisionError
    with pytest.raises(StoreError):
        await mine.write(cached_reads.rename_and_fail, one, "oncology")

    assert await mine.read_cached(ONE, one) == before
    assert cached_reads.loads.count(one) == 2  # the first read, and the unit's own: what was kept is kept


async def test_a_rolled_back_savepoint_leaves_the_cache_alone(
    store: AsyncStore, telemed_engine: str, kind: str
) -> None:
    mine, one = store.acting_as(JOB), await added(store)
    await mine.read_cached(ONE, one)
    async with mine.unit_of_work() as uow:
        with pytest.raises(ZeroDivisionError):
            async with uow.savepoint():
                await uow.write(cached_reads.rename, one, "neurology")
                raise ZeroDivisionError
    assert (await mine.read_cached(ONE, one)).name == "cardiology"
    # SQLite tells that something was committed, not what: there everything is read anew.
    assert cached_reads.loads == [one] * (2 if (telemed_engine, kind) == ("sqlite", "memory") else 1)


async def test_savepoint_release_runs_no_hooks_and_drops_nothing(store: AsyncStore) -> None:
    mine, one = store.acting_as(JOB), await added(store)
    order: list[str] = []
    await mine.read_cached(ONE, one)
    async with mine.unit_of_work() as uow:
        uow.after_commit(order.append, "committed")
        async with uow.savepoint():
            await uow.write(cached_reads.rename, one, "neurology")
        assert order == []
        assert (await mine.read_cached(ONE, one)).name == "cardiology"
        assert cached_reads.loads == [one]
    assert order == ["committed"]
    assert (await mine.read_cached(ONE, one)).name == "neurology"


async def test_what_changed_is_dropped_before_hooks_run(store: AsyncStore) -> None:
    mine, one = store.acting_as(JOB), await added(store)
    await mine.read_cached(ONE, one)
    seen: list[str] = []

    async def look() -> None:
        seen.append((await mine.read_cached(ONE, one)).name)

    async with mine.unit_of_work() as uow:
        await uow.write(cached_reads.rename, one, "neurology")
        uow.after_commit(look)
    assert seen == ["neurology"]
