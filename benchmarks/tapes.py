"""What the package sends, recorded; and the same sent again by the bare driver.

A tape is recorded from the package's own verb, in a unit of work that is undone at its end. So the bare driver can afterwards send the
very same SQL with the same parameters, and its rows are stored for the first time. It fetches every result and looks at none: no
models, no visibility, no audit, no checks.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import psycopg
from sqlalchemy import Engine, event

from telemed_store import Actor, AsyncStore, AsyncUnitOfWork, Store, UnitOfWork
from telemed_store.testing.watching import is_control, is_opening

JOB = Actor.system("benchmark")
SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"


@dataclass
class Tape:
    """The statements of one verb: SQL in the driver's own style, parameters, whether they are many rows."""

    statements: list[tuple[str, Any, bool]] = field(default_factory=list)


class _Undo(Exception):
    """Ends a unit of work whose rows are not to stay."""


@contextlib.contextmanager
def _recorded(tape: Tape) -> Generator[None]:
    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:  # noqa: FBT001
        if not is_control(statement) and not is_opening(statement):
            # A list of parameters is the compiler's own and may be used again.
            tape.statements.append((statement, list(parameters) if many else parameters, many))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def record(store: Store, verb: Callable[[UnitOfWork], Any], actor: Actor = JOB) -> Tape:
    """The statements that a verb sends through psycopg."""
    (tape,) = record_each(store, [verb], actor)
    return tape


def record_each(store: Store, verbs: Sequence[Callable[[UnitOfWork], Any]], actor: Actor = JOB) -> list[Tape]:
    """The same of several verbs, each of which finds what those before it wrote."""
    tapes = [Tape() for _ in verbs]
    with contextlib.suppress(_Undo), store.unit_of_work(actor) as unit:
        for verb, tape in zip(verbs, tapes, strict=True):
            with _recorded(tape):
                verb(unit)
        raise _Undo
    return tapes


async def record_async(
    store: AsyncStore, verb: Callable[[AsyncUnitOfWork], Awaitable[Any]], actor: Actor = JOB
) -> Tape:
    """The statements that a verb sends through asyncpg."""
    (tape,) = await record_each_async(store, [verb], actor)
    return tape


async def record_each_async(
    store: AsyncStore, verbs: Sequence[Callable[[AsyncUnitOfWork], Awaitable[Any]]], actor: Actor = JOB
) -> list[Tape]:
    """The same of several verbs, each of which finds what those before it wrote."""
    tapes = [Tape() for _ in verbs]
    with contextlib.suppress(_Undo):
        async with store.unit_of_work(actor) as unit:
            for verb, tape in zip(verbs, tapes, strict=True):
                with _recorded(tape):
                    await verb(unit)
            raise _Undo
    return tapes


def play(connection: psycopg.Connection[Any], tape: Tape) -> list[Any]:
    """Send the tape's statements; the rows of the last one."""
    rows: list[Any] = []
    with connection.cursor() as cursor:
        for statement, parameters, many in tape.statements:
            if many:
                cursor.executemany(statement, parameters)
            else:
                cursor.execute(statement, parameters)
                rows = cursor.fetchall() if cursor.pgresult and cursor.pgresult.nfields else []
    return rows


def play_unit(connection: psycopg.Connection[Any], tape: Tape) -> None:
    """The same between BEGIN and COMMIT."""
    with connection.transaction():
        play(connection, tape)


def play_snapshot(connection: psycopg.Connection[Any], tape: Tape) -> None:
    """The same at one point in time, as the package's readers do it."""
    connection.execute(SNAPSHOT)
    play(connection, tape)
    connection.execute("ROLLBACK")


async def play_async(connection: asyncpg.Connection[Any], tape: Tape) -> list[Any]:
    """Send the tape's statements; the rows of the last one."""
    rows: list[Any] = []
    for statement, parameters, many in tape.statements:
        if many:
            await connection.executemany(statement, parameters)
        else:
            rows = await connection.fetch(statement, *parameters)
    return rows


async def play_unit_async(connection: asyncpg.Connection[Any], tape: Tape) -> None:
    """The same between BEGIN and COMMIT."""
    async with connection.transaction():
        await play_async(connection, tape)


async def play_snapshot_async(connection: asyncpg.Connection[Any], tape: Tape) -> None:
    """The same at one point in time, as the package's readers do it."""
    await connection.execute(SNAPSHOT)
    await play_async(connection, tape)
    await connection.execute("ROLLBACK")
