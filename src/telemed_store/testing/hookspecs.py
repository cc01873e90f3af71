"""What a host can tell the plugin: hooks to implement in a ``conftest.py`` or a plugin of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["pytest_telemed_template"]


def pytest_telemed_template(connection: Connection, engine: str) -> None:
    """Add the host's own tables, and rows that every test shall find, to the template that each test's database is a copy of.

    Called once per session and engine, after the store's own tables were made. The transaction is committed afterwards.

    Args:
        connection: A SQLAlchemy connection to the template, in a transaction.
        engine: ``sqlite``, ``postgresql`` or ``mariadb``.

    Example:
        >>> def pytest_telemed_template(connection, engine):
        ...     host_metadata.create_all(connection)
    """
