"""Counters in Redis: per counter its value, a mark while it is young, and the ticket of whoever rebuilds it (see `counters`)."""

from __future__ import annotations

from typing import Final

from telemed_store.ephemeral.counters import TICKET_LIFETIME
from telemed_store.ephemeral.lua import NOW
from telemed_store.redis_client.scripts import Script

__all__ = ["ADD", "BEGIN", "FILL", "FORGET"]

ADD: Final = Script("""
local value = redis.call('GET', KEYS[1])
if not value then
    redis.call('DEL', KEYS[3])
    return false
end
local wanted, settling = tonumber(value) + tonumber(ARGV[1]), tonumber(ARGV[2])
local changed = math.max(0, wanted)
redis.call('SET', KEYS[1], string.format('%.0f', changed), 'KEEPTTL')
if (wanted < 0 or redis.call('EXISTS', KEYS[2]) == 1) and redis.call('PTTL', KEYS[1]) > settling then
    redis.call('PEXPIRE', KEYS[1], settling)
end
return changed
""")
"""KEYS: value, young, ticket. ARGV: by how much, settling in milliseconds. Answers the value, or nothing: the counter is not there."""

BEGIN: Final = Script(
    NOW
    + f"""
local value = redis.call('GET', KEYS[1])
if value then return {{tonumber(value), '0'}} end
local ticket = redis.call('GET', KEYS[2]) or whole(now)
redis.call('SET', KEYS[2], ticket, 'EX', {TICKET_LIFETIME.total_seconds():.0f})
return {{-1, ticket}}
"""
)
"""KEYS: value, ticket. Answers the value (-1: the counter is not there) and the ticket."""

FILL: Final = Script("""
local value = redis.call('GET', KEYS[1])
if value then return tonumber(value) end
if redis.call('GET', KEYS[3]) ~= ARGV[1] then return false end
redis.call('DEL', KEYS[3])
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('SET', KEYS[2], '', 'PX', ARGV[4])
return tonumber(ARGV[2])
""")
"""KEYS: value, young, ticket. ARGV: ticket, value, lifetime and settling in milliseconds. Answers the value, or nothing: read again."""

FORGET: Final = Script("return redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])")
"""KEYS: value, young, ticket."""
