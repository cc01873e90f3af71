"""Keyset paging: pages, their cursors, and the clause that continues behind a cursor (C9).

A cursor is the last row's (sort key, id), sealed with AES-256-GCM under a key of the store and bound to list, filters and owner by the
associated data. A caller can neither read nor change one, and cannot use it for another list, other filters or as another actor: all of
that is `InvalidCursor`.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final, Generic, TypeVar
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Column, ColumnElement, Select, and_, bindparam, or_

from telemed_store.errors import InvalidCursor, ValidationFailed

__all__ = ["CursorCodec", "Keyset", "Page", "PageSize", "list_binding"]

T = TypeVar("T")

_NONCE_BYTES: Final = 12


class Page(BaseModel, Generic[T]):
    """One page of a list.

    Attributes:
        items: The rows, in the list's order.
        next_cursor: Pass it as ``cursor`` to read on; None on the last page.
        has_more: Whether there are rows behind this page.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    items: tuple[T, ...]
    next_cursor: str | None
    has_more: bool

    def __repr__(self) -> str:
        return f"Page({len(self.items)} items, has_more={self.has_more})"

    __str__ = __repr__


class PageSize:
    """A list's default and largest page: omitted means the default, below 1 is invalid, above the largest is clamped."""

    def __init__(self, default: int, largest: int) -> None:
        self.default = default
        self.largest = largest

    def of(self, limit: int | None) -> int:
        """The number of rows to return for a caller's ``limit``.

        Raises:
            ValidationFailed: ``limit`` is below 1.
        """
        if limit is None:
            return self.default
        if limit < 1:
            raise ValidationFailed({"limit": "must be a whole number of at least 1"})
        return min(limit, self.largest)


class CursorCodec:
    """Seals and opens cursors with one key of the store."""

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def seal(self, position: Sequence[Any], binding: bytes) -> str:
        """The cursor for a position in the list that ``binding`` names."""
        nonce = os.urandom(_NONCE_BYTES)
        plain = json.dumps([_to_json(value) for value in position], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(nonce + self._aead.encrypt(nonce, plain, binding)).rstrip(b"=").decode()

    def open(self, cursor: str, binding: bytes) -> list[Any]:
        """The position that a cursor names.

        Raises:
            InvalidCursor: The cursor is damaged, or of another list, other filters or another owner.
        """
        position = self._open(cursor, binding)
        if position is None:
            raise InvalidCursor
        return position

    def _open(self, cursor: str, binding: bytes) -> list[Any] | None:
        try:
            raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            plain = self._aead.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], binding)
        except (AttributeError, UnicodeError, binascii.Error, ValueError, InvalidTag):
            return None
        return [_from_json(tag, value) for tag, value in json.loads(plain)]


def _to_json(value: Any) -> list[Any]:
    if isinstance(value, UUID):
        return ["u", value.hex]
    if isinstance(value, dt.datetime):
        return ["t", value.astimezone(dt.UTC).isoformat()]
    if isinstance(value, dt.date):
        return ["d", value.isoformat()]
    return ["v", value]


_FROM_JSON: Final[dict[str, Callable[[Any], Any]]] = {
    "u": UUID,
    "t": dt.datetime.fromisoformat,
    "d": dt.date.fromisoformat,
    "v": lambda value: value,
}


def _from_json(tag: str, value: Any) -> Any:
    return _FROM_JSON[tag](value)


class Keyset:
    """The order of a list by its columns, the last of which is unique, all in one direction.

    For two columns a cursor at (x, y) of an ascending list continues at ``a >= x AND (a > x OR id > y)``: the first part is a bare
    range on the index, the second cuts the ties.
    """

    def __init__(self, *columns: Column[Any], descending: bool = False) -> None:
        self.columns = columns
        self.descending = descending
        self.names: Final = tuple(column.name for column in columns)

    def order(self, statement: Select[*tuple[Any, ...]], *, continued: bool) -> Select[*tuple[Any, ...]]:
        """The statement in the list's order, one row longer than the page (``page_limit``), behind a cursor if there is one."""
        ordered = statement.order_by(*(c.desc() if self.descending else c.asc() for c in self.columns))
        if continued:
            ordered = ordered.where(self._behind(0))
        return ordered.limit(bindparam("page_limit"))

    def _behind(self, index: int) -> ColumnElement[bool]:
        column = self.columns[index]
        position = bindparam(f"after_{index}", type_=column.type)
        past = column < position if self.descending else column > position
        if index == len(self.columns) - 1:
            return past
        at_or_past = column <= position if self.descending else column >= position
        return and_(at_or_past, or_(past, self._behind(index + 1)))

    def parameters(self, size: int, position: Sequence[Any] | None) -> dict[str, Any]:
        """The values for `order`'s bind parameters."""
        values: dict[str, Any] = {"page_limit": size + 1}
        values.update({f"after_{index}": value for index, value in enumerate(position or ())})
        return values

    def page(
        self,
        items: list[T],
        size: int,
        codec: CursorCodec,
        binding: bytes,
        position: Callable[[T], Sequence[Any]] | None = None,
    ) -> Page[T]:
        """The page of ``items``, which were read with one more than ``size``."""
        has_more = len(items) > size
        shown = items[:size]
        cursor = codec.seal((position or self._position)(shown[-1]), binding) if has_more else None
        return Page(items=tuple(shown), next_cursor=cursor, has_more=has_more)

    def _position(self, item: object) -> list[Any]:
        return [getattr(item, name) for name in self.names]


def list_binding(name: str, owner: str, filters: Any) -> bytes:
    """What a cursor is bound to: the list's name, its owner (`Actor.key`) and the filters with their values."""
    digest = hashlib.sha256(repr(filters).encode()).digest()
    return b"\x00".join([name.encode(), owner.encode(), digest])
