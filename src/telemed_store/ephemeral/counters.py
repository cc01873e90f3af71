"""Counters: numbers that mirror rows, kept where they are quickly read and rebuilt from the rows when they are missing.

The rows are the truth. A change is committed first and counted here afterwards, so a rebuild may read the rows before or after a change whose
increment comes while it reads. It therefore takes a *ticket* before it reads; every change that meets a missing counter makes the tickets
that are out worthless, and a rebuild whose ticket is worthless reads again. So no increment is ever lost. One that comes just after a rebuild
which had read its change already would count twice: a counter that is changed while it is young is rebuilt soon, and is right again then.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, cast
from uuid import UUID

from pydantic import Field

from telemed_store.database.models import Input
from telemed_store.ephemeral.arguments import Lifetime
from telemed_store.ephemeral.in_process import Expiring, InProcessState
from telemed_store.errors import StoreError

__all__ = ["TICKET_LIFETIME", "TRIES", "Amount", "Begun", "CounterBoard", "CounterTimes", "loaded"]

TICKET_LIFETIME: Final = dt.timedelta(seconds=120)
"""How long a rebuild may read before it has to read again."""

TRIES: Final = 5
"""How often a rebuild reads; then what it read last is told and not kept."""

_LARGEST: Final = 2**53
"""Up to it Lua's numbers are exact."""

Amount = Annotated[int, Field(ge=1, le=1_000_000_000)]
"""By how much a counter changes."""


class CounterTimes(Input):
    """How long a counter is kept.

    Attributes:
        lifetime: Without being rebuilt from the rows.
        settling: After a rebuild, in which a change may be one that the rebuild has read already; and what is left of a counter's
            life after such a change, or after one that would have taken it below zero.
    """

    lifetime: Lifetime = dt.timedelta(hours=1)
    settling: Lifetime = dt.timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Begun:
    """What a rebuild begins with.

    Attributes:
        value: The counter is there: nothing is to be rebuilt.
        ticket: It is not: what the rebuild has to show at its end.
    """

    value: int | None
    ticket: int


def loaded(answer: Any, subject_ids: Sequence[UUID]) -> dict[UUID, int]:
    """What a loader answered, for each id that it was asked for; 0 for one that it left out.

    Raises:
        StoreError: It answered something else.
    """
    read = cast("Mapping[object, object]", answer) if isinstance(answer, Mapping) else None
    values: dict[UUID, int] = {}
    for subject_id in subject_ids:
        value = None if read is None else read.get(subject_id, 0)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST:
            raise StoreError(
                "A counter's loader has to return a mapping from the ids to whole numbers from 0: correct it."
            )
        values[subject_id] = value
    return values


@dataclass(slots=True)
class _Count:
    value: int
    settled_at: dt.datetime


class CounterBoard(InProcessState):
    """The counters of one process. A place is a kind of counter and a subject."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: Expiring[tuple[str, UUID], _Count] = Expiring()
        self._tickets: Expiring[tuple[str, UUID], int] = Expiring()
        self._latest_ticket = 0

    def values(self, kind: str, subject_ids: Sequence[UUID], now: dt.datetime) -> list[int | None]:
        """The counters that are there."""
        with self.lock:
            counts = [self._counts.get((kind, subject_id), now) for subject_id in subject_ids]
        return [None if count is None else count.value for count in counts]

    def add(self, place: tuple[str, UUID], by: int, now: dt.datetime, times: CounterTimes) -> int | None:
        """Change a counter; None: it is not there."""
        with self.lock:
            count, expires_at = self._counts.get(place, now), self._counts.expiry(place, now)
            if count is None or expires_at is None:
                self._tickets.remove(place, now)
                return None
            wanted = count.value + by
            count.value = max(0, wanted)
            if wanted < 0 or now < count.settled_at:
                self._counts.put(place, count, min(expires_at, now + times.settling), now)
            return count.value

    def begin(self, place: tuple[str, UUID], now: dt.datetime) -> Begun:
        """The counter, or a ticket for rebuilding it."""
        with self.lock:
            count = self._counts.get(place, now)
            if count is not None:
                return Begun(count.value, 0)
            ticket = self._tickets.get(place, now)
            if ticket is None:
                ticket = self._latest_ticket = self._latest_ticket + 1
            self._tickets.put(place, ticket, now + TICKET_LIFETIME, now)
            return Begun(None, ticket)

    def fill(
        self, place: tuple[str, UUID], ticket: int, value: int, now: dt.datetime, times: CounterTimes
    ) -> int | None:
        """Keep what was read; None: the ticket is worthless by now."""
        with self.lock:
            count = self._counts.get(place, now)
            if count is not None:
                return count.value
            if self._tickets.get(place, now) != ticket:
                return None
            self._tickets.remove(place, now)
            self._counts.put(place, _Count(value, now + times.settling), now + times.lifetime, now)
            return value

    def forget(self, place: tuple[str, UUID], now: dt.datetime) -> None:
        """Let a counter be rebuilt when it is next asked for."""
        with self.lock:
            self._counts.remove(place, now)
            self._tickets.remove(place, now)
