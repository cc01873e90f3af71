"""Our verbs in a transaction of the host's: the host commits, our hooks wait for it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from telemed_store._async._synchronization import WORLD, run_on
from telemed_store._async.store import AsyncStore
from telemed_store.audit.actor import Actor
from telemed_store.errors import NotFound, StoreError, TransactionConflict, ValidationFailed

pytestmark = pytest.mark.asyncio

SYSTEM = Actor.system("tests")
HOST = MetaData()
invoices = Table("invoices", HOST, Column("id", Integer, primary_key=True), Column("text", String(50)))


@pytest_asyncio.fixture
async def host(ledger: Any) -> AsyncIterator[AsyncEngine]:
    """An engine as a host makes it, with a table of the host's own in the same database."""
    engine = create_async_engine(ledger.url_of(WORLD))
    async with engine.begin() as connection:
        await run_on(connection, HOST.create_all)
    yield engine
    async with engine.begin() as connection:
        await run_on(connection, HOST.drop_all)
    await engine.dispose()


async def billed(host: AsyncEngine) -> list[str]:
    async with host.connect() as connection:
        return list((await connection.execute(select(invoices.c.text))).scalars())


async def test_the_hosts_rows_and_ours_are_one_commit(
    async_telemed: AsyncStore, ledger: Any, host: AsyncEngine
) -> None:
    ran: list[tuple[str, list[str]]] = []
    async with host.connect() as connection, async_telemed.join(connection, SYSTEM) as unit, connection.begin():
        unit.after_commit(lambda: ran.append(("committed", ledger.written)))
        await unit.write(ledger.announce, "ours")
        await connection.execute(insert(invoices), {"id": 1, "text": "theirs"})
        assert (ledger.written, ran) == ([], [])

    assert (ledger.written, ledger.events, await billed(host)) == (["ours"], ["Noted"], ["theirs"])
    assert ran == [("committed", ["ours"])]


async def test_the_hosts_rollback_undoes_ours_and_drops_the_hooks(
    async_telemed: AsyncStore, ledger: Any, host: AsyncEngine
) -> None:
    ran: list[str] = []
    with pytest.raises(LookupError):
        async with host.connect() as connection, async_telemed.join(connection, SYSTEM) as unit, connection.begin():
            unit.after_commit(ran.append, "committed")
            unit.after_rollback(ran.append, "rolled back")
            await unit.write(ledger.write, "ours")
            raise LookupError

    assert (ledger.written, ran) == ([], ["rolled back"])


async def test_a_rollback_without_an_exception_is_a_rollback(
    async_telemed: AsyncStore, ledger: Any, host: AsyncEngine
) -> None:
    ran: list[str] = []
    async with host.connect() as connection, async_telemed.join(connection, SYSTEM) as unit:
        unit.after_commit(ran.append, "committed")
        unit.after_rollback(ran.append, "rolled back")
        await unit.write(ledger.write, "ours")
        await connection.rollback()

    assert (ledger.written, ran) == ([], ["rolled back"])


async def test_an_exception_after_the_hosts_commit_does_not_undo_the_commit(
    async_telemed: AsyncStore, ledger: Any, host: AsyncEngine
) -> None:
    ran: list[str] = []
    with pytest.raises(LookupError):
        async with host.connect() as connection, async_telemed.join(connection, SYSTEM) as unit:
            unit.after_commit(ran.append, "committed")
            await unit.write(ledger.write, "ours")
            await connection.commit()
            raise LookupError

    assert (ledger.written, ran) == (["ours"], ["committed"])


@pytest.mark.parametrize("ends", ["committed", "rolled_back"])
async def test_hooks_wait_until_the_host_says_how_it_ended(
    async_telemed: AsyncStore, ledger: Any, host: AsyncEngine, ends: str
) -> None:
    ran: list[str] = []
    async with host.begin() as connection:
        async with async_telemed.join(connection, SYSTEM) as unit:
            unit.after_commit(ran.append, "committed")
            unit.after_rollback(ran.append, "rolled_back")
            await unit.write(ledger.write, "ours")
        assert ran == []
        if ends == "rolled_back":
            await connection.rollback()
    assert ran == []
    await getattr(unit, ends)()
    await getattr(unit, ends)()

    assert ran == [ends]
    with pytest.raises(StoreError, match="not open"):
        await unit.write(ledger.write, "afterwards")


async def test_a_swallowed_failure_makes_the_hosts_block_roll_back(
    async_telemed: AsyncStore, ledger: Any, host: AsyncEngine
) -> None:
    with pytest.raises(TransactionConflict):
        async with host.begin() as connection, async_telemed.join(connection, SYSTEM) as unit:
            await unit.write(ledger.write, "ours")
            with contextlib.suppress(ValidationFailed):
                await unit.write(ledger.break_a_rule)

    assert ledger.written == []


async def test_savepoints_work_in_a_joined_unit(async_telemed: AsyncStore, ledger: Any, host: AsyncEngine) -> None:
    async with host.connect() as connection, async_telemed.join(connection, SYSTEM) as unit, connection.begin():
        await unit.write(ledger.write, "ours")
        with contextlib.suppress(ValidationFailed):
            async with unit.savepoint():
                await unit.write(ledger.break_a_rule)

    assert ledger.written == ["ours"]


async def test_a_denial_is_recorded_after_the_hosts_transaction(
    async_telemed: AsyncStore, ledger: Any, host: AsyncEngine
) -> None:
    viewer = Actor.user(ledger.noted_id)
    with pytest.raises(NotFound):
        async with host.connect() as connection, async_telemed.join(connection, viewer) as unit, connection.begin():
            await unit.read(ledger.refuse, ledger.noted_id)

    assert ledger.denials == [("note", ledger.noted_id)]


async def test_the_hosts_own_translation_of_schemas_stays(
    async_telemed: AsyncStore, ledger: Any, host: AsyncEngine
) -> None:
    elsewhere = Table("invoices", MetaData(schema="accounting"), Column("id", Integer), Column("text", String(50)))
    theirs = host.execution_options(schema_translate_map={"accounting": None})
    async with theirs.connect() as connection, async_telemed.join(connection, SYSTEM) as unit, connection.begin():
        await connection.execute(insert(elsewhere), {"id": 1, "text": "theirs"})
        await unit.write(ledger.write, "ours")

    assert (ledger.written, await billed(host)) == (["ours"], ["theirs"])


async def test_a_store_on_the_hosts_engine_uses_its_pool_and_leaves_it_open(
    ledger: Any, host: AsyncEngine, telemed_settings: Any, telemed_clock: Any
) -> None:
    async with AsyncStore.open(settings=telemed_settings, engine=host, clock=telemed_clock) as store:
        mine = store.acting_as(Actor.user(ledger.noted_id))
        async with mine.unit_of_work() as unit:
            await unit.write(ledger.announce, "one")
            await unit.connection.execute(insert(invoices), {"id": 1, "text": "theirs"})
        async with mine.snapshot() as snapshot:
            assert await snapshot.read(ledger.show) == ["one"]
        with pytest.raises(NotFound):
            await mine.read(ledger.refuse, ledger.noted_id)
        with pytest.raises(TransactionConflict):
            async with mine.unit_of_work() as unit:
                with contextlib.suppress(ValidationFailed):
                    await unit.write(ledger.break_a_rule)

    assert (ledger.written, await billed(host)) == (["one"], ["theirs"])
    assert ledger.denials == [("note", ledger.noted_id)]
