"""Sealing of what lives for a short time outside the database, such as values of a cache: one derived key, no key ids.

What was sealed with another key cannot be opened, and nobody has to: it is made anew.
"""

from __future__ import annotations

from telemed_store.crypto.aead import NONCE_SIZE, aead_decrypt, aead_encrypt, new_nonce
from telemed_store.crypto.data_keys import Secret
from telemed_store.errors import DecryptionFailed

__all__ = ["Box"]


class Box:
    """Seals and opens bytes with one key, each bound to the name under which it is kept."""

    def __init__(self, key: Secret) -> None:
        self._key = key

    def seal(self, plaintext: bytes, name: bytes) -> bytes:
        """Encrypt and authenticate; 28 bytes longer than the plaintext."""
        nonce = new_nonce()
        return nonce + aead_encrypt(self._key.reveal(), nonce, plaintext, name)

    def open(self, sealed: bytes, name: bytes) -> bytes:
        """What `seal` was given.

        Raises:
            DecryptionFailed: It was sealed with another key or under another name, or changed since.
        """
        if len(sealed) < NONCE_SIZE:
            raise DecryptionFailed
        return aead_decrypt(self._key.reveal(), sealed[:NONCE_SIZE], sealed[NONCE_SIZE:], name)

    def __repr__(self) -> str:
        return "Box()"
