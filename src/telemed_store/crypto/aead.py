"""AES-256-GCM and the unambiguous byte strings it authenticates. The only place that touches the cipher.

Nonces are 12 random bytes from the operating system, always. None is derived from a key, a counter or a plaintext.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from telemed_store.errors import DecryptionFailed

__all__ = ["KEY_SIZE", "NONCE_SIZE", "TAG_SIZE", "aead_decrypt", "aead_encrypt", "aead_opener", "new_nonce", "pack"]

KEY_SIZE: Final = 32
NONCE_SIZE: Final = 12
TAG_SIZE: Final = 16


def new_nonce() -> bytes:
    """12 bytes from the operating system's random source."""
    return os.urandom(NONCE_SIZE)


def aead_encrypt(key: bytes, nonce: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
    """Encrypt and authenticate (NIST SP 800-38D).

    Args:
        key: 32 bytes.
        nonce: 12 bytes, never used twice with the same key.
        plaintext: What to hide.
        associated_data: What is authenticated beside it and must be repeated to open it.

    Returns:
        The ciphertext, as long as the plaintext, followed by the 16-byte tag.
    """
    return AESGCM(key).encrypt(nonce, plaintext, associated_data)


def aead_decrypt(key: bytes, nonce: bytes, ciphertext: bytes, associated_data: bytes) -> bytes:
    """Open what ``aead_encrypt`` returned.

    Raises:
        DecryptionFailed: Key, nonce, ciphertext, tag or associated data are not those of the encryption.
    """
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, associated_data)
    except InvalidTag:
        raise DecryptionFailed from None


def aead_opener(key: bytes, start: int, before: bytes, after: bytes) -> Callable[[bytes, bytes], bytes]:
    """``aead_decrypt`` for many values of one key, with the cipher set up once: that takes as long as opening a short text.

    Args:
        key: 32 bytes.
        start: Where in a value its nonce stands; the ciphertext follows.
        before: Associated data before what each value is called.
        after: Associated data behind it.

    Returns:
        A function of a value and of what it is called, with the errors of ``aead_decrypt``.
    """
    decrypt = AESGCM(key).decrypt
    end = start + NONCE_SIZE

    def opened(value: bytes, name: bytes) -> bytes:
        if len(value) < end + TAG_SIZE:
            raise DecryptionFailed
        try:
            return decrypt(value[start:end], value[end:], before + name + after)
        except InvalidTag:
            raise DecryptionFailed from None

    return opened


def pack(*parts: bytes) -> bytes:
    """Join parts so that no other list gives the same bytes: each stands behind its length, 4 bytes big-endian."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
