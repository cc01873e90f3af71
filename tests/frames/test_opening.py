"""Opening a store: what decides, what is refused, and what may be plugged in."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from telemed_store._async.cache.in_process import AsyncInProcessCache
from telemed_store._async.store import AsyncStore
from telemed_store._sync.cache.in_process import InProcessCache
from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.crypto.data_keys import Purpose
from telemed_store.crypto.key_store import KeyStore, SqlKeyStore
from telemed_store.crypto.master_keys import MasterKeys
from telemed_store.database.clock import SystemClock
from telemed_store.database.identity import new_id
from telemed_store.errors import SettingsError
from telemed_store.settings import Settings, load_settings

SYSTEM = Actor.system("tests")
KEYS = MasterKeys.generate().to_setting().get_secret_value()
SERVER = "postgresql://user:secret@db.example/telemed"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("TELEMED_STORE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def plugged_in(settings: Settings) -> KeyStore:
    plugged_in.settings = settings  # type: ignore[attr-defined]
    return SqlKeyStore(MasterKeys.generate())


def test_nothing_set_means_a_local_file_which_is_said(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    from telemed_store import opening

    opening._said.clear()
    with Store.open() as store:
        store.migrator.upgrade()
    assert (tmp_path / "telemed-data" / "telemed.sqlite3").exists()
    assert (tmp_path / "telemed-data" / "telemed.sqlite3.keys").exists()
    assert "telemed-data/telemed.sqlite3" in caplog.text


def test_a_lost_key_file_is_asked_for_and_not_replaced(tmp_path: Path) -> None:
    """New keys beside a database with encrypted rows would leave these closed for ever, and say nothing."""
    url, keys = f"sqlite:///{tmp_path / 'x.db'}", tmp_path / "x.db.keys"
    with Store.open(url) as store:
        store.migrator.upgrade()
    keys.unlink()
    with Store.open(url) as store, store.unit_of_work(SYSTEM) as unit:
        store._core.keys.ensure(unit.connection, new_id(), Purpose.IDENTITY)
    saved = keys.rename(tmp_path / "saved")

    with pytest.raises(SettingsError, match="restore the file"):
        Store.open(url)
    assert not keys.exists()

    saved.rename(keys)
    Store.open(url).close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_memory_database_is_a_private_file_that_ends_with_the_store(url: str) -> None:
    with Store.open(url) as store:
        store.migrator.upgrade()
        directory = store._opening.temporary
        assert directory is not None
        assert directory.exists()
        assert directory.stat().st_mode & 0o077 == 0
        store.acting_as(SYSTEM).people.search_doctors()

    assert not directory.exists()


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"database_url": "sqlite:///x.db", "keys": KEYS}, "TELEMED_STORE_DATABASE_URL"),
        ({"keys": KEYS}, "TELEMED_STORE_DATABASE_URL"),
        ({"database_url": SERVER}, "TELEMED_STORE_KEYS"),
        ({"database_url": SERVER, "keys": KEYS, "single_process": True}, "TELEMED_STORE_SINGLE_PROCESS"),
    ],
)
def test_production_refuses_what_is_only_convenient(given: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=named) as caught:
        Store.open(settings=load_settings(env="production", **given))

    assert caught.value.setting == named


def test_production_judges_what_is_in_effect_not_what_is_written_in_the_settings() -> None:
    settings = load_settings(env="production", database_url=SERVER, keys=KEYS)
    with pytest.raises(SettingsError, match="TELEMED_STORE_DATABASE_URL"):
        Store.open("sqlite:///x.db", settings=settings)
    with pytest.raises(SettingsError, match="TELEMED_STORE_DATABASE_URL"):
        Store.open(settings=settings, engine=create_engine("sqlite:///x.db"))

    without_keys = load_settings(env="production", database_url=SERVER)
    Store.open(settings=without_keys, keys=SqlKeyStore(MasterKeys.generate())).close()


def test_a_server_without_keys_is_refused_everywhere() -> None:
    with pytest.raises(SettingsError, match="TELEMED_STORE_KEYS"):
        Store.open(SERVER)


@pytest.mark.parametrize("url", ["oracle://db/x", "not a url secret", "postgresql//missing.colon"])
def test_an_unusable_url_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(SettingsError, match="TELEMED_STORE_DATABASE_URL") as caught:
        Store.open(url, settings=load_settings(keys=KEYS)).acting_as(SYSTEM).people.search_doctors()

    assert url not in str(caught.value)


def test_a_replica_of_another_kind_is_refused() -> None:
    settings = load_settings(database_url="sqlite:///x.db", replica_url=SERVER, keys=KEYS)
    with pytest.raises(SettingsError, match="TELEMED_STORE_REPLICA_URL"):
        Store.open(settings=settings)


def test_secrets_show_nowhere() -> None:
    settings = load_settings(database_url=SERVER, keys=KEYS)
    with Store.open(settings=settings) as store:
        shown = f"{settings!r} {store!r} {store.acting_as(SYSTEM)!r} {store._core!r} {store._opening!r}"

    assert "secret" not in shown.replace("SecretStr", "")
    assert KEYS not in shown
    assert KEYS.split(":")[1] not in shown


@pytest.mark.parametrize("wrong", [{"pool_size": "many secrets"}, {"keys": ["secret"]}, {"lock_timeout": -1}])
def test_a_wrong_setting_is_named_and_not_quoted(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=f"TELEMED_STORE_{next(iter(wrong)).upper()}") as caught:
        load_settings(**wrong)

    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None


def test_settings_come_from_the_environment_and_arguments_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEMED_STORE_POOL_SIZE", "3")
    monkeypatch.setenv("TELEMED_STORE_LOCK_TIMEOUT", "PT2S")
    monkeypatch.setenv("TELEMED_STORE_SCHEMA", "tenant_a")

    assert load_settings().pool_size == 3
    assert load_settings(pool_size=4).pool_size == 4
    assert load_settings().lock_timeout == dt.timedelta(seconds=2)
    assert load_settings().schema_name == "tenant_a"


@pytest.mark.parametrize(("written", "meant"), [("10", 10), ("0.25", 0.25), ("PT1M", 60)])
def test_a_duration_in_the_environment_is_seconds_or_iso_8601(
    monkeypatch: pytest.MonkeyPatch, written: str, meant: float
) -> None:
    monkeypatch.setenv("TELEMED_STORE_REDIS_TIMEOUT", written)
    monkeypatch.setenv("TELEMED_STORE_SLOT_STEP", written)

    settings = load_settings()

    assert (settings.redis_timeout.total_seconds(), settings.slot_step) == (meant, dt.timedelta(seconds=meant))


def test_a_key_store_is_plugged_in_by_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    import types

    module = types.ModuleType("host_keys")
    module.make = plugged_in  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "host_keys", module)
    settings = load_settings(database_url=SERVER, key_store="host_keys:make")
    with Store.open(settings=settings) as store:
        assert store._core.keys is store._opening.keys

    assert plugged_in.settings is settings  # type: ignore[attr-defined]


@pytest.mark.parametrize("target", ["no_such_module:make", "json:no_such_name", "json", ""])
def test_a_key_store_that_cannot_be_imported_is_a_settings_error(target: str) -> None:
    with pytest.raises(SettingsError, match=r"package\.module:factory"):
        Store.open(settings=load_settings(database_url=SERVER, key_store=target))


def test_keys_and_clock_are_plugged_in_by_argument(tmp_path: Path) -> None:
    class Clock:
        def now(self) -> dt.datetime:
            return dt.datetime(2031, 1, 1, tzinfo=dt.UTC)

    keys = SqlKeyStore(MasterKeys.generate())
    with Store.open(f"sqlite:///{tmp_path / 'x.db'}", keys=keys, clock=Clock()) as store:
        assert store._core.keys is keys
        assert store._core.clock.now().year == 2031
        assert not (tmp_path / "x.db.keys").exists()


def test_a_cache_of_the_other_world_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'telemed.sqlite3'}"
    ours, theirs = InProcessCache(SystemClock()), AsyncInProcessCache(SystemClock())

    with pytest.raises(SettingsError, match="the argument cache"):
        Store.open(url, cache=theirs)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="the argument cache"):
        AsyncStore.open(url, cache=ours)  # type: ignore[arg-type]
    Store.open(url, cache=ours).close()


def test_opening_an_asynchronous_store_does_no_input_or_output(tmp_path: Path) -> None:
    AsyncStore.open("postgresql://nobody@203.0.113.1:1/none", settings=load_settings(keys=KEYS))
    AsyncStore.open(f"sqlite:///{tmp_path / 'x.db'}", settings=load_settings(keys=KEYS))
    assert list(tmp_path.iterdir()) == []


_TIMED_IMPORT = """
import sys, time
began = time.process_time()
import sqlalchemy, pydantic_settings
between = time.process_time()
{imported}
print((time.process_time() - between) / (between - began))
print(*sorted(sys.modules))
"""


def _imported(statement: str) -> tuple[float, set[str]]:
    """What an import costs, in units of what SQLAlchemy and pydantic cost themselves; the best of three. And what is loaded then."""
    command = [sys.executable, "-c", _TIMED_IMPORT.format(imported=statement)]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines() for _ in range(3)]
    return min(float(ratio) for ratio, _ in runs), set(runs[0][1].split())


_HEAVY = {"alembic", "typer", "rich", "redis", "s3fs", "fsspec", "pytest", "matplotlib"}


def test_importing_the_package_costs_next_to_nothing() -> None:
    """400 ms on a machine at rest (design §3.19). Here in units of the libraries' own import, for a busy machine."""
    cost, loaded = _imported("import telemed_store")

    assert cost < 0.25
    assert not loaded & (_HEAVY | {"telemed_store.errors", "sqlalchemy.ext.asyncio"})


def test_a_store_brings_little_beside_its_libraries_and_nothing_of_the_other_world() -> None:
    cost, loaded = _imported("from telemed_store import Store")
    _, loaded_by_tasks = _imported("from telemed_store import AsyncStore")

    assert cost < 2
    assert not loaded & (_HEAVY | {"sqlalchemy.ext.asyncio", "telemed_store._async"})
    assert not loaded_by_tasks & (_HEAVY | {"telemed_store._sync"})


def test_every_exported_name_is_found_and_no_other() -> None:
    script = "from telemed_store import *; import telemed_store as t; print(set(t.__all__) - set(dir(t)), hasattr(t, 'Nothing'))"

    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

    assert shown.split() == ["set()", "False"]
