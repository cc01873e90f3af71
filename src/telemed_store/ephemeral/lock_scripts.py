"""Locks in Redis: one hash per lock, changed by one script at a time, by Redis' own clock.

The hash outlives its lease by a day (`FENCE_KEPT`), for the fence. A lock is held while ``until`` lies ahead: that the key is there says nothing.
Redis may lose all of it: the next fence is then the microsecond of its clock, which is above every fence before.
"""

from __future__ import annotations

from typing import Final

from telemed_store.redis_client.scripts import Script

__all__ = ["ACQUIRE", "EXTEND", "RELEASE"]

# Whole numbers below 2^53 are exact in Lua, but are written as 1.7e+15 unless told otherwise.
_COMMON: Final = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local function whole(number) return string.format('%.0f', number) end
local owner, expires, fence = unpack(redis.call('HMGET', KEYS[1], 'owner', 'until', 'fence'))
local is_held = owner and tonumber(expires) > now
"""

# ARGV: owner, lifetime, how long the fence is kept after it (both in microseconds). Fence and end of the lease, or nil.
ACQUIRE: Final = Script(
    _COMMON
    + """
if is_held then return nil end
local next_fence = math.max(now, (tonumber(fence or 0)) + 1)
local ends = now + tonumber(ARGV[2])
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'until', whole(ends), 'fence', whole(next_fence))
redis.call('PEXPIREAT', KEYS[1], whole(math.ceil((ends + tonumber(ARGV[3])) / 1000)))
return {whole(next_fence), whole(ends)}
"""
)

# The same arguments. The end of the lease, or nil: it is lost.
EXTEND: Final = Script(
    _COMMON
    + """
if not is_held or owner ~= ARGV[1] then return nil end
local ends = now + tonumber(ARGV[2])
redis.call('HSET', KEYS[1], 'until', whole(ends))
redis.call('PEXPIREAT', KEYS[1], whole(math.ceil((ends + tonumber(ARGV[3])) / 1000)))
return whole(ends)
"""
)

# ARGV: owner. 1, or 0: it is lost. The fence stays.
RELEASE: Final = Script(
    _COMMON
    + """
if not is_held or owner ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'owner', 'until')
return 1
"""
)
