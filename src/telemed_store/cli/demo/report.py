"""What the demonstration says at its end: the summary, as tables for people and as JSON for programs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from telemed_store.cli.demo.accounting import LOADED, Ledger
from telemed_store.errors import StoreError

__all__ = ["InputSummary", "SameDay", "Summary", "input_summary", "print_summary"]


@dataclass(frozen=True, slots=True)
class InputSummary:
    """What became of one input: ``rows`` is ``loaded`` plus all of ``refused``."""

    rows: int
    loaded: int
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SameDay:
    """Rows that share person and local day with another one, and what became of them."""

    groups: int
    rows: int
    outcomes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole outcome.

    Attributes:
        database: Where the rows are, without a password.
        today: The day on which the demonstration takes place.
        inputs: By name: doctors, people, visits, bookings.
        same_day: By name: visits and bookings that share person and day.
        windows: Weekly windows saved.
        events: Domain events written, by type.
        seconds: Duration of each step.
        doctor: The doctor with the most bookings.
        free_slots: That doctor's next free slots, local time.
        race: What two patients were answered who asked for the first of these slots at once.
        agenda: Appointments read back from the store; all booked ones.
        heatmap: The picture.
        outcomes: The file that lists every input row with its outcome.
    """

    database: str
    today: dt.date
    inputs: Mapping[str, InputSummary]
    same_day: Mapping[str, SameDay]
    windows: int
    events: Mapping[str, int]
    seconds: Mapping[str, float]
    doctor: str
    zone: str
    free_slots: tuple[dt.datetime, ...]
    race: tuple[str, str]
    agenda: int
    heatmap: Path
    outcomes: Path

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return asdict(self) | {
            "today": self.today.isoformat(),
            "free_slots": [slot.isoformat(timespec="minutes") for slot in self.free_slots],
            "seconds": {step: round(seconds, 3) for step, seconds in self.seconds.items()},
            "heatmap": str(self.heatmap),
            "outcomes": str(self.outcomes),
        }

    def check(self) -> None:
        """Hold the sums against each other.

        Raises:
            StoreError: They do not match: the demonstration or the store is wrong.
        """
        winners = self.race.count(LOADED)
        booked = self.inputs["bookings"].loaded + winners
        wanted = {
            "rows of an input": all(one.rows == one.loaded + sum(one.refused.values()) for one in self.inputs.values()),
            "winners of one slot": winners == 1,
            "events": dict(self.events)
            == _without_zeros({"ConsultationCompleted": self.inputs["visits"].loaded, "ConsultationScheduled": booked}),
            "appointments read back": self.agenda == booked,
        }
        wrong = [name for name, holds in wanted.items() if not holds]
        if wrong:
            raise StoreError(f"The demonstration's sums do not match ({', '.join(wrong)}): please report this.")


def input_summary(ledger: Ledger) -> InputSummary:
    """Count one ledger."""
    return InputSummary(rows=ledger.rows, loaded=ledger.loaded, refused=ledger.refused())


def print_summary(summary: Summary, console: Console) -> None:
    """Write the tables a person reads."""
    console.print()
    console.print(_inputs(summary))
    for name, one in summary.same_day.items():
        became = ", ".join(f"{count:,} {outcome}" for outcome, count in one.outcomes.items())
        console.print(f"{one.rows:,} {name} in {one.groups:,} groups share person and day: {became or 'none'}.")
    console.print()
    console.print(_steps(summary))
    console.print()
    console.print(f"Next free slots of {summary.doctor} ({summary.zone}):", highlight=False)
    console.print("  " + ", ".join(f"{slot:%a %d %b %H:%M}" for slot in summary.free_slots), highlight=False)
    console.print("The first of them, asked for by two patients at once:", highlight=False)
    for patient, answer in zip("AB", summary.race, strict=True):
        console.print(f"  patient {patient}: {'booked' if answer == LOADED else f'refused, {answer}'}", highlight=False)
    console.print()
    for name, path in (
        ("Database", summary.database),
        ("Outcome of every row", summary.outcomes),
        ("Agenda", summary.heatmap),
    ):
        console.print(f"{name}: {path}", soft_wrap=True, highlight=False)


def _inputs(summary: Summary) -> Table:
    table = Table(title=f"What became of the input, on {summary.today}", title_justify="left")
    for name in ("input", "outcome"):
        table.add_column(name)
    table.add_column("rows", justify="right")
    for name, one in summary.inputs.items():
        table.add_row(name, LOADED, f"{one.loaded:,}")
        for reason, count in one.refused.items():
            table.add_row("", f"refused: {reason}", f"{count:,}")
        table.add_row("", "all", f"{one.rows:,}", style="bold", end_section=True)
    return table


def _steps(summary: Summary) -> Table:
    table = Table(title="What was written, and how long it took", title_justify="left")
    table.add_column("")
    table.add_column("", justify="right")
    table.add_row("weekly windows", f"{summary.windows:,}")
    for name, count in summary.events.items():
        table.add_row(f"events {name}", f"{count:,}")
    table.add_row("events in all", f"{sum(summary.events.values()):,}", style="bold", end_section=True)
    for step, seconds in summary.seconds.items():
        table.add_row(step, f"{seconds:.1f} s")
    table.add_row("in all", f"{sum(summary.seconds.values()):.1f} s", style="bold")
    return table


def _without_zeros(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}
