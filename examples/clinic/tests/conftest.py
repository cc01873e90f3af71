"""Adds the clinic's own tables to the databases that telemed_store's fixtures hand out."""

from __future__ import annotations

from clinic import METADATA
from sqlalchemy import Connection


def pytest_telemed_template(connection: Connection) -> None:
    METADATA.create_all(connection)
