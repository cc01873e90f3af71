"""Where the demonstration writes: a fresh SQLite file in a folder of its own, or an empty database that the caller names.

A second run replaces the file of the first. It replaces nothing that a demonstration did not make: a marker in the folder tells.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import URL

from telemed_store.errors import SettingsError
from telemed_store.settings import Settings, load_settings

__all__ = ["DATABASE", "demo_settings"]

DATABASE: Final = "telemed.sqlite3"
MARKER: Final = ".telemed-demo"
COMPANIONS: Final = ("", "-wal", "-shm", "-journal", ".keys")


def demo_settings(output: Path, database_url: str | None) -> Settings:
    """The settings of the demonstration's store; makes the folder ``output``.

    The environment's replica, direct URL, event sink and production mode belong to another database than this one and do not count.

    Raises:
        SettingsError: The folder cannot be written or holds a database that no demonstration made, or a setting is wrong.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
        url = database_url or _fresh(output)
    except OSError as failure:
        raise SettingsError(
            f"The folder {output} cannot be used ({failure.strerror}): name another one with --output."
        ) from None
    return load_settings(
        database_url=url, env="development", replica_url=None, direct_url=None, key_store=None, event_sink=None
    )


def _fresh(output: Path) -> str:
    path, marker = output / DATABASE, output / MARKER
    files = [path.with_name(path.name + suffix) for suffix in COMPANIONS]
    if not marker.exists():
        if any(file.exists() for file in files):
            raise SettingsError(
                f"The folder {output} holds a database that no demonstration made: name another one with --output."
            )
        marker.write_text(f"{DATABASE} beside this file is replaced by every `telemed-store demo`.\n", encoding="utf-8")
    for file in files:
        file.unlink(missing_ok=True)
    return URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)
