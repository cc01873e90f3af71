"""One file per verb: `contenders(bench)` says what the package does, and what the bare driver does beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.bench import Bench
from benchmarks.timing import Contender
from benchmarks.verbs import cached, free_slots, get, importing, page, reschedule, schedule, scopes

__all__ = ["VERBS", "Verb"]


@dataclass(frozen=True)
class Verb:
    """One row group of the table.

    Attributes:
        rounds: Turns of each contender in one whole run.
        calls: Calls in one turn.
    """

    name: str
    title: str
    contenders: Callable[[Bench, int], list[Contender]]
    rounds: int
    calls: int


VERBS = (
    Verb("get", "get by id", get.contenders, 30, 20),
    Verb("cached", "a doctor's profile, kept", cached.contenders, 30, 20),
    Verb("page", "page of 50 whole appointments", page.contenders, 20, 10),
    Verb("scopes", "page of 50, three scopes", scopes.contenders, 20, 10),
    Verb("free_slots", "free slots of 31 days", free_slots.contenders, 15, 5),
    Verb("schedule", "schedule", schedule.contenders, 15, 4),
    Verb("reschedule", "reschedule", reschedule.contenders, 15, 4),
    Verb("import", "import_completed of 1,000", importing.contenders, 3, 1),
)
