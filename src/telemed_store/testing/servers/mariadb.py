"""MariaDB for tests: its commands, its settings, and databases.

Settings trade durability for speed, since nothing survives the session.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import signal
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from telemed_store.errors import Unavailable
from telemed_store.testing.servers.discovery import Binaries, Container, Engine
from telemed_store.testing.servers.process import START_SECONDS, Plan, environment, socket_directory
from telemed_store.testing.servers.server import DatabaseServer
from telemed_store.testing.servers.supervisor import Job

if TYPE_CHECKING:
    import pymysql.connections

__all__ = ["MariaDbServer", "plan"]

_SETTINGS: Final = (
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--innodb-log-file-size=32M",
    "--innodb-buffer-pool-size=64M",
    "--performance-schema=OFF",
    "--character-set-server=utf8mb4",
    "--max-connections=200",
)


class MariaDbServer(DatabaseServer):
    """A running MariaDB."""

    engine = Engine.MARIADB

    def database_url(self, name: str) -> str:
        """The URL of a database of this server."""
        from sqlalchemy.engine import make_url

        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def create_database(self, name: str) -> str:
        """Create an empty database.

        Returns:
            Its URL.

        Raises:
            pymysql.Error: The server refused, such as for a name that is taken.
        """
        self._query(f"CREATE DATABASE {_quoted(name)} CHARACTER SET utf8mb4")
        return self.database_url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database; nothing happens if there is none."""
        self._query(f"DROP DATABASE IF EXISTS {_quoted(name)}")

    def has_database(self, name: str) -> bool:
        """Whether the server has a database of this name."""
        return bool(self._query("SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", name))

    @contextlib.contextmanager
    def exclusive(self) -> Generator[None]:
        """Keep the other processes that use this server out of this block (a named lock, freed if the process dies).

        Raises:
            Unavailable: Another process kept the lock for five minutes.
        """
        with contextlib.closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT GET_LOCK('telemed_store.testing', 300)")
            if cursor.fetchone() != (1,):
                raise Unavailable("another process kept the test server's lock for 300 s: end that process")
            yield

    @classmethod
    def _plan(cls, source: Binaries) -> Plan:
        return plan(source)

    @classmethod
    def _run_container(cls, source: Container) -> tuple[str, Callable[[], Any]]:
        from testcontainers.community.mysql import MySqlContainer

        container = MySqlContainer(source.image, username="root", password="root", dbname="mysql")  # noqa: S106 - a throw-away container
        container.start()
        return container.get_connection_url(), container.stop

    def _url_at(self, port: int) -> str:
        return f"mysql://root@127.0.0.1:{port}/"

    def _query(self, statement: str, *parameters: str) -> tuple[Any, ...]:
        with contextlib.closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            rows: tuple[Any, ...] = tuple(cursor.fetchall())
            return rows

    def _connect(self) -> pymysql.connections.Connection[Any]:
        import pymysql
        from sqlalchemy.engine import make_url

        url = make_url(self.url)
        return pymysql.connect(
            host=url.host or "127.0.0.1",
            port=url.port or 3306,
            user=url.username or "root",
            password=str(url.password or ""),
            autocommit=True,
            connect_timeout=10,
            # Reading the system's certificates takes 80 ms, for a connection that never leaves the machine.
            ssl_disabled=self._lease is not None,
        )

    def _disconnect(self) -> None:
        """Nothing is kept open: a connection costs 1 ms here, beside the 400 ms of creating the tables."""


def plan(source: Binaries) -> Plan:
    """How a MariaDB is made and run; it does not mind root."""
    user = "root" if os.geteuid() == 0 else getpass.getuser()

    def job(home: Path) -> Job:
        sockets = socket_directory(home, "s.sock")
        data = home / "data"
        data.mkdir()
        temporary = home / "tmp"
        temporary.mkdir()
        common = ["--no-defaults", f"--user={user}", f"--datadir={data}"]
        install = ["mariadb-install-db", *common, "--auth-root-authentication-method=normal", "--skip-test-db"]
        serve = [
            str(source.folder / "mariadbd"),
            *common,
            f"--socket={sockets / 's.sock'}",
            "--port={port}",
            *_SETTINGS,
        ]
        return Job(
            home=str(home),
            prepare=[[*install, "--skip-name-resolve"]],
            serve=serve,
            # A MariaDB that starts deletes the temporary tables it finds, those of other running servers too.
            environment={**environment(), "TMPDIR": str(temporary)},
            ready="ready for connections.",
            log=str(home / "server.log"),
            remove=[str(home), str(sockets)],
            # Its data is thrown away: an orderly end would take longer than the start.
            stop_signal=signal.SIGKILL,
            restart_signal=signal.SIGTERM,
            start_seconds=START_SECONDS,
        )

    return Plan(f"MariaDB {source.version}", f"{source.engine} {source.version} {source.folder}", job)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
