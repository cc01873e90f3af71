# Generated from _async/ephemeral/test_fences.py by tools/sync.py. Do not edit.
"""Fences: once a later holder of a lock has written, the database takes no write of an earlier one."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from telemed_store._sync._synchronization import sleep
from telemed_store._sync.store import Store
from telemed_store._sync.unit_of_work import UnitOfWork
from telemed_store.audit.actor import Actor
from telemed_store.database.compatibility import schema_compatibility
from telemed_store.ephemeral.locks import Lock
from telemed_store.ephemeral.ownership import new_owner
from telemed_store.errors import LeaseLost, TransactionConflict, ValidationFailed
from telemed_store.testing._sync._synchronization import at_once
from telemed_store.testing.clock import PRESENT

SYSTEM = Actor.system("tests")


def lock(fence: int, name: str = "job:one") -> Lock:
    return Lock(name=name, owner=new_owner(), fence=fence, expires_at=PRESENT)


def test_the_holder_may_write_again_and_a_later_one_too(telemed: Store, ledger: Any, telemed_statements: Any) -> None:
    for fence in (1, 1, 2, 5):
        with telemed.unit_of_work(SYSTEM) as unit:
            with telemed_statements() as seen:
                unit.fence(lock(fence))
            seen.assert_at_most(1)
            unit.write(ledger.write, str(fence))
    with telemed.unit_of_work(SYSTEM) as unit:
        unit.fence(lock(1, "job:other"))
        unit.write(ledger.write, "other")

    assert ledger.written == ["1", "1", "2", "5", "other"]


def test_an_overtaken_holder_writes_nothing(telemed: Store, ledger: Any) -> None:
    with telemed.unit_of_work(SYSTEM) as unit:
        unit.fence(lock(2**53))
    with pytest.raises(LeaseLost):
        with telemed.unit_of_work(SYSTEM) as unit:
            unit.write(ledger.write, "before the fence")
            unit.fence(lock(2**53 - 1))
    with pytest.raises(TransactionConflict):
        with telemed.unit_of_work(SYSTEM) as unit:
            with contextlib.suppress(LeaseLost):
                unit.fence(lock(2**53 - 1))
            unit.connection.execute(update(schema_compatibility).values(oldest_code_revision=1))
    # What the refused one asked for did not lower what is remembered.
    with pytest.raises(LeaseLost):
        with telemed.unit_of_work(SYSTEM) as unit:
            unit.fence(lock(2**53 - 1))

    assert ledger.written == []


def test_an_overtaken_holder_is_not_run_again(telemed: Store) -> None:
    runs: list[int] = []

    def work(uow: UnitOfWork) -> None:
        runs.append(1)
        uow.fence(lock(1))

    with telemed.unit_of_work(SYSTEM) as unit:
        unit.fence(lock(2))
    with pytest.raises(LeaseLost):
        telemed.acting_as(SYSTEM).run(work)
    assert len(runs) == 1


def test_a_later_holder_that_was_undone_refuses_nobody(telemed: Store) -> None:
    with contextlib.suppress(LookupError):
        with telemed.unit_of_work(SYSTEM) as unit:
            unit.fence(lock(2))
            raise LookupError
    with telemed.unit_of_work(SYSTEM) as unit:
        unit.fence(lock(1))


def test_a_fence_undone_with_its_savepoint_leaves_the_unit(telemed: Store, ledger: Any) -> None:
    with telemed.unit_of_work(SYSTEM) as unit:
        unit.fence(lock(2))
    with telemed.unit_of_work(SYSTEM) as unit:
        with contextlib.suppress(LeaseLost):
            with unit.savepoint():
                unit.write(ledger.write, "protected")
                unit.fence(lock(1))
        unit.write(ledger.write, "else")

    assert ledger.written == ["else"]


@pytest.mark.parametrize("first", [1, 2], ids=["the earlier holder first", "the later holder first"])
def test_two_writers_wait_for_each_other(telemed: Store, ledger: Any, first: int) -> None:
    with telemed.unit_of_work(SYSTEM) as unit:
        unit.write(ledger.make_locks, "x")

    def put(connection: Connection, _context: object, fence: int) -> None:
        row = update(schema_compatibility).where(schema_compatibility.c.id == ord("x"))
        connection.execute(row.values(oldest_code_revision=fence))

    def write(fence: int) -> bool:
        try:
            with telemed.unit_of_work(SYSTEM) as unit:
                unit.fence(lock(fence))
                # The other has time to come in between.
                sleep(0.05)
                unit.write(put, fence)
        except LeaseLost:
            return False
        return True

    second = 3 - first
    written = dict(zip((first, second), at_once([partial(write, first), partial(write, second)]), strict=True))

    assert written[2]
    # Whoever began first: the earlier holder wrote before the later one, or not at all.
    with telemed.unit_of_work(SYSTEM) as unit:
        row = select(schema_compatibility.c.oldest_code_revision).where(schema_compatibility.c.id == ord("x"))
        assert unit.connection.execute(row).scalar_one() == 2


def test_what_is_no_lock_is_refused(telemed: Store) -> None:
    wrong: Any = "job:one"
    with telemed.unit_of_work(SYSTEM) as unit:
        with pytest.raises(ValidationFailed, match="lock"):
            unit.fence(wrong)
        with pytest.raises(ValidationFailed, match="fence"):
            unit.fence(lock(1).model_copy(update={"fence": 2**63}))
