"""Rate limits in Redis: one list per limit and subject, the times of the hits that still count, the oldest first."""

from __future__ import annotations

from typing import Any, Final

from telemed_store.ephemeral.lua import NOW
from telemed_store.ephemeral.rate_limits import RateLimitDecision
from telemed_store.redis_client.scripts import Script

__all__ = ["CHECK", "HIT", "decision_of"]

# KEYS: the hits. ARGV: how many may be, the period.
_LOOK: Final = (
    NOW
    + """
local most, period = tonumber(ARGV[1]), tonumber(ARGV[2])
local oldest = redis.call('LINDEX', KEYS[1], 0)
while oldest and tonumber(oldest) <= now - period do
    redis.call('LPOP', KEYS[1])
    oldest = redis.call('LINDEX', KEYS[1], 0)
end
local remaining = most - redis.call('LLEN', KEYS[1])
if remaining <= 0 then
    local wait = tonumber(redis.call('LINDEX', KEYS[1], -remaining)) + period - now
    return {0, 0, math.min(wait, period)}
end
"""
)

HIT: Final = Script(
    _LOOK
    + """
redis.call('RPUSH', KEYS[1], whole(now))
outlive(KEYS[1], period)
return {1, remaining - 1, 0}
"""
)
"""Count a hit if the limit allows one."""

CHECK: Final = Script(_LOOK + "return {1, remaining, 0}")
"""What the limit would say to a hit."""


def decision_of(answer: Any) -> RateLimitDecision:
    """What both scripts answer."""
    allowed, remaining, wait = answer
    return RateLimitDecision(allowed=bool(allowed), remaining=remaining, retry_after=wait / 1_000_000)
