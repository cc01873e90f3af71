"""Which connections of the writing pool are asked for a sign of life before they are used, and what it finds out."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from telemed_store import Actor, AsyncStore, Settings, Store
from telemed_store.database.engines import Role, engine_plan

pytestmark = pytest.mark.telemed_engines("postgresql")

SYSTEM = Actor.system("tests")
PID = text("SELECT pg_backend_pid()")
LAST = text("SELECT query FROM pg_stat_activity WHERE pid = :pid")
END = text("SELECT pg_terminate_backend(:pid, 5000)")


@pytest.fixture
def elsewhere(telemed_settings: Settings, telemed_database_url: str) -> Generator[Connection]:
    """A connection that no store knows of."""
    plan = engine_plan(telemed_database_url, telemed_settings, Role.WRITE, "sync")
    engine = create_engine(plan.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection


class Threads:
    """Units of work of threads."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def pid(self) -> int:
        with self.store.unit_of_work(SYSTEM) as unit:
            return int(unit.connection.execute(PID).scalar_one())

    async def nothing(self) -> None:
        with self.store.unit_of_work(SYSTEM):
            pass


class Tasks:
    """Units of work of tasks."""

    def __init__(self, store: AsyncStore) -> None:
        self.store = store

    async def pid(self) -> int:
        async with self.store.unit_of_work(SYSTEM) as unit:
            return int((await unit.connection.execute(PID)).scalar_one())

    async def nothing(self) -> None:
        async with self.store.unit_of_work(SYSTEM):
            pass


@pytest.fixture(params=[Threads, Tasks])
def units(request: pytest.FixtureRequest, telemed: Store, async_telemed: AsyncStore) -> Any:
    return request.param(telemed if request.param is Threads else async_telemed)


async def test_only_a_connection_that_was_idle_is_asked(
    units: Any, elsewhere: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = await units.pid()
    await units.nothing()
    assert "COMMIT" in elsewhere.execute(LAST, {"pid": pid}).scalar_one()
    monkeypatch.setattr("telemed_store.database.patience._LATELY", 0.0)
    await units.nothing()
    assert elsewhere.execute(LAST, {"pid": pid}).scalar_one() in {";", "SELECT 1"}
    assert await units.pid() == pid


async def test_one_that_ended_a_moment_ago_is_found_out_before_it_is_used(units: Any, elsewhere: Connection) -> None:
    pid = await units.pid()
    assert elsewhere.execute(END, {"pid": pid}).scalar_one()
    assert await units.pid() != pid
