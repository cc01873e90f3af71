"""How long a server that says nothing is waited for: when a connection is opened, when it leaves the pool, and at each statement.

A server's own time limits end what it works on. A server that is stopped or unreachable keeps none of them, so the drivers do, and
each does it in another way or only in part: here they are brought to one rule. Whoever meets the silence waits once: the connection
is thrown away at once, with all that lie in its pool, and nobody waits for a silent server to roll back or to say goodbye.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import select
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Dialect, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import InvalidatePoolError

from telemed_store.database.translation import is_disconnect
from telemed_store.settings import Settings

__all__ = ["Patience", "be_patient"]


@dataclass(frozen=True, slots=True)
class Patience:
    """Two limits, in seconds.

    Attributes:
        connect: Opening a connection, and the sign of life of one from the pool.
        statement: Any other answer: a little above the server's own time limits.
    """

    connect: float
    statement: float

    @classmethod
    def of(cls, settings: Settings, statement_limit: dt.timedelta) -> Patience:
        """The limits that fit the server's own."""
        return cls(settings.connect_timeout.total_seconds(), (statement_limit + settings.lock_timeout).total_seconds())


def be_patient(engine: Engine, patience: Patience, *, ping: bool) -> None:
    """Keep the limits on every connection of this engine.

    Args:
        engine: Of a server; its connections have ``patience.statement`` already where the driver takes it as an argument.
        patience: The limits.
        ping: Whether a connection from the pool has to show that it lives before it is used.
    """
    driver = engine.dialect.driver
    connect = _CONNECT.get(driver)
    if connect is not None:

        def opening(dialect: Dialect, _record: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
            return connect(dialect, arguments, options, patience)

        event.listen(engine, "do_connect", opening)
    event.listen(engine, "handle_error", _failed)
    if ping:
        _listen_for_life(engine, patience)


# --- opening ------------------------------------------------------------------------------------------------------------------


def _connect_psycopg(
    dialect: Dialect, arguments: list[Any], options: dict[str, Any], patience: Patience
) -> object | None:
    from telemed_store.database.psycopg_connections import PatientAsyncConnection, PatientConnection

    if not dialect.is_async:
        connection = PatientConnection.connect(*arguments, **options)
        connection.patience = patience.statement
        return connection

    async def connect(*arguments: Any, **options: Any) -> PatientAsyncConnection:
        connection = await PatientAsyncConnection.connect(*arguments, **options)
        connection.patience = patience.statement
        return connection

    options["async_creator_fn"] = connect
    return None


def _connect_pymysql(dialect: Dialect, arguments: list[Any], options: dict[str, Any], patience: Patience) -> object:
    # The driver's own limit for connecting ends with the TCP handshake, which the kernel of a stopped server completes.
    connection = dialect.connect(*arguments, **(options | {"read_timeout": patience.connect}))
    setattr(connection, _LIMITS["pymysql"], patience.statement)
    return connection


def _connect_asyncmy(dialect: Dialect, _arguments: list[Any], options: dict[str, Any], patience: Patience) -> None:
    adapted: Any = dialect.dbapi

    async def connect(*arguments: Any, **options: Any) -> Any:
        opening = asyncio.ensure_future(adapted.asyncmy.connect(*arguments, **options))
        try:
            return await asyncio.wait_for(opening, patience.connect)
        except BaseException:
            # On Python 3.11 the driver may miss its cancellation and open the connection all the same: nobody else would close it.
            if opening.done() and not opening.cancelled() and opening.exception() is None:
                opening.result().close()
            raise

    options["async_creator_fn"] = connect


_CONNECT: Final[dict[str, Callable[[Dialect, list[Any], dict[str, Any], Patience], object | None]]] = {
    # asyncpg bounds all of it by itself.
    "psycopg": _connect_psycopg,
    "pymysql": _connect_pymysql,
    "asyncmy": _connect_asyncmy,
}


# --- leaving the pool ---------------------------------------------------------------------------------------------------------

_NEW: Final = "telemed_new"
_USED: Final = "telemed_used"
_LATELY: Final = 1.0
"""Seconds for which a connection that has answered is taken to live, as long as its socket says nothing else."""


def _listen_for_life(engine: Engine, patience: Patience) -> None:
    """SQLAlchemy's own ping would wait for a dead server as long as for a statement, and ask before every unit of a busy process."""

    def opened(_connection: Any, record: Any) -> None:
        record.info[_NEW] = True

    def returned(_connection: Any, record: Any) -> None:
        record.info[_USED] = time.monotonic()

    def taken(connection: Any, record: Any, _proxy: Any) -> None:
        if record.info.pop(_NEW, False):
            return
        try:
            if time.monotonic() - record.info[_USED] > _LATELY or not _is_quiet(engine.dialect, connection):
                _ping(engine.dialect, connection, patience)
        except Exception:  # noqa: BLE001 - whatever it says, it is not fit for a unit of work
            _give_up(engine.dialect, connection)
        else:
            return
        raise InvalidatePoolError

    event.listen(engine, "connect", opened)
    event.listen(engine, "checkin", returned)
    event.listen(engine, "checkout", taken)


def _is_quiet(dialect: Dialect, connection: Any) -> bool:
    """Whether nothing has arrived: a connection that the other side has ended has that to be read. False where nobody can tell."""
    find = _SOCKETS.get(dialect.driver)
    socket = None if find is None else find(getattr(connection, "driver_connection", connection))
    if socket is None or not hasattr(select, "poll"):
        return False
    arrived = select.poll()
    arrived.register(socket, select.POLLIN)
    return not arrived.poll(0)


def _asyncpg_socket(connection: Any) -> Any:
    transport = None if connection.is_closed() else getattr(connection, "_transport", None)
    return transport and transport.get_extra_info("socket")


_SOCKETS: Final[dict[str, Callable[[Any], Any]]] = {
    "psycopg": lambda connection: connection.fileno(),
    "asyncpg": _asyncpg_socket,
}

_LIMITS: Final = {"psycopg": "patience", "pymysql": "_read_timeout", "asyncmy": "_read_timeout"}
"""The attribute in which a driver's connection keeps its limit."""


def _ping(dialect: Dialect, connection: Any, patience: Patience) -> None:
    if dialect.driver == "asyncpg":

        def ask(asyncpg: Any) -> Any:
            # A simple query, in one message: it also suits a pooler that gives each transaction another connection. Not an empty one,
            # whose answer asyncpg takes for an error: each unit then opened a connection of its own.
            return asyncpg.execute("SELECT 1", timeout=patience.connect)

        connection.run_async(ask)
        return
    driver = getattr(connection, "driver_connection", connection)
    setattr(driver, _LIMITS[dialect.driver], patience.connect)
    dialect.do_ping(connection)
    setattr(driver, _LIMITS[dialect.driver], patience.statement)


# --- giving up ----------------------------------------------------------------------------------------------------------------


def _give_up(dialect: Dialect, connection: Any) -> None:
    """End a connection without a farewell that would wait for an answer; the other drivers have ended it by themselves."""
    if dialect.driver == "asyncpg":
        connection.driver_connection.terminate()


def _failed(context: ExceptionContext) -> None:
    """Throw away what our translation takes for lost, and what did not answer in time: asyncpg would wait for that again."""
    connection = context.connection
    if connection is None or connection.closed or connection.invalidated:
        return
    if isinstance(context.original_exception, TimeoutError):
        context.is_disconnect = True
        _give_up(context.dialect, connection.connection.dbapi_connection)
    elif is_disconnect(context.sqlalchemy_exception or context.original_exception):
        context.is_disconnect = True
