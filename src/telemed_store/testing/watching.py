"""What statement counting and fault injection have in common: whose connection it is, and what is only transaction control.

Both listen to SQLAlchemy's own events for every engine of the process, and then look only at those of the test's database: a store
makes its engines when it needs them, one pair per event loop.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import URL, Engine, event, make_url

__all__ = ["Database", "is_control", "is_opening", "listening"]

_CONTROL: Final = re.compile(
    r"\s*(BEGIN|START\s+TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET\s+TRANSACTION|PRAGMA)\b", re.IGNORECASE
)

# What opening a connection asks, once per pool: the dialect about the server, the store about the schema.
_OPENING: Final = re.compile(
    r"schema_compatibility|pg_catalog\.version\(\)|current_schema\(\)|standard_conforming_strings"
    r"|SHOW VARIABLES|SELECT VERSION\(\)|@@(?:\w+\.)?(?:sql_mode|transaction_isolation|tx_isolation|lower_case_table_names)",
    re.IGNORECASE,
)


def is_control(statement: str) -> bool:
    """Whether a statement begins, ends or divides a transaction, and asks nothing of the database."""
    return _CONTROL.match(statement) is not None


def is_opening(statement: str) -> bool:
    """Whether a statement is one that only the first use of a pool causes."""
    return _OPENING.search(statement) is not None


class Database:
    """The database of one test, as its URL names it."""

    def __init__(self, url: str) -> None:
        self.url: URL = make_url(url)

    @property
    def family(self) -> str:
        """``postgresql``, ``mysql`` (MariaDB too) or ``sqlite``."""
        backend = self.url.get_backend_name()
        return "mysql" if backend == "mariadb" else backend

    def has(self, engine: Engine) -> bool:
        """Whether an engine's connections go to this database."""
        url = engine.url
        return (url.database, url.host, url.port) == (self.url.database, self.url.host, self.url.port)

    def is_named_in(self, arguments: list[Any], options: dict[str, Any]) -> bool:
        """Whether a driver's arguments for connecting name this database."""
        return self.url.database in {str(value) for value in (*arguments, *options.values())}


@contextmanager
def listening(*listeners: tuple[type, str, Callable[..., Any]]) -> Generator[None]:
    """Listen to events of all engines or pools within the block: ``(Engine, "commit", function)``."""
    for target, name, function in listeners:
        event.listen(target, name, function)
    try:
        yield
    finally:
        for target, name, function in listeners:
            event.remove(target, name, function)
