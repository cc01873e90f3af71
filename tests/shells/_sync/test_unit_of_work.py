# Generated from _async/test_unit_of_work.py by tools/sync.py. Do not edit.
"""The unit of work: what is committed, what is undone, and what can never be half done."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from telemed_store._sync.store import Store
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

SYSTEM = Actor.system("tests")


def driver_free(error: BaseException | None) -> bool:
    """Whether a chain of errors holds ours alone, whose texts quote no values."""
    while error is not None:
        if not isinstance(error, StoreError):
            return False
        error = error.__cause__ or error.__context__
    return True


def test_a_clean_exit_commits_all_of_it(telemed: Store, ledger: Any) -> None:
    with telemed.unit_of_work(SYSTEM) as unit:
        unit.write(ledger.write, "one")
        unit.write(ledger.announce, "two")
        assert ledger.written == []

    assert ledger.written == ["one", "two"]
    assert ledger.events == ["Noted"]


def test_an_exception_undoes_all_of_it(telemed: Store, ledger: Any) -> None:
    with pytest.raises(LookupError):
        with telemed.unit_of_work(SYSTEM) as unit:
            unit.write(ledger.announce, "one")
            raise LookupError

    assert (ledger.written, ledger.events) == ([], [])


def test_a_unit_reads_what_it_wrote(telemed: Store, ledger: Any) -> None:
    with telemed.unit_of_work(SYSTEM) as unit:
        unit.write(ledger.write, "one")
        assert unit.read(ledger.show) == ["one"]
        assert unit.read_consistent(ledger.show) == ["one"]


def test_a_unit_is_used_once_and_only_while_it_is_open(telemed: Store, ledger: Any) -> None:
    unit = telemed.unit_of_work(SYSTEM)
    with pytest.raises(StoreError, match="not open"):
        unit.write(ledger.write, "before")
    with unit:
        unit.write(ledger.write, "within")
    with pytest.raises(StoreError, match="not open"):
        unit.write(ledger.write, "after")
    with pytest.raises(StoreError, match="used once"):
        unit.__enter__()

    assert ledger.written == ["within"]


def test_a_refusal_before_the_first_write_leaves_the_unit_usable(telemed: Store, ledger: Any) -> None:
    with telemed.unit_of_work(SYSTEM) as unit:
        with pytest.raises(NotFound):
            unit.read(ledger.refuse, ledger.noted_id)
        unit.write(ledger.write, "one")

    assert ledger.written == ["one"]


def test_a_swallowed_failure_commits_nothing(telemed: Store, ledger: Any) -> None:
    """PostgreSQL answers ROLLBACK to the COMMIT of a failed transaction, without an error."""
    with pytest.raises(TransactionConflict, match="nothing of it was written") as caught:
        with telemed.unit_of_work(SYSTEM) as unit:
            unit.write(ledger.write, "one")
            with contextlib.suppress(ValidationFailed):
                unit.write(ledger.break_a_rule)

    assert ledger.written == []
    assert driver_free(caught.value)


def test_a_swallowed_failure_of_the_hosts_own_statement_commits_nothing(
    telemed: Store, ledger: Any, telemed_clock: Any
) -> None:
    with pytest.raises(TransactionConflict, match="nothing of it was written"):
        with telemed.unit_of_work(SYSTEM) as unit:
            unit.write(ledger.write, "one")
            row = ledger.row(telemed_clock, "two") | {"created_at": None}
            with contextlib.suppress(IntegrityError):
                unit.connection.execute(insert(access_origins), row)

    assert ledger.written == []


def test_a_failure_undone_by_the_hosts_own_savepoint_is_forgiven(
    telemed: Store, ledger: Any, telemed_clock: Any
) -> None:
    with telemed.unit_of_work(SYSTEM) as unit:
        row = ledger.row(telemed_clock, "two") | {"created_at": None}
        with contextlib.suppress(IntegrityError):
            with unit.connection.begin_nested():
                unit.connection.execute(insert(access_origins), row)
        unit.write(ledger.write, "one")

    assert ledger.written == ["one"]


def test_a_failed_unit_takes_no_further_verb(telemed: Store, ledger: Any) -> None:
    with pytest.raises(TransactionConflict):
        with telemed.unit_of_work(SYSTEM) as unit:
            with contextlib.suppress(ValidationFailed):
                unit.write(ledger.break_a_rule)
            with pytest.raises(TransactionConflict):
                unit.write(ledger.write, "one")


def test_a_bug_inside_a_verb_undoes_what_the_verb_had_written(telemed: Store, ledger: Any) -> None:
    def half_done(connection: Any, context: Context) -> None:
        ledger.write(connection, context, "half")
        raise KeyError("bug")

    with pytest.raises(TransactionConflict):
        with telemed.unit_of_work(SYSTEM) as unit:
            with contextlib.suppress(KeyError):
                unit.write(half_done)

    assert ledger.written == []


def test_errors_hold_no_word_of_the_driver(telemed: Store, ledger: Any) -> None:
    with pytest.raises(ValidationFailed) as caught:
        with telemed.unit_of_work(SYSTEM) as unit:
            unit.write(ledger.break_a_rule)

    assert driver_free(caught.value)
    assert "refused" not in str(caught.value)


def test_a_conflict_at_commit_reaches_the_caller_and_nothing_is_written(
    telemed: Store, ledger: Any, telemed_faults: Any
) -> None:
    telemed_faults.fail_next("commit", TransactionConflict)
    with pytest.raises(TransactionConflict) as caught:
        with telemed.unit_of_work(SYSTEM) as unit:
            unit.write(ledger.write, "one")
    assert driver_free(caught.value)

    with telemed.unit_of_work(SYSTEM) as unit:
        unit.write(ledger.write, "two")
    assert ledger.written == ["two"]


def test_a_commit_whose_answer_is_lost_is_uncertain(telemed: Store, ledger: Any, telemed_faults: Any) -> None:
    telemed_faults.lose_commit_reply()
    with pytest.raises(CommitUncertain) as caught:
        with telemed.unit_of_work(SYSTEM) as unit:
            unit.write(ledger.write, "one")

    assert driver_free(caught.value)
    assert ledger.written == ["one"]


def test_a_commit_that_never_arrived_is_uncertain_too(telemed: Store, ledger: Any, telemed_faults: Any) -> None:
    telemed_faults.fail_next("commit", CommitUncertain)
    with pytest.raises(CommitUncertain):
        with telemed.unit_of_work(SYSTEM) as unit:
            unit.write(ledger.write, "one")

    assert ledger.written == []


def test_a_connection_lost_before_commit_means_nothing_was_written(
    telemed: Store, ledger: Any, telemed_faults: Any
) -> None:
    with pytest.raises(Unavailable) as caught:
        with telemed.unit_of_work(SYSTEM) as unit:
            unit.write(ledger.write, "one")
            telemed_faults.fail_next("execute", Unavailable)
            unit.write(ledger.write, "two")
    assert driver_free(caught.value)

    with telemed.unit_of_work(SYSTEM) as unit:
        unit.write(ledger.write, "three")
    assert ledger.written == ["three"]


@pytest.mark.telemed_engines("postgresql", "mariadb")
def test_connections_that_died_in_the_pool_are_found_out_before_a_unit_begins(
    telemed: Store, ledger: Any, telemed_faults: Any
) -> None:
    with telemed.unit_of_work(SYSTEM) as unit:
        unit.write(ledger.write, "one")
    assert telemed_faults.drop_connection() > 0
    with telemed.unit_of_work(SYSTEM) as unit:
        unit.write(ledger.write, "two")

    assert ledger.written == ["one", "two"]


@pytest.mark.telemed_engines("postgresql", "mariadb")
def test_a_unit_whose_connection_the_server_ended_writes_nothing(
    telemed: Store, ledger: Any, telemed_faults: Any
) -> None:
    with pytest.raises(Unavailable):
        with telemed.unit_of_work(SYSTEM) as unit:
            unit.write(ledger.write, "one")
            telemed_faults.drop_connection()
            unit.write(ledger.write, "two")

    assert ledger.written == []
