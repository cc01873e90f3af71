"""What became of every input row: one outcome each, never none and never two.

Counts are made of the recorded outcomes and of nothing else, so a sum that comes out right means that each row was answered for.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from telemed_store.errors import SlotTaken, StoreError, ValidationFailed

__all__ = ["LOADED", "Ledger", "reason_of", "write_outcomes"]

LOADED = "loaded"
"""The outcome of a row that the store took. Every other outcome is the reason of a refusal."""


class Ledger:
    """The rows of one input with their outcomes."""

    def __init__(self, name: str, keys: Iterable[int]) -> None:
        """``keys`` are the ids of all rows that have to be answered for."""
        self.name = name
        self._outcomes: dict[int, str | None] = dict.fromkeys(keys)

    def settle(self, key: int, outcome: str) -> None:
        """Write down what became of one row.

        Raises:
            StoreError: The row is none of this input, or has an outcome already: the demonstration itself is wrong.
        """
        if self._outcomes.get(key, LOADED) is not None:
            raise StoreError(
                f"The demonstration's accounts are wrong: a row of {self.name} is unknown or counted twice."
            )
        self._outcomes[key] = outcome

    @property
    def rows(self) -> int:
        """How many rows the input has."""
        return len(self._outcomes)

    @property
    def loaded(self) -> int:
        """How many the store took."""
        return self.counts()[LOADED]

    def refused(self) -> dict[str, int]:
        """How many it refused, by reason, the most frequent first."""
        counts = self.counts()
        return {reason: count for reason, count in counts.most_common() if reason != LOADED}

    def counts(self, keys: Iterable[int] | None = None) -> Counter[str]:
        """How many rows (of all, or of some) had each outcome.

        Raises:
            StoreError: A row has none: the demonstration itself is wrong.
        """
        chosen = self._outcomes.values() if keys is None else (self._outcomes[key] for key in keys)
        found: Counter[str] = Counter()
        for outcome in chosen:
            if outcome is None:
                raise StoreError(f"The demonstration's accounts are wrong: a row of {self.name} has no outcome.")
            found[outcome] += 1
        return found

    def outcomes(self) -> Mapping[int, str | None]:
        """The outcome of each row, by its id."""
        return self._outcomes


def reason_of(error: StoreError) -> str:
    """The reason of a refusal in a table: the error's code, and which field or whose time."""
    if isinstance(error, ValidationFailed):
        return f"{error.code}: {', '.join(sorted(error.fields))}"
    if isinstance(error, SlotTaken) and error.side:
        return f"{error.code}: {error.side}"
    return error.code


def write_outcomes(ledgers: Iterable[Ledger], path: Path) -> Path:
    """Write the outcome of every row as CSV: input, id, outcome. Ids are those of the published cohort."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("input", "id", "outcome"))
        for ledger in ledgers:
            writer.writerows((ledger.name, key, outcome) for key, outcome in ledger.outcomes().items())
    return path
