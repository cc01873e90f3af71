# Generated from _async/test_savepoints.py by tools/sync.py. Do not edit.
"""Savepoints: a part of a unit that is undone alone."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.errors import StoreError, TransactionConflict, ValidationFailed

SYSTEM = Actor.system("tests")


def test_a_savepoint_that_ends_well_belongs_to_the_unit(telemed: Store, ledger: Any) -> None:
    with telemed.unit_of_work(SYSTEM) as unit:
        with unit.savepoint() as same:
            same.write(ledger.write, "one")
        assert same is unit

    assert ledger.written == ["one"]


def test_a_savepoint_that_raises_is_undone_alone(telemed: Store, ledger: Any) -> None:
    with telemed.unit_of_work(SYSTEM) as unit:
        unit.write(ledger.write, "one")
        with contextlib.suppress(LookupError):
            with unit.savepoint():
                unit.write(ledger.announce, "two")
                raise LookupError
        unit.write(ledger.write, "three")

    assert (ledger.written, ledger.events) == (["one", "three"], [])


def test_a_failed_statement_ends_with_its_savepoint(telemed: Store, ledger: Any) -> None:
    with telemed.unit_of_work(SYSTEM) as unit:
        with contextlib.suppress(ValidationFailed):
            with unit.savepoint():
                unit.write(ledger.break_a_rule)
        unit.write(ledger.write, "one")

    assert ledger.written == ["one"]


def test_a_failure_swallowed_inside_is_raised_at_the_savepoints_end(telemed: Store, ledger: Any) -> None:
    with telemed.unit_of_work(SYSTEM) as unit:
        with pytest.raises(TransactionConflict):
            with unit.savepoint():
                unit.write(ledger.write, "one")
                with contextlib.suppress(ValidationFailed):
                    unit.write(ledger.break_a_rule)
        unit.write(ledger.write, "two")

    assert ledger.written == ["two"]


def test_savepoints_nest(telemed: Store, ledger: Any) -> None:
    with telemed.unit_of_work(SYSTEM) as unit, unit.savepoint():
        unit.write(ledger.write, "outer")
        with contextlib.suppress(ValidationFailed):
            with unit.savepoint():
                unit.write(ledger.write, "inner")
                unit.write(ledger.break_a_rule)
        unit.write(ledger.write, "after")

    assert ledger.written == ["outer", "after"]


def test_no_savepoint_begins_in_a_failed_unit(telemed: Store, ledger: Any) -> None:
    with pytest.raises(TransactionConflict):
        with telemed.unit_of_work(SYSTEM) as unit:
            with contextlib.suppress(ValidationFailed):
                unit.write(ledger.break_a_rule)
            with pytest.raises(TransactionConflict):
                unit.savepoint().__enter__()


def test_a_savepoint_is_used_once(telemed: Store, ledger: Any) -> None:
    with telemed.unit_of_work(SYSTEM) as unit:
        savepoint = unit.savepoint()
        with savepoint:
            unit.write(ledger.write, "one")
        with pytest.raises(StoreError, match="used once"):
            savepoint.__enter__()


def test_a_savepoint_lost_with_its_connection_loses_the_unit(telemed: Store, ledger: Any, telemed_faults: Any) -> None:
    with pytest.raises(TransactionConflict):
        with telemed.unit_of_work(SYSTEM) as unit:
            unit.write(ledger.write, "one")
            telemed_faults.fail_next("execute", TransactionConflict)
            with contextlib.suppress(TransactionConflict):
                unit.write(ledger.write, "two")

    assert ledger.written == []
