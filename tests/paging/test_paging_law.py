"""Random inserts and deletes during paging neither repeat nor skip a surviving row: every list, both directions, ties included.

D56, C9; `page_never_shows_other_conversations` in its general form: rows of another owner with the same keys are never shown.
"""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple, get_type_hints
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telemed_store import Page, Store
from telemed_store._sync.repositories import ReadRepositories
from telemed_store.testing import ProofSize

from .appointment_lists import Appointments, AppointmentsNewestFirst
from .every_list import BY_NUMBER, EVERY_LIST
from .listed import Listed, Placed
from .rows import Rows


class Insert(NamedTuple):
    """A row that appears: by its sort key, or at the one where the reader stands, and by the rank of its id among equals."""

    key: int
    at_the_cursor: bool
    rank: int


class Remove(NamedTuple):
    """A row that goes: read already, or not yet."""

    pick: int


RANKS = st.integers(0, 255)
ROWS = st.lists(st.builds(Insert, st.integers(0, 23), st.just(False), RANKS), min_size=1, max_size=16)
CHANGES = st.lists(
    st.lists(
        st.one_of(st.builds(Insert, st.integers(0, 23), st.booleans(), RANKS), st.builds(Remove, st.integers(0, 15))),
        max_size=4,
    ),
    max_size=5,
)


class Listing:
    """What one owner's list holds at any moment."""

    def __init__(self, listed: Listed, rows: Rows, owner: Any) -> None:
        self.listed = listed
        self.rows = rows
        self.owner = owner
        self.there: dict[UUID, Placed] = {}

    def insert(self, wanted: list[Insert], cursor: Placed | None = None) -> None:
        placed = []
        for key, at_the_cursor, rank in wanted:
            place = cursor.key if cursor is not None and at_the_cursor else key % self.listed.keys
            used = {row.key for row in (*self.there.values(), *placed)}
            if self.listed.has_ties or place not in used:
                placed.append(Placed(self.rows.new_id(rank), place))
        self.listed.insert(self.rows, self.owner, placed)
        self.there |= {row.id: row for row in placed}

    def remove(self, pick: int) -> UUID | None:
        if not self.there or not self.listed.loses_rows:
            return None
        row_id = list(self.there)[pick % len(self.there)]
        self.listed.remove(self.rows, row_id)
        del self.there[row_id]
        return row_id

    def behind(self, position: Placed | None) -> list[UUID]:
        """What is to come, in order."""
        order = self.listed.order
        left = [row for row in self.there.values() if position is None or order(row) > order(position)]
        return [row.id for row in sorted(left, key=order)]


def page_through(
    store: Store, listed: Listed, rows: Rows, first: list[Insert], size: int, changes: list[list[Insert | Remove]]
) -> None:
    listing = Listing(listed, rows, listed.owner(rows))
    listing.insert(first)
    throughout, known = set(listing.there), dict(listing.there)
    shown: list[UUID] = []
    cursor: str | None = None
    position: Placed | None = None
    while True:
        page = listed.page(store, listing.owner, size, cursor)
        read = [listed.id_of(item) for item in page.items]
        to_come = listing.behind(position)
        assert read == to_come[:size]
        assert page.has_more is (len(to_come) > size)
        assert (page.next_cursor is not None) is page.has_more
        shown += read
        if not page.has_more:
            break
        cursor, position = page.next_cursor, known[read[-1]]
        for change in changes.pop(0) if changes else []:
            if isinstance(change, Insert):
                listing.insert([change], position)
                known |= listing.there
            else:
                throughout.discard(listing.remove(change.pick) or UUID(int=0))
    # What each page was compared with, said once more as the law itself.
    assert len(shown) == len(set(shown))
    assert throughout <= set(shown) <= set(known)


def keeps_the_law(store: Store, listed: Listed, rows: Rows, size: ProofSize) -> None:
    @settings(
        max_examples=size.more if type(listed) in {Appointments, AppointmentsNewestFirst} else size.examples,
        deadline=None,
        database=None,
        derandomize=not size.full,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(first=ROWS, limit=st.integers(1, 7), changes=CHANGES)
    def law(first: list[Insert], limit: int, changes: list[list[Insert | Remove]]) -> None:
        page_through(store, listed, rows, first, limit, list(changes))

    law()


@pytest.mark.telemed_size(examples=(6, 60), more=(12, 300))
@pytest.mark.timeout(1800)
def test_paging_neither_repeats_nor_skips_a_surviving_row(telemed: Store, rows: Rows, telemed_size: ProofSize) -> None:
    for listed in EVERY_LIST:
        # Somebody else's rows, at every key.
        stranger = Listing(listed, rows, listed.owner(rows))
        stranger.insert([Insert(key, at_the_cursor=False, rank=8 * key) for key in range(listed.keys)])
        keeps_the_law(telemed, listed, rows, telemed_size)


def test_every_list_is_here() -> None:
    """A public method that takes a cursor or returns a page is one of `EVERY_LIST`."""
    paged = set()
    for name, repository in vars(ReadRepositories(None)).items():  # type: ignore[arg-type] - nothing is read
        for method, function in inspect.getmembers(repository, inspect.ismethod):
            returned = get_type_hints(function).get("return")
            returns_page = isinstance(returned, type) and issubclass(returned, Page)
            if not method.startswith("_") and (returns_page or "cursor" in inspect.signature(function).parameters):
                paged.add(f"{name}.{method}")
    assert paged - BY_NUMBER == {listed.verb for listed in EVERY_LIST}
