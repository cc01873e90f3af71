"""A cursor continues its own list and opens nothing else (C9; `bad_cursor_is_a_clear_error`)."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemed_store import Actor, InvalidCursor, Store
from telemed_store.database.paging import CursorCodec, list_binding
from telemed_store.testing.clock import FrozenClock

from .every_list import EVERY_LIST
from .listed import Listed, Placed
from .rows import Rows

CODEC = CursorCodec(b"k" * 32)
BINDING = list_binding("list", "user:1", ("filter", 1))
PURE = settings(deadline=None, database=None)
POSITIONS = st.lists(
    st.one_of(
        st.uuids(),
        st.datetimes(timezones=st.just(dt.UTC)),
        st.dates(),
        st.text(),
        st.integers(-(2**63), 2**63 - 1),
        st.none(),
    ),
    max_size=4,
)


@PURE
@given(POSITIONS)
def test_a_cursor_opens_as_it_was_sealed(position: list[Any]) -> None:
    assert CODEC.open(CODEC.seal(position, BINDING), BINDING) == position


@PURE
@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode())))
def test_nothing_else_is_a_cursor(text: str) -> None:
    with pytest.raises(InvalidCursor):
        CODEC.open(text, BINDING)


@PURE
@given(st.integers(0, 10_000), st.integers(1, 255), st.integers(0, 10_000))
def test_a_changed_byte_or_a_missing_end_is_refused(place: int, difference: int, length: int) -> None:
    cursor = CODEC.seal([UUID(int=5)], BINDING)
    for damaged in (flipped(cursor, place, difference), cursor[: length % len(cursor)]):
        with pytest.raises(InvalidCursor):
            CODEC.open(damaged, BINDING)


@PURE
@given(st.text(), st.text(), st.text(), st.text())
def test_list_owner_and_filters_are_told_apart(name: str, owner: str, other_name: str, other_owner: str) -> None:
    cursor = CODEC.seal([1], list_binding("list", "user:1", ()))
    for binding in (list_binding(f"list{name}x", "user:1", ()), list_binding("list", f"user:1{owner}x", ())):
        with pytest.raises(InvalidCursor):
            CODEC.open(cursor, binding)
    with pytest.raises(InvalidCursor):
        CODEC.open(cursor, list_binding("list", "user:1", (other_name, other_owner)))


def flipped(cursor: str, place: int, difference: int) -> str:
    """The cursor with one byte of what it holds changed."""
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    raw[place % len(raw)] ^= difference
    return base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()


def with_three_rows(listed: Listed, rows: Rows) -> tuple[Any, list[UUID]]:
    """An owner with rows at the last three keys, and their ids in order."""
    owner = listed.owner(rows)
    placed = [Placed(rows.new_id(rank), key) for rank, key in enumerate(range(listed.keys - 3, listed.keys))]
    listed.insert(rows, owner, placed)
    return owner, [row.id for row in sorted(placed, key=listed.order)]


def test_a_cursor_fits_its_own_list_filters_and_actor_alone(telemed: Store, rows: Rows) -> None:
    """Damaged, of another list, of other filters, of another actor: `InvalidCursor` each time; and the cursor itself still serves."""
    for listed in EVERY_LIST:
        owner, ids = with_three_rows(listed, rows)
        own = listed.page(telemed, owner, 1).next_cursor
        assert own is not None
        for damaged in (*(flipped(own, place, 1) for place in (0, 13, -1)), own[:-2], own[: len(own) // 2], "", "é"):
            with pytest.raises(InvalidCursor):
                listed.page(telemed, owner, 1, damaged)
        for other in EVERY_LIST:  # those that show something of the same owner
            if other is not listed and type(other).owner is type(listed).owner:
                with pytest.raises(InvalidCursor):
                    other.page(telemed, owner, 1, own)
        with pytest.raises(InvalidCursor):
            another = Actor.user(rows.patient()) if listed.is_personal else Actor.system("another job")
            listed.read(telemed.acting_as(another), owner, 1, own)
        assert [listed.id_of(item) for item in listed.page(telemed, owner, 2, own).items] == ids[1:]
        if listed.verb != "people.specializations":  # one list for all: it has no filter
            stranger = listed.owner(rows)
            with pytest.raises(InvalidCursor):
                listed.page(telemed, stranger, 1, own)


def test_reading_on_after_midnight_goes_on(telemed: Store, telemed_clock: FrozenClock, rows: Rows) -> None:
    """A list that follows the calendar is the same list on the next day, in UTC and where the doctor is."""
    owners = {listed: with_three_rows(listed, rows) for listed in EVERY_LIST}
    first = {listed: listed.page(telemed, owner, 1) for listed, (owner, _) in owners.items()}
    telemed_clock.step(dt.timedelta(hours=16))
    for listed, (owner, ids) in owners.items():
        rest = listed.page(telemed, owner, 7, first[listed].next_cursor)
        shown = [listed.id_of(item) for item in (*first[listed].items, *rest.items)]
        assert (shown, rest.has_more) == (ids, False), listed
