"""How a database is opened: URLs and drivers, pools, time limits, isolation, and what each new connection is told.

Two pools per database: ``WRITE`` for units of work (READ COMMITTED; BEGIN IMMEDIATE on SQLite) and ``READ`` for readers and
snapshots (AUTOCOMMIT, no reset on return, no pre-ping: an idempotent read is retried once instead; design §3.1). A snapshot begins its
own transaction on a READ connection with `BEGIN_SNAPSHOT`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal

from sqlalchemy import URL, Engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

from telemed_store.database.metadata import SCHEMA
from telemed_store.errors import SettingsError
from telemed_store.settings import Settings

__all__ = ["BEGIN_SNAPSHOT", "Deadline", "EnginePlan", "Role", "World", "configure", "engine_plan", "translate_map"]

World = Literal["sync", "async"]

DRIVERS: Final[dict[str, dict[World, str]]] = {
    "postgresql": {"sync": "postgresql+psycopg", "async": "postgresql+asyncpg"},
    "mysql": {"sync": "mysql+pymysql", "async": "mysql+asyncmy"},
    "mariadb": {"sync": "mariadb+pymysql", "async": "mariadb+asyncmy"},
    "sqlite": {"sync": "sqlite+pysqlite", "async": "sqlite+aiosqlite"},
}

BEGIN_SNAPSHOT: Final = {
    "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    "mysql": "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    "sqlite": "BEGIN",
}


class Role(StrEnum):
    """What a pool is for."""

    WRITE = "write"
    READ = "read"


@dataclass(frozen=True, slots=True)
class EnginePlan:
    """Everything needed to make one engine in either world."""

    url: URL
    role: Role
    settings: Settings
    options: dict[str, Any]
    execution_options: dict[str, Any]


def engine_plan(url: str | URL, settings: Settings, role: Role, world: World) -> EnginePlan:
    """Plan an engine for a database URL.

    Raises:
        SettingsError: The URL cannot be read or names an engine this package does not support.
    """
    parsed = _with_driver(url, world)
    backend = parsed.get_backend_name()
    options: dict[str, Any] = {
        "connect_args": _CONNECT_ARGS[backend](parsed, settings, role),
        "hide_parameters": True,
        "pool_size": settings.pool_size,
        "max_overflow": 0,
        "pool_timeout": settings.pool_timeout.total_seconds(),
        "pool_use_lifo": True,
    }
    if world == "sync":
        options["poolclass"] = QueuePool
    if role is Role.READ:
        options |= {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}
    elif backend != "sqlite":
        options["isolation_level"] = "READ COMMITTED"
    translate = translate_map(backend, settings)
    return EnginePlan(parsed, role, settings, options, {"schema_translate_map": translate} if translate else {})


def translate_map(backend: str, settings: Settings) -> dict[str | None, str | None] | None:
    """Where the symbolic schema really is; None where no translation is needed, which is the fastest."""
    if backend != "postgresql":
        return {SCHEMA: None}
    return None if settings.schema_name == SCHEMA else {SCHEMA: settings.schema_name}


def _with_driver(url: str | URL, world: World) -> URL:
    """The URL with the driver of this world; a driver the URL names is kept where it fits that world."""
    try:
        parsed = make_url(url)
        drivers = DRIVERS[parsed.get_backend_name()]
    except (ArgumentError, KeyError):
        supported = ", ".join(sorted(DRIVERS))
        message = f"is not a database URL of a supported engine ({supported})"
        raise SettingsError(message, setting="TELEMED_STORE_DATABASE_URL") from None
    both_worlds = parsed.drivername == "postgresql+psycopg"
    return parsed if both_worlds else parsed.set(drivername=drivers[world])


def _postgresql_args(url: URL, settings: Settings, role: Role) -> dict[str, Any]:
    limit = settings.read_statement_timeout if role is Role.READ else settings.write_statement_timeout
    session = {
        "timezone": "UTC",
        "statement_timeout": _milliseconds(limit),
        "lock_timeout": _milliseconds(settings.lock_timeout),
        "idle_in_transaction_session_timeout": _milliseconds(settings.idle_transaction_timeout),
    }
    connect = settings.connect_timeout.total_seconds()
    if url.get_driver_name() == "asyncpg":
        return {"server_settings": session, "timeout": connect}
    # libpq takes whole seconds and reads 1 as 2.
    options = " ".join(f"-c {name}={value}" for name, value in session.items())
    return {"options": options, "connect_timeout": max(2, round(connect))}


def _mysql_args(url: URL, settings: Settings, role: Role) -> dict[str, Any]:
    limit = settings.read_statement_timeout if role is Role.READ else settings.write_statement_timeout
    session = {
        "time_zone": "'+00:00'",
        "sql_mode": "'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
        "max_statement_time": str(limit.total_seconds()),
        "innodb_lock_wait_timeout": str(max(1, round(settings.lock_timeout.total_seconds()))),
        "idle_transaction_timeout": str(max(1, round(settings.idle_transaction_timeout.total_seconds()))),
    }
    init = "SET " + ", ".join(f"SESSION {name} = {value}" for name, value in session.items())
    # What frozen servers do to a client is answered by the sockets' own time limits, a little above the server's.
    patience = limit.total_seconds() + settings.lock_timeout.total_seconds()
    args: dict[str, Any] = {"init_command": init, "charset": "utf8mb4", "connect_timeout": _seconds(settings)}
    if url.get_driver_name() == "pymysql":
        args |= {"read_timeout": patience, "write_timeout": patience}
    return args


def _sqlite_args(_url: URL, settings: Settings, _role: Role) -> dict[str, Any]:
    # isolation_level None: the driver begins nothing by itself; `configure` says BEGIN IMMEDIATE.
    timeout = settings.sqlite_lock_timeout.total_seconds()
    return {"timeout": timeout, "isolation_level": None, "check_same_thread": False}


_CONNECT_ARGS: Final = {
    "postgresql": _postgresql_args,
    "mysql": _mysql_args,
    "mariadb": _mysql_args,
    "sqlite": _sqlite_args,
}


def _milliseconds(duration: Any) -> str:
    return str(max(1, round(duration.total_seconds() * 1000)))


def _seconds(settings: Settings) -> int:
    return max(1, round(settings.connect_timeout.total_seconds()))


class Deadline:
    """When the statement now running on one SQLite connection is to be interrupted; SQLite asks every few thousand steps."""

    STEPS: Final = 4000

    __slots__ = ("at",)

    def __init__(self) -> None:
        self.at = float("inf")

    def passed(self) -> int:
        """1, which interrupts the statement, once the instant is over."""
        return int(time.monotonic() > self.at)


def configure(engine: Engine, plan: EnginePlan) -> None:
    """Attach what connections of this engine need beyond their arguments (SQLite: pragmas, locks and time limits)."""
    if engine.dialect.name == "sqlite":
        _configure_sqlite(engine, plan)


def _configure_sqlite(engine: Engine, plan: EnginePlan) -> None:
    settings = plan.settings
    limit = (settings.read_statement_timeout if plan.role is Role.READ else settings.write_statement_timeout).total_seconds()

    def connected(dbapi_connection: Any, record: Any) -> None:
        cursor = dbapi_connection.cursor()
        for pragma in ("journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL", "recursive_triggers = ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        deadline = record.info["deadline"] = Deadline()
        _set_progress_handler(dbapi_connection, deadline)

    def before_execute(connection: Any, *_: object) -> None:
        connection.info["deadline"].at = time.monotonic() + limit

    def after_execute(connection: Any, *_: object) -> None:
        connection.info["deadline"].at = float("inf")

    event.listen(engine, "connect", connected)
    event.listen(engine, "before_cursor_execute", before_execute)
    event.listen(engine, "after_cursor_execute", after_execute)
    if plan.role is Role.WRITE:
        event.listen(engine, "begin", _begin_immediate)


def _set_progress_handler(dbapi_connection: Any, deadline: Deadline) -> None:
    """The time limit of every statement, in SQLite's own thread in the asynchronous world."""
    if hasattr(dbapi_connection, "run_async"):
        dbapi_connection.run_async(lambda aiosqlite: aiosqlite.set_progress_handler(deadline.passed, Deadline.STEPS))
    else:
        dbapi_connection.set_progress_handler(deadline.passed, Deadline.STEPS)


def _begin_immediate(connection: Any) -> None:
    # The lock is taken at the start: a transaction that reads first and writes later could only fail with SQLITE_BUSY.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
