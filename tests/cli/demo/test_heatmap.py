"""The heat-map: a readable PNG of what was counted, and clear errors for what cannot be drawn."""

from __future__ import annotations

import datetime as dt
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from telemed_store.cli.demo.heatmap import count_by_date, count_by_weekday, draw_heatmap
from telemed_store.errors import ValidationFailed

pytest.importorskip("matplotlib", reason="the extra `demo` is not installed")

MONDAY_AT_NINE = dt.datetime(2026, 11, 23, 9, 15)  # noqa: DTZ001  (a wall-clock time)


def size_of(png: Path) -> tuple[int, int]:
    content = png.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def test_starts_are_counted_by_weekday_and_hour() -> None:
    starts = [MONDAY_AT_NINE, MONDAY_AT_NINE + dt.timedelta(weeks=1), MONDAY_AT_NINE + dt.timedelta(hours=1)]
    assert count_by_weekday(starts) == {(1, 9): 2, (1, 10): 1}


def test_starts_are_counted_by_date_and_hour() -> None:
    starts = [MONDAY_AT_NINE, MONDAY_AT_NINE + dt.timedelta(minutes=30)]
    assert count_by_date(starts) == {(dt.date(2026, 11, 23), 9): 2}


def test_a_week_is_drawn_as_a_png_into_a_folder_made_for_it(tmp_path: Path) -> None:
    target = tmp_path / "pictures" / "week.png"
    assert draw_heatmap({(1, 9): 3, (5, 17): 1}, "Agenda", target) == target
    width, height = size_of(target)
    assert width >= 1000
    assert height >= 500


def test_every_date_between_the_first_and_the_last_has_a_row(tmp_path: Path) -> None:
    first = dt.date(2026, 11, 23)
    near = draw_heatmap({(first, 9): 1, (first + dt.timedelta(days=6), 9): 1}, "Week", tmp_path / "week.png")
    far = draw_heatmap({(first, 9): 1, (first + dt.timedelta(days=27), 9): 1}, "Four weeks", tmp_path / "weeks.png")
    assert size_of(far)[1] > 2 * size_of(near)[1]


def test_the_same_counts_give_the_same_bytes(tmp_path: Path) -> None:
    one = draw_heatmap({(1, 9): 3}, "Agenda", tmp_path / "one.png")
    two = draw_heatmap({(1, 9): 3}, "Agenda", tmp_path / "two.png")
    assert one.read_bytes() == two.read_bytes()


def test_nothing_but_zeros_can_be_drawn(tmp_path: Path) -> None:
    assert size_of(draw_heatmap({(1, 9): 0}, "A quiet week", tmp_path / "quiet.png")) > (0, 0)


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ({}, "at least one"),
        ({(1, 24): 1}, "hours go from"),
        ({(0, 9): 1}, "weekdays go from"),
        ({(1, 9): -1}, "not negative"),
        ({(dt.date(2026, 1, 1), 9): 1, (dt.date(2026, 3, 4), 9): 1}, "at most 62"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_its_reason(
    counts: dict[tuple[int, int], int], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(ValidationFailed, match=reason):
        draw_heatmap(counts, "Agenda", tmp_path / "none.png")
    assert not any(tmp_path.iterdir())


def test_matplotlib_is_imported_only_when_a_picture_is_drawn() -> None:
    program = "import sys, telemed_store.cli.demo.heatmap; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
