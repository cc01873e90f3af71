"""Blind indexes: equality search over encrypted values by a keyed hash of their normalised form (domain C15)."""

from __future__ import annotations

import hashlib
import hmac

from telemed_store.crypto.aead import pack
from telemed_store.crypto.data_keys import Secret

__all__ = ["blind_index"]


def blind_index(key: Secret, field: str, normalised: str) -> bytes:
    """HMAC-SHA256 of a value, bound to the field it belongs to.

    Args:
        key: ``MasterKeys.blind_index_key``.
        field: Which field, and where one column holds several kinds of value also which kind:
            ``user_identifiers.value:cpf``. The same value under another field gives another index, so that two columns
            cannot be correlated.
        normalised: The value in its one canonical form. Equal values must arrive here equal.

    Returns:
        32 bytes.
    """
    return hmac.digest(key.reveal(), pack(field.encode(), normalised.encode("utf-8", "surrogatepass")), hashlib.sha256)
