"""Who has just failed is left alone; then one caller tries."""

from __future__ import annotations

from telemed_store.redis_client.circuit import Circuit


class Seconds:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_failure_keeps_callers_away_for_the_pause() -> None:
    seconds = Seconds()
    circuit = Circuit(1.0, seconds)
    assert circuit.allows()

    circuit.failed()

    assert not circuit.allows()
    seconds.now += 0.999
    assert not circuit.allows()


def test_after_the_pause_one_caller_tries_and_the_others_wait_for_what_it_finds() -> None:
    seconds = Seconds()
    circuit = Circuit(1.0, seconds)
    circuit.failed()
    seconds.now += 1.0

    assert [circuit.allows(), circuit.allows(), circuit.allows()] == [True, False, False]
    circuit.succeeded()

    assert circuit.allows()
    assert circuit.allows()


def test_a_caller_who_never_says_how_it_went_keeps_nobody_away_for_ever() -> None:
    seconds = Seconds()
    circuit = Circuit(1.0, seconds)
    circuit.failed()
    seconds.now += 1.0
    assert circuit.allows()

    seconds.now += 1.0

    assert circuit.allows()
