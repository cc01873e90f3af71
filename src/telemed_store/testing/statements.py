"""Counting the statements that a verb sends: a query in a loop shows at once."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine

from telemed_store.testing.watching import Database, is_control, is_opening, listening

__all__ = ["SeenStatements", "StatementCounter"]


class SeenStatements:
    """The statements that one block sent, in order, without their parameters.

    BEGIN, COMMIT and savepoints are not among them, nor what opening a connection asks.
    """

    def __init__(self) -> None:
        self._texts: list[str] = []

    @property
    def texts(self) -> tuple[str, ...]:
        """The SQL of each."""
        return tuple(self._texts)

    @property
    def count(self) -> int:
        """How many there were; an executemany is one."""
        return len(self._texts)

    def assert_at_most(self, limit: int) -> None:
        """Fail, listing the statements, if there were more than ``limit``."""
        __tracebackhide__ = True
        if self.count > limit:
            listed = "\n".join(f"{number:3}. {' '.join(text.split())}" for number, text in enumerate(self._texts, 1))
            raise AssertionError(f"{self.count} statements, at most {limit} were expected:\n{listed}")

    def add(self, text: str) -> None:
        """Note a statement."""
        self._texts.append(text)


class StatementCounter:
    """Counts what is sent to the database of one test, by any store or engine of this process.

    Example:
        >>> def test_booking_is_cheap(telemed_statements, telemed_make):
        ...     with telemed_statements() as seen:
        ...         telemed_make.doctor()
        ...     seen.assert_at_most(12)
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url)

    @contextmanager
    def __call__(self) -> Generator[SeenStatements]:
        """Count within the block."""
        seen = SeenStatements()

        def note(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
            counted = not is_control(statement) and not is_opening(statement)
            if counted and self._database.has(connection.engine):
                seen.add(statement)

        with listening((Engine, "before_cursor_execute", note)):
            yield seen
