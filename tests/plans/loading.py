"""Loading a population the quick way of each engine: COPY, LOAD DATA, many rows per statement; then the engine counts what it has."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, Table, create_engine, insert
from sqlalchemy.pool import NullPool

from telemed_store.appointments.tables import appointment_logs, appointments
from telemed_store.database.engines import Role, engine_plan
from telemed_store.database.metadata import METADATA, SCHEMA
from telemed_store.database.native import family
from telemed_store.database.types import Ciphertext, Digest, Id
from telemed_store.settings import load_settings

from .population import Population

_CHUNK = 5_000


def load(url: str, population: Population) -> None:
    """Fill an empty database, and let its planner know."""
    engine = _loading_engine(url)
    with engine.begin() as connection:
        if family(connection.dialect) == "sqlite":
            connection.exec_driver_sql("PRAGMA synchronous = OFF")
        for name, rows in population.people():
            _insert(connection, METADATA.tables[f"{SCHEMA}.{name}"], rows)
    loader = _LOADERS[family(engine.dialect)]
    loader(engine, appointments, population.visits())
    loader(engine, appointment_logs, population.logs())
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        gather_statistics(connection)


def fill(url: str, tables: Iterable[tuple[Table, Iterator[dict[str, Any]]]]) -> None:
    """Add rows to tables of a server's database, past foreign keys and triggers, and let its planner know."""
    engine = _loading_engine(url)
    loader = _LOADERS[family(engine.dialect)]
    for table, rows in tables:
        loader(engine, table, rows)
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        gather_statistics(connection)


def _loading_engine(url: str) -> Engine:
    """An engine without the store's time limits, under which nobody loads so much, and its way of beginning a transaction."""
    plan = engine_plan(url, load_settings(env="test"), Role.WRITE, "sync")
    limits = {"options", "init_command", "read_timeout", "write_timeout", "isolation_level"}
    arguments = {name: value for name, value in plan.options["connect_args"].items() if name not in limits}
    if plan.url.get_driver_name() == "pymysql":
        arguments["local_infile"] = True
    return create_engine(plan.url, poolclass=NullPool, connect_args=arguments, execution_options=plan.execution_options)


def gather_statistics(connection: Connection) -> None:
    """What each engine does by itself after a while, now."""
    kind = family(connection.dialect)
    if kind == "postgresql":
        connection.exec_driver_sql("VACUUM (ANALYZE)")
    elif kind == "mysql":
        names = ", ".join(table.name for table in METADATA.sorted_tables)
        connection.exec_driver_sql(f"ANALYZE TABLE {names}").all()


def _insert(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    statement = insert(table)
    for chunk in _chunks(rows):
        connection.execute(statement, chunk)


def _chunks(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _by_copy(engine: Engine, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows)
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with (
        # Neither triggers nor foreign keys: they are not tested here.
        psycopg.connect(url, options="-c session_replication_role=replica") as connection,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {SCHEMA}.{table.name} ({', '.join(first)}) FROM STDIN") as copy,
    ):
        copy.write(_line(first))
        for row in rows:
            copy.write(_line(row))


def _by_load_data(engine: Engine, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows)
    # Neither an id nor bytes can be read as they are; NULL stays NULL.
    binary = [name for name in first if isinstance(table.c[name].type, Id | Ciphertext | Digest)]
    columns = ", ".join(f"@{name}" if name in binary else name for name in first)
    unhexed = ", ".join(f"{name} = UNHEX(REPLACE(REPLACE(@{name}, '-', ''), '\\\\x', ''))" for name in binary)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, table.name)
        with path.open("wb") as file:
            file.write(_line(first))
            file.writelines(_line(row) for row in rows)
        with engine.begin() as connection:
            connection.exec_driver_sql("SET SESSION foreign_key_checks = 0, unique_checks = 0")
            connection.exec_driver_sql(
                f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE {table.name} CHARACTER SET utf8mb4 ({columns}) SET {unhexed}"
            )


def _by_rows(engine: Engine, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA synchronous = OFF")
        _insert(connection, table, rows)


_LOADERS: dict[str, Callable[[Engine, Table, Iterator[dict[str, Any]]], None]] = {
    "postgresql": _by_copy,
    "mysql": _by_load_data,
    "sqlite": _by_rows,
}


def _line(row: dict[str, Any]) -> bytes:
    """A row as both COPY and LOAD DATA read it: fields between tabs, NULL as a backslash and N, instants in UTC."""
    return ("\t".join(map(_field, row.values())) + "\n").encode()


def _field(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None).isoformat(" ")
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, bytes):
        return f"\\\\x{value.hex()}"
    return str(value)
