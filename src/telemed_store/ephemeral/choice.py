"""Where what is short-lived is kept: in Redis if there is one, else in the memory of this process where that can be right."""

from __future__ import annotations

from typing import Literal

from telemed_store.errors import SettingsError
from telemed_store.redis_client.urls import REDIS_URL_SETTING
from telemed_store.settings import Settings

__all__ = ["Place", "place_of"]

Place = Literal["redis", "in_process"]


def place_of(what: str, settings: Settings, dialect_name: str) -> Place:
    """Where something is kept.

    Args:
        what: The store's property, such as ``sessions``.
        settings: Those of the store.
        dialect_name: SQLAlchemy's name of the store's database.

    Raises:
        SettingsError: It has to be Redis, and there is none.
    """
    if settings.redis_url is not None:
        return "redis"
    if settings.env == "production":
        raise SettingsError(
            f"is required for `{what}` where TELEMED_STORE_ENV is production", setting=REDIS_URL_SETTING
        )
    # Two processes on one SQLite file are seldom; on a server they are the rule, and neither sees the other's memory.
    if dialect_name == "sqlite" or settings.single_process:
        return "in_process"
    raise SettingsError(
        f"is required for `{what}` on a database server: set it,"
        " or TELEMED_STORE_SINGLE_PROCESS=true where one process alone uses this database",
        setting=REDIS_URL_SETTING,
    )
