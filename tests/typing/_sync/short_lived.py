# Generated from _async/short_lived.py by tools/sync.py. Do not edit.
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
    Counters,
    IssuedSession,
    Presence,
    PresenceLease,
    PresentUsers,
    RateLimit,
    RateLimitDecision,
    RateLimits,
    RoomPresence,
    Session,
    Sessions,
)


def sessions(sessions: Sessions, some_id: UUID) -> None:
    issued = sessions.create(some_id, {"role": "doctor", "seen": [1, None]}, generation=7)
    assert_type(issued, IssuedSession)
    assert_type(issued.token, SecretStr)
    assert_type(issued.session, Session)
    assert_type(issued.session.payload, dict[str, JsonValue])
    assert_type(sessions.generation(some_id), int)
    assert_type(sessions.get(issued.token), Session | None)
    assert_type(sessions.get("token"), Session | None)
    assert_type(sessions.touch(issued.token), bool)
    assert_type(sessions.revoke(issued.token), bool)
    assert_type(sessions.revoke_by_id(some_id, some_id), bool)
    assert_type(sessions.revoke_all(some_id, keep=some_id), int)
    assert_type(sessions.list(some_id), Sequence[Session])


def counters(counters: Counters, some_id: UUID) -> None:
    def load(ids: Sequence[UUID]) -> Mapping[UUID, int]:
        return dict.fromkeys(ids, 1)

    assert_type(counters.register("unread", load), None)
    assert_type(counters.increment("unread", some_id, by=2), int | None)
    assert_type(counters.decrement("unread", some_id), int | None)
    assert_type(counters.get("unread", some_id), int)
    assert_type(counters.get_many("unread", [some_id]), Mapping[UUID, int])
    assert_type(counters.reset("unread", some_id), None)


def rate_limits(rate_limits: RateLimits, some_id: UUID) -> None:
    assert_type(LOGIN_LIMIT, RateLimit)
    assert_type(rate_limits.hit(LOGIN_LIMIT, "maria@example.com", "203.0.113.7"), RateLimitDecision)
    assert_type(rate_limits.check(RECORD_EXPORT_LIMIT, some_id, some_id), RateLimitDecision)
    assert_type(rate_limits.clear(VERIFICATION_LIMIT, "203.0.113.7"), None)


def presence(presence: Presence, some_id: UUID) -> None:
    lease = presence.join(some_id, some_id, "PA_1")
    assert_type(lease, PresenceLease)
    assert_type(presence.heartbeat(lease), PresenceLease)
    assert_type(presence.leave(lease), bool)
    there = presence.present(some_id)
    assert_type(there, RoomPresence)
    assert_type(there.participants, tuple[PresenceLease, ...])
    assert_type(there.is_empty, bool)
    assert_type(presence.mark_online(some_id), None)
    assert_type(presence.mark_offline(some_id), None)
    assert_type(presence.online([some_id]), PresentUsers)
    assert_type(presence.mark_typing(some_id, some_id), None)
    assert_type(presence.clear_typing(some_id, some_id), None)
    assert_type(presence.typing(some_id), PresentUsers)
