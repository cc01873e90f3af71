"""A host is told of domain events, within the transaction or after it."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from telemed_store._async.store import AsyncStore
from telemed_store._async.unit_of_work import AsyncUnitOfWork
from telemed_store.audit.actor import Actor
from telemed_store.errors import TransactionConflict

pytestmark = pytest.mark.asyncio

SYSTEM = Actor.system("tests")


async def test_an_observer_in_the_transaction_writes_in_the_same_commit(async_telemed: AsyncStore, ledger: Any) -> None:
    async def bill(event: Any, unit: AsyncUnitOfWork) -> None:
        assert ledger.written == []
        await unit.write(ledger.write, f"bill for {event.type_name()}")

    async_telemed.on(ledger.Noted, bill, when="in_transaction")
    await async_telemed.acting_as(SYSTEM).write(ledger.announce, "one")

    assert ledger.written == ["one", "bill for Noted"]


async def test_an_observer_after_the_commit_is_told_once_it_is_true(async_telemed: AsyncStore, ledger: Any) -> None:
    seen: list[tuple[Any, list[str]]] = []

    async def push(event: Any) -> None:
        seen.append((event.aggregate_id, ledger.written))

    async_telemed.on(ledger.Noted, push)
    about = await async_telemed.acting_as(SYSTEM).write(ledger.announce, "one")
    await async_telemed.acting_as(SYSTEM).write(ledger.write, "no event")

    assert seen == [(about, ["one"])]


async def test_an_observer_of_a_class_is_told_of_its_subclasses_and_not_the_reverse(
    async_telemed: AsyncStore, ledger: Any
) -> None:
    told: list[str] = []

    def any_note(event: Any) -> None:
        told.append(f"any: {event.type_name()}")

    def special(event: Any) -> None:
        told.append(f"special: {event.type_name()}")

    async_telemed.on(ledger.Noted, any_note)
    async_telemed.on(ledger.NotedAgain, special)
    async with async_telemed.unit_of_work(SYSTEM) as unit:
        await unit.write(ledger.announce, "one")
        await unit.write(ledger.announce, "two", ledger.NotedAgain)

    assert told == ["any: Noted", "any: NotedAgain", "special: NotedAgain"]


async def test_an_observer_that_raises_in_the_transaction_undoes_it(async_telemed: AsyncStore, ledger: Any) -> None:
    def refuse(event: Any, unit: AsyncUnitOfWork) -> None:
        raise LookupError

    async_telemed.on(ledger.Noted, refuse, when="in_transaction")
    with pytest.raises(LookupError):
        await async_telemed.acting_as(SYSTEM).write(ledger.announce, "one")
    with pytest.raises(TransactionConflict):
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            with contextlib.suppress(LookupError):
                await unit.write(ledger.announce, "two")

    assert (ledger.written, ledger.events) == ([], [])


async def test_an_observer_that_raises_after_the_commit_changes_nothing(async_telemed: AsyncStore, ledger: Any) -> None:
    told: list[str] = []

    def fail(event: Any) -> None:
        raise LookupError

    async_telemed.on(ledger.Noted, fail)
    async_telemed.on(ledger.Noted, lambda _event: told.append("told"))
    await async_telemed.acting_as(SYSTEM).write(ledger.announce, "one")

    assert (ledger.written, told) == (["one"], ["told"])


async def test_nobody_is_told_of_what_was_rolled_back(
    async_telemed: AsyncStore, ledger: Any, telemed_faults: Any
) -> None:
    told: list[Any] = []
    async_telemed.on(ledger.Noted, told.append)

    async with async_telemed.unit_of_work(SYSTEM) as unit:
        with contextlib.suppress(LookupError):
            async with unit.savepoint():
                await unit.write(ledger.announce, "undone with its savepoint")
                raise LookupError
    with pytest.raises(LookupError):
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            await unit.write(ledger.announce, "undone with its unit")
            raise LookupError
    assert told == []

    telemed_faults.fail_next("commit", TransactionConflict)
    await async_telemed.acting_as(SYSTEM).write(ledger.announce, "at the second attempt")
    assert len(told) == 1


async def test_a_verb_of_an_observer_is_observed_too(async_telemed: AsyncStore, ledger: Any) -> None:
    told: list[str] = []

    async def follow_up(event: Any, unit: AsyncUnitOfWork) -> None:
        if not isinstance(event, ledger.NotedAgain):
            await unit.write(ledger.announce, "two", ledger.NotedAgain)

    async_telemed.on(ledger.Noted, follow_up, when="in_transaction")
    async_telemed.on(ledger.Noted, lambda event: told.append(event.type_name()))
    await async_telemed.acting_as(SYSTEM).write(ledger.announce, "one")

    assert sorted(told) == ["Noted", "NotedAgain"]
    assert ledger.events == ["Noted", "NotedAgain"]
