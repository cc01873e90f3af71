"""Back-off doubles, is fully jittered, and ends at the deadline alone."""

from __future__ import annotations

import random

from telemed_store.database.retry import pauses


class Time:
    """Passes only while somebody pauses."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_retry_backoff_outlasts_contention() -> None:
    """One retry of 35-50 ms was not enough: the pauses fill the whole deadline, however short they come out."""
    for seed in range(20):
        time, draw = Time(), random.Random(seed)
        taken = []
        for pause in pauses(20.0, monotonic=time, uniform=draw.uniform):
            taken.append(pause)
            time.now += pause + 0.001
        assert abs(sum(taken) + 0.001 * len(taken) - 20.0) < 0.01
        assert len(taken) > 20


def test_each_pause_is_drawn_between_zero_and_a_bound_that_doubles() -> None:
    time = Time()
    bounds: list[float] = []

    def uniform(low: float, high: float) -> float:
        assert low == 0.0
        bounds.append(high)
        return 0.0

    drawn = pauses(20.0, monotonic=time, uniform=uniform)
    for _ in range(9):
        next(drawn)

    assert bounds == [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.0, 1.0]


def test_no_pause_goes_beyond_the_deadline() -> None:
    time = Time()
    drawn = pauses(0.005, monotonic=time, uniform=lambda _low, high: high)

    assert abs(next(drawn) - 0.005) < 1e-9
    time.now += 0.006
    assert next(drawn, None) is None


def test_a_first_attempt_that_waited_long_uses_up_its_part_of_the_time() -> None:
    """Ten seconds for a lock and then twenty more of repeating would keep a caller for thirty."""
    time = Time()
    drawn = pauses(20.0, monotonic=time, uniform=lambda _low, high: high)
    time.now += 20.1

    assert next(drawn, None) is None
