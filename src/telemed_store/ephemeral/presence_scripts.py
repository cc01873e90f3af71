"""Presence in Redis: one hash per room, whose fields are its users and whose values are ``epoch:expires:session``."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from telemed_store.ephemeral.lua import NOW, instant_of, microseconds
from telemed_store.ephemeral.presence import PresenceLease, PresenceTimes
from telemed_store.redis_client.scripts import Script

__all__ = ["HEARTBEAT", "JOIN", "LEAVE", "MARK_TYPING", "PRESENT", "TYPING", "lease_of", "leases_of"]

# A participant's lease in `room`; nil when it is lost.
_HELD: Final = (
    NOW
    + """
local function held(user)
    local value = redis.call('HGET', KEYS[1], user)
    if not value then return nil end
    local epoch, expires, session = string.match(value, '^(%d+):(%d+):(.*)$')
    if tonumber(expires) <= now then
        redis.call('HDEL', KEYS[1], user)
        return nil
    end
    return epoch, session
end
local function keep(user, epoch, session, lease)
    redis.call('HSET', KEYS[1], user, epoch .. ':' .. whole(now + lease) .. ':' .. session)
    outlive(KEYS[1], lease)
end
"""
)

JOIN: Final = Script(
    _HELD
    + """
local user, session, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])
for _, other in ipairs(redis.call('HKEYS', KEYS[1])) do held(other) end
local epoch = math.max(now, tonumber(redis.call('GET', KEYS[2]) or 0) + 1)
redis.call('SET', KEYS[2], whole(epoch), 'EX', 86400)
keep(user, whole(epoch), session, lease)
return {whole(epoch), whole(now)}
"""
)
"""KEYS: the room, its latest epoch. ARGV: user, session, lease. Answers the epoch and the present.

Epochs are microseconds of Redis' clock or, if that is more, the latest one plus one: they grow although the latest is forgotten after a day,
and although a restarted Redis is empty.
"""

HEARTBEAT: Final = Script(
    _HELD
    + """
local epoch, session = held(ARGV[1])
if epoch ~= ARGV[2] then return false end
keep(ARGV[1], epoch, session, tonumber(ARGV[3]))
return {whole(now), session}
"""
)
"""KEYS: the room. ARGV: user, epoch, lease. Answers the present and the session, or nothing: the lease is lost."""

LEAVE: Final = Script(
    _HELD
    + """
if held(ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call('HDEL', KEYS[1], ARGV[1])
"""
)
"""KEYS: the room. ARGV: user, epoch. Answers whether the lease was held."""

PRESENT: Final = Script(
    _HELD
    + """
local found = {}
for _, user in ipairs(redis.call('HKEYS', KEYS[1])) do
    if held(user) then
        table.insert(found, user)
        table.insert(found, redis.call('HGET', KEYS[1], user))
    end
end
return found
"""
)
"""KEYS: the room. Answers users and values, one after the other."""

MARK_TYPING: Final = Script(
    NOW
    + """
local typing = tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', whole(now))
redis.call('ZADD', KEYS[1], whole(now + typing), ARGV[1])
outlive(KEYS[1], typing)
"""
)
"""KEYS: who types in a conversation, until when. ARGV: user, how long."""

TYPING: Final = Script(NOW + "return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. whole(now), '+inf')")
"""KEYS: who types in a conversation, until when. Answers users."""


def lease_of(room_id: UUID, user_id: UUID, epoch: Any, session: str, now: Any, times: PresenceTimes) -> PresenceLease:
    """A lease that begins, or is renewed, now."""
    begin = instant_of(now)
    return PresenceLease(
        room_id=room_id,
        user_id=user_id,
        session=session,
        epoch=int(epoch),
        renew_at=begin + times.heartbeat,
        expires_at=begin + times.lease,
    )


def leases_of(room_id: UUID, answer: Any, times: PresenceTimes) -> tuple[PresenceLease, ...]:
    """What `PRESENT` answers, the earliest epoch first."""
    leases: list[PresenceLease] = []
    for user, value in zip(answer[::2], answer[1::2], strict=True):
        epoch, expires, session = value.decode().split(":", 2)
        begin = int(expires) - microseconds(times.lease)
        leases.append(lease_of(room_id, UUID(user.decode()), epoch, session, begin, times))
    return tuple(sorted(leases, key=lambda lease: lease.epoch))
