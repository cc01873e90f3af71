"""What a backend of rate limits has to do."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import pytest

from telemed_store._async.ephemeral.rate_limits import AsyncRateLimits
from telemed_store.ephemeral.rate_limits import RateLimit
from telemed_store.errors import ValidationFailed
from telemed_store.testing._async._synchronization import at_once
from telemed_store.testing._async.conformance.base import AsyncConformance

__all__ = ["AsyncRateLimitsConformance"]

EMAIL, IP = "maria@example.com", "203.0.113.7"


class AsyncRateLimitsConformance(AsyncConformance):
    """Write the fixture ``rate_limits``: a backend in which nothing is counted yet."""

    LIMIT = RateLimit(name="conformance", hits=3, period=AsyncConformance.LONG)
    BRIEF_LIMIT = RateLimit(name="brief", hits=1, period=AsyncConformance.BRIEF)

    async def test_as_many_hits_are_allowed_as_the_limit_says(self, rate_limits: AsyncRateLimits) -> None:
        decisions = [await rate_limits.hit(self.LIMIT, EMAIL, IP) for _ in range(5)]

        assert [decision.allowed for decision in decisions] == [True, True, True, False, False]
        assert [decision.remaining for decision in decisions] == [2, 1, 0, 0, 0]
        assert [decision.retry_after for decision in decisions[:3]] == [0.0, 0.0, 0.0]
        assert all(0 < decision.retry_after <= self.LONG.total_seconds() for decision in decisions[3:])

    async def test_a_hit_counts_for_its_period_and_no_longer(self, rate_limits: AsyncRateLimits) -> None:
        assert (await rate_limits.hit(self.BRIEF_LIMIT, IP)).allowed
        await self.outlast(self.BRIEF)

        assert (await rate_limits.check(self.BRIEF_LIMIT, IP)).remaining == 1
        assert (await rate_limits.hit(self.BRIEF_LIMIT, IP)).allowed

    async def test_the_wait_is_counted_from_the_oldest_hit(self, rate_limits: AsyncRateLimits) -> None:
        limit = RateLimit(name="sliding", hits=2, period=self.LONG)
        await rate_limits.hit(limit, IP)
        await self.outlast(self.BRIEF)
        await rate_limits.hit(limit, IP)

        refused = await rate_limits.hit(limit, IP)

        assert not refused.allowed
        assert refused.retry_after <= (self.LONG - self.BRIEF).total_seconds()

    async def test_a_check_counts_nothing(self, rate_limits: AsyncRateLimits) -> None:
        for _ in range(4):
            decision = await rate_limits.check(self.LIMIT, IP)
            assert (decision.allowed, decision.remaining, decision.retry_after) == (True, 3, 0.0)
        for _ in range(3):
            await rate_limits.hit(self.LIMIT, IP)

        decision = await rate_limits.check(self.LIMIT, IP)
        assert (decision.allowed, decision.remaining) == (False, 0)
        assert decision.retry_after > 0

    async def test_what_differs_is_counted_apart(self, rate_limits: AsyncRateLimits) -> None:
        other = self.LIMIT.model_copy(update={"name": "another"})
        somebody = UUID(int=7)
        await rate_limits.hit(self.LIMIT, EMAIL, IP)

        for limit, subject in (
            (self.LIMIT, (IP, EMAIL)),
            (self.LIMIT, (EMAIL + IP,)),
            (self.LIMIT, (f"{EMAIL}text{IP}",)),
            (self.LIMIT, (EMAIL,)),
            (self.LIMIT, (EMAIL, IP, IP)),
            (self.LIMIT, (somebody,)),
            (self.LIMIT, (str(somebody),)),
            (other, (EMAIL, IP)),
        ):
            assert (await rate_limits.hit(limit, *subject)).remaining == 2

    async def test_case_and_outer_blanks_make_no_difference(self, rate_limits: AsyncRateLimits) -> None:
        await rate_limits.hit(self.LIMIT, EMAIL, IP)

        assert (await rate_limits.hit(self.LIMIT, f" {EMAIL.upper()} ", IP)).remaining == 1

    async def test_clearing_forgets_the_hits_of_one_subject(self, rate_limits: AsyncRateLimits) -> None:
        for subject in ((EMAIL, IP), (EMAIL, "198.51.100.1")):
            for _ in range(3):
                await rate_limits.hit(self.LIMIT, *subject)
        await rate_limits.clear(self.LIMIT, EMAIL, IP)

        assert (await rate_limits.check(self.LIMIT, EMAIL, IP)).remaining == 3
        assert not (await rate_limits.check(self.LIMIT, EMAIL, "198.51.100.1")).allowed
        await rate_limits.clear(self.LIMIT, "nobody")

    async def test_a_lower_limit_counts_what_a_higher_one_allowed(self, rate_limits: AsyncRateLimits) -> None:
        for _ in range(3):
            await rate_limits.hit(self.LIMIT, IP)

        decision = await rate_limits.hit(self.LIMIT.model_copy(update={"hits": 1}), IP)

        assert (decision.allowed, decision.remaining) == (False, 0)
        assert decision.retry_after > 0

    async def test_at_once_exactly_as_many_are_allowed(self, rate_limits: AsyncRateLimits) -> None:
        decisions = await at_once([partial(rate_limits.hit, self.LIMIT, EMAIL, IP)] * 10)

        assert sorted(decision.remaining for decision in decisions if decision.allowed) == [0, 1, 2]

    @pytest.mark.parametrize(
        ("field", "subject"),
        [
            ("subject", ()),
            ("subject", ("",)),
            ("subject", (7,)),
            ("subject", (None, IP)),
            ("subject", ("a\x00b",)),
            ("subject", ("\ud800",)),
            ("subject", ("a" * 501,)),
            ("subject", ("a" * 1_000_000,)),
        ],
    )
    async def test_a_wrong_subject_is_refused_by_name(
        self, rate_limits: AsyncRateLimits, field: str, subject: tuple[Any, ...]
    ) -> None:
        for verb in (rate_limits.hit, rate_limits.check, rate_limits.clear):
            with pytest.raises(ValidationFailed) as refused:
                await verb(self.LIMIT, *subject)
            assert list(refused.value.fields) == [field]

    @pytest.mark.parametrize("hits", [0, -1, 10_001, 2**70, "three", None])
    async def test_a_wrong_limit_is_refused_by_name(self, rate_limits: AsyncRateLimits, hits: Any) -> None:
        with pytest.raises(ValidationFailed) as refused:
            await rate_limits.hit(self.LIMIT.model_copy(update={"hits": hits}), IP)
        assert list(refused.value.fields) == ["hits"]
        wrong: Any = "login"
        with pytest.raises(ValidationFailed) as refused:
            await rate_limits.hit(wrong, IP)
        assert list(refused.value.fields) == ["limit"]
