"""The operations with which frames are tested, and servers that a test may stop, kill and set up as it likes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from frame_ledger import Ledger

from telemed_store.testing.servers.discovery import Absent, Engine, find
from telemed_store.testing.servers.mariadb import MariaDbServer
from telemed_store.testing.servers.postgresql import PostgresServer
from telemed_store.testing.templates import build


@pytest.fixture
def ledger(telemed_database_url: str) -> Ledger:
    return Ledger(telemed_database_url)


class PrivateServers:
    """This process's own servers, one per engine, started when a test first needs it."""

    def __init__(self) -> None:
        self._open: dict[str, PostgresServer | MariaDbServer] = {}
        self._numbers = itertools.count(1)

    def of(self, engine: str) -> PostgresServer | MariaDbServer:
        if engine not in self._open:
            source = find(Engine(engine))
            if isinstance(source, Absent):
                pytest.skip(source.reason)
            server = PostgresServer.start(source) if engine == "postgresql" else MariaDbServer.start(source)
            if server.pid is None:
                server.close()
                pytest.skip("somebody else runs this server")
            self._open[engine] = server
            if isinstance(server, PostgresServer):
                build(server.create_database("template"), engine, lambda _connection, _engine: None)
        return self._open[engine]

    def database(self, engine: str) -> str:
        """The URL of a new migrated database."""
        server, name = self.of(engine), f"private_{next(self._numbers)}"
        if isinstance(server, PostgresServer):
            return server.create_database(name, template="template")
        url = server.create_database(name)
        build(url, engine, lambda _connection, _engine: None)
        return url

    def close(self) -> None:
        for server in self._open.values():
            server.close()


@pytest.fixture(scope="session")
def private_servers() -> Iterator[PrivateServers]:
    servers = PrivateServers()
    yield servers
    servers.close()


@pytest.fixture
def private_server(private_servers: PrivateServers, telemed_engine: str) -> PostgresServer | MariaDbServer:
    return private_servers.of(telemed_engine)
