"""The frozen clock, the sizes of proofs, and the settings that a marker overrides."""

from __future__ import annotations

import datetime as dt

import pytest

from telemed_store import Settings, Store
from telemed_store.testing.clock import FrozenClock
from telemed_store.testing.sizes import ProofSize


def test_the_clock_stands_on_a_monday_noon_until_it_is_moved(telemed_clock: FrozenClock) -> None:
    assert telemed_clock.now() == telemed_clock.now() == dt.datetime(2030, 1, 7, 12, tzinfo=dt.UTC)
    assert telemed_clock.now().isoweekday() == 1
    assert telemed_clock.step(dt.timedelta(hours=-1)).hour == 11
    telemed_clock.set(dt.datetime(2031, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=-3))))
    assert telemed_clock.now() == dt.datetime(2031, 1, 1, 3, tzinfo=dt.UTC)
    with pytest.raises(ValueError, match="aware"):
        telemed_clock.set(dt.datetime(2031, 1, 1))  # noqa: DTZ001 - the point


@pytest.mark.telemed_size(rounds=(10, 100), rows=(5, 50))
def test_sizes_stand_at_the_test(telemed_size: ProofSize) -> None:
    expected = (100, 50) if telemed_size.full else (10, 5)
    assert (telemed_size.rounds, telemed_size.rows) == expected
    with pytest.raises(AttributeError, match=r"telemed_size\(zones="):
        _ = telemed_size.zones


def test_full_sizes_are_the_second_ones() -> None:
    assert ProofSize({"seconds": (10, 60)}, full=True).seconds == 60


@pytest.mark.telemed_settings(appointment_duration=dt.timedelta(minutes=45))
class TestSettings:
    @pytest.mark.telemed_engines("sqlite")
    def test_a_marker_overrides_a_setting(self, telemed_settings: Settings, telemed: Store) -> None:
        assert telemed.settings.appointment_duration == dt.timedelta(minutes=45)
        assert telemed_settings.env == "test"

    @pytest.mark.telemed_engines("sqlite")
    @pytest.mark.telemed_settings(appointment_duration=dt.timedelta(minutes=20))
    def test_the_nearest_marker_wins(self, telemed_settings: Settings) -> None:
        assert telemed_settings.appointment_duration == dt.timedelta(minutes=20)
