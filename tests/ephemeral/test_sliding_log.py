"""A rate limit, whatever is asked when: never more hits in a period than it allows, and none refused that it allows."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from telemed_store.ephemeral.rate_limits import RateLimit, RateLimitLog

BEGINNING = dt.datetime(2030, 1, 7, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


@given(
    hits=st.integers(1, 4),
    period=st.integers(1, 6),
    pauses=st.lists(st.integers(0, 4), max_size=40),
)
def test_every_period_holds_as_many_hits_as_are_allowed_and_no_fewer(hits: int, period: int, pauses: list[int]) -> None:
    log = RateLimitLog()
    limit = RateLimit(name="any", hits=hits, period=period * SECOND)
    allowed: list[dt.datetime] = []
    now = BEGINNING
    for pause in pauses:
        now += pause * SECOND
        counting = [at for at in allowed if at > now - limit.period]
        said = log.check(limit, "somebody", now)
        decision = log.hit(limit, "somebody", now)

        assert said.allowed == decision.allowed == (len(counting) < hits)
        if decision.allowed:
            allowed.append(now)
            assert said.remaining == decision.remaining + 1 == hits - len(counting)
        else:
            assert now + dt.timedelta(seconds=decision.retry_after) == counting[0] + limit.period
