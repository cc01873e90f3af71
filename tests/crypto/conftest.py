"""What the tests of encryption share: keys, places, and an engine that holds ``subject_keys``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event

from telemed_store.crypto import SUBJECT_KEYS, Binding, DataKey, MasterKeys, Purpose, Secret, SqlKeyStore
from telemed_store.database.identity import new_id

NOW = dt.datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=dt.UTC)


class FixedClock:
    """Always the same instant."""

    def now(self) -> dt.datetime:
        return NOW


@pytest.fixture
def master_keys() -> MasterKeys:
    return MasterKeys.generate()


@pytest.fixture
def store(master_keys: MasterKeys) -> SqlKeyStore:
    return SqlKeyStore(master_keys, clock=FixedClock())


@pytest.fixture
def key() -> DataKey:
    return DataKey(new_id(), Purpose.CHART, 7, Secret(bytes(range(32))))


@pytest.fixture
def place(key: DataKey) -> Binding:
    return Binding("encounter_notes", "body", new_id(), key.subject_id, key.purpose)


@pytest.fixture(params=["sqlite"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine whose database has an empty ``subject_keys``. Tests use nothing else of it, whatever it is."""
    assert request.param == "sqlite"
    made = sqlite_engine(tmp_path / "keys.db")
    with made.begin() as connection:
        SUBJECT_KEYS.create(connection)
    yield made
    made.dispose()


def sqlite_engine(path: Path) -> Engine:
    made = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": 30, "check_same_thread": False},
        execution_options={"schema_translate_map": {"telemed": None}},
    )

    @event.listens_for(made, "connect")
    def leave_begin_to_us(connection: Any, _record: object) -> None:
        connection.isolation_level = None

    @event.listens_for(made, "begin")
    def begin_immediate(connection: Connection) -> None:
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return made
