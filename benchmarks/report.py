"""The medians of all runs as one table, for people, for the documentation and for machines."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from benchmarks.verbs import VERBS

Run = dict[str, list[list[object]]]

# What the project promises itself: (verb, world, contender) to the largest ratio.
BARS = {
    ("get", "sync", "reader"): 2.5,
    ("get", "async", "reader"): 4.0,
    ("page", "sync", "reader"): 1.8,
    ("page", "async", "reader"): 2.6,
    ("schedule", "sync", "one-shot"): 2.0,
    ("schedule", "async", "one-shot"): 2.5,
    ("send", "sync", "one-shot"): 2.0,
    ("send", "async", "one-shot"): 2.5,
    ("messages", "sync", "reader"): 2.2,
    ("messages", "async", "reader"): 3.0,
    ("import", "sync", "one-shot"): 2.5,
    ("import", "async", "one-shot"): 2.5,
}


@dataclass(frozen=True)
class Line:
    """One contender over all runs.

    Attributes:
        ratios: How many times the bare driver's median call its own took, in each run.
        milliseconds: Its median call in each run.
    """

    verb: str
    world: str
    name: str
    ratios: tuple[float, ...]
    milliseconds: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The run in the middle."""
        return median(self.ratios)

    @property
    def bar(self) -> float | None:
        """The largest ratio that is promised; None: none is."""
        return BARS.get((self.verb, self.world, self.name))


def lines(runs: list[Run]) -> list[Line]:
    """Every contender, in the order of the verbs."""
    found = []
    for verb in VERBS:
        for place, (world, name, _) in enumerate(runs[0].get(verb.name, ())):
            taken = tuple(float(str(run[verb.name][place][2])) for run in runs)
            bare = [next(float(str(ms)) for w, n, ms in run[verb.name] if (w, n) == (world, "bare")) for run in runs]
            ratios = tuple(ours / theirs for ours, theirs in zip(taken, bare, strict=True))
            found.append(Line(verb.name, str(world), str(name), ratios, taken))
    return found


def table(found: list[Line], *, markdown: bool) -> str:
    """The table: per verb, contender and world, the median ratio and the spread of the runs."""
    titles = {verb.name: verb.title for verb in VERBS}
    rows = []
    for verb, name in dict.fromkeys((line.verb, line.name) for line in found):
        cells = []
        for world in ("sync", "async"):
            line = next((each for each in found if (each.verb, each.name, each.world) == (verb, name, world)), None)
            cells.append("" if line is None else _cell(line))
        rows.append((titles[verb], name, *cells))
    header = ("verb", "who", "psycopg = 1", "asyncpg = 1")
    if markdown:
        return "\n".join("| " + " | ".join(row) + " |" for row in (header, ("---",) * 4, *rows))
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(4)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (header, *rows)
    )


def _cell(line: Line) -> str:
    if line.name == "bare":
        return "1"
    cell = f"{line.ratio:.2f} ({min(line.ratios):.2f} to {max(line.ratios):.2f})"
    if line.bar is not None:
        cell += f", bar {line.bar:.1f}" + ("" if line.ratio <= line.bar else " MISSED")
    return cell
