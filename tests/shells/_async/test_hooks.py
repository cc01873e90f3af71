"""Hooks run once, after the end they wait for, and never after the other one (incidents of design §3.7)."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from telemed_store._async.store import AsyncStore
from telemed_store._async.unit_of_work import AsyncUnitOfWork
from telemed_store.audit.actor import Actor
from telemed_store.errors import CommitUncertain, TransactionConflict, ValidationFailed

pytestmark = pytest.mark.asyncio

SYSTEM = Actor.system("tests")


def hooked(unit: AsyncUnitOfWork, ran: list[str], name: str) -> None:
    unit.after_commit(ran.append, f"{name} committed")
    unit.after_rollback(ran.append, f"{name} rolled back")


async def test_hooks_run_after_the_commit_in_order(async_telemed: AsyncStore, ledger: Any) -> None:
    seen: list[tuple[str, list[str]]] = []

    async def look(name: str) -> None:
        seen.append((name, ledger.written))

    async with async_telemed.unit_of_work(SYSTEM) as unit:
        unit.after_commit(look, "first")
        await unit.write(ledger.write, "one")
        unit.after_commit(look, name="second")
        assert seen == []

    assert seen == [("first", ["one"]), ("second", ["one"])]


async def test_rollback_hooks_run_after_the_rollback_and_commit_hooks_never(
    async_telemed: AsyncStore, ledger: Any
) -> None:
    ran: list[str] = []
    with pytest.raises(LookupError):
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            hooked(unit, ran, "unit")
            await unit.write(ledger.write, "one")
            raise LookupError

    assert ran == ["unit rolled back"]


async def test_savepoint_release_runs_no_hooks(async_telemed: AsyncStore, ledger: Any) -> None:
    ran: list[str] = []
    async with async_telemed.unit_of_work(SYSTEM) as unit:
        async with unit.savepoint():
            hooked(unit, ran, "savepoint")
            await unit.write(ledger.write, "one")
        assert ran == []
        hooked(unit, ran, "unit")

    assert ran == ["savepoint committed", "unit committed"]


async def test_hooks_of_a_released_savepoint_follow_the_unit_into_its_rollback(
    async_telemed: AsyncStore, ledger: Any
) -> None:
    ran: list[str] = []
    with pytest.raises(LookupError):
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            async with unit.savepoint():
                hooked(unit, ran, "savepoint")
                await unit.write(ledger.write, "one")
            raise LookupError

    assert ran == ["savepoint rolled back"]


async def test_hooks_of_a_rolled_back_savepoint_vanish(async_telemed: AsyncStore, ledger: Any) -> None:
    ran: list[str] = []
    async with async_telemed.unit_of_work(SYSTEM) as unit:
        hooked(unit, ran, "unit")
        with contextlib.suppress(LookupError):
            async with unit.savepoint():
                hooked(unit, ran, "savepoint")
                await unit.write(ledger.write, "one")
                raise LookupError

    assert ran == ["unit committed"]


async def test_a_failed_commit_runs_the_rollback_hooks(
    async_telemed: AsyncStore, ledger: Any, telemed_faults: Any
) -> None:
    ran: list[str] = []
    telemed_faults.fail_next("commit", TransactionConflict)
    with pytest.raises(TransactionConflict):
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            hooked(unit, ran, "unit")
            await unit.write(ledger.write, "one")

    assert ran == ["unit rolled back"]


async def test_an_uncertain_commit_runs_no_hook(async_telemed: AsyncStore, ledger: Any, telemed_faults: Any) -> None:
    ran: list[str] = []
    telemed_faults.lose_commit_reply()
    with pytest.raises(CommitUncertain):
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            hooked(unit, ran, "unit")
            await unit.write(ledger.write, "one")

    assert ran == []


async def test_a_swallowed_failure_runs_the_rollback_hooks(async_telemed: AsyncStore, ledger: Any) -> None:
    ran: list[str] = []
    with pytest.raises(TransactionConflict):
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            hooked(unit, ran, "unit")
            with contextlib.suppress(ValidationFailed):
                await unit.write(ledger.break_a_rule)

    assert ran == ["unit rolled back"]


async def test_a_repeated_unit_runs_only_the_hooks_of_the_attempt_that_committed(
    async_telemed: AsyncStore, ledger: Any, telemed_faults: Any
) -> None:
    """rolled_back_write_never_reaches_cache_or_outbox"""
    ran: list[str] = []
    attempts: list[int] = []

    async def work(unit: AsyncUnitOfWork) -> None:
        attempts.append(len(attempts) + 1)
        unit.after_commit(ran.append, f"attempt {attempts[-1]}")
        await unit.write(ledger.announce, f"attempt {attempts[-1]}")

    telemed_faults.fail_next("commit", TransactionConflict, times=2)
    await async_telemed.acting_as(SYSTEM).run(work)

    assert (attempts, ran) == ([1, 2, 3], ["attempt 3"])
    assert (ledger.written, ledger.events) == (["attempt 3"], ["Noted"])


async def test_a_failing_hook_changes_nothing_and_its_text_is_not_logged(
    async_telemed: AsyncStore, ledger: Any, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[str] = []

    async def publish(_text: str) -> None:
        raise RuntimeError("CPF 529.982.247-25")

    async with async_telemed.unit_of_work(SYSTEM) as unit:
        unit.after_commit(publish, "CPF 529.982.247-25")
        unit.after_commit(ran.append, "next")
        await unit.write(ledger.write, "one")

    assert (ledger.written, ran) == (["one"], ["next"])
    assert "publish failed with RuntimeError" in caplog.text
    assert "529" not in caplog.text


async def test_a_hook_may_open_a_unit_of_its_own(async_telemed: AsyncStore, ledger: Any) -> None:
    async def follow_up() -> None:
        async with async_telemed.unit_of_work(SYSTEM) as next_unit:
            await next_unit.write(ledger.write, "two")

    async with async_telemed.unit_of_work(SYSTEM) as unit:
        unit.after_commit(follow_up)
        await unit.write(ledger.write, "one")

    assert ledger.written == ["one", "two"]
