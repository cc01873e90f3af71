"""How a database is opened: URLs and drivers, pools, time limits, isolation, and what each new connection is told.

Two pools per database: ``WRITE`` for units of work (READ COMMITTED; BEGIN IMMEDIATE on SQLite) and ``READ`` for readers and
snapshots (AUTOCOMMIT, no reset on return, no ping: an idempotent read is retried once instead; design §3.1). A snapshot begins its
own transaction on a READ connection with `BEGIN_SNAPSHOT`.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal

from sqlalchemy import URL, Connection, Engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from telemed_store.database.compiled import COMPILED
from telemed_store.database.health import watch
from telemed_store.database.metadata import SCHEMA
from telemed_store.database.patience import Patience, be_patient
from telemed_store.database.sqlite_connections import SqliteConnection, watch_use
from telemed_store.errors import SettingsError
from telemed_store.settings import Settings

__all__ = [
    "BEGIN_SNAPSHOT",
    "Deadline",
    "EnginePlan",
    "Role",
    "World",
    "adopted_options",
    "close_on_return",
    "configure",
    "configure_adopted",
    "engine_plan",
    "translate_map",
]

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
        # Nothing is left open in AUTOCOMMIT: a ROLLBACK at the end of each statement would be a round trip for nothing.
        options |= {
            "isolation_level": "AUTOCOMMIT",
            "pool_reset_on_return": None,
            "skip_autocommit_rollback": True,
        }
    elif backend != "sqlite":
        options["isolation_level"] = "READ COMMITTED"
    return EnginePlan(parsed, role, settings, options, _execution_options(backend, settings))


def _execution_options(backend: str, settings: Settings) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if translate := translate_map(backend, settings):
        options["schema_translate_map"] = translate
    if backend == "postgresql":
        options[COMPILED] = {}
    return options


def translate_map(backend: str, settings: Settings) -> dict[str | None, str | None] | None:
    """Where the symbolic schema really is; None where no translation is needed, which is the fastest."""
    if backend != "postgresql":
        return {SCHEMA: None}
    return None if settings.schema_name == SCHEMA else {SCHEMA: settings.schema_name}


def adopted_options(backend: str, settings: Settings, role: Role) -> dict[str, Any]:
    """The execution options under which an engine of the host's does the work of one of our pools."""
    options = _execution_options(backend, settings)
    if role is Role.READ:
        options["isolation_level"] = "AUTOCOMMIT"
    elif backend != "sqlite":
        options["isolation_level"] = "READ COMMITTED"
    return options


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


def _statement_limit(settings: Settings, role: Role) -> dt.timedelta:
    return settings.read_statement_timeout if role is Role.READ else settings.write_statement_timeout


def _postgresql_args(url: URL, settings: Settings, role: Role) -> dict[str, Any]:
    limit = _statement_limit(settings, role)
    session = {
        "timezone": "UTC",
        "statement_timeout": _milliseconds(limit),
        "lock_timeout": _milliseconds(settings.lock_timeout),
        "idle_in_transaction_session_timeout": _milliseconds(settings.idle_transaction_timeout),
        # PostgreSQL's default of 4 stands for a rotating disk: with it the planner fetches and sorts somebody's whole history rather
        # than walk the index of a list. 1.1 is what its manual names for solid-state drives.
        "random_page_cost": "1.1",
    }
    connect, patience = settings.connect_timeout.total_seconds(), Patience.of(settings, limit).statement
    if url.get_driver_name() == "asyncpg":
        return {"server_settings": session, "timeout": connect, "command_timeout": patience}
    options = " ".join(f"-c {name}={value}" for name, value in session.items())
    return {
        "options": options,
        # libpq takes whole seconds and reads 1 as 2.
        "connect_timeout": max(2, round(connect)),
        # A network that swallows everything is noticed by the kernel too, which then ends the connection for both sides.
        "tcp_user_timeout": _milliseconds(dt.timedelta(seconds=patience)),
        "keepalives_idle": "5",
        "keepalives_interval": "2",
        "keepalives_count": "3",
    }


_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def _mysql_args(url: URL, settings: Settings, role: Role) -> dict[str, Any]:
    limit = _statement_limit(settings, role)
    session = {
        "time_zone": "'+00:00'",
        "sql_mode": "'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
        "max_statement_time": str(limit.total_seconds()),
        "innodb_lock_wait_timeout": str(max(1, round(settings.lock_timeout.total_seconds()))),
        "idle_transaction_timeout": str(max(1, round(settings.idle_transaction_timeout.total_seconds()))),
        # What exists for a row is looked up by an index, for the rows of a page alone. MariaDB would rather read it for all rows of the
        # table beforehand (measured: 46,012 rows of windows and blocks for a page of 50 doctors among 2,000).
        "optimizer_switch": "'exists_to_in=off'",
    }
    init = "SET " + ", ".join(f"SESSION {name} = {value}" for name, value in session.items())
    patience = Patience.of(settings, limit).statement
    args: dict[str, Any] = {
        "init_command": init,
        "charset": "utf8mb4",
        "connect_timeout": settings.connect_timeout.total_seconds(),
        "read_timeout": patience,
    }
    if url.get_driver_name() == "pymysql":
        args["write_timeout"] = patience
        if url.host in _LOOPBACK and not any(name.startswith("ssl") for name in url.query):
            # PyMySQL reads all the system's certificates for every connection: 80 ms, for one that never leaves the machine.
            args["ssl_disabled"] = True
    return args


def _sqlite_args(_url: URL, settings: Settings, _role: Role) -> dict[str, Any]:
    # isolation_level None: the driver begins nothing by itself; `configure` says BEGIN IMMEDIATE.
    timeout = settings.sqlite_lock_timeout.total_seconds()
    return {
        "timeout": timeout,
        "isolation_level": None,
        "check_same_thread": False,
        "factory": SqliteConnection,
    }


_CONNECT_ARGS: Final = {
    "postgresql": _postgresql_args,
    "mysql": _mysql_args,
    "mariadb": _mysql_args,
    "sqlite": _sqlite_args,
}


def _milliseconds(duration: dt.timedelta) -> str:
    return str(max(1, round(duration.total_seconds() * 1000)))


class Deadline:
    """When the statement now running on one SQLite connection is to be interrupted; SQLite asks every few thousand steps."""

    STEPS: Final = 4000

    __slots__ = ("at",)

    def __init__(self) -> None:
        self.at: float = float("inf")

    def passed(self) -> int:
        """1, which interrupts the statement, once the instant is over."""
        return int(time.monotonic() > self.at)


def configure(engine: Engine, plan: EnginePlan) -> None:
    """Attach what connections of this engine need beyond their arguments (SQLite: pragmas, locks and time limits)."""
    _keep_values_out_of_logs(engine)
    if engine.dialect.name == "sqlite":
        _configure_sqlite(engine, plan)
        watch_use(engine)
    else:
        # A unit cannot be repeated by us as a read can, so a connection that died in the pool is found out before it begins.
        patience = Patience.of(plan.settings, _statement_limit(plan.settings, plan.role))
        be_patient(engine, patience, ping=plan.role is Role.WRITE)
    if plan.role is Role.WRITE:
        watch(engine)


def configure_adopted(engine: Engine, settings: Settings) -> None:
    """Attach what units of work need to a host's engine, seen through execution options of ours (`adopted_options`)."""
    _keep_values_out_of_logs(engine)
    if engine.dialect.name == "sqlite":
        _begin_with_the_lock(engine, settings)
    watch(engine)


def close_on_return(engine: Engine) -> None:
    """Before an engine is disposed of for good: a connection that is still in use then is closed when its user gives it back.

    SQLAlchemy would keep it in a pool that nobody can reach any more, open until the garbage collector comes by.
    """

    def returned(_connection: Any, entry: ConnectionPoolEntry) -> None:
        entry.close()

    event.listen(engine, "checkin", returned)


def _keep_values_out_of_logs(engine: Engine) -> None:
    """Debug records of aiosqlite quote every parameter, where ``hide_parameters`` does not reach: they need a level of their own.

    Whoever turns all logging to debug does not ask for health data; setting the level of ``aiosqlite`` itself does.
    """
    logger = logging.getLogger(engine.driver)
    if engine.driver == "aiosqlite" and logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)


_BUSY: Final = 5
_BUSY_STEP: Final = 200
"""Milliseconds that SQLite waits for its lock at a stretch: in between, a waiting task can be cancelled."""


def _configure_sqlite(engine: Engine, plan: EnginePlan) -> None:
    settings = plan.settings
    limit = _statement_limit(settings, plan.role).total_seconds()
    pragmas = ["journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL", "recursive_triggers = ON"]
    if plan.role is Role.WRITE:
        pragmas.append(f"busy_timeout = {_BUSY_STEP}")

    def connected(dbapi_connection: Any, record: Any) -> None:
        cursor = dbapi_connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        deadline = record.info["deadline"] = Deadline()
        _set_progress_handler(dbapi_connection, deadline)

    def before_execute(connection: Connection, *_: object) -> None:
        connection.info["deadline"].at = time.monotonic() + limit

    def after_execute(connection: Connection, *_: object) -> None:
        connection.info["deadline"].at = float("inf")

    def failed(context: ExceptionContext) -> None:
        connection = context.connection
        if connection is not None and not connection.closed and not connection.invalidated:
            # A cancelled task's statement still runs in the driver's thread and holds the write lock: it ends now.
            ended = isinstance(context.original_exception, Exception)
            connection.info["deadline"].at = float("inf") if ended else 0.0

    event.listen(engine, "connect", connected)
    event.listen(engine, "before_cursor_execute", before_execute)
    event.listen(engine, "after_cursor_execute", after_execute)
    event.listen(engine, "handle_error", failed)
    if plan.role is Role.WRITE:
        _begin_with_the_lock(engine, settings)


def _set_progress_handler(dbapi_connection: Any, deadline: Deadline) -> None:
    """The time limit of every statement, in SQLite's own thread in the asynchronous world."""
    if hasattr(dbapi_connection, "run_async"):

        def set_handler(aiosqlite: Any) -> Any:
            return aiosqlite.set_progress_handler(deadline.passed, Deadline.STEPS)

        dbapi_connection.run_async(set_handler)
    else:
        dbapi_connection.set_progress_handler(deadline.passed, Deadline.STEPS)


def _begin_with_the_lock(engine: Engine, settings: Settings) -> None:
    limit = settings.sqlite_lock_timeout.total_seconds()

    def begin(connection: Connection) -> None:
        # The lock is taken at the start: a transaction that reads first and writes later could only fail with SQLITE_BUSY.
        ends_at = time.monotonic() + limit
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            except OperationalError as failure:
                code: int = getattr(failure.driver_exception, "sqlite_errorcode", 0)
                if code & 0xFF != _BUSY or time.monotonic() >= ends_at:
                    raise
            else:
                return

    event.listen(engine, "begin", begin)
