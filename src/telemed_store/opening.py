"""What opening a store decides before anything connects: which database, which keys, and what is said about the defaults."""

from __future__ import annotations

import contextlib
import logging
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError
from typing_extensions import is_protocol

from telemed_store.crypto.key_file import holds_keys, key_file
from telemed_store.crypto.key_store import KeyStore, SqlKeyStore
from telemed_store.crypto.master_keys import KEYS_SETTING, MasterKeys
from telemed_store.errors import SettingsError
from telemed_store.redis_client.keys import Keyspace
from telemed_store.redis_client.urls import RedisAddress, parse_redis_url
from telemed_store.settings import Settings, load_settings

__all__ = ["DirectOpening", "Opening", "check_plugged_in", "open_direct", "open_settings", "plugged_in"]

DEFAULT_DIRECTORY: Final = "telemed-data"

logger: Final = logging.getLogger("telemed_store")

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
        redis: Where Redis is; None: there is none.
        temporary: A private directory that ends with the store; None: there is none.
    """

    url: URL
    replica_url: URL | None
    direct_url: URL
    settings: Settings
    keys: KeyStore
    redis: RedisAddress | None = None
    temporary: Path | None = None

    @property
    def redis_keys(self) -> Keyspace:
        """How keys in Redis are named: apart from those of other stores, of other tenants too."""
        return Keyspace(self.settings.redis_namespace or self.settings.schema_name)

    def close(self) -> None:
        """Remove what was only made for this store."""
        if self.temporary is not None:
            shutil.rmtree(self.temporary, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class DirectOpening:
    """As much as migrating needs: no keys.

    Attributes:
        url: The primary database.
        direct_url: The same database behind any pooler.
        settings: All settings in effect.
    """

    url: URL
    direct_url: URL
    settings: Settings


def check_plugged_in(**parts: tuple[object, *tuple[type, ...]]) -> None:
    """Refuse what a caller plugs in and is not what it has to be; a part that is a protocol needs that protocol's methods.

    Raises:
        SettingsError: Names the argument.
    """
    for name, (part, *kinds) in parts.items():
        if part is not None and not any(map(partial(_fits, part), kinds)):
            wanted = "have the methods of" if is_protocol(kinds[0]) else "be of class"
            raise SettingsError(f"must {wanted} {kinds[0].__name__}", setting=f"the argument {name}")


def _fits(part: object, kind: type) -> bool:
    if not is_protocol(kind):
        return isinstance(part, kind)
    return all(_does(part, name, asked) for name, asked in vars(kind).items() if not name.startswith("_"))


def _does(part: object, name: str, asked: object) -> bool:
    """Whether a part has a method, and one of the same world: a value where a coroutine is awaited would fail at every call."""
    method = getattr(part, name, None)
    return callable(method) and iscoroutinefunction(method) == iscoroutinefunction(asked)


def open_direct(database_url: str | URL | None = None, settings: Settings | None = None) -> DirectOpening:
    """Decide what a command that changes or examines the schema needs.

    Raises:
        SettingsError: A setting is wrong, or names a database that ends with the command.
    """
    if settings is None:
        settings = load_settings(**({} if database_url is None else {"database_url": _text(database_url)}))
    url, temporary = _database(database_url or _revealed(settings.database_url), settings)
    if temporary is not None:
        shutil.rmtree(temporary, ignore_errors=True)
        raise SettingsError(
            "names a private database in memory, which ends with this command: name a file, such as sqlite:///telemed.sqlite3",
            setting="TELEMED_STORE_DATABASE_URL",
        )
    # The setting stands beside the settings' own database, not beside one that is named for once.
    direct = _revealed(settings.direct_url) if database_url is None else None
    return DirectOpening(url, _same_kind(direct, url, "TELEMED_STORE_DIRECT_URL") if direct else url, settings)


def open_settings(
    database_url: str | URL | None,
    settings: Settings | None,
    keys: KeyStore | None,
    engine_url: URL | None = None,
) -> Opening:
    """Decide everything that `Store.open` needs.

    Args:
        database_url: Overrides the settings' one.
        settings: None: read from the environment.
        keys: The caller's own key store; None: what the settings say.
        engine_url: URL of the caller's own engine, which decides then.

    Raises:
        SettingsError: A setting is missing or wrong.
    """
    if settings is None:
        settings = load_settings(**({} if database_url is None else {"database_url": _text(database_url)}))
    if engine_url is not None:
        url, temporary = engine_url, None
    else:
        url, temporary = _database(database_url or _revealed(settings.database_url), settings)
    if settings.env == "production":
        _refuse_in_production(url, settings, keys)
    replica, direct = _revealed(settings.replica_url), _revealed(settings.direct_url)
    return Opening(
        url=url,
        replica_url=_same_kind(replica, url, "TELEMED_STORE_REPLICA_URL") if replica else None,
        direct_url=_same_kind(direct, url, "TELEMED_STORE_DIRECT_URL") if direct else url,
        settings=settings,
        keys=keys or _key_store(url, settings),
        redis=None if settings.redis_url is None else parse_redis_url(settings.redis_url),
        temporary=temporary,
    )


def _refuse_in_production(url: URL, settings: Settings, keys: KeyStore | None) -> None:
    """What is convenient on a laptop loses data, or lets it be read, in production."""
    if url.get_backend_name() == "sqlite":
        raise SettingsError(
            "must name a PostgreSQL or MariaDB server where TELEMED_STORE_ENV is production",
            setting="TELEMED_STORE_DATABASE_URL",
        )
    if keys is None and settings.keys is None and settings.key_store is None:
        raise SettingsError("is required where TELEMED_STORE_ENV is production", setting=KEYS_SETTING)
    if settings.single_process:
        raise SettingsError(
            "allows in-process backends and is refused where TELEMED_STORE_ENV is production",
            setting="TELEMED_STORE_SINGLE_PROCESS",
        )


def _revealed(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def _same_kind(text: str, primary: URL, setting: str) -> URL:
    url = parse_url(text, setting)
    if _family(url) != _family(primary):
        raise SettingsError("names another kind of database than TELEMED_STORE_DATABASE_URL", setting=setting)
    return url


def _family(url: URL) -> str:
    backend = url.get_backend_name()
    return "mysql" if backend == "mariadb" else backend


def _text(url: str | URL) -> str:
    return url.render_as_string(hide_password=False) if isinstance(url, URL) else url


def parse_url(url: str | URL, setting: str) -> URL:
    """A database URL, or an error that names the setting and never the value."""
    # ValueError: a port that is no number, or text that has no encoding.
    with contextlib.suppress(ArgumentError, ValueError):
        if b"\x00" not in _text(url).encode():
            return make_url(url)
    raise SettingsError("is not a database URL such as postgresql://user@host/name", setting=setting)


def _database(url: str | URL | None, settings: Settings) -> tuple[URL, Path | None]:
    if url is None:
        if settings.env == "production":
            raise SettingsError(
                "is required where TELEMED_STORE_ENV is production", setting="TELEMED_STORE_DATABASE_URL"
            )
        return _local_file(), None
    parsed = parse_url(url, "TELEMED_STORE_DATABASE_URL")
    if parsed.get_backend_name() != "sqlite" or not _is_memory(parsed) or settings.env == "production":
        return parsed, None
    # Several connections cannot share SQLite's memory database safely: a private file does the same and is removed on close.
    temporary = Path(tempfile.mkdtemp(prefix="telemed-store-"))
    return parsed.set(database=str(temporary / "telemed.sqlite3")), temporary


def _local_file() -> URL:
    path = Path(DEFAULT_DIRECTORY, "telemed.sqlite3")
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
    except OSError as failure:
        reason = failure.strerror
    else:
        _say_once(f"TELEMED_STORE_DATABASE_URL is not set: using the SQLite file {path}")
        return URL.create("sqlite", database=str(path))
    raise SettingsError(
        f"is not set and the directory {path.parent} cannot be made ({reason}): set it, or start where you may write",
        setting="TELEMED_STORE_DATABASE_URL",
    )


def _is_memory(url: URL) -> bool:
    return url.database in {None, "", ":memory:"}


def _key_store(url: URL, settings: Settings) -> KeyStore:
    if settings.key_store is not None:
        key_store: KeyStore = plugged_in(settings.key_store, settings, "TELEMED_STORE_KEY_STORE")
        return key_store
    if settings.keys is not None:
        return SqlKeyStore(MasterKeys.parse(settings.keys))
    if url.get_backend_name() != "sqlite":
        raise SettingsError(
            "is required for a database server: make one with `telemed-store settings new-keys`"
            " and keep it in a secret store.",
            setting=KEYS_SETTING,
        )
    if _is_memory(url):  # an engine of the host's: its keys live as long as its data
        return SqlKeyStore(MasterKeys.generate())
    path = Path(f"{url.database}.keys")
    # New keys would not open what is there; a database that holds nothing yet, migrated before its first use, takes them.
    return SqlKeyStore(key_file(path, create=path.exists() or not holds_keys(Path(str(url.database)))))


def plugged_in(target: str, settings: Settings, setting: str) -> Any:
    """What a factory of the host's makes from the settings.

    Raises:
        SettingsError: It cannot be found.
    """
    module, _, name = target.partition(":")
    try:
        factory: Callable[[Settings], Any] = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as failure:
        reason = type(failure).__name__
    else:
        # Whatever the factory itself raises is the host's to see.
        return factory(settings)
    raise SettingsError(
        f"must name a factory as package.module:factory that can be imported ({reason})",
        setting=setting,
    )


def _say_once(message: str) -> None:
    if message not in _said:
        _said.add(message)
        logger.warning(message)
