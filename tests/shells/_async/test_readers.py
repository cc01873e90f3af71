"""Readers: each statement in its own right, repeated once on a lost connection. Snapshots: one point in time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from telemed_store._async.store import AsyncStore
from telemed_store.audit.actor import Actor
from telemed_store.audit.context import Context
from telemed_store.errors import NotFound, StoreError, Unavailable

pytestmark = pytest.mark.asyncio

SYSTEM = Actor.system("tests")


async def test_a_reader_sees_each_commit_as_it_happens(async_telemed: AsyncStore, ledger: Any) -> None:
    async with async_telemed.reader(SYSTEM) as reader:
        assert await reader.read(ledger.show) == []
        ledger.put("one")
        assert await reader.read(ledger.show) == ["one"]


async def test_a_snapshot_sees_one_point_in_time(async_telemed: AsyncStore, ledger: Any) -> None:
    async with async_telemed.snapshot(SYSTEM) as snapshot:
        assert await snapshot.read(ledger.show) == []
        ledger.put("one")
        assert await snapshot.read(ledger.show) == []
        assert await snapshot.read_consistent(ledger.show) == []

    async with async_telemed.snapshot(SYSTEM) as snapshot:
        assert await snapshot.read(ledger.show) == ["one"]


@pytest.mark.parametrize("frame", ["reader", "store"])
async def test_reads_of_two_statements_are_never_torn(async_telemed: AsyncStore, ledger: Any, frame: str) -> None:
    """Two statements in autocommit came out torn 454 times in 2,000 (design §3.1)."""

    def twice(connection: Connection, context: Context) -> bool:
        before = ledger.show(connection, context)
        ledger.put("in between")
        return bool(before == ledger.show(connection, context))

    mine = async_telemed.acting_as(SYSTEM)
    if frame == "store":
        assert await mine.read_consistent(twice)
    else:
        async with mine.reader() as reader:
            assert await reader.read_consistent(twice)
            assert not await reader.read(twice)


async def test_a_snapshot_ends_with_its_block(async_telemed: AsyncStore, ledger: Any) -> None:
    snapshot = async_telemed.snapshot(SYSTEM)
    with pytest.raises(StoreError, match="not open"):
        await snapshot.read(ledger.show)
    async with snapshot:
        await snapshot.read(ledger.show)
    with pytest.raises(StoreError, match="not open"):
        await snapshot.read(ledger.show)


async def test_a_snapshot_left_by_an_exception_leaves_no_transaction_behind(
    async_telemed: AsyncStore, ledger: Any
) -> None:
    with pytest.raises(LookupError):
        async with async_telemed.snapshot(SYSTEM) as snapshot:
            await snapshot.read(ledger.show)
            raise LookupError
    ledger.put("one")

    assert await async_telemed.acting_as(SYSTEM).read(ledger.show) == ["one"]


@pytest.mark.telemed_engines("postgresql", "mariadb")
async def test_a_snapshot_is_read_only(async_telemed: AsyncStore, ledger: Any) -> None:
    with pytest.raises(Unavailable):
        async with async_telemed.snapshot(SYSTEM) as snapshot:
            await snapshot.read(ledger.write, "one")

    assert ledger.written == []


async def test_a_read_is_repeated_once_on_a_lost_connection(
    async_telemed: AsyncStore, ledger: Any, telemed_faults: Any
) -> None:
    mine = async_telemed.acting_as(SYSTEM)
    ledger.put("one")
    await mine.read(ledger.show)
    telemed_faults.drop_connection()

    assert await mine.read(ledger.show) == ["one"]


async def test_a_consistent_read_is_repeated_once_on_a_lost_connection(
    async_telemed: AsyncStore, ledger: Any, telemed_faults: Any
) -> None:
    mine = async_telemed.acting_as(SYSTEM)
    ledger.put("one")
    await mine.read_consistent(ledger.show)
    telemed_faults.drop_connection()

    assert await mine.read_consistent(ledger.show) == ["one"]


async def test_a_snapshot_begins_although_the_pooled_connection_was_lost(
    async_telemed: AsyncStore, ledger: Any, telemed_faults: Any
) -> None:
    mine = async_telemed.acting_as(SYSTEM)
    await mine.read(ledger.show)
    telemed_faults.drop_connection()

    async with mine.snapshot() as snapshot:
        assert await snapshot.read(ledger.show) == []


@pytest.mark.telemed_engines("postgresql", "mariadb")
async def test_a_snapshot_does_not_go_on_after_its_connection_is_lost(
    async_telemed: AsyncStore, ledger: Any, telemed_faults: Any
) -> None:
    """On another connection it would be another point in time."""
    with pytest.raises(Unavailable):
        async with async_telemed.snapshot(SYSTEM) as snapshot:
            await snapshot.read(ledger.show)
            telemed_faults.drop_connection()
            await snapshot.read(ledger.show)

    assert await async_telemed.acting_as(SYSTEM).read(ledger.show) == []


@pytest.mark.telemed_engines("postgresql", "mariadb")
async def test_a_read_that_loses_two_connections_is_unavailable(
    async_telemed: AsyncStore, ledger: Any, telemed_faults: Any
) -> None:
    await async_telemed.acting_as(SYSTEM).read(ledger.show)
    telemed_faults.fail_next("execute", Unavailable, times=2)
    with pytest.raises(Unavailable) as caught:
        await async_telemed.acting_as(SYSTEM).read(ledger.show)

    assert caught.value.__context__ is None
    assert await async_telemed.acting_as(SYSTEM).read(ledger.show) == []


async def test_denials_of_an_attempt_that_lost_its_connection_count_once(
    async_telemed: AsyncStore, ledger: Any, telemed_faults: Any
) -> None:
    doctor = Actor.user(ledger.noted_id)
    await async_telemed.acting_as(doctor).read(ledger.show)
    telemed_faults.drop_connection()
    with pytest.raises(NotFound):
        await async_telemed.acting_as(doctor).read(ledger.refuse, ledger.noted_id)

    assert ledger.denials == [("note", ledger.noted_id)]


@pytest.mark.telemed_engines("sqlite")
async def test_readers_use_the_replica_and_units_the_primary(
    ledger: Any, telemed_settings_for: Any, telemed_database_url: str, telemed_templates: Any
) -> None:
    with telemed_templates.of("sqlite").fresh() as replica:
        settings = telemed_settings_for(telemed_database_url, replica_url=replica)
        async with AsyncStore.open(settings=settings) as store:
            mine = store.acting_as(SYSTEM)
            await mine.write(ledger.write, "on the primary")

            assert await mine.read(ledger.show) == []
            assert await mine.read_consistent(ledger.show) == []
            async with mine.snapshot() as snapshot:
                assert await snapshot.read(ledger.show) == []
            async with mine.unit_of_work() as unit:
                assert await unit.read(ledger.show) == ["on the primary"]


@pytest.mark.telemed_engines("sqlite")
async def test_a_missing_database_is_named_by_the_fix(tmp_path: Path, ledger: Any) -> None:
    from telemed_store.errors import SchemaMismatch

    async with AsyncStore.open(f"sqlite:///{tmp_path / 'empty.sqlite3'}") as store:
        with pytest.raises(SchemaMismatch, match="migrate up"):
            await store.acting_as(SYSTEM).read(ledger.show)
        with pytest.raises(SchemaMismatch, match="migrate up"):
            await store.acting_as(SYSTEM).write(ledger.write, "one")
