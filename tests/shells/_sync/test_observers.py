# Generated from _async/test_observers.py by tools/sync.py. Do not edit.
"""A host is told of domain events, within the transaction or after it."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from telemed_store._sync.store import Store
from telemed_store._sync.unit_of_work import UnitOfWork
from telemed_store.audit.actor import Actor
from telemed_store.errors import TransactionConflict

SYSTEM = Actor.system("tests")


def test_an_observer_in_the_transaction_writes_in_the_same_commit(telemed: Store, ledger: Any) -> None:
    def bill(event: Any, unit: UnitOfWork) -> None:
        assert ledger.written == []
        unit.write(ledger.write, f"bill for {event.type_name()}")

    telemed.on(ledger.Noted, bill, when="in_transaction")
    telemed.acting_as(SYSTEM).write(ledger.announce, "one")

    assert ledger.written == ["one", "bill for Noted"]


def test_an_observer_after_the_commit_is_told_once_it_is_true(telemed: Store, ledger: Any) -> None:
    seen: list[tuple[Any, list[str]]] = []

    def push(event: Any) -> None:
        seen.append((event.aggregate_id, ledger.written))

    telemed.on(ledger.Noted, push)
    about = telemed.acting_as(SYSTEM).write(ledger.announce, "one")
    telemed.acting_as(SYSTEM).write(ledger.write, "no event")

    assert seen == [(about, ["one"])]


def test_an_observer_of_a_class_is_told_of_its_subclasses_and_not_the_reverse(telemed: Store, ledger: Any) -> None:
    told: list[str] = []

    def any_note(event: Any) -> None:
        told.append(f"any: {event.type_name()}")

    def special(event: Any) -> None:
        told.append(f"special: {event.type_name()}")

    telemed.on(ledger.Noted, any_note)
    telemed.on(ledger.NotedAgain, special)
    with telemed.unit_of_work(SYSTEM) as unit:
        unit.write(ledger.announce, "one")
        unit.write(ledger.announce, "two", ledger.NotedAgain)

    assert told == ["any: Noted", "any: NotedAgain", "special: NotedAgain"]


def test_an_observer_that_raises_in_the_transaction_undoes_it(telemed: Store, ledger: Any) -> None:
    def refuse(event: Any, unit: UnitOfWork) -> None:
        raise LookupError

    telemed.on(ledger.Noted, refuse, when="in_transaction")
    with pytest.raises(LookupError):
        telemed.acting_as(SYSTEM).write(ledger.announce, "one")
    with pytest.raises(TransactionConflict):
        with telemed.unit_of_work(SYSTEM) as unit:
            with contextlib.suppress(LookupError):
                unit.write(ledger.announce, "two")

    assert (ledger.written, ledger.events) == ([], [])


def test_an_observer_that_raises_after_the_commit_changes_nothing(telemed: Store, ledger: Any) -> None:
    told: list[str] = []

    def fail(event: Any) -> None:
        raise LookupError

    telemed.on(ledger.Noted, fail)
    telemed.on(ledger.Noted, lambda _event: told.append("told"))
    telemed.acting_as(SYSTEM).write(ledger.announce, "one")

    assert (ledger.written, told) == (["one"], ["told"])


def test_nobody_is_told_of_what_was_rolled_back(telemed: Store, ledger: Any, telemed_faults: Any) -> None:
    told: list[Any] = []
    telemed.on(ledger.Noted, told.append)

    with telemed.unit_of_work(SYSTEM) as unit:
        with contextlib.suppress(LookupError):
            with unit.savepoint():
                unit.write(ledger.announce, "undone with its savepoint")
                raise LookupError
    with pytest.raises(LookupError):
        with telemed.unit_of_work(SYSTEM) as unit:
            unit.write(ledger.announce, "undone with its unit")
            raise LookupError
    assert told == []

    telemed_faults.fail_next("commit", TransactionConflict)
    telemed.acting_as(SYSTEM).write(ledger.announce, "at the second attempt")
    assert len(told) == 1


def test_a_verb_of_an_observer_is_observed_too(telemed: Store, ledger: Any) -> None:
    told: list[str] = []

    def follow_up(event: Any, unit: UnitOfWork) -> None:
        if not isinstance(event, ledger.NotedAgain):
            unit.write(ledger.announce, "two", ledger.NotedAgain)

    telemed.on(ledger.Noted, follow_up, when="in_transaction")
    telemed.on(ledger.Noted, lambda event: told.append(event.type_name()))
    telemed.acting_as(SYSTEM).write(ledger.announce, "one")

    assert sorted(told) == ["Noted", "NotedAgain"]
    assert ledger.events == ["Noted", "NotedAgain"]
