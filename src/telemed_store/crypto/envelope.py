"""The format of every encrypted column, and the only functions that write or read it. It never changes.

    format   1 byte    0x01
    key id   4 bytes   number of the data key within its subject and purpose, big-endian
    nonce   12 bytes   random
    text     n bytes   AES-256-GCM
    tag     16 bytes

33 bytes more than the plaintext. Associated data are the format, the key id and the ``Binding``: a ciphertext moved to
another table, column, row, subject or purpose does not open. Another format would have another first byte.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from telemed_store.crypto.aead import (
    NONCE_SIZE,
    TAG_SIZE,
    aead_decrypt,
    aead_encrypt,
    aead_opener,
    new_nonce,
    pack,
)
from telemed_store.crypto.data_keys import DataKey, Purpose
from telemed_store.errors import DecryptionFailed, StoreError, ValidationFailed

__all__ = [
    "FORMAT",
    "OVERHEAD",
    "Binding",
    "column_opener",
    "header_number",
    "header_of",
    "key_number",
    "open_sealed",
    "seal",
]

FORMAT: Final = b"\x01"
_KEY_ID_END: Final = 5
_NONCE_END: Final = _KEY_ID_END + NONCE_SIZE
OVERHEAD: Final = _NONCE_END + TAG_SIZE

_DOMAIN: Final = b"telemed_store/column"
_ID_SIZE: Final = 16


@dataclass(frozen=True, slots=True)
class Binding:
    """The one place where a ciphertext is valid.

    Attributes:
        table: Name of the table, without schema: a tenant's data may be moved to another schema or database.
        column: Name of the column.
        row_id: Id of the row.
        subject_id: The person whom the data concerns and whose key protects it.
        purpose: Which of that person's keys.
    """

    table: str
    column: str
    row_id: UUID
    subject_id: UUID
    purpose: Purpose

    def associated_data(self, header: bytes) -> bytes:
        """What the tag authenticates beside the ciphertext."""
        return pack(
            _DOMAIN,
            header,
            self.table.encode(),
            self.column.encode(),
            self.row_id.bytes,
            self.subject_id.bytes,
            self.purpose.encode(),
        )


def seal(key: DataKey, plaintext: bytes | str, binding: Binding) -> bytes:
    """Encrypt a value for one place.

    Args:
        key: A data key of the binding's subject and purpose.
        plaintext: Bytes, or text to be stored as UTF-8.
        binding: Where the result will be stored.

    Returns:
        The sealed value, ``OVERHEAD`` (33) bytes longer than the plaintext. Never the same twice.

    Raises:
        ValidationFailed: The text holds lone surrogates and has no UTF-8 form.
        StoreError: The key is of another subject or purpose than the binding.
    """
    if (key.subject_id, key.purpose) != (binding.subject_id, binding.purpose):
        raise StoreError("The data key is of another subject or purpose: pass the one of the binding.")
    header = _header(key)
    nonce = new_nonce()
    data = _utf8(plaintext, binding.column) if isinstance(plaintext, str) else plaintext
    return header + nonce + aead_encrypt(key.secret.reveal(), nonce, data, binding.associated_data(header))


def open_sealed(key: DataKey, sealed: bytes, binding: Binding) -> bytes:
    """Decrypt a value that ``seal`` wrote for this place.

    Args:
        key: The data key whose number ``key_number(sealed)`` tells.
        sealed: The stored bytes.
        binding: Where they are stored.

    Raises:
        DecryptionFailed: Damaged, cut, moved from another place, or sealed with another key.
    """
    of_this_key = (key.subject_id, key.purpose, key.number)
    if of_this_key != (binding.subject_id, binding.purpose, key_number(sealed)):
        raise DecryptionFailed
    return aead_decrypt(
        key.secret.reveal(),
        sealed[_KEY_ID_END:_NONCE_END],
        sealed[_NONCE_END:],
        binding.associated_data(sealed[:_KEY_ID_END]),
    )


def column_opener(key: DataKey, table: str, column: str) -> Callable[[bytes, bytes], bytes]:
    """``open_sealed`` for many rows of one column, of values whose ``header_of`` is that of this key.

    Returns:
        A function of the sealed bytes and the 16 bytes of their row's id; it raises ``DecryptionFailed``.
    """
    # The associated data of all these rows differ in the row's id alone.
    no_row = Binding(table, column, UUID(int=0), key.subject_id, key.purpose).associated_data(_header(key))
    behind = len(pack(key.subject_id.bytes, key.purpose.encode()))
    return aead_opener(key.secret.reveal(), _KEY_ID_END, no_row[: -behind - _ID_SIZE], no_row[-behind:])


def header_of(sealed: bytes) -> bytes:
    """Format and key id: equal of all values that one key of a subject and purpose sealed."""
    return sealed[:_KEY_ID_END]


def key_number(sealed: bytes) -> int:
    """Which data key of the subject and purpose opens this.

    Raises:
        DecryptionFailed: Too short, or of a format that this release does not know.
    """
    if len(sealed) < OVERHEAD:
        raise DecryptionFailed
    return header_number(sealed[:_KEY_ID_END])


def header_number(header: bytes) -> int:
    """``key_number``, of a value's ``header_of``."""
    if len(header) != _KEY_ID_END or header[:1] != FORMAT:
        raise DecryptionFailed
    return int.from_bytes(header[1:], "big")


def _header(key: DataKey) -> bytes:
    return FORMAT + key.number.to_bytes(_KEY_ID_END - len(FORMAT), "big")


def _utf8(text: str, field: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        # The original error carries the whole text, so it is neither shown nor chained.
        raise ValidationFailed({field: "holds characters that are not valid Unicode text"}) from None
