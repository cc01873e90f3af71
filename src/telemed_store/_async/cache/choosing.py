"""Which cache a store has if its caller brings none."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from telemed_store._async.cache.backends import AsyncCacheBackend
from telemed_store._async.cache.in_process import AsyncInProcessCache, AsyncNullCache
from telemed_store._async.cache.redis import AsyncRedisCache
from telemed_store._async.redis_connections import AsyncRedisConnections
from telemed_store.cache.data_version import DataVersion
from telemed_store.database.clock import Clock
from telemed_store.errors import SettingsError
from telemed_store.opening import Opening, check_plugged_in, plugged_in
from telemed_store.redis_client.urls import REDIS_URL_SETTING

__all__ = ["chosen_cache", "opened_redis"]

_SETTING: Final = "TELEMED_STORE_CACHE"


def opened_redis(opening: Opening) -> AsyncRedisConnections | None:
    """Connections to Redis, which connect when first used; None: no Redis is named."""
    if opening.redis is None:
        return None
    return AsyncRedisConnections(opening.redis, opening.settings.redis_timeout.total_seconds())


def chosen_cache(opening: Opening, clock: Clock, redis: AsyncRedisConnections | None) -> AsyncCacheBackend:
    """What the setting ``cache`` names; unset: Redis if there is one, else memory on a SQLite file, else nothing.

    Raises:
        SettingsError: The named one cannot be had, or would not be right here.
    """
    named = opening.settings.cache
    if named is None:
        named = "redis" if redis is not None else "memory" if _file(opening) is not None else "null"
    if named == "null":
        return AsyncNullCache()
    if named == "memory":
        return _in_process(opening, clock)
    if named != "redis":
        cache: AsyncCacheBackend = plugged_in(named, opening.settings, _SETTING)
        check_plugged_in(cache=(cache, AsyncCacheBackend))
        return cache
    if redis is None:
        raise SettingsError(f"is redis, so {REDIS_URL_SETTING} is needed", setting=_SETTING)
    return AsyncRedisCache(redis, opening.redis_keys, pause=opening.settings.redis_pause.total_seconds())


def _in_process(opening: Opening, clock: Clock) -> AsyncInProcessCache:
    if opening.settings.env == "production":
        raise SettingsError("is in-process, which is refused where TELEMED_STORE_ENV is production", setting=_SETTING)
    file = _file(opening)
    if file is not None:
        return AsyncInProcessCache(clock, data_version=DataVersion(file))
    if not opening.settings.single_process:
        # It would not hear of what other processes write, and show it as it was before.
        raise SettingsError(
            "is in-process and right only where a single process writes: name a Redis, or set TELEMED_STORE_SINGLE_PROCESS",
            setting=_SETTING,
        )
    return AsyncInProcessCache(clock)


def _file(opening: Opening) -> Path | None:
    """The file that can be asked whether anybody wrote to it."""
    name = opening.url.database
    if opening.url.get_backend_name() != "sqlite" or not name or name == ":memory:" or name.startswith("file:"):
        return None
    return Path(name)
