"""Statements are counted in both worlds; what only begins, ends or opens is not."""

from __future__ import annotations

import pytest
from registering import new_patient
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from telemed_store import Actor, AsyncStore, Settings, Store
from telemed_store.testing._sync.make import Make
from telemed_store.testing.statements import StatementCounter

SYSTEM = Actor.system("tests")


def test_a_read_on_a_fresh_store_is_one_statement(
    telemed_settings: Settings, telemed_make: Make, telemed_statements: StatementCounter
) -> None:
    doctor = telemed_make.doctor()
    with Store.open(settings=telemed_settings) as fresh, telemed_statements() as seen:
        fresh.acting_as(SYSTEM).people.doctor(doctor.id)
    seen.assert_at_most(1)
    assert "doctors" in seen.texts[0]


@pytest.mark.asyncio
async def test_both_worlds_send_the_same_statements(
    telemed: Store, async_telemed: AsyncStore, telemed_statements: StatementCounter
) -> None:
    with telemed_statements() as threads:
        telemed.acting_as(SYSTEM).people.register_patient(new_patient(name="Ana"))
    with telemed_statements() as tasks:
        await async_telemed.acting_as(SYSTEM).people.register_patient(new_patient(name="Bia"))
    assert threads.count == tasks.count > 0


def test_transaction_control_is_not_counted(telemed: Store, telemed_statements: StatementCounter) -> None:
    with telemed_statements() as seen, telemed.unit_of_work(SYSTEM) as unit, unit.savepoint():
        unit.connection.execute(text("SELECT 1"))
    assert seen.texts == ("SELECT 1",)


def test_other_databases_are_not_counted(telemed: Store, telemed_statements: StatementCounter) -> None:
    another = create_engine("sqlite://", poolclass=NullPool)
    with telemed_statements() as seen, another.connect() as elsewhere:
        elsewhere.execute(text("SELECT 2"))
    assert seen.count == 0


def test_too_many_statements_are_listed(telemed: Store, telemed_statements: StatementCounter) -> None:
    with telemed_statements() as seen, telemed.unit_of_work(SYSTEM) as unit:
        for _ in range(3):
            unit.connection.execute(text("SELECT 3"))
    with pytest.raises(AssertionError, match=r"3 statements, at most 2 were expected:\n  1\. SELECT 3"):
        seen.assert_at_most(2)
