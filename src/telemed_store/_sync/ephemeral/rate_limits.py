# Generated from _async/ephemeral/rate_limits.py by tools/sync.py. Do not edit.
"""Rate limits, synchronous: the protocol, and its backends in Redis and in the memory of this process."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from telemed_store._sync.redis_connections import RedisConnections
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

__all__ = ["InProcessRateLimits", "RateLimits", "RedisRateLimits"]

_USE = "rate_limits"


class RateLimits(Protocol):
    """Says how often something may happen, exactly, whoever asks at once.

    A subject is one or several texts or ids, such as an e-mail address and an ip; case and outer blanks make no difference.

    Example:
        >>> def log_in(store: Store, email: str, ip: str) -> bool:
        ...     decision = store.rate_limits.hit(LOGIN_LIMIT, email, ip)
        ...     return decision.allowed
    """

    def hit(self, limit: RateLimit, *subject: str | UUID) -> RateLimitDecision:
        """Count a hit, if the limit allows one.

        Args:
            limit: How often it may happen.
            subject: To whom: what is not alike in all parts has hits of its own.

        Raises:
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer; the hit was counted or not.
        """
        ...

    def check(self, limit: RateLimit, *subject: str | UUID) -> RateLimitDecision:
        """What the limit would say to a hit, counting none.

        Raises:
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer.
        """
        ...

    def clear(self, limit: RateLimit, *subject: str | UUID) -> None:
        """Forget the subject's hits.

        Raises:
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer; they were forgotten or not.
        """
        ...


class RedisRateLimits:
    """Rate limits in Redis, for all processes that share a namespace: a `RateLimits`.

    Args:
        redis: The connections.
        keyspace: The store's keys in Redis.
        keys: Gives the key by which subjects become digests.
    """

    def __init__(self, redis: RedisConnections, keyspace: Keyspace, keys: KeyStore) -> None:
        self._redis = redis
        self._keyspace = keyspace
        self._key = keys.derived_key(_USE)

    def hit(self, limit: RateLimit, *subject: str | UUID) -> RateLimitDecision:
        """See `RateLimits.hit`."""
        return self._ask(HIT, limit, subject)

    def check(self, limit: RateLimit, *subject: str | UUID) -> RateLimitDecision:
        """See `RateLimits.check`."""
        return self._ask(CHECK, limit, subject)

    def clear(self, limit: RateLimit, *subject: str | UUID) -> None:
        """See `RateLimits.clear`."""
        self._redis.command("DEL", self._place(checked_limit(limit), subject))

    def _ask(self, script: Script, limit: RateLimit, subject: tuple[str | UUID, ...]) -> RateLimitDecision:
        limit = checked_limit(limit)
        rule = (limit.hits, microseconds(limit.period))
        return decision_of(self._redis.script(script, [self._place(limit, subject)], rule))

    def _place(self, limit: RateLimit, subject: tuple[str | UUID, ...]) -> str:
        return self._keyspace.key("rate_limit", subject_digest(self._key, limit, subject), limit.name)


class InProcessRateLimits:
    """Rate limits in the memory of this process: a `RateLimits`.

    Args:
        clock: Tells the time.
        keys: Gives the key by which subjects become digests.
    """

    def __init__(self, clock: Clock, keys: KeyStore) -> None:
        self._clock = clock
        self._key = keys.derived_key(_USE)
        self._log = RateLimitLog()

    def hit(self, limit: RateLimit, *subject: str | UUID) -> RateLimitDecision:
        """See `RateLimits.hit`."""
        limit = checked_limit(limit)
        return self._log.hit(limit, subject_digest(self._key, limit, subject), self._clock.now())

    def check(self, limit: RateLimit, *subject: str | UUID) -> RateLimitDecision:
        """See `RateLimits.check`."""
        limit = checked_limit(limit)
        return self._log.check(limit, subject_digest(self._key, limit, subject), self._clock.now())

    def clear(self, limit: RateLimit, *subject: str | UUID) -> None:
        """See `RateLimits.clear`."""
        limit = checked_limit(limit)
        self._log.clear(limit, subject_digest(self._key, limit, subject), self._clock.now())
