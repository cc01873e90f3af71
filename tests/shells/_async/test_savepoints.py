"""Savepoints: a part of a unit that is undone alone."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from telemed_store._async.store import AsyncStore
from telemed_store.audit.actor import Actor
from telemed_store.errors import StoreError, TransactionConflict, ValidationFailed

pytestmark = pytest.mark.asyncio

SYSTEM = Actor.system("tests")


async def test_a_savepoint_that_ends_well_belongs_to_the_unit(async_telemed: AsyncStore, ledger: Any) -> None:
    async with async_telemed.unit_of_work(SYSTEM) as unit:
        async with unit.savepoint() as same:
            await same.write(ledger.write, "one")
        assert same is unit

    assert ledger.written == ["one"]


async def test_a_savepoint_that_raises_is_undone_alone(async_telemed: AsyncStore, ledger: Any) -> None:
    async with async_telemed.unit_of_work(SYSTEM) as unit:
        await unit.write(ledger.write, "one")
        with contextlib.suppress(LookupError):
            async with unit.savepoint():
                await unit.write(ledger.announce, "two")
                raise LookupError
        await unit.write(ledger.write, "three")

    assert (ledger.written, ledger.events) == (["one", "three"], [])


async def test_a_failed_statement_ends_with_its_savepoint(async_telemed: AsyncStore, ledger: Any) -> None:
    async with async_telemed.unit_of_work(SYSTEM) as unit:
        with contextlib.suppress(ValidationFailed):
            async with unit.savepoint():
                await unit.write(ledger.break_a_rule)
        await unit.write(ledger.write, "one")

    assert ledger.written == ["one"]


async def test_a_failure_swallowed_inside_is_raised_at_the_savepoints_end(
    async_telemed: AsyncStore, ledger: Any
) -> None:
    async with async_telemed.unit_of_work(SYSTEM) as unit:
        with pytest.raises(TransactionConflict):
            async with unit.savepoint():
                await unit.write(ledger.write, "one")
                with contextlib.suppress(ValidationFailed):
                    await unit.write(ledger.break_a_rule)
        await unit.write(ledger.write, "two")

    assert ledger.written == ["two"]


async def test_savepoints_nest(async_telemed: AsyncStore, ledger: Any) -> None:
    async with async_telemed.unit_of_work(SYSTEM) as unit, unit.savepoint():
        await unit.write(ledger.write, "outer")
        with contextlib.suppress(ValidationFailed):
            async with unit.savepoint():
                await unit.write(ledger.write, "inner")
                await unit.write(ledger.break_a_rule)
        await unit.write(ledger.write, "after")

    assert ledger.written == ["outer", "after"]


async def test_no_savepoint_begins_in_a_failed_unit(async_telemed: AsyncStore, ledger: Any) -> None:
    with pytest.raises(TransactionConflict):
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            with contextlib.suppress(ValidationFailed):
                await unit.write(ledger.break_a_rule)
            with pytest.raises(TransactionConflict):
                await unit.savepoint().__aenter__()


async def test_a_savepoint_is_used_once(async_telemed: AsyncStore, ledger: Any) -> None:
    async with async_telemed.unit_of_work(SYSTEM) as unit:
        savepoint = unit.savepoint()
        async with savepoint:
            await unit.write(ledger.write, "one")
        with pytest.raises(StoreError, match="used once"):
            await savepoint.__aenter__()


async def test_a_savepoint_lost_with_its_connection_loses_the_unit(
    async_telemed: AsyncStore, ledger: Any, telemed_faults: Any
) -> None:
    with pytest.raises(TransactionConflict):
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            await unit.write(ledger.write, "one")
            telemed_faults.fail_next("execute", TransactionConflict)
            with contextlib.suppress(TransactionConflict):
                await unit.write(ledger.write, "two")

    assert ledger.written == []
