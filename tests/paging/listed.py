"""What a paged list is to its tests: what its rows are, what orders them, whose they are and how one of them goes."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from telemed_store import Actor, BoundStore, Page, Store

from .rows import Rows

SYSTEM = Actor.system("paging")
DAY, HOUR, HALF_HOUR = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=30)

# Ascending by code points, which on every engine is the order of names.
NAMES = ("A", "Z", "a", "a b", "é", "日本", "😀")


class Placed(NamedTuple):
    """A row to insert: its id and its place in the order of the list's sort keys."""

    id: UUID
    key: int


class Listed:
    """One list.

    Attributes:
        verb: The repository and its method.
        keys: How many sort keys there are; their places grow with what the list sorts by.
        has_ties: Whether several rows may have one sort key.
        is_by_id: Whether the list is in the order of ids alone.
        is_descending: Whether the newest, or last, comes first.
        loses_rows: Whether a row can leave the list.
        is_personal: Whether it is of persons, never of jobs.
    """

    verb: ClassVar[str]
    keys: ClassVar[int] = 4
    has_ties: ClassVar[bool] = True
    is_by_id: ClassVar[bool] = False
    is_descending: ClassVar[bool] = False
    loses_rows: ClassVar[bool] = True
    is_personal: ClassVar[bool] = False

    def __repr__(self) -> str:
        return type(self).__name__

    def owner(self, rows: Rows) -> Any:
        """Somebody, or something, whose rows the list shows; nothing is theirs yet."""
        return rows.doctor()

    def insert(self, rows: Rows, owner: Any, placed: list[Placed]) -> None:
        """Make rows of an owner."""
        raise NotImplementedError

    def remove(self, rows: Rows, row_id: UUID) -> None:
        """Take a row out of the list."""
        raise NotImplementedError

    def actor(self, owner: Any) -> Actor:
        """Who reads."""
        return SYSTEM

    def read(self, store: BoundStore, owner: Any, limit: int, cursor: str | None) -> Page[Any]:
        """A page of an owner's rows."""
        repository, method = self.verb.split(".")
        page: Page[Any] = getattr(getattr(store, repository), method)(owner, limit, cursor)
        return page

    def id_of(self, item: Any) -> UUID:
        """The id by which a row was inserted."""
        row_id: UUID = item.id
        return row_id

    def page(self, store: Store, owner: Any, limit: int, cursor: str | None = None) -> Page[Any]:
        """A page as its usual reader sees it."""
        return self.read(store.acting_as(self.actor(owner)), owner, limit, cursor)

    def order(self, row: Placed) -> tuple[int, ...]:
        """Sorts rows as the list does."""
        sign = -1 if self.is_descending else 1
        return (sign * row.id.int,) if self.is_by_id else (sign * row.key, sign * row.id.int)
