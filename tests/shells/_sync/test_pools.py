# Generated from _async/test_pools.py by tools/sync.py. Do not edit.
"""Pools: waiting has an end, and what was refused is not lost for good."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pytest
from sqlalchemy.pool import Pool

from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.errors import StoreError, TransactionConflict, Unavailable
from telemed_store.testing.watching import listening

SYSTEM = Actor.system("tests")
SHORT = dt.timedelta(milliseconds=300)
LATEST = 15.0  # far from the 30 s or more that it would take otherwise


@pytest.mark.telemed_settings(pool_size=1, pool_timeout=SHORT, sqlite_lock_timeout=SHORT)
def test_waiting_for_a_connection_ends_as_unavailable(telemed: Store, ledger: Any) -> None:
    began = time.monotonic()
    with telemed.unit_of_work(SYSTEM) as unit:
        with pytest.raises(Unavailable) as caught:
            with telemed.unit_of_work(SYSTEM):
                raise AssertionError("the only connection is in use")
        unit.write(ledger.write, "one")
    with telemed.unit_of_work(SYSTEM) as unit:
        unit.write(ledger.write, "two")

    assert time.monotonic() - began < LATEST
    assert caught.value.__context__ is None
    assert ledger.written == ["one", "two"]


@pytest.mark.telemed_settings(read_statement_timeout=SHORT)
@pytest.mark.parametrize("frame", ["reader", "snapshot"])
def test_a_read_that_takes_too_long_is_stopped(telemed: Store, ledger: Any, frame: str) -> None:
    began = time.monotonic()
    with pytest.raises(Unavailable, match="time limit") as caught:
        with getattr(telemed, frame)(SYSTEM) as opened:
            opened.read(ledger.sleep, 30)

    assert time.monotonic() - began < LATEST
    assert caught.value.__context__ is None
    assert telemed.acting_as(SYSTEM).read(ledger.show) == []


@pytest.mark.telemed_settings(write_statement_timeout=SHORT)
def test_a_write_that_takes_too_long_is_stopped_and_undone(telemed: Store, ledger: Any) -> None:
    began = time.monotonic()
    with pytest.raises(Unavailable, match="time limit"):
        with telemed.unit_of_work(SYSTEM) as unit:
            unit.write(ledger.write, "one")
            unit.write(ledger.sleep, 30)
    telemed.acting_as(SYSTEM).write(ledger.write, "two")

    assert time.monotonic() - began < LATEST
    assert ledger.written == ["two"]


@pytest.mark.telemed_settings(
    lock_timeout=dt.timedelta(seconds=1), sqlite_lock_timeout=SHORT, retry_deadline=SHORT, pool_timeout=SHORT
)
def test_waiting_for_a_lock_held_elsewhere_ends_as_a_conflict(
    telemed: Store, ledger: Any, telemed_settings: Any, telemed_clock: Any
) -> None:
    """Another store stands for another process: on SQLite the two do not share a writers' queue."""
    with Store.open(settings=telemed_settings, clock=telemed_clock) as other:
        began = time.monotonic()
        with telemed.unit_of_work(SYSTEM) as unit:
            unit.write(ledger.lock)
            with pytest.raises(TransactionConflict) as caught:
                other.acting_as(SYSTEM).write(ledger.lock)
        other.acting_as(SYSTEM).write(ledger.lock)

    assert time.monotonic() - began < LATEST
    assert caught.value.__context__ is None


def test_close_may_be_called_twice_and_ends_the_store(telemed: Store, ledger: Any) -> None:
    telemed.acting_as(SYSTEM).write(ledger.write, "one")
    telemed.close()
    telemed.close()
    with pytest.raises(StoreError, match="closed"):
        telemed.acting_as(SYSTEM).read(ledger.show)


def test_a_unit_open_at_close_still_ends_well(telemed: Store, ledger: Any) -> None:
    with telemed.unit_of_work(SYSTEM) as unit:
        unit.write(ledger.write, "one")
        telemed.close()

    assert ledger.written == ["one"]


def test_connections_in_use_at_close_end_when_they_are_given_back(telemed: Store, ledger: Any) -> None:
    opened: list[object] = []
    ended: list[object] = []

    def begin(_connection: object, entry: object) -> None:
        opened.append(entry)

    def end(_connection: object, entry: object) -> None:
        ended.append(entry)

    with listening((Pool, "connect", begin), (Pool, "close", end)):
        with telemed.unit_of_work(SYSTEM) as unit, telemed.snapshot(SYSTEM) as snapshot:
            unit.write(ledger.write, "one")
            telemed.close()
            assert snapshot.read(ledger.show) == []
        assert len(opened) == 2
        assert set(ended) == set(opened)

    assert ledger.written == ["one"]


def test_a_database_that_cannot_be_reached_is_unavailable_at_once_and_again_later(
    telemed: Store, ledger: Any, telemed_faults: Any
) -> None:
    telemed_faults.fail_next("connect", Unavailable, times=3)
    with pytest.raises(Unavailable) as caught:
        telemed.acting_as(SYSTEM).write(ledger.write, "one")
    with pytest.raises(Unavailable):
        telemed.acting_as(SYSTEM).read(ledger.show)
    with pytest.raises(Unavailable):
        with telemed.snapshot(SYSTEM):
            pass
    telemed.acting_as(SYSTEM).write(ledger.write, "two")

    assert caught.value.__context__ is None
    assert ledger.written == ["two"]


@pytest.mark.telemed_settings(pool_size=2, pool_timeout=dt.timedelta(seconds=2))
def test_failures_of_every_kind_give_their_connections_back(telemed: Store, ledger: Any, telemed_faults: Any) -> None:
    """More failures than the pool has connections: one that leaked would be missed by the last unit."""
    mine = telemed.acting_as(SYSTEM)
    for _ in range(3):
        for point, error in (("commit", TransactionConflict), ("execute", Unavailable)):
            telemed_faults.fail_next(point, error)
            with pytest.raises((TransactionConflict, Unavailable)):
                with mine.unit_of_work() as unit:
                    unit.write(ledger.write, "lost")
        telemed_faults.lose_commit_reply()
        with pytest.raises(StoreError):
            with mine.unit_of_work() as unit:
                unit.write(ledger.write, "uncertain")
    with mine.unit_of_work() as unit, mine.reader() as reader:
        unit.write(ledger.write, "last")
        reader.read(ledger.show)

    assert ledger.written[-1] == "last"


@pytest.mark.telemed_engines("postgresql", "mariadb")
@pytest.mark.telemed_settings(pool_size=1)
def test_a_healthy_connection_is_used_again(telemed: Store, telemed_engine: str) -> None:
    """The sign of life that is asked of a pooled connection is one that its driver understands."""
    whose = {"postgresql": "SELECT pg_backend_pid()", "mariadb": "SELECT connection_id()"}[telemed_engine]
    seen = set()
    for _ in range(4):
        with telemed.unit_of_work(SYSTEM) as unit:
            seen.add(unit.connection.exec_driver_sql(whose).scalar_one())
    assert len(seen) == 1
