"""The installation's own keys: key-encryption keys that wrap data keys, and the stable root of derived keys.

The setting ``TELEMED_STORE_KEYS`` is a comma-separated list of ``id:key``, where a key is 32 bytes in base64url:

    k2:<43 characters>,k1:<43 characters>,index:<43 characters>

- The first key-encryption key is the current one: it wraps new data keys. The others only unwrap, so that a
  key-encryption key is rotated by putting a new one in front and wrapping the stored data keys anew.
- The reserved id ``index`` is required. Blind indexes, cursors and the like derive from it, so that rotating
  key-encryption keys leaves every stored blind index valid. It never changes for the life of the data.

Losing these keys loses every encrypted column: they belong in a secret store and in a backup apart from the database's.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NoReturn, Self
from uuid import UUID

from pydantic import SecretStr

from telemed_store.crypto.aead import KEY_SIZE, NONCE_SIZE, TAG_SIZE, aead_decrypt, aead_encrypt, new_nonce, pack
from telemed_store.crypto.data_keys import DataKey, Purpose, Secret
from telemed_store.crypto.derivation import derive
from telemed_store.errors import DecryptionFailed, SettingsError

__all__ = ["KEYS_SETTING", "LONGEST_KEY_ID", "MasterKeys", "WrappedKey"]

KEYS_SETTING: Final = "TELEMED_STORE_KEYS"
LONGEST_KEY_ID: Final = 32

_INDEX_ID: Final = "index"
_KEY_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_KEY_TEXT: Final = re.compile(r"[A-Za-z0-9_-]{43}=?")

_WRAP_FORMAT: Final = b"\x01"
_WRAP_DOMAIN: Final = b"telemed_store/data-key"
_WRAPPED_SIZE: Final = 1 + NONCE_SIZE + KEY_SIZE + TAG_SIZE
_BLIND_INDEX: Final = "blind-index"


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as it is stored.

    Attributes:
        kek_id: Id of the key-encryption key that opens it.
        wrapped: 61 bytes: format, nonce, encrypted key, tag.
    """

    kek_id: str
    wrapped: bytes


class MasterKeys:
    """The parsed setting. Its ``repr`` tells ids only; it cannot be pickled."""

    __slots__ = ("_blind_index_key", "_keks", "_root")

    def __init__(self, keks: Mapping[str, Secret], index: Secret) -> None:
        """Take parsed keys.

        Args:
            keks: Key-encryption keys by id, the current one first.
            index: Root of derived keys.
        """
        if not keks:
            raise SettingsError("Give at least one key-encryption key as `id:key`.", setting=KEYS_SETTING)
        self._keks = dict(keks)
        self._root = index
        self._blind_index_key = self.derived_key(_BLIND_INDEX)

    @classmethod
    def parse(cls, setting: str | SecretStr) -> Self:
        """Read the setting.

        Raises:
            SettingsError: Malformed. The message counts entries and never quotes them: an id may be a key in
                the wrong place.
        """
        text = setting.get_secret_value() if isinstance(setting, SecretStr) else setting
        keks: dict[str, Secret] = {}
        for position, entry in enumerate(text.split(","), start=1):
            key_id, secret = _parse_entry(entry.strip(), position)
            if key_id in keks:
                raise _malformed(position, "its id stands there twice")
            if secret in keks.values():
                raise _malformed(position, "its key stands there twice, generate one of its own")
            keks[key_id] = secret
        index = keks.pop(_INDEX_ID, None)
        if index is None:
            raise SettingsError("Add the required entry `index:key`, the root of blind indexes.", setting=KEYS_SETTING)
        return cls(keks, index)

    @classmethod
    def generate(cls) -> Self:
        """New random keys: one key-encryption key, with an id of its own, and the index key."""
        return cls(
            {f"k{secrets.token_hex(4)}": Secret(secrets.token_bytes(KEY_SIZE))}, Secret(secrets.token_bytes(KEY_SIZE))
        )

    def to_setting(self) -> SecretStr:
        """The text that ``parse`` reads."""
        entries = [*self._keks.items(), (_INDEX_ID, self._root)]
        return SecretStr(",".join(f"{key_id}:{_to_text(secret)}" for key_id, secret in entries))

    @property
    def current_id(self) -> str:
        """Id of the key-encryption key that wraps new data keys."""
        return next(iter(self._keks))

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the key-encryption keys, the current one first."""
        return tuple(self._keks)

    @property
    def blind_index_key(self) -> Secret:
        """The key of ``blind_index``. Stays the same when key-encryption keys rotate."""
        return self._blind_index_key

    def derived_key(self, use: str) -> Secret:
        """A key for one use, such as signing cursors; stable as long as the index key is.

        Args:
            use: Names the use. Each gives an independent key.
        """
        return Secret(derive(self._root.reveal(), pack(b"telemed_store/derived-key", use.encode())))

    def wrap(self, key: DataKey) -> WrappedKey:
        """Encrypt a data key under the current key-encryption key, bound to its place and to that key's id."""
        kek_id = self.current_id
        nonce = new_nonce()
        bound_to = _wrap_binding(kek_id, key.subject_id, key.purpose, key.number)
        sealed = aead_encrypt(self._keks[kek_id].reveal(), nonce, key.secret.reveal(), bound_to)
        return WrappedKey(kek_id, _WRAP_FORMAT + nonce + sealed)

    def unwrap(self, stored: WrappedKey, subject_id: UUID, purpose: Purpose, number: int) -> DataKey:
        """Open a stored data key.

        Raises:
            DecryptionFailed: Its key-encryption key is not among the settings, or the row was damaged or moved.
        """
        kek = self._keks.get(stored.kek_id)
        if kek is None:
            raise DecryptionFailed(
                f"The key-encryption key `{stored.kek_id}` is missing: add it to {KEYS_SETTING} behind the current one."
            )
        if len(stored.wrapped) != _WRAPPED_SIZE or stored.wrapped[:1] != _WRAP_FORMAT:
            raise DecryptionFailed
        nonce, sealed = stored.wrapped[1 : 1 + NONCE_SIZE], stored.wrapped[1 + NONCE_SIZE :]
        bound_to = _wrap_binding(stored.kek_id, subject_id, purpose, number)
        return DataKey(subject_id, purpose, number, Secret(aead_decrypt(kek.reveal(), nonce, sealed, bound_to)))

    def __repr__(self) -> str:
        return f"MasterKeys(ids={self.ids!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("Master keys are never pickled or copied.")


def _wrap_binding(kek_id: str, subject_id: UUID, purpose: Purpose, number: int) -> bytes:
    return pack(
        _WRAP_DOMAIN,
        _WRAP_FORMAT,
        kek_id.encode(),
        subject_id.bytes,
        purpose.encode(),
        number.to_bytes(4, "big"),
    )


def _parse_entry(entry: str, position: int) -> tuple[str, Secret]:
    key_id, colon, text = entry.partition(":")
    if not colon:
        raise _malformed(position, "write it as `id:key`")
    if not _KEY_ID.fullmatch(key_id):
        raise _malformed(position, "its id is 1 to 32 of a-z, 0-9, `-` and `_`, and begins with a letter or digit")
    if not _KEY_TEXT.fullmatch(text):
        raise _malformed(position, "its key is 32 bytes in base64url, which are 43 characters")
    value = base64.urlsafe_b64decode(text.rstrip("=") + "=")
    secret = Secret(value)
    if _to_text(secret) != text.rstrip("="):
        # 43 characters carry two bits more than 32 bytes: a mistyped last character would go unnoticed.
        raise _malformed(position, "its key is not what an encoder writes, copy it anew")
    return key_id, secret


def _malformed(position: int, reason: str) -> SettingsError:
    return SettingsError(f"Correct entry {position}: {reason}.", setting=KEYS_SETTING)


def _to_text(secret: Secret) -> str:
    return base64.urlsafe_b64encode(secret.reveal()).rstrip(b"=").decode("ascii")
