# Generated from _async/test_joining.py by tools/sync.py. Do not edit.
"""Our verbs in a transaction of the host's: the host commits, our hooks wait for it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, create_engine, insert, select

from telemed_store._sync._synchronization import WORLD, run_on
from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.errors import NotFound, StoreError, TransactionConflict, ValidationFailed

SYSTEM = Actor.system("tests")
HOST = MetaData()
invoices = Table("invoices", HOST, Column("id", Integer, primary_key=True), Column("text", String(50)))


@pytest.fixture
def host(ledger: Any) -> Iterator[Engine]:
    """An engine as a host makes it, with a table of the host's own in the same database."""
    engine = create_engine(ledger.url_of(WORLD))
    with engine.begin() as connection:
        run_on(connection, HOST.create_all)
    yield engine
    with engine.begin() as connection:
        run_on(connection, HOST.drop_all)
    engine.dispose()


def billed(host: Engine) -> list[str]:
    with host.connect() as connection:
        return list(connection.execute(select(invoices.c.text)).scalars())


def test_the_hosts_rows_and_ours_are_one_commit(telemed: Store, ledger: Any, host: Engine) -> None:
    ran: list[tuple[str, list[str]]] = []
    with host.connect() as connection, telemed.join(connection, SYSTEM) as unit, connection.begin():
        unit.after_commit(lambda: ran.append(("committed", ledger.written)))
        unit.write(ledger.announce, "ours")
        connection.execute(insert(invoices), {"id": 1, "text": "theirs"})
        assert (ledger.written, ran) == ([], [])

    assert (ledger.written, ledger.events, billed(host)) == (["ours"], ["Noted"], ["theirs"])
    assert ran == [("committed", ["ours"])]


def test_the_hosts_rollback_undoes_ours_and_drops_the_hooks(telemed: Store, ledger: Any, host: Engine) -> None:
    ran: list[str] = []
    with pytest.raises(LookupError):
        with host.connect() as connection, telemed.join(connection, SYSTEM) as unit, connection.begin():
            unit.after_commit(ran.append, "committed")
            unit.after_rollback(ran.append, "rolled back")
            unit.write(ledger.write, "ours")
            raise LookupError

    assert (ledger.written, ran) == ([], ["rolled back"])


def test_a_rollback_without_an_exception_is_a_rollback(telemed: Store, ledger: Any, host: Engine) -> None:
    ran: list[str] = []
    with host.connect() as connection, telemed.join(connection, SYSTEM) as unit:
        unit.after_commit(ran.append, "committed")
        unit.after_rollback(ran.append, "rolled back")
        unit.write(ledger.write, "ours")
        connection.rollback()

    assert (ledger.written, ran) == ([], ["rolled back"])


def test_an_exception_after_the_hosts_commit_does_not_undo_the_commit(
    telemed: Store, ledger: Any, host: Engine
) -> None:
    ran: list[str] = []
    with pytest.raises(LookupError):
        with host.connect() as connection, telemed.join(connection, SYSTEM) as unit:
            unit.after_commit(ran.append, "committed")
            unit.write(ledger.write, "ours")
            connection.commit()
            raise LookupError

    assert (ledger.written, ran) == (["ours"], ["committed"])


@pytest.mark.parametrize("ends", ["committed", "rolled_back"])
def test_hooks_wait_until_the_host_says_how_it_ended(telemed: Store, ledger: Any, host: Engine, ends: str) -> None:
    ran: list[str] = []
    with host.begin() as connection:
        with telemed.join(connection, SYSTEM) as unit:
            unit.after_commit(ran.append, "committed")
            unit.after_rollback(ran.append, "rolled_back")
            unit.write(ledger.write, "ours")
        assert ran == []
        if ends == "rolled_back":
            connection.rollback()
    assert ran == []
    getattr(unit, ends)()
    getattr(unit, ends)()

    assert ran == [ends]
    with pytest.raises(StoreError, match="not open"):
        unit.write(ledger.write, "afterwards")


def test_a_swallowed_failure_makes_the_hosts_block_roll_back(telemed: Store, ledger: Any, host: Engine) -> None:
    with pytest.raises(TransactionConflict):
        with host.begin() as connection, telemed.join(connection, SYSTEM) as unit:
            unit.write(ledger.write, "ours")
            with contextlib.suppress(ValidationFailed):
                unit.write(ledger.break_a_rule)

    assert ledger.written == []


def test_savepoints_work_in_a_joined_unit(telemed: Store, ledger: Any, host: Engine) -> None:
    with host.connect() as connection, telemed.join(connection, SYSTEM) as unit, connection.begin():
        unit.write(ledger.write, "ours")
        with contextlib.suppress(ValidationFailed):
            with unit.savepoint():
                unit.write(ledger.break_a_rule)

    assert ledger.written == ["ours"]


def test_a_denial_is_recorded_after_the_hosts_transaction(telemed: Store, ledger: Any, host: Engine) -> None:
    viewer = Actor.user(ledger.noted_id)
    with pytest.raises(NotFound):
        with host.connect() as connection, telemed.join(connection, viewer) as unit, connection.begin():
            unit.read(ledger.refuse, ledger.noted_id)

    assert ledger.denials == [("note", ledger.noted_id)]


def test_the_hosts_own_translation_of_schemas_stays(telemed: Store, ledger: Any, host: Engine) -> None:
    elsewhere = Table("invoices", MetaData(schema="accounting"), Column("id", Integer), Column("text", String(50)))
    theirs = host.execution_options(schema_translate_map={"accounting": None})
    with theirs.connect() as connection, telemed.join(connection, SYSTEM) as unit, connection.begin():
        connection.execute(insert(elsewhere), {"id": 1, "text": "theirs"})
        unit.write(ledger.write, "ours")

    assert (ledger.written, billed(host)) == (["ours"], ["theirs"])


def test_a_store_on_the_hosts_engine_uses_its_pool_and_leaves_it_open(
    ledger: Any, host: Engine, telemed_settings: Any, telemed_clock: Any
) -> None:
    with Store.open(settings=telemed_settings, engine=host, clock=telemed_clock) as store:
        mine = store.acting_as(Actor.user(ledger.noted_id))
        with mine.unit_of_work() as unit:
            unit.write(ledger.announce, "one")
            unit.connection.execute(insert(invoices), {"id": 1, "text": "theirs"})
        with mine.snapshot() as snapshot:
            assert snapshot.read(ledger.show) == ["one"]
        with pytest.raises(NotFound):
            mine.read(ledger.refuse, ledger.noted_id)
        with pytest.raises(TransactionConflict):
            with mine.unit_of_work() as unit:
                with contextlib.suppress(ValidationFailed):
                    unit.write(ledger.break_a_rule)

    assert (ledger.written, billed(host)) == (["one"], ["theirs"])
    assert ledger.denials == [("note", ledger.noted_id)]
