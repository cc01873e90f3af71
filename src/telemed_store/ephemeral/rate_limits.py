"""Rate limits: how often something may happen within any period of a length, counted exactly (a sliding log, not windows of a clock).

Who it happens to enters keys as a digest alone: e-mail addresses and ips are personal data, and a plain hash of an ip is soon undone.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections import deque
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field

from telemed_store.crypto.aead import pack
from telemed_store.crypto.data_keys import Secret
from telemed_store.database.arguments import checked_argument
from telemed_store.database.models import Input
from telemed_store.ephemeral.arguments import KeyName, Lifetime, Name
from telemed_store.ephemeral.in_process import Expiring, InProcessState
from telemed_store.ephemeral.models import Answer
from telemed_store.errors import ValidationFailed

__all__ = [
    "LOGIN_LIMIT",
    "RECORD_EXPORT_LIMIT",
    "VERIFICATION_LIMIT",
    "RateLimit",
    "RateLimitDecision",
    "RateLimitLog",
    "checked_limit",
    "subject_digest",
]


class RateLimit(Input):
    """How often something may happen.

    Attributes:
        name: What happens: limits of one name share what they count.
        hits: How often it may happen within a period.
        period: How long a hit counts.
    """

    name: KeyName
    hits: Annotated[int, Field(ge=1, le=10_000)]
    period: Lifetime


RECORD_EXPORT_LIMIT: Final = RateLimit(name="record_export", hits=1, period=dt.timedelta(hours=1))
"""Exports of a record: one in an hour, of (patient, requester)."""

VERIFICATION_LIMIT: Final = RateLimit(name="verification_miss", hits=5, period=dt.timedelta(seconds=600))
"""Codes that no document has: five in ten minutes, of (ip); a code that one has clears them."""

LOGIN_LIMIT: Final = RateLimit(name="login", hits=5, period=dt.timedelta(minutes=15))
"""Attempts to log in: five in fifteen minutes, of (e-mail, ip)."""


class RateLimitDecision(Answer):
    """What a limit says.

    Attributes:
        allowed: Whether it may happen. What is refused is not counted.
        remaining: How often it may happen now after this.
        retry_after: Seconds after which it may happen again; 0.0 if it is allowed.
    """

    allowed: bool
    remaining: int
    retry_after: float


def checked_limit(limit: Any) -> RateLimit:
    """The limit of a call.

    Raises:
        ValidationFailed: It is none.
    """
    checked: RateLimit = checked_argument("limit", RateLimit, limit)
    return checked


def subject_digest(key: Secret, limit: RateLimit, subject: tuple[Any, ...]) -> str:
    """What stands in a key for whom something happens to: equal for texts that differ in case or outer blanks only.

    Raises:
        ValidationFailed: The subject is empty, or a part is neither a text nor a UUID.
    """
    if not subject:
        raise ValidationFailed({"subject": "must have at least one part, such as an e-mail address and an ip"})
    parts = [
        b"id" + part.bytes
        if isinstance(part, UUID)
        else b"text" + str(checked_argument("subject", Name, part)).strip().casefold().encode()
        for part in subject
    ]
    return hmac.digest(key.reveal(), pack(limit.name.encode(), *parts), hashlib.sha256).hex()


class RateLimitLog(InProcessState):
    """The hits of one process."""

    def __init__(self) -> None:
        super().__init__()
        self._hits: Expiring[tuple[str, str], deque[dt.datetime]] = Expiring()

    def hit(self, limit: RateLimit, digest: str, now: dt.datetime) -> RateLimitDecision:
        """Count a hit if the limit allows one."""
        with self.lock:
            hits, decision = self._look(limit, digest, now)
            if not decision.allowed:
                return decision
            hits.append(now)
            self._hits.put((limit.name, digest), hits, now + limit.period, now)
            return decision.model_copy(update={"remaining": decision.remaining - 1})

    def check(self, limit: RateLimit, digest: str, now: dt.datetime) -> RateLimitDecision:
        """What the limit would say to a hit."""
        with self.lock:
            return self._look(limit, digest, now)[1]

    def clear(self, limit: RateLimit, digest: str, now: dt.datetime) -> None:
        """Forget the hits."""
        with self.lock:
            self._hits.remove((limit.name, digest), now)

    def _look(self, limit: RateLimit, digest: str, now: dt.datetime) -> tuple[deque[dt.datetime], RateLimitDecision]:
        hits = self._hits.get((limit.name, digest), now) or deque()
        while hits and hits[0] <= now - limit.period:
            hits.popleft()
        remaining = limit.hits - len(hits)
        if remaining > 0:
            return hits, RateLimitDecision(allowed=True, remaining=remaining, retry_after=0.0)
        # Normally the oldest hit has to go; more of them where the limit was lower before.
        wait = hits[-remaining] + limit.period - now
        return hits, RateLimitDecision(allowed=False, remaining=0, retry_after=min(wait, limit.period).total_seconds())
