"""How values are kept: as typed JSON of our models behind a digest of their schema, sealed if they are health data; never as objects (D60)."""

from __future__ import annotations

import hashlib
from typing import Any, Final, Protocol, TypeVar

from pydantic import ValidationError

from telemed_store.cache.keys import CacheKey, Entry
from telemed_store.errors import DecryptionFailed

__all__ = ["Codec", "Seal", "Unreadable"]

V = TypeVar("V")

_HEAD: Final = 8


class Unreadable(Exception):
    """What is kept was written by code with another schema, sealed with other keys, or damaged: as good as nothing."""


class Seal(Protocol):
    """Seals and opens bytes under a name (``crypto.box.Box``)."""

    def seal(self, plaintext: bytes, name: bytes) -> bytes:
        """Encrypt and authenticate."""
        ...

    def open(self, sealed: bytes, name: bytes) -> bytes:
        """What was sealed under this name, or `DecryptionFailed`."""
        ...


class Codec:
    """Turns values into what backends keep, and back."""

    def __init__(self, seal: Seal, installation: bytes) -> None:
        """Keep values for one installation.

        Args:
            seal: Seals what is health data.
            installation: Differs between installations, so that two that share a namespace by mistake do not read each other's values.
        """
        self._seal = seal
        self._installation = installation

    def encode(self, entry: Entry[V], key: CacheKey, value: V | None) -> bytes:
        """A value as it is kept; None stands for "there is none"."""
        body = b"" if value is None else entry.adapter.dump_json(value)
        return self._head(entry) + (self._seal.seal(body, _name(entry, key)) if entry.phi else body)

    def decode(self, entry: Entry[V], key: CacheKey, kept: bytes) -> V | None:
        """The value again, validated as if a caller had sent it.

        Raises:
            Unreadable: It is of another schema or other keys, or no value at all.
        """
        head, body = kept[:_HEAD], kept[_HEAD:]
        if head != self._head(entry):
            raise Unreadable
        try:
            plain = self._seal.open(body, _name(entry, key)) if entry.phi else body
            return entry.adapter.validate_json(plain) if plain else None
        except (DecryptionFailed, ValidationError):
            pass
        # Outside the handler: pydantic's error holds the value.
        raise Unreadable

    def _head(self, entry: Entry[Any]) -> bytes:
        return hashlib.sha256(entry.digest + self._installation).digest()[:_HEAD]


def _name(entry: Entry[Any], key: CacheKey) -> bytes:
    # A value moved to another key by whoever can write there does not open.
    return entry.digest + key.text.encode()
