# Generated from _async/conformance/rate_limits.py by tools/sync.py. Do not edit.
"""What a backend of rate limits has to do."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import pytest

from telemed_store._sync.ephemeral.rate_limits import RateLimits
from telemed_store.ephemeral.rate_limits import RateLimit
from telemed_store.errors import ValidationFailed
from telemed_store.testing._sync._synchronization import at_once
from telemed_store.testing._sync.conformance.base import Conformance

__all__ = ["RateLimitsConformance"]

EMAIL, IP = "maria@example.com", "203.0.113.7"


class RateLimitsConformance(Conformance):
    """Write the fixture ``rate_limits``: a backend in which nothing is counted yet."""

    LIMIT = RateLimit(name="conformance", hits=3, period=Conformance.LONG)
    BRIEF_LIMIT = RateLimit(name="brief", hits=1, period=Conformance.BRIEF)

    def test_as_many_hits_are_allowed_as_the_limit_says(self, rate_limits: RateLimits) -> None:
        decisions = [rate_limits.hit(self.LIMIT, EMAIL, IP) for _ in range(5)]

        assert [decision.allowed for decision in decisions] == [True, True, True, False, False]
        assert [decision.remaining for decision in decisions] == [2, 1, 0, 0, 0]
        assert [decision.retry_after for decision in decisions[:3]] == [0.0, 0.0, 0.0]
        assert all(0 < decision.retry_after <= self.LONG.total_seconds() for decision in decisions[3:])

    def test_a_hit_counts_for_its_period_and_no_longer(self, rate_limits: RateLimits) -> None:
        assert rate_limits.hit(self.BRIEF_LIMIT, IP).allowed
        self.outlast(self.BRIEF)

        assert rate_limits.check(self.BRIEF_LIMIT, IP).remaining == 1
        assert rate_limits.hit(self.BRIEF_LIMIT, IP).allowed

    def test_the_wait_is_counted_from_the_oldest_hit(self, rate_limits: RateLimits) -> None:
        limit = RateLimit(name="sliding", hits=2, period=self.LONG)
        rate_limits.hit(limit, IP)
        self.outlast(self.BRIEF)
        rate_limits.hit(limit, IP)

        refused = rate_limits.hit(limit, IP)

        assert not refused.allowed
        assert refused.retry_after <= (self.LONG - self.BRIEF).total_seconds()

    def test_a_check_counts_nothing(self, rate_limits: RateLimits) -> None:
        for _ in range(4):
            decision = rate_limits.check(self.LIMIT, IP)
            assert (decision.allowed, decision.remaining, decision.retry_after) == (True, 3, 0.0)
        for _ in range(3):
            rate_limits.hit(self.LIMIT, IP)

        decision = rate_limits.check(self.LIMIT, IP)
        assert (decision.allowed, decision.remaining) == (False, 0)
        assert decision.retry_after > 0

    def test_what_differs_is_counted_apart(self, rate_limits: RateLimits) -> None:
        other = self.LIMIT.model_copy(update={"name": "another"})
        somebody = UUID(int=7)
        rate_limits.hit(self.LIMIT, EMAIL, IP)

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
            assert rate_limits.hit(limit, *subject).remaining == 2

    def test_case_and_outer_blanks_make_no_difference(self, rate_limits: RateLimits) -> None:
        rate_limits.hit(self.LIMIT, EMAIL, IP)

        assert rate_limits.hit(self.LIMIT, f" {EMAIL.upper()} ", IP).remaining == 1

    def test_clearing_forgets_the_hits_of_one_subject(self, rate_limits: RateLimits) -> None:
        for subject in ((EMAIL, IP), (EMAIL, "198.51.100.1")):
            for _ in range(3):
                rate_limits.hit(self.LIMIT, *subject)
        rate_limits.clear(self.LIMIT, EMAIL, IP)

        assert rate_limits.check(self.LIMIT, EMAIL, IP).remaining == 3
        assert not rate_limits.check(self.LIMIT, EMAIL, "198.51.100.1").allowed
        rate_limits.clear(self.LIMIT, "nobody")

    def test_a_lower_limit_counts_what_a_higher_one_allowed(self, rate_limits: RateLimits) -> None:
        for _ in range(3):
            rate_limits.hit(self.LIMIT, IP)

        decision = rate_limits.hit(self.LIMIT.model_copy(update={"hits": 1}), IP)

        assert (decision.allowed, decision.remaining) == (False, 0)
        assert decision.retry_after > 0

    def test_at_once_exactly_as_many_are_allowed(self, rate_limits: RateLimits) -> None:
        decisions = at_once([partial(rate_limits.hit, self.LIMIT, EMAIL, IP)] * 10)

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
    def test_a_wrong_subject_is_refused_by_name(
        self, rate_limits: RateLimits, field: str, subject: tuple[Any, ...]
    ) -> None:
        for verb in (rate_limits.hit, rate_limits.check, rate_limits.clear):
            with pytest.raises(ValidationFailed) as refused:
                verb(self.LIMIT, *subject)
            assert list(refused.value.fields) == [field]

    @pytest.mark.parametrize("hits", [0, -1, 10_001, 2**70, "three", None])
    def test_a_wrong_limit_is_refused_by_name(self, rate_limits: RateLimits, hits: Any) -> None:
        with pytest.raises(ValidationFailed) as refused:
            rate_limits.hit(self.LIMIT.model_copy(update={"hits": hits}), IP)
        assert list(refused.value.fields) == ["hits"]
        wrong: Any = "login"
        with pytest.raises(ValidationFailed) as refused:
            rate_limits.hit(wrong, IP)
        assert list(refused.value.fields) == ["limit"]
