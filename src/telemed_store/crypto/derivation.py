"""Keys derived from one stable root secret: HKDF-SHA256 (RFC 5869), one ``info`` per use."""

from __future__ import annotations

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from telemed_store.crypto.aead import KEY_SIZE

__all__ = ["derive"]


def derive(secret: bytes, info: bytes, *, length: int = KEY_SIZE, salt: bytes = b"") -> bytes:
    """Derive a key for one use.

    Args:
        secret: High-entropy key material, never a password.
        info: Names the use. Different uses give independent keys.
        length: Bytes wanted, at most 8160.
        salt: Optional public randomness.

    Returns:
        ``length`` bytes, always the same for the same arguments.
    """
    return HKDF(algorithm=SHA256(), length=length, salt=salt or None, info=info).derive(secret)
