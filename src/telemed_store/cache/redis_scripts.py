"""How the cache stands in Redis, and the Lua that changes it. Each script touches the keys of one key or one tag alone (Cluster).

    …:cache:{key}          hash: ``t`` token, ``f`` floor, ``n`` version of what is kept
    …:cache:{key}:value    the value behind its generations; it expires by itself
    …:cache:{key}:done     ids of invalidations that were applied (sorted by time)
    …:cache-tag:{tag}      generation
    …:cache-tag:{tag}:done as above
    …:cache-epoch:{all}    the generation of everything
    …:cache-healed:{all}   up to when invalidations written down in the database were made up for

Token and floor live in one key: should the server forget it (restart, eviction, expiry), no ticket fits any more, so nothing can be filled
in that the floor would have refused. A token or generation that begins with ``!`` is held: nothing is shown or filled in until it expires.
"""

from __future__ import annotations

from typing import Final

from telemed_store.redis_client.scripts import Script

__all__ = ["DROP_KEY", "DROP_TAG", "FILL", "HELD", "KEPT_MILLISECONDS", "OPEN", "REACHED"]

HELD: Final = b"!"

KEPT_MILLISECONDS: Final = 3_600_000
"""How long a key's token and floor, and the ids of what was applied, are remembered after their last use: longer than any load takes."""

OPEN: Final = Script("""
-- KEYS: record. ARGV: token if there is none, milliseconds.
redis.call('HSETNX', KEYS[1], 't', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('HGET', KEYS[1], 't')
""")

FILL: Final = Script("""
-- KEYS: record, value. ARGV: token presented, next token, version, value, its milliseconds, the record's milliseconds.
local record = redis.call('HMGET', KEYS[1], 't', 'f', 'n')
local version = tonumber(ARGV[3])
if record[1] ~= ARGV[1] or version < tonumber(record[2] or '0') then
  return 0
end
if record[3] and version < tonumber(record[3]) and redis.call('EXISTS', KEYS[2]) == 1 then
  return 0
end
redis.call('HSET', KEYS[1], 't', ARGV[2], 'n', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
redis.call('SET', KEYS[2], ARGV[4], 'PX', ARGV[5])
return 1
""")

_ONCE: Final = """
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
if ARGV[1] ~= '' then
  if redis.call('ZADD', KEYS[2], 'NX', now, ARGV[1]) == 0 then
    return 0
  end
  redis.call('ZREMRANGEBYSCORE', KEYS[2], 0, now - ARGV[2])
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
end
"""

DROP_KEY: Final = Script(f"""
-- KEYS: record, done, value. ARGV: id or nothing, milliseconds, next token, version, milliseconds of the hold.
{_ONCE}
redis.call('DEL', KEYS[3])
local token = redis.call('HGET', KEYS[1], 't')
if tonumber(ARGV[5]) > 0 then
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 't', '!' .. ARGV[3])
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
elseif not token or string.sub(token, 1, 1) ~= '!' then
  local floor = tonumber(redis.call('HGET', KEYS[1], 'f') or '0')
  redis.call('HSET', KEYS[1], 't', ARGV[3], 'f', math.max(floor, tonumber(ARGV[4])))
  redis.call('HDEL', KEYS[1], 'n')
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1
""")

DROP_TAG: Final = Script(f"""
-- KEYS: generation, done. ARGV: id or nothing, milliseconds, next generation, milliseconds of the hold.
{_ONCE}
local generation = redis.call('GET', KEYS[1])
if tonumber(ARGV[4]) > 0 then
  redis.call('SET', KEYS[1], '!' .. ARGV[3], 'PX', ARGV[4])
elseif generation and string.sub(generation, 1, 1) ~= '!' then
  redis.call('DEL', KEYS[1])
end
return 1
""")

REACHED: Final = Script("""
-- KEYS: position. ARGV: a later position. It never goes back.
local position = redis.call('GET', KEYS[1])
if not position or position < ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[1])
end
return 1
""")
