"""Conflicts are repeated from scratch, in fresh units, until a deadline; nothing else is."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from telemed_store._async.store import AsyncStore
from telemed_store._async.unit_of_work import AsyncUnitOfWork
from telemed_store.audit.actor import Actor
from telemed_store.errors import (
    CommitUncertain,
    SlotTaken,
    TransactionConflict,
    Unavailable,
    ValidationFailed,
)

pytestmark = pytest.mark.asyncio

SYSTEM = Actor.system("tests")


async def test_retry_after_commit_failure_really_commits(
    async_telemed: AsyncStore, ledger: Any, telemed_faults: Any
) -> None:
    telemed_faults.fail_next("commit", TransactionConflict)

    assert await async_telemed.acting_as(SYSTEM).write(ledger.write, "one") == "one"
    assert ledger.written == ["one"]


async def test_a_verb_is_repeated_after_a_conflict(async_telemed: AsyncStore, ledger: Any, telemed_faults: Any) -> None:
    telemed_faults.fail_next("execute", TransactionConflict, times=3)
    await async_telemed.acting_as(SYSTEM).write(ledger.announce, "one")

    assert (ledger.written, ledger.events, telemed_faults.pending) == (["one"], ["Noted"], 0)


async def test_each_attempt_has_a_unit_of_its_own(async_telemed: AsyncStore, ledger: Any, telemed_faults: Any) -> None:
    units: list[AsyncUnitOfWork] = []

    async def work(unit: AsyncUnitOfWork, text: str, *, more: str) -> str:
        units.append(unit)
        await unit.write(ledger.write, text)
        return await unit.write(ledger.write, more)

    telemed_faults.fail_next("commit", TransactionConflict, times=2)
    assert await async_telemed.acting_as(SYSTEM).run(work, "one", more="two") == "two"

    assert len({id(unit) for unit in units}) == 3
    assert ledger.written == ["one", "two"]


@pytest.mark.telemed_settings(retry_deadline=dt.timedelta(milliseconds=150))
async def test_the_deadline_ends_it_with_the_conflict(async_telemed: AsyncStore, ledger: Any) -> None:
    attempts: list[int] = []

    async def always_in_conflict(unit: AsyncUnitOfWork) -> None:
        attempts.append(1)
        raise TransactionConflict

    with pytest.raises(TransactionConflict):
        await async_telemed.acting_as(SYSTEM).run(always_in_conflict)

    assert len(attempts) > 2


@pytest.mark.parametrize("refusal", [SlotTaken("doctor"), Unavailable(), CommitUncertain(), LookupError()])
async def test_nothing_but_a_conflict_is_repeated(async_telemed: AsyncStore, refusal: Exception) -> None:
    attempts: list[int] = []

    async def refused(unit: AsyncUnitOfWork) -> None:
        attempts.append(1)
        raise refusal

    with pytest.raises(type(refusal)):
        await async_telemed.acting_as(SYSTEM).run(refused)

    assert attempts == [1]


async def test_an_uncertain_commit_is_not_repeated(async_telemed: AsyncStore, ledger: Any, telemed_faults: Any) -> None:
    telemed_faults.lose_commit_reply()
    with pytest.raises(CommitUncertain):
        await async_telemed.acting_as(SYSTEM).write(ledger.write, "one")

    assert ledger.written == ["one"]


async def test_a_swallowed_failure_that_would_only_happen_again_is_not_repeated(
    async_telemed: AsyncStore, ledger: Any
) -> None:
    attempts: list[int] = []

    async def careless(unit: AsyncUnitOfWork) -> None:
        attempts.append(1)
        with contextlib.suppress(ValidationFailed):
            await unit.write(ledger.break_a_rule)

    with pytest.raises(TransactionConflict):
        await async_telemed.acting_as(SYSTEM).run(careless)

    assert attempts == [1]


async def test_a_swallowed_conflict_is_repeated(async_telemed: AsyncStore, ledger: Any, telemed_faults: Any) -> None:
    attempts: list[int] = []

    async def careless(unit: AsyncUnitOfWork) -> None:
        attempts.append(1)
        with contextlib.suppress(TransactionConflict):
            await unit.write(ledger.write, "one")

    mine = async_telemed.acting_as(SYSTEM)
    await mine.write(ledger.write, "before")  # what connecting itself asks is behind it
    telemed_faults.fail_next("execute", TransactionConflict)
    await mine.run(careless)

    assert (attempts, ledger.written) == ([1, 1], ["before", "one"])


async def test_generators_are_refused_before_the_first_attempt(async_telemed: AsyncStore) -> None:
    mine = async_telemed.acting_as(SYSTEM)
    rows = (number for number in range(3))

    async def takes(unit: AsyncUnitOfWork, given: Iterator[int]) -> None:
        raise AssertionError("never called")

    async def captures(unit: AsyncUnitOfWork) -> None:
        assert list(rows) == []

    for function, arguments in ((takes, (rows,)), (takes, (iter([1]),)), (captures, ())):
        with pytest.raises(ValidationFailed, match="used up"):
            await mine.run(function, *arguments)


async def test_a_generator_function_is_refused(async_telemed: AsyncStore) -> None:
    def never_ending(unit: AsyncUnitOfWork) -> Iterator[int]:
        yield 1

    with pytest.raises(ValidationFailed, match="generator function"):
        await async_telemed.acting_as(SYSTEM).run(never_ending)


async def test_a_verb_refuses_a_generator_too(async_telemed: AsyncStore, ledger: Any) -> None:
    with pytest.raises(ValidationFailed, match="used up"):
        await async_telemed.acting_as(SYSTEM).write(ledger.write, iter("one"))
