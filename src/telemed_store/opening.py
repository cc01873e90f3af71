"""What opening a store decides before anything connects: which database, which keys, and what is said about the defaults."""

from __future__ import annotations

import logging
import shutil
import tempfile
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final, cast

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from telemed_store.crypto.key_file import key_file
from telemed_store.crypto.key_store import KeyStore, SqlKeyStore
from telemed_store.crypto.master_keys import KEYS_SETTING, MasterKeys
from telemed_store.errors import SettingsError
from telemed_store.settings import Settings, load_settings

__all__ = ["Opening", "open_settings"]

DEFAULT_DIRECTORY: Final = "telemed-data"

logger = logging.getLogger("telemed_store")

_said: set[str] = set()


@dataclass(slots=True)
class Opening:
    """The decisions, made.

    Attributes:
        url: The primary database.
        replica_url: Where readers read; None: the primary.
        direct_url: Where migrations run.
        settings: All settings in effect.
        keys: The key store.
        temporary: A private directory that ends with the store; None: there is none.
    """

    url: URL
    replica_url: URL | None
    direct_url: URL
    settings: Settings
    keys: KeyStore
    temporary: Path | None = None

    def close(self) -> None:
        """Remove what was only made for this store."""
        if self.temporary is not None:
            shutil.rmtree(self.temporary, ignore_errors=True)


def open_settings(database_url: str | URL | None, settings: Settings | None, keys: KeyStore | None) -> Opening:
    """Decide everything that `Store.open` needs.

    Raises:
        SettingsError: A setting is missing or wrong.
    """
    if settings is None:
        given = {} if database_url is None else {"database_url": _text(database_url)}
        settings = load_settings(**given)
    named = database_url or (settings.database_url.get_secret_value() if settings.database_url else None)
    url, temporary = _database(named)
    replica = settings.replica_url.get_secret_value() if settings.replica_url else None
    direct = settings.direct_url.get_secret_value() if settings.direct_url else None
    return Opening(
        url=url,
        replica_url=parse_url(replica, "TELEMED_STORE_REPLICA_URL") if replica else None,
        direct_url=parse_url(direct, "TELEMED_STORE_DIRECT_URL") if direct else url,
        settings=settings,
        keys=keys or _key_store(url, settings),
        temporary=temporary,
    )


def _text(url: str | URL) -> str:
    return url if isinstance(url, str) else url.render_as_string(hide_password=False)


def parse_url(url: str | URL, setting: str) -> URL:
    """A database URL, or an error that names the setting and never the value."""
    try:
        return make_url(url)
    except ArgumentError:
        raise SettingsError("is not a database URL such as postgresql://user@host/name", setting=setting) from None


def _database(url: str | URL | None) -> tuple[URL, Path | None]:
    if url is None:
        path = Path(DEFAULT_DIRECTORY, "telemed.sqlite3")
        path.parent.mkdir(mode=0o700, exist_ok=True)
        _say_once(f"TELEMED_STORE_DATABASE_URL is not set: using the SQLite file {path}")
        return URL.create("sqlite", database=str(path)), None
    parsed = parse_url(url, "TELEMED_STORE_DATABASE_URL")
    if parsed.get_backend_name() != "sqlite" or parsed.database not in {None, "", ":memory:"}:
        return parsed, None
    # Several connections cannot share SQLite's memory database safely: a private file does the same and is removed on close.
    temporary = Path(tempfile.mkdtemp(prefix="telemed-store-"))
    return parsed.set(database=str(temporary / "telemed.sqlite3")), temporary


def _key_store(url: URL, settings: Settings) -> KeyStore:
    if settings.key_store is not None:
        return _plugged_in(settings.key_store, settings)
    if settings.keys is not None:
        return SqlKeyStore(MasterKeys.parse(settings.keys))
    if url.get_backend_name() != "sqlite":
        raise SettingsError(
            "is required for a database server: make one with `telemed-store settings new-keys` and keep it in a secret store.",
            setting=KEYS_SETTING,
        )
    return SqlKeyStore(key_file(Path(f"{url.database}.keys")))


def _plugged_in(target: str, settings: Settings) -> KeyStore:
    module, _, factory = target.partition(":")
    try:
        return cast("KeyStore", getattr(import_module(module), factory)(settings))
    except (ImportError, AttributeError, ValueError) as failure:
        message = f"must name a factory as package.module:factory that can be imported ({type(failure).__name__})"
        raise SettingsError(message, setting="TELEMED_STORE_KEY_STORE") from None


def _say_once(message: str) -> None:
    if message not in _said:
        _said.add(message)
        logger.warning(message)
