"""Queues in Redis: a stream with a consumer group, and what a stream does not know. All keys of a queue carry one hash tag.

    stream    the jobs that are due or in somebody's hands, by id; trimmed entry by entry, so that it holds what is not done
    delayed   sorted set of the jobs that are not due yet, by the instant
    reserved  sorted set of the jobs in somebody's hands, by the instant at which others may take them over
    dead      sorted set of the dead letters, by the instant of their death
    jobs      hash: what each job is, as ``queues.encoded_job`` writes it behind its instant and its most tries
    tries     hash: how often each job was reserved
    owners    hash: who has a job, and the id of its entry in the stream

The group has one consumer, for ownership is finer than a process: each reservation has a random owner. Each reservation also has an end of its
own, which XAUTOCLAIM with its one idle time for all could not keep (D25). Instants are microseconds of Redis' clock.
"""

from __future__ import annotations

from typing import Final

from telemed_store.redis_client.scripts import Script

__all__ = ["ACK", "DEAD_LETTERS", "DEPTH", "ENQUEUE", "EXTEND", "PARTS", "PURGE", "REQUEUE", "RESERVE", "RETRY"]

PARTS: Final = ("stream", "delayed", "reserved", "dead", "jobs", "tries", "owners")
"""The keys of a queue, in the order in which scripts get them; the key of a job's ``dedupe_key`` comes behind them."""

# A delayed job moves when somebody looks: at most so many at once, for a script stops the server.
_AT_ONCE: Final = 100

_COMMON: Final = (
    f"""
local AT_ONCE = {_AT_ONCE}
"""
    """
local stream, delayed, reserved, dead, jobs, tries, owners = unpack(KEYS, 1, 7)
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local function whole(number) return string.format('%.0f', number) end
local function make_ready(id) redis.call('XADD', stream, '*', 'job', id) end
local function move_due()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', delayed, '-inf', whole(now), 'LIMIT', 0, AT_ONCE)) do
    redis.call('ZREM', delayed, id)
    make_ready(id)
  end
end
local function is_used_up(id)
  local most = string.match(redis.call('HGET', jobs, id) or '', '^%d+ (%d+)')
  return tonumber(redis.call('HGET', tries, id) or 0) >= tonumber(most or 0)
end
local function entry_of(id, owner)
  local holder, entry = string.match(redis.call('HGET', owners, id) or '', '^(%x+) (.+)$')
  if holder and (owner == nil or holder == owner) then return entry end
end
local function let_go(id, entry)
  redis.call('XACK', stream, 'workers', entry)
  redis.call('XDEL', stream, entry)
  redis.call('ZREM', reserved, id)
  redis.call('HDEL', owners, id)
end
local function forget(id)
  redis.call('HDEL', jobs, id)
  redis.call('HDEL', tries, id)
end
"""
)

# ARGV: id, most tries, JSON, when it is due or '', lifetime of the dedupe key in milliseconds. What is kept of the job: a new one,
# or the one that has the key and is not done.
ENQUEUE: Final = Script(
    _COMMON
    + """
local id, due = ARGV[1], tonumber(ARGV[4])
if KEYS[8] then
  local known = redis.call('GET', KEYS[8])
  local kept = known and redis.call('HGET', jobs, known)
  if kept then return kept end
  redis.call('SET', KEYS[8], id, 'PX', ARGV[5])
end
local kept = whole(now) .. ' ' .. ARGV[2] .. ' ' .. ARGV[3]
redis.call('HSET', jobs, id, kept)
if due and due > now then redis.call('ZADD', delayed, whole(due), id) else make_ready(id) end
return kept
"""
)

# ARGV: owner, visibility. What is kept of the job, how often it was reserved, the end of the reservation; or nil.
RESERVE: Final = Script(
    _COMMON
    + """
local function given(id, entry)
  local kept = redis.call('HGET', jobs, id)
  if not kept then -- a Redis that evicts keys lost it
    let_go(id, entry)
    return nil
  end
  local ends = now + tonumber(ARGV[2])
  redis.call('HSET', owners, id, ARGV[1] .. ' ' .. entry)
  redis.call('ZADD', reserved, whole(ends), id)
  return {kept, redis.call('HINCRBY', tries, id, 1), whole(ends)}
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', reserved, '-inf', whole(now), 'LIMIT', 0, AT_ONCE)) do
  local entry = entry_of(id)
  if not is_used_up(id) then
    redis.call('XCLAIM', stream, 'workers', 'worker', 0, entry, 'JUSTID')
    return given(id, entry)
  end
  let_go(id, entry)
  redis.call('ZADD', dead, whole(now), id)
end
move_due()
local function next_entries()
  return redis.pcall('XREADGROUP', 'GROUP', 'workers', 'worker', 'COUNT', 1, 'STREAMS', stream, '>')
end
local read = next_entries()
if read and read.err then
  if redis.call('EXISTS', stream) == 0 then return nil end
  redis.call('XGROUP', 'CREATE', stream, 'workers', 0)
  read = next_entries()
end
if not read then return nil end
local entry, fields = unpack(read[1][2][1])
return given(fields[2], entry)
"""
)

# ARGV: id, owner, visibility. The end of the reservation, or nil: it was taken over.
EXTEND: Final = Script(
    _COMMON
    + """
if not entry_of(ARGV[1], ARGV[2]) then return nil end
local ends = now + tonumber(ARGV[3])
redis.call('ZADD', reserved, whole(ends), ARGV[1])
return whole(ends)
"""
)

# ARGV: id, owner. 1, or 0: it was taken over.
ACK: Final = Script(
    _COMMON
    + """
local id, entry = ARGV[1], entry_of(ARGV[1], ARGV[2])
if not entry then return 0 end
let_go(id, entry)
forget(id)
if KEYS[8] and redis.call('GET', KEYS[8]) == id then redis.call('DEL', KEYS[8]) end
return 1
"""
)

# ARGV: id, owner, rest. When it is due again, '' if it is a dead letter now, or nil: it was taken over.
RETRY: Final = Script(
    _COMMON
    + """
local id, entry = ARGV[1], entry_of(ARGV[1], ARGV[2])
if not entry then return nil end
let_go(id, entry)
if is_used_up(id) then
  redis.call('ZADD', dead, whole(now), id)
  return ''
end
local due = whole(now + tonumber(ARGV[3]))
redis.call('ZADD', delayed, due, id)
return due
"""
)

# Ready, delayed, reserved, dead; how long the first ready job has waited in milliseconds, or -1.
DEPTH: Final = Script(
    _COMMON
    + """
move_due()
local held = redis.call('ZCARD', reserved)
local after = '-'
local groups = redis.pcall('XINFO', 'GROUPS', stream)
if not groups.err then
  for _, group in ipairs(groups) do
    for place = 1, #group, 2 do
      if group[place] == 'last-delivered-id' then after = '(' .. group[place + 1] end
    end
  end
end
local first = redis.call('XRANGE', stream, after, '+', 'COUNT', 1)[1]
local waited = -1
if first then waited = math.max(0, math.floor(now / 1000) - tonumber(string.match(first[1], '^%d+'))) end
return {
  redis.call('XLEN', stream) - held, redis.call('ZCARD', delayed), held, redis.call('ZCARD', dead), waited
}
"""
)

# ARGV: how many. For each: what is kept of the job, how often it was reserved, when it died.
DEAD_LETTERS: Final = Script(
    _COMMON
    + """
local found = {}
local ids = redis.call('ZRANGE', dead, 0, tonumber(ARGV[1]) - 1, 'WITHSCORES')
for place = 1, #ids, 2 do
  table.insert(found, {
    redis.call('HGET', jobs, ids[place]), redis.call('HGET', tries, ids[place]), whole(tonumber(ids[place + 1]))
  })
end
return found
"""
)

# ARGV: id. 1, or 0: there is no such dead letter.
REQUEUE: Final = Script(
    _COMMON
    + """
if redis.call('ZREM', dead, ARGV[1]) == 0 then return 0 end
redis.call('HDEL', tries, ARGV[1])
make_ready(ARGV[1])
return 1
"""
)

# ARGV: id, or '' for the oldest ones. How many were forgotten. A dedupe key that names none of the jobs says nothing, and expires.
PURGE: Final = Script(
    _COMMON
    + """
local ids = {ARGV[1]}
if ARGV[1] == '' then ids = redis.call('ZRANGE', dead, 0, AT_ONCE - 1) end
local purged = 0
for _, id in ipairs(ids) do
  if redis.call('ZREM', dead, id) == 1 then
    forget(id)
    purged = purged + 1
  end
end
return purged
"""
)
