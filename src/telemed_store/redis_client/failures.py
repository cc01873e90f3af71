"""What redis-py raises becomes one of `telemed_store.errors`: its texts may quote keys and arguments, so only its class is kept."""

from __future__ import annotations

from functools import cache

from telemed_store.errors import Cause, SettingsError, StoreError, Unavailable
from telemed_store.redis_client.urls import REDIS_URL_SETTING

__all__ = ["redis_errors", "translate_redis", "unknown_script"]


@cache
def redis_errors() -> tuple[type[Exception], ...]:
    """What a call of redis-py may raise: its own errors, and those of the system below it."""
    from redis.exceptions import RedisError

    return (RedisError, OSError, TimeoutError)


@cache
def unknown_script() -> type[Exception]:
    """What EVALSHA raises where the server does not know the script."""
    from redis.exceptions import NoScriptError

    return NoScriptError


def translate_redis(failure: Exception) -> StoreError:
    """The error for a caller.

    A server that refuses the account is a mistake in the settings; all else that goes wrong between us and a server is `Unavailable`.
    """
    from redis.exceptions import AuthenticationError, AuthorizationError, NoPermissionError

    if isinstance(failure, (AuthenticationError, AuthorizationError, NoPermissionError)):
        return SettingsError("names an account that Redis refuses, or that may not do this", setting=REDIS_URL_SETTING)
    return Unavailable(
        "Redis does not answer, or not as it should: repeat this later.", cause=Cause(driver=type(failure).__name__)
    )
