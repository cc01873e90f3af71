# Generated from _async/test_readers.py by tools/sync.py. Do not edit.
"""Readers: each statement in its own right, repeated once on a lost connection. Snapshots: one point in time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.audit.context import Context
from telemed_store.errors import NotFound, StoreError, Unavailable

SYSTEM = Actor.system("tests")


def test_a_reader_sees_each_commit_as_it_happens(telemed: Store, ledger: Any) -> None:
    with telemed.reader(SYSTEM) as reader:
        assert reader.read(ledger.show) == []
        ledger.put("one")
        assert reader.read(ledger.show) == ["one"]


def test_a_snapshot_sees_one_point_in_time(telemed: Store, ledger: Any) -> None:
    with telemed.snapshot(SYSTEM) as snapshot:
        assert snapshot.read(ledger.show) == []
        ledger.put("one")
        assert snapshot.read(ledger.show) == []
        assert snapshot.read_consistent(ledger.show) == []

    with telemed.snapshot(SYSTEM) as snapshot:
        assert snapshot.read(ledger.show) == ["one"]


@pytest.mark.parametrize("frame", ["reader", "store"])
def test_reads_of_two_statements_are_never_torn(telemed: Store, ledger: Any, frame: str) -> None:
    """Two statements in autocommit came out torn 454 times in 2,000 (design §3.1)."""

    def twice(connection: Connection, context: Context) -> bool:
        before = ledger.show(connection, context)
        ledger.put("in between")
        return bool(before == ledger.show(connection, context))

    mine = telemed.acting_as(SYSTEM)
    if frame == "store":
        assert mine.read_consistent(twice)
    else:
        with mine.reader() as reader:
            assert reader.read_consistent(twice)
            assert not reader.read(twice)


def test_a_snapshot_ends_with_its_block(telemed: Store, ledger: Any) -> None:
    snapshot = telemed.snapshot(SYSTEM)
    with pytest.raises(StoreError, match="not open"):
        snapshot.read(ledger.show)
    with snapshot:
        snapshot.read(ledger.show)
    with pytest.raises(StoreError, match="not open"):
        snapshot.read(ledger.show)


def test_a_snapshot_left_by_an_exception_leaves_no_transaction_behind(telemed: Store, ledger: Any) -> None:
    with pytest.raises(LookupError):
        with telemed.snapshot(SYSTEM) as snapshot:
            snapshot.read(ledger.show)
            raise LookupError
    ledger.put("one")

    assert telemed.acting_as(SYSTEM).read(ledger.show) == ["one"]


@pytest.mark.telemed_engines("postgresql", "mariadb")
def test_a_snapshot_is_read_only(telemed: Store, ledger: Any) -> None:
    with pytest.raises(Unavailable):
        with telemed.snapshot(SYSTEM) as snapshot:
            snapshot.read(ledger.write, "one")

    assert ledger.written == []


def test_a_read_is_repeated_once_on_a_lost_connection(telemed: Store, ledger: Any, telemed_faults: Any) -> None:
    mine = telemed.acting_as(SYSTEM)
    ledger.put("one")
    mine.read(ledger.show)
    telemed_faults.drop_connection()

    assert mine.read(ledger.show) == ["one"]


def test_a_consistent_read_is_repeated_once_on_a_lost_connection(
    telemed: Store, ledger: Any, telemed_faults: Any
) -> None:
    mine = telemed.acting_as(SYSTEM)
    ledger.put("one")
    mine.read_consistent(ledger.show)
    telemed_faults.drop_connection()

    assert mine.read_consistent(ledger.show) == ["one"]


def test_a_snapshot_begins_although_the_pooled_connection_was_lost(
    telemed: Store, ledger: Any, telemed_faults: Any
) -> None:
    mine = telemed.acting_as(SYSTEM)
    mine.read(ledger.show)
    telemed_faults.drop_connection()

    with mine.snapshot() as snapshot:
        assert snapshot.read(ledger.show) == []


@pytest.mark.telemed_engines("postgresql", "mariadb")
def test_a_snapshot_does_not_go_on_after_its_connection_is_lost(
    telemed: Store, ledger: Any, telemed_faults: Any
) -> None:
    """On another connection it would be another point in time."""
    with pytest.raises(Unavailable):
        with telemed.snapshot(SYSTEM) as snapshot:
            snapshot.read(ledger.show)
            telemed_faults.drop_connection()
            snapshot.read(ledger.show)

    assert telemed.acting_as(SYSTEM).read(ledger.show) == []


@pytest.mark.telemed_engines("postgresql", "mariadb")
def test_a_read_that_loses_two_connections_is_unavailable(telemed: Store, ledger: Any, telemed_faults: Any) -> None:
    telemed.acting_as(SYSTEM).read(ledger.show)
    telemed_faults.fail_next("execute", Unavailable, times=2)
    with pytest.raises(Unavailable) as caught:
        telemed.acting_as(SYSTEM).read(ledger.show)

    assert caught.value.__context__ is None
    assert telemed.acting_as(SYSTEM).read(ledger.show) == []


def test_denials_of_an_attempt_that_lost_its_connection_count_once(
    telemed: Store, ledger: Any, telemed_faults: Any
) -> None:
    doctor = Actor.user(ledger.noted_id)
    telemed.acting_as(doctor).read(ledger.show)
    telemed_faults.drop_connection()
    with pytest.raises(NotFound):
        telemed.acting_as(doctor).read(ledger.refuse, ledger.noted_id)

    assert ledger.denials == [("note", ledger.noted_id)]


@pytest.mark.telemed_engines("sqlite")
def test_readers_use_the_replica_and_units_the_primary(
    ledger: Any, telemed_settings_for: Any, telemed_database_url: str, telemed_templates: Any
) -> None:
    with telemed_templates.of("sqlite").fresh() as replica:
        settings = telemed_settings_for(telemed_database_url, replica_url=replica)
        with Store.open(settings=settings) as store:
            mine = store.acting_as(SYSTEM)
            mine.write(ledger.write, "on the primary")

            assert mine.read(ledger.show) == []
            assert mine.read_consistent(ledger.show) == []
            with mine.snapshot() as snapshot:
                assert snapshot.read(ledger.show) == []
            with mine.unit_of_work() as unit:
                assert unit.read(ledger.show) == ["on the primary"]


@pytest.mark.telemed_engines("sqlite")
def test_a_missing_database_is_named_by_the_fix(tmp_path: Path, ledger: Any) -> None:
    from telemed_store.errors import SchemaMismatch

    with Store.open(f"sqlite:///{tmp_path / 'empty.sqlite3'}") as store:
        with pytest.raises(SchemaMismatch, match="migrate up"):
            store.acting_as(SYSTEM).read(ledger.show)
        with pytest.raises(SchemaMismatch, match="migrate up"):
            store.acting_as(SYSTEM).write(ledger.write, "one")
