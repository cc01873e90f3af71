"""The key file of a local SQLite store: read if it is there, else made, unless data need the old one. Servers take keys from settings."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import stat
from pathlib import Path
from typing import Final

from telemed_store.crypto.master_keys import KEYS_SETTING, MasterKeys
from telemed_store.crypto.tables import SUBJECT_KEYS
from telemed_store.errors import SettingsError

__all__ = ["holds_keys", "key_file"]

_LOG: Final = logging.getLogger(__name__)
_HEADER: Final = f"""\
# Keys of the telemed_store database beside this file. Without them its encrypted columns cannot be read by anyone.
# Back this file up, apart from the database. The line below is the value of {KEYS_SETTING}.
"""


def key_file(path: Path, *, create: bool = True) -> MasterKeys:
    """Load the keys kept in a file, making the file with new keys if there is none.

    Processes that start at the same time end with the same keys, and none of them ever reads a half-written file.

    Args:
        path: The file, in an existing directory.
        create: Whether a missing file may be made. False if the database already holds data: new keys would not
            open it.

    Raises:
        SettingsError: The file is missing and may not or cannot be made, cannot be read, or is malformed.
    """
    with contextlib.suppress(FileNotFoundError):
        return _load(path)
    if not create:
        raise SettingsError(
            f"The key file {path} is missing but its database holds data that only its keys open: restore the file from its "
            f"backup, or set {KEYS_SETTING}."
        )
    try:
        made = _make(path, _HEADER + MasterKeys.generate().to_setting().get_secret_value() + "\n")
    except OSError as failure:
        raise SettingsError(
            f"The key file {path} cannot be made ({failure.strerror}): make its directory writable, "
            f"or set {KEYS_SETTING}."
        ) from None
    if made:
        _LOG.warning("Made new encryption keys in %s: back this file up, without it the data cannot be read.", path)
    return _load(path)


def holds_keys(database: Path) -> bool:
    """Whether a SQLite database may hold data keys, which only the keys that wrapped them open.

    Args:
        database: The file. It is looked into, and nothing of it changed; one that cannot be read may hold keys.
    """
    try:
        if database.stat().st_size == 0:
            return False
    except FileNotFoundError:
        return False
    except OSError:
        return True
    import sqlite3

    try:
        with contextlib.closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(f"SELECT 1 FROM {SUBJECT_KEYS.name} LIMIT 1").fetchone() is not None  # noqa: S608 - our own table's name
    except sqlite3.Error as failure:
        return "no such table" not in str(failure)


def _load(path: Path) -> MasterKeys:
    try:
        with path.open(encoding="ascii") as file:
            readable_by_others = bool(stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077)
            lines = [line.strip() for line in file]
    except FileNotFoundError:
        raise
    except UnicodeDecodeError:
        raise SettingsError(f"The key file {path} is damaged: restore it from its backup.") from None
    except OSError as failure:
        raise SettingsError(
            f"The key file {path} cannot be read ({failure.strerror}): correct its owner and mode."
        ) from None
    if readable_by_others and os.name == "posix":
        _LOG.warning("Other users of this machine may read the keys in %s: run `chmod 600` on it.", path)
    try:
        return MasterKeys.parse("".join(line for line in lines if line and not line.startswith("#")))
    except SettingsError as malformed:
        raise SettingsError(
            f"The key file {path} is damaged, restore it from its backup. {malformed.message}"
        ) from None


def _make(path: Path, content: str) -> bool:
    """Write the whole file under a name of its own, then link it into place: only one process can win the link."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return False
    finally:
        draft.unlink(missing_ok=True)
    _sync_directory(path.parent)
    return True


def _sync_directory(directory: Path) -> None:
    # Windows cannot open a directory; there the file system journals the link itself.
    if os.name != "posix":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
