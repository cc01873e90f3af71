"""The picture of an agenda: how many appointments start in each hour, by weekday or by date, as a PNG.

matplotlib comes with the extra ``demo`` and is imported on use. The picture is drawn on a canvas of its own with the
Agg renderer: no display is needed, and a caller's pyplot state stays as it was.
"""

# matplotlib's own signatures hold untyped ``**kwargs``, which strict pyright reports at every call.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from telemed_store.errors import SettingsError, ValidationFailed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["count_by_date", "count_by_weekday", "draw_heatmap"]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_DATES = 62
PIXELS_PER_INCH = 150
# Above this share of the highest count the cell is dark and its number is written in white.
DARK = 0.55
LAST_HOUR = 23


def count_by_weekday(local_starts: Iterable[dt.datetime]) -> dict[tuple[int, int], int]:
    """Count local start times by (ISO weekday, hour)."""
    return dict(Counter((start.isoweekday(), start.hour) for start in local_starts))


def count_by_date(local_starts: Iterable[dt.datetime]) -> dict[tuple[dt.date, int], int]:
    """Count local start times by (date, hour)."""
    return dict(Counter((start.date(), start.hour) for start in local_starts))


def draw_heatmap(
    counts: Mapping[tuple[int, int], int] | Mapping[tuple[dt.date, int], int], title: str, path: Path
) -> Path:
    """Draw counts of appointments as a heat-map and write it as PNG.

    Args:
        counts: Number of appointments by (row, local hour 0..23); rows are ISO weekdays 1..7, or dates at most 62 days
            apart. All seven weekdays are shown, or every date from the first to the last.
        title: Written above the picture.
        path: File to write; its folder is made if absent, an existing file is replaced.

    Returns:
        ``path``.

    Raises:
        ValidationFailed: There is nothing to draw, or a key or count is out of range.
        SettingsError: matplotlib is not installed.
    """
    cells: dict[tuple[dt.date | int, int], int] = dict(counts.items())
    _require_drawable(cells)
    rows = _rows({row for row, _ in cells})
    hours = range(min(hour for _, hour in cells), max(hour for _, hour in cells) + 1)
    grid = [[cells.get((row, hour), 0) for hour in hours] for row in rows]
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator
    except ImportError as error:
        message = "The heat-map needs matplotlib: install telemed-store[demo] and run again."
        raise SettingsError(message) from error

    figure = Figure(figsize=(max(7.0, 2.6 + 0.6 * len(hours)), 1.9 + 0.42 * len(rows)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    highest = max(1, *cells.values())
    image = axes.imshow(grid, cmap="YlGnBu", aspect="auto", vmin=0, vmax=highest)
    axes.set_title(title, loc="left", fontsize=12, fontweight="bold", pad=12)
    axes.set_xlabel("Hour of day (local time)")
    axes.set_xticks(range(len(hours)), [f"{hour:02}:00" for hour in hours])
    axes.set_yticks(range(len(rows)), [_label(row) for row in rows])
    _separate_cells(axes, len(hours), len(rows))
    _write_numbers(axes, grid, highest)
    figure.colorbar(image, ax=axes, label="Appointments starting", ticks=MaxNLocator(integer=True), pad=0.02)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Without the renderer's version in the file the same counts give the same bytes with the same matplotlib.
    figure.savefig(path, format="png", dpi=PIXELS_PER_INCH, metadata={"Software": None})
    return path


def _require_drawable(cells: Mapping[tuple[dt.date | int, int], int]) -> None:
    rows = {row for row, _ in cells}
    dates = {row for row in rows if isinstance(row, dt.date)}
    if not cells:
        raise ValidationFailed({"counts": "give at least one count"})
    if not all(0 <= hour <= LAST_HOUR for _, hour in cells):
        raise ValidationFailed({"counts": "hours go from 0 to 23"})
    if min(cells.values()) < 0:
        raise ValidationFailed({"counts": "counts are not negative"})
    if dates and dates != rows:
        raise ValidationFailed({"counts": "rows are either weekdays or dates"})
    if dates and (max(dates) - min(dates)).days >= MOST_DATES:
        raise ValidationFailed({"counts": f"at most {MOST_DATES} consecutive dates fit into one picture"})
    if not dates and not rows <= set(range(1, 8)):
        raise ValidationFailed({"counts": "weekdays go from 1 (Monday) to 7 (Sunday)"})


def _rows(used: set[dt.date | int]) -> list[dt.date | int]:
    dates = sorted(row for row in used if isinstance(row, dt.date))
    if not dates:
        return list(range(1, 8))
    return [dates[0] + dt.timedelta(days=day) for day in range((dates[-1] - dates[0]).days + 1)]


def _label(row: dt.date | int) -> str:
    if isinstance(row, dt.date):
        return f"{WEEKDAYS[row.weekday()][:3]} {row.isoformat()}"
    return WEEKDAYS[row - 1]


def _separate_cells(axes: Axes, columns: int, rows: int) -> None:
    axes.set_xticks([column - 0.5 for column in range(1, columns)], minor=True)
    axes.set_yticks([row - 0.5 for row in range(1, rows)], minor=True)
    axes.grid(which="minor", color="white", linewidth=1.5)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)


def _write_numbers(axes: Axes, grid: list[list[int]], highest: int) -> None:
    for y, line in enumerate(grid):
        for x, count in enumerate(line):
            if count:
                color = "white" if count > DARK * highest else "black"
                axes.text(x, y, str(count), ha="center", va="center", fontsize=9, color=color)
