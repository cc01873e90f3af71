"""The unit of work: what is committed, what is undone, and what can never be half done."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from telemed_store._async.store import AsyncStore
from telemed_store.audit.actor import Actor
from telemed_store.audit.context import Context
from telemed_store.audit.tables import access_origins
from telemed_store.errors import (
    CommitUncertain,
    NotFound,
    StoreError,
    TransactionConflict,
    Unavailable,
    ValidationFailed,
)

pytestmark = pytest.mark.asyncio

SYSTEM = Actor.system("tests")


def driver_free(error: BaseException | None) -> bool:
    """Whether a chain of errors holds ours alone, whose texts quote no values."""
    while error is not None:
        if not isinstance(error, StoreError):
            return False
        error = error.__cause__ or error.__context__
    return True


async def test_a_clean_exit_commits_all_of_it(async_telemed: AsyncStore, ledger: Any) -> None:
    async with async_telemed.unit_of_work(SYSTEM) as unit:
        await unit.write(ledger.write, "one")
        await unit.write(ledger.announce, "two")
        assert ledger.written == []

    assert ledger.written == ["one", "two"]
    assert ledger.events == ["Noted"]


async def test_an_exception_undoes_all_of_it(async_telemed: AsyncStore, ledger: Any) -> None:
    with pytest.raises(LookupError):
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            await unit.write(ledger.announce, "one")
            raise LookupError

    assert (ledger.written, ledger.events) == ([], [])


async def test_a_unit_reads_what_it_wrote(async_telemed: AsyncStore, ledger: Any) -> None:
    async with async_telemed.unit_of_work(SYSTEM) as unit:
        await unit.write(ledger.write, "one")
        assert await unit.read(ledger.show) == ["one"]
        assert await unit.read_consistent(ledger.show) == ["one"]


async def test_a_unit_is_used_once_and_only_while_it_is_open(async_telemed: AsyncStore, ledger: Any) -> None:
    unit = async_telemed.unit_of_work(SYSTEM)
    with pytest.raises(StoreError, match="not open"):
        await unit.write(ledger.write, "before")
    async with unit:
        await unit.write(ledger.write, "within")
    with pytest.raises(StoreError, match="not open"):
        await unit.write(ledger.write, "after")
    with pytest.raises(StoreError, match="used once"):
        await unit.__aenter__()

    assert ledger.written == ["within"]


async def test_a_refusal_before_the_first_write_leaves_the_unit_usable(async_telemed: AsyncStore, ledger: Any) -> None:
    async with async_telemed.unit_of_work(SYSTEM) as unit:
        with pytest.raises(NotFound):
            await unit.read(ledger.refuse, ledger.noted_id)
        await unit.write(ledger.write, "one")

    assert ledger.written == ["one"]


async def test_a_swallowed_failure_commits_nothing(async_telemed: AsyncStore, ledger: Any) -> None:
    """PostgreSQL answers ROLLBACK to the COMMIT of a failed transaction, without an error."""
    with pytest.raises(TransactionConflict, match="nothing of it was written") as caught:
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            await unit.write(ledger.write, "one")
            with contextlib.suppress(ValidationFailed):
                await unit.write(ledger.break_a_rule)

    assert ledger.written == []
    assert driver_free(caught.value)


async def test_a_swallowed_failure_of_the_hosts_own_statement_commits_nothing(
    async_telemed: AsyncStore, ledger: Any, telemed_clock: Any
) -> None:
    with pytest.raises(TransactionConflict, match="nothing of it was written"):
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            await unit.write(ledger.write, "one")
            row = ledger.row(telemed_clock, "two") | {"created_at": None}
            with contextlib.suppress(IntegrityError):
                await unit.connection.execute(insert(access_origins), row)

    assert ledger.written == []


async def test_a_failure_undone_by_the_hosts_own_savepoint_is_forgiven(
    async_telemed: AsyncStore, ledger: Any, telemed_clock: Any
) -> None:
    async with async_telemed.unit_of_work(SYSTEM) as unit:
        row = ledger.row(telemed_clock, "two") | {"created_at": None}
        with contextlib.suppress(IntegrityError):
            async with unit.connection.begin_nested():
                await unit.connection.execute(insert(access_origins), row)
        await unit.write(ledger.write, "one")

    assert ledger.written == ["one"]


async def test_a_failed_unit_takes_no_further_verb(async_telemed: AsyncStore, ledger: Any) -> None:
    with pytest.raises(TransactionConflict):
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            with contextlib.suppress(ValidationFailed):
                await unit.write(ledger.break_a_rule)
            with pytest.raises(TransactionConflict):
                await unit.write(ledger.write, "one")


async def test_a_bug_inside_a_verb_undoes_what_the_verb_had_written(async_telemed: AsyncStore, ledger: Any) -> None:
    def half_done(connection: Any, context: Context) -> None:
        ledger.write(connection, context, "half")
        raise KeyError("bug")

    with pytest.raises(TransactionConflict):
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            with contextlib.suppress(KeyError):
                await unit.write(half_done)

    assert ledger.written == []


async def test_errors_hold_no_word_of_the_driver(async_telemed: AsyncStore, ledger: Any) -> None:
    with pytest.raises(ValidationFailed) as caught:
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            await unit.write(ledger.break_a_rule)

    assert driver_free(caught.value)
    assert "refused" not in str(caught.value)


async def test_a_conflict_at_commit_reaches_the_caller_and_nothing_is_written(
    async_telemed: AsyncStore, ledger: Any, telemed_faults: Any
) -> None:
    telemed_faults.fail_next("commit", TransactionConflict)
    with pytest.raises(TransactionConflict) as caught:
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            await unit.write(ledger.write, "one")
    assert driver_free(caught.value)

    async with async_telemed.unit_of_work(SYSTEM) as unit:
        await unit.write(ledger.write, "two")
    assert ledger.written == ["two"]


async def test_a_commit_whose_answer_is_lost_is_uncertain(
    async_telemed: AsyncStore, ledger: Any, telemed_faults: Any
) -> None:
    telemed_faults.lose_commit_reply()
    with pytest.raises(CommitUncertain) as caught:
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            await unit.write(ledger.write, "one")

    assert driver_free(caught.value)
    assert ledger.written == ["one"]


async def test_a_commit_that_never_arrived_is_uncertain_too(
    async_telemed: AsyncStore, ledger: Any, telemed_faults: Any
) -> None:
    telemed_faults.fail_next("commit", CommitUncertain)
    with pytest.raises(CommitUncertain):
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            await unit.write(ledger.write, "one")

    assert ledger.written == []


async def test_a_connection_lost_before_commit_means_nothing_was_written(
    async_telemed: AsyncStore, ledger: Any, telemed_faults: Any
) -> None:
    with pytest.raises(Unavailable) as caught:
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            await unit.write(ledger.write, "one")
            telemed_faults.fail_next("execute", Unavailable)
            await unit.write(ledger.write, "two")
    assert driver_free(caught.value)

    async with async_telemed.unit_of_work(SYSTEM) as unit:
        await unit.write(ledger.write, "three")
    assert ledger.written == ["three"]


@pytest.mark.telemed_engines("postgresql", "mariadb")
async def test_connections_that_died_in_the_pool_are_found_out_before_a_unit_begins(
    async_telemed: AsyncStore, ledger: Any, telemed_faults: Any
) -> None:
    async with async_telemed.unit_of_work(SYSTEM) as unit:
        await unit.write(ledger.write, "one")
    assert telemed_faults.drop_connection() > 0
    async with async_telemed.unit_of_work(SYSTEM) as unit:
        await unit.write(ledger.write, "two")

    assert ledger.written == ["one", "two"]


@pytest.mark.telemed_engines("postgresql", "mariadb")
async def test_a_unit_whose_connection_the_server_ended_writes_nothing(
    async_telemed: AsyncStore, ledger: Any, telemed_faults: Any
) -> None:
    with pytest.raises(Unavailable):
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            await unit.write(ledger.write, "one")
            telemed_faults.drop_connection()
            await unit.write(ledger.write, "two")

    assert ledger.written == []
