"""Whether a transaction may still be committed: not after a statement of it failed, whoever swallowed the error.

PostgreSQL answers ROLLBACK to the COMMIT of a failed transaction, without an error. MariaDB (deadlock) and SQLite (disk full) undo
the whole transaction at some failures and run what follows outside it. So the connection itself is watched: a statement of the
host's on ``uow.connection`` counts as much as one of ours. A savepoint that is rolled back takes its failures with it.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext

from telemed_store.database.translation import translate
from telemed_store.errors import StoreError

__all__ = ["HEALTH_OPTION", "TransactionHealth", "watch"]

HEALTH_OPTION: Final = "telemed_health"
"""The execution option under which a connection carries its transaction's health."""


class TransactionHealth:
    """What has gone wrong in one transaction.

    Attributes:
        failure: The first failure that has not been undone; None: the transaction may be committed.
    """

    __slots__ = ("_at_savepoints", "failure")

    def __init__(self) -> None:
        self.failure: StoreError | None = None
        self._at_savepoints: list[StoreError | None] = []

    def fail(self, failure: StoreError) -> None:
        """Note a failure; the first one counts, for the others follow from it."""
        self.failure = self.failure or failure

    def savepoint_begins(self) -> None:
        """What fails from here on may be undone alone."""
        self._at_savepoints.append(self.failure)

    def savepoint_ends(self, *, undone: bool) -> None:
        """The innermost savepoint is over: what failed in it is undone with it, or stays."""
        before = self._at_savepoints.pop() if self._at_savepoints else self.failure
        if undone:
            self.failure = before


def watch(engine: Engine) -> None:
    """Let failures on connections of this engine reach the `TransactionHealth` they carry, if they carry one."""

    def failed(context: ExceptionContext) -> None:
        health = _health(context.connection)
        if health is not None:
            health.fail(translate(context.sqlalchemy_exception or context.original_exception, context.dialect))

    def began(connection: Connection, _name: str) -> None:
        if health := _health(connection):
            health.savepoint_begins()

    def released(connection: Connection, _name: str, _context: Any) -> None:
        if health := _health(connection):
            health.savepoint_ends(undone=False)

    def rolled_back(connection: Connection, _name: str, _context: Any) -> None:
        if health := _health(connection):
            health.savepoint_ends(undone=True)

    event.listen(engine, "handle_error", failed)
    event.listen(engine, "savepoint", began)
    event.listen(engine, "release_savepoint", released)
    event.listen(engine, "rollback_savepoint", rolled_back)


def _health(connection: Connection | None) -> TransactionHealth | None:
    return None if connection is None else connection.get_execution_options().get(HEALTH_OPTION)
