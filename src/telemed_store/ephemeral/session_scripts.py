"""Sessions in Redis: three keys per user, by the digest of the token: what is sealed, when it began and was seen, when it ends.

A fourth key is the user's generation, which every ending of all sessions raises.
"""

from __future__ import annotations

from typing import Any, Final

from telemed_store.ephemeral.lua import NOW, instant_of
from telemed_store.ephemeral.sessions import GENERATION_LIFETIME, MOST_SESSIONS, SessionRecord
from telemed_store.redis_client.scripts import Script

__all__ = ["CREATE", "END", "END_ALL", "END_BY_ID", "LIST", "SLIDE", "records_of"]

_COMMON: Final = (
    NOW
    + """
local sealed, times, ends = KEYS[1], KEYS[2], KEYS[3]
local function forget(digest)
    redis.call('HDEL', sealed, digest)
    redis.call('HDEL', times, digest)
    return redis.call('ZREM', ends, digest)
end
local function forget_expired()
    for _, digest in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', whole(now))) do forget(digest) end
end
local function keep(digest, began, lifetime)
    redis.call('HSET', times, digest, began .. ':' .. whole(now))
    redis.call('ZADD', ends, whole(now + lifetime), digest)
    for _, key in ipairs({sealed, times, ends}) do outlive(key, lifetime) end
end
local function record(digest)
    local began, seen = string.match(redis.call('HGET', times, digest) or '', '^(%d+):(%d+)$')
    local text, ending = redis.call('HGET', sealed, digest), redis.call('ZSCORE', ends, digest)
    if began and text and ending then return {digest, text, began, seen, whole(tonumber(ending))} end
    forget(digest)
    return nil
end
forget_expired()
"""
)

CREATE: Final = Script(
    _COMMON
    + f"""
local digest, text, lifetime, generation = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
if generation ~= '' and generation ~= (redis.call('GET', KEYS[4]) or '0') then return {{}} end
while redis.call('ZCARD', ends) >= {MOST_SESSIONS} do forget(redis.call('ZRANGE', ends, 0, 0)[1]) end
redis.call('HSET', sealed, digest, text)
keep(digest, whole(now), lifetime)
return {{record(digest)}}
"""
)
"""ARGV: digest, what is sealed, lifetime, the generation that must still be (or an empty text). Answers the record, or none."""

SLIDE: Final = Script(
    _COMMON
    + """
local found = record(ARGV[1])
if not found then return {} end
keep(ARGV[1], found[3], tonumber(ARGV[2]))
return {record(ARGV[1])}
"""
)
"""ARGV: digest, lifetime. Answers the record, or none."""

END: Final = Script(_COMMON + "return forget(ARGV[1])")
"""ARGV: digest. Answers whether it was there."""

END_BY_ID: Final = Script(
    _COMMON
    + """
local ended = 0
for _, digest in ipairs(redis.call('ZRANGE', ends, 0, -1)) do
    if string.sub(digest, 1, string.len(ARGV[1])) == ARGV[1] then ended = ended + forget(digest) end
end
return ended
"""
)
"""ARGV: the id, which is how the digest begins. Answers whether it was there."""

END_ALL: Final = Script(
    _COMMON
    + f"""
local generation = math.max(now, tonumber(redis.call('GET', KEYS[4]) or 0) + 1)
redis.call('SET', KEYS[4], whole(generation), 'EX', {GENERATION_LIFETIME.total_seconds():.0f})
local ended = 0
for _, digest in ipairs(redis.call('ZRANGE', ends, 0, -1)) do
    if ARGV[1] == '' or string.sub(digest, 1, string.len(ARGV[1])) ~= ARGV[1] then ended = ended + forget(digest) end
end
return ended
"""
)
"""ARGV: the id that stays (or an empty text). Answers how many ended."""

LIST: Final = Script(
    _COMMON
    + """
local found = {}
for _, digest in ipairs(redis.call('ZRANGE', ends, 0, -1)) do table.insert(found, record(digest)) end
return found
"""
)
"""Answers the records."""


def records_of(answer: Any) -> list[SessionRecord]:
    """The records that a script answers."""
    return [
        SessionRecord(digest.decode(), sealed, instant_of(began), instant_of(seen), instant_of(ends))
        for digest, sealed, began, seen, ends in answer
    ]
