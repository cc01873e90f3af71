"""Which cache a store has, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from telemed_store._sync.cache.in_process import InProcessCache, NullCache
from telemed_store._sync.cache.redis import RedisCache
from telemed_store._sync.store import Store
from telemed_store.crypto.master_keys import MasterKeys
from telemed_store.errors import SettingsError
from telemed_store.settings import Settings, load_settings

KEYS = MasterKeys.generate().to_setting().get_secret_value()
SERVER = "postgresql://user:secret@db.example/telemed"
REDIS = "redis://:secret@cache.example/0"


def plugged_in(settings: Settings) -> NullCache:
    assert settings.cache is not None
    return NullCache()


def no_cache(settings: Settings) -> object:
    return object()


def kind(url: str, given: Any = None, **more: Any) -> type:
    settings = load_settings(**{"database_url": url, "keys": KEYS, "redis_url": None, **more})
    with Store.open(settings=settings, cache=given) as store:
        return type(store.cache._backend)


@pytest.mark.parametrize(
    ("url", "more", "expected"),
    [
        ("sqlite:///x.db", {}, InProcessCache),
        ("sqlite://", {}, InProcessCache),
        ("sqlite:///x.db", {"redis_url": REDIS}, RedisCache),
        ("sqlite:///x.db", {"redis_url": REDIS, "cache": "null"}, NullCache),
        ("sqlite:///x.db", {"redis_url": REDIS, "cache": "memory"}, InProcessCache),
        (SERVER, {}, NullCache),
        (SERVER, {"redis_url": REDIS}, RedisCache),
        (SERVER, {"redis_url": REDIS, "env": "production"}, RedisCache),
        (SERVER, {"single_process": True}, NullCache),
        (SERVER, {"single_process": True, "cache": "memory"}, InProcessCache),
        (SERVER, {"cache": f"{__name__}:plugged_in"}, NullCache),
    ],
)
def test_what_a_store_has(
    url: str, more: dict[str, Any], expected: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert kind(url, **more) is expected


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"cache": "memory"}, "TELEMED_STORE_SINGLE_PROCESS"),
        ({"cache": "memory", "env": "production"}, "in-process"),
        ({"cache": "redis"}, "TELEMED_STORE_REDIS_URL"),
        ({"cache": "nowhere:at_all"}, "TELEMED_STORE_CACHE"),
        ({"cache": "gibberish"}, "TELEMED_STORE_CACHE"),
        ({"cache": f"{__name__}:no_cache"}, "methods of CacheBackend"),
    ],
)
def test_what_would_not_be_right_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        kind(SERVER, **more)


def test_a_caller_brings_its_own() -> None:
    assert kind(SERVER, given=NullCache()) is NullCache
    with pytest.raises(SettingsError, match="argument cache"):
        kind(SERVER, given=object())
