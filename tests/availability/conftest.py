from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parent))

from worlds import STEPS, World, engine_names, make_schema, open_engine

from telemed_store.availability import busy
from telemed_store.settings import Settings
from telemed_store.testing.servers.discovery import Absent, Engine, find
from telemed_store.testing.servers.mariadb import MariaDbServer
from telemed_store.testing.servers.postgresql import PostgresServer

_SERVERS = {"postgresql": (Engine.POSTGRESQL, PostgresServer), "mariadb": (Engine.MARIADB, MariaDbServer)}


@pytest.fixture(scope="session", params=engine_names())
def availability_engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[sa.Engine]:
    """One database per engine and session; every test makes doctors of its own in it."""
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('availability')}/store.db")
        make_schema(engine)
        yield engine
        engine.dispose()
        return
    kind, server_class = _SERVERS[request.param]
    source = find(kind)
    if isinstance(source, Absent):
        pytest.skip(source.reason)
    name = f"availability_{uuid.uuid4().hex[:8]}"
    with server_class.share(source) as server:
        server.create_database(name)
        engine = open_engine(server.database_url(name))
        make_schema(engine)
        yield engine
        engine.dispose()
        server.drop_database(name)


@pytest.fixture
def world(availability_engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(busy, "_wired", [STEPS])
    return World(availability_engine, Settings())
