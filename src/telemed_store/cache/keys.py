"""Under which names reads are kept: keys of single values, tags of everything that depends on one thing. Names hold ids only.

A verb that changes what stands under a key, or what a tag's readers have seen, says so with ``Context.changed``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Generic, Self, TypeVar
from uuid import UUID

from pydantic import TypeAdapter

from telemed_store.errors import StoreError

__all__ = ["LONGEST", "CacheKey", "Entry", "Part", "Stale", "Tag", "TagKind"]

V = TypeVar("V")

Part = UUID | dt.date | str | int
"""What a name is made of behind its kind: ids, dates, codes; never what people are called or say."""

LONGEST: Final = 200
"""Characters of a name."""

_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TEXT: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True, slots=True)
class CacheKey:
    """Under which name one value is kept.

    Attributes:
        text: Kind and ids, such as ``doctor:0195fb2c-…``; it may stand in logs.
    """

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Tag:
    """Something that collections depend on: when it changes, all that was kept under the tag is stale.

    Attributes:
        text: Kind and ids, such as ``calendar:0195fb2c-…``.
    """

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Stale:
    """What a verb made stale.

    Attributes:
        what: The key or the tag.
        version: The row's new version, below which nothing may be kept any more; 0: there is no such version.
        id: Of the row that says so in ``cache_invalidations``; None: it is not written down.
    """

    what: CacheKey | Tag
    version: int = 0
    id: UUID | None = None

    @property
    def text(self) -> str:
        """How it is written down: a tag's name has a mark before it that no key has."""
        return f"#{self.what.text}" if isinstance(self.what, Tag) else self.what.text

    @classmethod
    def parse(cls, text: str, version: int, id: UUID) -> Self:  # noqa: A002 - as the column is called
        """What is written down, read again."""
        return cls(Tag(text[1:]) if text.startswith("#") else CacheKey(text), version, id)


@dataclass(frozen=True, slots=True)
class TagKind:
    """A family of tags.

    Attributes:
        name: What stands before the ids, such as ``calendar``.
    """

    name: str

    def __post_init__(self) -> None:
        _check_kind(self.name)

    def tag(self, *parts: Part) -> Tag:
        """The tag of these ids."""
        return Tag(_named(self.name, parts))


@dataclass(frozen=True)
class Entry(Generic[V]):
    """A kind of values that may be kept: what they are, how long they stay, whether they are health data.

    Attributes:
        name: What stands before the ids in a key, such as ``doctor``; unique in the house.
        type: The values' type, which pydantic turns into JSON and back.
        lifetime: How long a value stays at most if nothing is heard of it.
        phi: Whether a value says something about a person: then it is sealed.
        negative: Whether "there is none" is kept too.
        revision: Raised when values mean something else under the same schema.

    Example:
        >>> from datetime import timedelta
        >>> Entry("answer", int, timedelta(seconds=60)).key(42).text
        'answer:42'
    """

    name: str
    type: type[V]
    lifetime: dt.timedelta
    phi: bool = False
    negative: bool = False
    revision: int = 1

    def __post_init__(self) -> None:
        _check_kind(self.name)
        if self.lifetime <= dt.timedelta(0):
            raise StoreError("The lifetime of a cache entry must be longer than nothing.")

    def key(self, *parts: Part) -> CacheKey:
        """The key of these ids."""
        return CacheKey(_named(self.name, parts))

    @cached_property
    def adapter(self) -> TypeAdapter[V]:
        """Turns values into JSON and back; built when first used."""
        return TypeAdapter(self.type)

    @cached_property
    def digest(self) -> bytes:
        """8 bytes that differ between schemas: what other code has kept is not read (D60)."""
        schema = json.dumps([self.name, self.revision, self.adapter.json_schema(mode="serialization")], sort_keys=True)
        return hashlib.sha256(schema.encode()).digest()[:8]


def _check_kind(name: str) -> None:
    if not _KIND.fullmatch(name):
        raise StoreError("The name of a kind of cache keys is 1 to 40 of a-z, 0-9 and _, and begins with a letter.")


def _named(kind: str, parts: tuple[Part, ...]) -> str:
    name = ":".join((kind, *map(_part, parts)))
    if len(name) > LONGEST:
        raise StoreError(f"A cache key has at most {LONGEST} characters.")
    return name


def _part(part: Part) -> str:
    if isinstance(part, str) and not _TEXT.fullmatch(part):
        # A name or an address in a key would stand in the server's memory, logs and monitors in clear.
        raise StoreError("A text in a cache key is an id or a code of at most 64 of A-Z, a-z, 0-9, _, . and -.")
    return part.isoformat() if isinstance(part, dt.date) else str(part)
