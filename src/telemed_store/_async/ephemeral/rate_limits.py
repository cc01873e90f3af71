"""Rate limits, asynchronous: the protocol, and its backends in Redis and in the memory of this process."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from telemed_store._async.redis_connections import AsyncRedisConnections
from telemed_store.crypto.key_store import KeyStore
from telemed_store.database.clock import Clock
from telemed_store.ephemeral.lua import microseconds
from telemed_store.ephemeral.rate_limit_scripts import CHECK, HIT, decision_of
from telemed_store.ephemeral.rate_limits import (
    RateLimit,
    RateLimitDecision,
    RateLimitLog,
    checked_limit,
    subject_digest,
)
from telemed_store.redis_client.keys import Keyspace
from telemed_store.redis_client.scripts import Script

__all__ = ["AsyncInProcessRateLimits", "AsyncRateLimits", "AsyncRedisRateLimits"]

_USE = "rate_limits"


class AsyncRateLimits(Protocol):
    """Says how often something may happen, exactly, whoever asks at once.

    A subject is one or several texts or ids, such as an e-mail address and an ip; case and outer blanks make no difference.

    Example:
        >>> async def log_in(store: AsyncStore, email: str, ip: str) -> bool:
        ...     decision = await store.rate_limits.hit(LOGIN_LIMIT, email, ip)
        ...     return decision.allowed
    """

    async def hit(self, limit: RateLimit, *subject: str | UUID) -> RateLimitDecision:
        """Count a hit, if the limit allows one.

        Args:
            limit: How often it may happen.
            subject: To whom: what is not alike in all parts has hits of its own.

        Raises:
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer; the hit was counted or not.
        """
        ...

    async def check(self, limit: RateLimit, *subject: str | UUID) -> RateLimitDecision:
        """What the limit would say to a hit, counting none.

        Raises:
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer.
        """
        ...

    async def clear(self, limit: RateLimit, *subject: str | UUID) -> None:
        """Forget the subject's hits.

        Raises:
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer; they were forgotten or not.
        """
        ...


class AsyncRedisRateLimits:
    """Rate limits in Redis, for all processes that share a namespace: an `AsyncRateLimits`.

    Args:
        redis: The connections.
        keyspace: The store's keys in Redis.
        keys: Gives the key by which subjects become digests.
    """

    def __init__(self, redis: AsyncRedisConnections, keyspace: Keyspace, keys: KeyStore) -> None:
        self._redis = redis
        self._keyspace = keyspace
        self._key = keys.derived_key(_USE)

    async def hit(self, limit: RateLimit, *subject: str | UUID) -> RateLimitDecision:
        """See `AsyncRateLimits.hit`."""
        return await self._ask(HIT, limit, subject)

    async def check(self, limit: RateLimit, *subject: str | UUID) -> RateLimitDecision:
        """See `AsyncRateLimits.check`."""
        return await self._ask(CHECK, limit, subject)

    async def clear(self, limit: RateLimit, *subject: str | UUID) -> None:
        """See `AsyncRateLimits.clear`."""
        await self._redis.command("DEL", self._place(checked_limit(limit), subject))

    async def _ask(self, script: Script, limit: RateLimit, subject: tuple[str | UUID, ...]) -> RateLimitDecision:
        limit = checked_limit(limit)
        rule = (limit.hits, microseconds(limit.period))
        return decision_of(await self._redis.script(script, [self._place(limit, subject)], rule))

    def _place(self, limit: RateLimit, subject: tuple[str | UUID, ...]) -> str:
        return self._keyspace.key("rate_limit", subject_digest(self._key, limit, subject), limit.name)


class AsyncInProcessRateLimits:
    """Rate limits in the memory of this process: an `AsyncRateLimits`.

    Args:
        clock: Tells the time.
        keys: Gives the key by which subjects become digests.
    """

    def __init__(self, clock: Clock, keys: KeyStore) -> None:
        self._clock = clock
        self._key = keys.derived_key(_USE)
        self._log = RateLimitLog()

    async def hit(self, limit: RateLimit, *subject: str | UUID) -> RateLimitDecision:
        """See `AsyncRateLimits.hit`."""
        limit = checked_limit(limit)
        return self._log.hit(limit, subject_digest(self._key, limit, subject), self._clock.now())

    async def check(self, limit: RateLimit, *subject: str | UUID) -> RateLimitDecision:
        """See `AsyncRateLimits.check`."""
        limit = checked_limit(limit)
        return self._log.check(limit, subject_digest(self._key, limit, subject), self._clock.now())

    async def clear(self, limit: RateLimit, *subject: str | UUID) -> None:
        """See `AsyncRateLimits.clear`."""
        limit = checked_limit(limit)
        self._log.clear(limit, subject_digest(self._key, limit, subject), self._clock.now())
