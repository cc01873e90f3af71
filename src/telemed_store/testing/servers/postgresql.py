"""PostgreSQL for tests: its commands, its settings, and databases cloned from a template.

Settings trade durability for speed, since nothing survives the session: no fsync, no autovacuum (a worker in a template
would hold up its clones by 100 ms and more). Tests that look at query plans run ANALYZE themselves.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from telemed_store.testing.servers.discovery import Binaries, Container, Engine
from telemed_store.testing.servers.process import START_SECONDS, Plan, as_unprivileged, environment, socket_directory
from telemed_store.testing.servers.server import DatabaseServer
from telemed_store.testing.servers.supervisor import Job

if TYPE_CHECKING:
    import psycopg

__all__ = ["PostgresServer", "plan"]

_SETTINGS: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    # Clones write less: medians of 35 and 49 ms instead of 46 and 73 on a busy machine. It rules out standbys.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "64MB",
    # The directory may lie in memory.
    "max_wal_size": "128MB",
    "min_wal_size": "32MB",
    "max_connections": "200",
    # A killed server leaves nothing in /dev/shm, and a container's small one does not matter.
    "dynamic_shared_memory_type": "mmap",
}
# Both speed up clones: zeros are written instead of allocated, and no I/O workers compete for the cores.
_SETTINGS_SINCE_18: Final = {"file_extend_method": "write_zeros", "io_method": "sync"}
_AIO_SINCE: Final = 18
_STRATEGY_SINCE: Final = 150000
_EXCLUSIVE_KEY: Final = 0x7E1E_3ED0


class PostgresServer(DatabaseServer):
    """A running PostgreSQL."""

    engine = Engine.POSTGRESQL

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._maintenance: psycopg.Connection[Any] | None = None
        self._owner = 0
        self._guard = threading.Lock()

    def database_url(self, name: str) -> str:
        """The URL of a database of this server."""
        from sqlalchemy.engine import make_url

        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def create_database(self, name: str, template: str | None = None) -> str:
        """Create a database, as a copy of `template` where one is named (nobody may be connected to that one).

        Returns:
            The new database's URL.

        Raises:
            psycopg.Error: The server refused, such as for a name that is taken.
        """
        from psycopg import sql

        command = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            command += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
            # Before 15 there is no choice, and files are copied always.
            command += sql.SQL(" STRATEGY FILE_COPY") if self._server_version() >= _STRATEGY_SINCE else sql.SQL("")
        self._execute(command)
        return self.database_url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database and whatever is connected to it; nothing happens if there is none."""
        from psycopg import sql

        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def has_database(self, name: str) -> bool:
        """Whether the server has a database of this name."""
        with self._connected() as connection:
            return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is not None

    @contextlib.contextmanager
    def exclusive(self) -> Generator[None]:
        """Keep the other processes that use this server out of this block (a lock that a dying process frees)."""
        with contextlib.closing(self._connect()) as connection:
            connection.execute("SET lock_timeout = '300s'")
            connection.execute("SELECT pg_advisory_lock(%s)", (_EXCLUSIVE_KEY,))
            yield

    @classmethod
    def _plan(cls, source: Binaries) -> Plan:
        return plan(source)

    @classmethod
    def _run_container(cls, source: Container) -> tuple[str, Callable[[], Any]]:
        from testcontainers.community.postgres import PostgresContainer

        container = PostgresContainer(
            source.image,
            username="postgres",
            password="postgres",  # noqa: S106 - a throw-away container
            dbname="postgres",
            driver=None,
        )
        container.start()
        return container.get_connection_url(), container.stop

    def _url_at(self, port: int) -> str:
        return f"postgresql://postgres@127.0.0.1:{port}/postgres"

    def _execute(self, command: Any) -> None:
        with self._connected() as connection:
            connection.execute(command)

    def _server_version(self) -> int:
        with self._connected() as connection:
            return connection.info.server_version

    @contextlib.contextmanager
    def _connected(self) -> Generator[psycopg.Connection[Any]]:
        """One maintenance connection per process, kept: connecting would cost a third of a clone."""
        with self._guard:
            if self._maintenance is None or self._maintenance.closed or self._owner != os.getpid():
                self._maintenance, self._owner = self._connect(), os.getpid()
            yield self._maintenance

    def _connect(self) -> psycopg.Connection[Any]:
        import psycopg
        from sqlalchemy.engine import make_url

        plain = make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(plain, autocommit=True, connect_timeout=10)

    def _disconnect(self) -> None:
        if self._maintenance is not None and self._owner == os.getpid():
            self._maintenance.close()
        self._maintenance = None

    def kill(self) -> None:
        """End all its processes at once (SIGKILL), as a power cut would; `restart` brings it back with its data."""
        self._disconnect()
        super().kill()

    def restart(self) -> None:
        """Stop it in good order if it runs, and start it again on the same data and, if still free, the same port."""
        self._disconnect()
        super().restart()


def plan(
    source: Binaries, unprivileged: Callable[[Path, Path, Path], tuple[list[str], Path]] = as_unprivileged
) -> Plan:
    """How a PostgreSQL is made and run.

    Args:
        source: Its programs.
        unprivileged: How root runs it.
    """
    major = int(source.version.split(".")[0])

    def job(home: Path) -> Job:
        sockets = socket_directory(home, ".s.PGSQL.65535.lock")
        prefix, folder = unprivileged(home, sockets, source.folder)
        data = home / "data"
        settings = {**_SETTINGS, **(_SETTINGS_SINCE_18 if major >= _AIO_SINCE else {})}
        initdb = [str(folder / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"]
        serve = [str(folder / "postgres"), "-D", str(data), "-p", "{port}", "-k", str(sockets), "-h", "127.0.0.1"]
        return Job(
            home=str(home),
            prepare=[[*prefix, *initdb, "--locale=C.UTF-8"]],
            serve=[*prefix, *serve, *(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))],
            environment=environment(),
            ready="database system is ready to accept connections",
            log=str(home / "server.log"),
            remove=[str(home), str(sockets)],
            stop_signal=signal.SIGQUIT,
            restart_signal=signal.SIGINT,
            start_seconds=START_SECONDS,
        )

    return Plan(f"PostgreSQL {source.version}", f"{source.engine} {source.version} {source.folder}", job)
