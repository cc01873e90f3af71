"""What sessions, counters, rate limits and presence return. Checked by mypy and pyright in strict mode, never run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_type
from uuid import UUID

from pydantic import JsonValue, SecretStr

from telemed_store import (
    LOGIN_LIMIT,
    RECORD_EXPORT_LIMIT,
    VERIFICATION_LIMIT,
    AsyncCounters,
    AsyncPresence,
    AsyncRateLimits,
    AsyncSessions,
    IssuedSession,
    PresenceLease,
    PresentUsers,
    RateLimit,
    RateLimitDecision,
    RoomPresence,
    Session,
)


async def sessions(sessions: AsyncSessions, some_id: UUID) -> None:
    issued = await sessions.create(some_id, {"role": "doctor", "seen": [1, None]}, generation=7)
    assert_type(issued, IssuedSession)
    assert_type(issued.token, SecretStr)
    assert_type(issued.session, Session)
    assert_type(issued.session.payload, dict[str, JsonValue])
    assert_type(await sessions.generation(some_id), int)
    assert_type(await sessions.get(issued.token), Session | None)
    assert_type(await sessions.get("token"), Session | None)
    assert_type(await sessions.touch(issued.token), bool)
    assert_type(await sessions.revoke(issued.token), bool)
    assert_type(await sessions.revoke_by_id(some_id, some_id), bool)
    assert_type(await sessions.revoke_all(some_id, keep=some_id), int)
    assert_type(await sessions.list(some_id), Sequence[Session])


async def counters(counters: AsyncCounters, some_id: UUID) -> None:
    async def load(ids: Sequence[UUID]) -> Mapping[UUID, int]:
        return dict.fromkeys(ids, 1)

    assert_type(counters.register("unread", load), None)
    assert_type(await counters.increment("unread", some_id, by=2), int | None)
    assert_type(await counters.decrement("unread", some_id), int | None)
    assert_type(await counters.get("unread", some_id), int)
    assert_type(await counters.get_many("unread", [some_id]), Mapping[UUID, int])
    assert_type(await counters.reset("unread", some_id), None)


async def rate_limits(rate_limits: AsyncRateLimits, some_id: UUID) -> None:
    assert_type(LOGIN_LIMIT, RateLimit)
    assert_type(await rate_limits.hit(LOGIN_LIMIT, "maria@example.com", "203.0.113.7"), RateLimitDecision)
    assert_type(await rate_limits.check(RECORD_EXPORT_LIMIT, some_id, some_id), RateLimitDecision)
    assert_type(await rate_limits.clear(VERIFICATION_LIMIT, "203.0.113.7"), None)


async def presence(presence: AsyncPresence, some_id: UUID) -> None:
    lease = await presence.join(some_id, some_id, "PA_1")
    assert_type(lease, PresenceLease)
    assert_type(await presence.heartbeat(lease), PresenceLease)
    assert_type(await presence.leave(lease), bool)
    there = await presence.present(some_id)
    assert_type(there, RoomPresence)
    assert_type(there.participants, tuple[PresenceLease, ...])
    assert_type(there.is_empty, bool)
    assert_type(await presence.mark_online(some_id), None)
    assert_type(await presence.mark_offline(some_id), None)
    assert_type(await presence.online([some_id]), PresentUsers)
    assert_type(await presence.mark_typing(some_id, some_id), None)
    assert_type(await presence.clear_typing(some_id, some_id), None)
    assert_type(await presence.typing(some_id), PresentUsers)
