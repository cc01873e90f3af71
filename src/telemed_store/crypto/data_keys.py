"""Key material in memory: secrets that cannot be printed or pickled, data keys, and rings of them."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn, final
from uuid import UUID

from telemed_store.crypto.aead import KEY_SIZE
from telemed_store.errors import DecryptionFailed, StoreError

__all__ = ["DataKey", "KeyRing", "Purpose", "Secret"]


class Purpose(StrEnum):
    """What a data key protects. Each purpose has keys of its own, so that one can be destroyed without the others."""

    IDENTITY = "identity"
    CHART = "chart"
    MESSAGES = "messages"


@final
class Secret:
    """32 secret bytes. They appear in no repr, cannot be pickled or copied, and compare in constant time."""

    __slots__ = ("_value",)
    _value: bytes

    def __init__(self, value: bytes) -> None:
        if len(value) != KEY_SIZE:
            raise StoreError(f"A secret has exactly {KEY_SIZE} bytes: pass key material of that length.")
        object.__setattr__(self, "_value", bytes(value))

    def reveal(self) -> bytes:
        """The bytes themselves, for a cryptographic primitive."""
        return self._value

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("A secret does not change.")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value, other._value)

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret is never pickled or copied.")


@dataclass(frozen=True, slots=True)
class DataKey:
    """One data key of a subject and purpose.

    Attributes:
        subject_id: The person whose data it protects.
        purpose: Which part of that person's data.
        number: From 1, one higher at each rotation. Stands in every ciphertext as its key id.
        secret: The 32 bytes.
    """

    subject_id: UUID
    purpose: Purpose
    number: int
    secret: Secret


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The usable data keys of one subject and purpose, lowest number first; empty if none exists."""

    subject_id: UUID
    purpose: Purpose
    keys: tuple[DataKey, ...] = ()

    @property
    def current(self) -> DataKey:
        """The key that encrypts: the one with the highest number.

        Raises:
            StoreError: The ring is empty.
        """
        if not self.keys:
            raise StoreError(f"The subject has no `{self.purpose}` key: call KeyStore.ensure before encrypting.")
        return self.keys[-1]

    def numbered(self, number: int) -> DataKey:
        """The key with this number.

        Raises:
            DecryptionFailed: It is not in the ring: never made, or destroyed.
        """
        for key in self.keys:
            if key.number == number:
                return key
        raise DecryptionFailed

    def __contains__(self, number: int) -> bool:
        return any(key.number == number for key in self.keys)
