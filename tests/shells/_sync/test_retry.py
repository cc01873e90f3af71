# Generated from _async/test_retry.py by tools/sync.py. Do not edit.
"""Conflicts are repeated from scratch, in fresh units, until a deadline; nothing else is."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from telemed_store._sync.store import Store
from telemed_store._sync.unit_of_work import UnitOfWork
from telemed_store.audit.actor import Actor
from telemed_store.errors import (
    CommitUncertain,
    SlotTaken,
    TransactionConflict,
    Unavailable,
    ValidationFailed,
)

SYSTEM = Actor.system("tests")


def test_retry_after_commit_failure_really_commits(telemed: Store, ledger: Any, telemed_faults: Any) -> None:
    telemed_faults.fail_next("commit", TransactionConflict)

    assert telemed.acting_as(SYSTEM).write(ledger.write, "one") == "one"
    assert ledger.written == ["one"]


def test_a_verb_is_repeated_after_a_conflict(telemed: Store, ledger: Any, telemed_faults: Any) -> None:
    telemed_faults.fail_next("execute", TransactionConflict, times=3)
    telemed.acting_as(SYSTEM).write(ledger.announce, "one")

    assert (ledger.written, ledger.events, telemed_faults.pending) == (["one"], ["Noted"], 0)


def test_each_attempt_has_a_unit_of_its_own(telemed: Store, ledger: Any, telemed_faults: Any) -> None:
    units: list[UnitOfWork] = []

    def work(unit: UnitOfWork, text: str, *, more: str) -> str:
        units.append(unit)
        unit.write(ledger.write, text)
        return unit.write(ledger.write, more)

    telemed_faults.fail_next("commit", TransactionConflict, times=2)
    assert telemed.acting_as(SYSTEM).run(work, "one", more="two") == "two"

    assert len({id(unit) for unit in units}) == 3
    assert ledger.written == ["one", "two"]


@pytest.mark.telemed_settings(retry_deadline=dt.timedelta(milliseconds=150))
def test_the_deadline_ends_it_with_the_conflict(telemed: Store, ledger: Any) -> None:
    attempts: list[int] = []

    def always_in_conflict(unit: UnitOfWork) -> None:
        attempts.append(1)
        raise TransactionConflict

    with pytest.raises(TransactionConflict):
        telemed.acting_as(SYSTEM).run(always_in_conflict)

    assert len(attempts) > 2


@pytest.mark.parametrize("refusal", [SlotTaken("doctor"), Unavailable(), CommitUncertain(), LookupError()])
def test_nothing_but_a_conflict_is_repeated(telemed: Store, refusal: Exception) -> None:
    attempts: list[int] = []

    def refused(unit: UnitOfWork) -> None:
        attempts.append(1)
        raise refusal

    with pytest.raises(type(refusal)):
        telemed.acting_as(SYSTEM).run(refused)

    assert attempts == [1]


def test_an_uncertain_commit_is_not_repeated(telemed: Store, ledger: Any, telemed_faults: Any) -> None:
    telemed_faults.lose_commit_reply()
    with pytest.raises(CommitUncertain):
        telemed.acting_as(SYSTEM).write(ledger.write, "one")

    assert ledger.written == ["one"]


def test_a_swallowed_failure_that_would_only_happen_again_is_not_repeated(telemed: Store, ledger: Any) -> None:
    attempts: list[int] = []

    def careless(unit: UnitOfWork) -> None:
        attempts.append(1)
        with contextlib.suppress(ValidationFailed):
            unit.write(ledger.break_a_rule)

    with pytest.raises(TransactionConflict):
        telemed.acting_as(SYSTEM).run(careless)

    assert attempts == [1]


def test_a_swallowed_conflict_is_repeated(telemed: Store, ledger: Any, telemed_faults: Any) -> None:
    attempts: list[int] = []

    def careless(unit: UnitOfWork) -> None:
        attempts.append(1)
        with contextlib.suppress(TransactionConflict):
            unit.write(ledger.write, "one")

    mine = telemed.acting_as(SYSTEM)
    mine.write(ledger.write, "before")  # what connecting itself asks is behind it
    telemed_faults.fail_next("execute", TransactionConflict)
    mine.run(careless)

    assert (attempts, ledger.written) == ([1, 1], ["before", "one"])


def test_generators_are_refused_before_the_first_attempt(telemed: Store) -> None:
    mine = telemed.acting_as(SYSTEM)
    rows = (number for number in range(3))

    def takes(unit: UnitOfWork, given: Iterator[int]) -> None:
        raise AssertionError("never called")

    def captures(unit: UnitOfWork) -> None:
        assert list(rows) == []

    for function, arguments in ((takes, (rows,)), (takes, (iter([1]),)), (captures, ())):
        with pytest.raises(ValidationFailed, match="used up"):
            mine.run(function, *arguments)


def test_a_generator_function_is_refused(telemed: Store) -> None:
    def never_ending(unit: UnitOfWork) -> Iterator[int]:
        yield 1

    with pytest.raises(ValidationFailed, match="generator function"):
        telemed.acting_as(SYSTEM).run(never_ending)


def test_a_verb_refuses_a_generator_too(telemed: Store, ledger: Any) -> None:
    with pytest.raises(ValidationFailed, match="used up"):
        telemed.acting_as(SYSTEM).write(ledger.write, iter("one"))
