"""The primitives compute what their standards say: NIST GCM vectors and RFC 5869 through our own functions."""

from __future__ import annotations

from collections.abc import Iterator

import cryptography_vectors
import pytest

from telemed_store.crypto.aead import aead_decrypt, aead_encrypt
from telemed_store.crypto.derivation import derive
from telemed_store.errors import DecryptionFailed


def gcm_vectors(name: str) -> Iterator[dict[str, str]]:
    """Cases with a 96-bit nonce and a 128-bit tag, the only ones our format uses."""
    section: dict[str, str] = {}
    case: dict[str, str] = {}
    with cryptography_vectors.open_vector_file(f"ciphers/AES/GCM/{name}", "r") as file:
        for line in [*file.read().splitlines(), ""]:
            if line.startswith("["):
                label, _, value = line.strip("[]").partition(" = ")
                section[label] = value
            elif line == "FAIL":
                case["FAIL"] = "1"
            elif " =" in line:
                label, _, value = line.partition(" =")
                case[label] = value.strip()
            elif not line and case:
                if (section["IVlen"], section["Taglen"]) == ("96", "128"):
                    yield case
                case = {}


def test_aes_256_gcm_encrypts_as_the_nist_vectors_say() -> None:
    cases = list(gcm_vectors("gcmEncryptExtIV256.rsp"))
    assert len(cases) == 375
    for case in cases:
        key, nonce, plaintext, aad = (bytes.fromhex(case[label]) for label in ("Key", "IV", "PT", "AAD"))
        assert aead_encrypt(key, nonce, plaintext, aad).hex() == case["CT"] + case["Tag"]


def test_aes_256_gcm_opens_and_refuses_as_the_nist_vectors_say() -> None:
    opened = refused = 0
    for case in gcm_vectors("gcmDecrypt256.rsp"):
        key, nonce, aad = (bytes.fromhex(case[label]) for label in ("Key", "IV", "AAD"))
        ciphertext = bytes.fromhex(case["CT"] + case["Tag"])
        if "FAIL" in case:
            with pytest.raises(DecryptionFailed):
                aead_decrypt(key, nonce, ciphertext, aad)
            refused += 1
        else:
            assert aead_decrypt(key, nonce, ciphertext, aad).hex() == case["PT"]
            opened += 1
    assert opened + refused == 375
    assert refused > 100


def test_hkdf_sha256_derives_as_rfc_5869_says() -> None:
    with cryptography_vectors.open_vector_file("KDF/rfc-5869-HKDF-SHA256.txt", "r") as file:
        blocks = file.read().split("COUNT = ")[1:]
    assert len(blocks) >= 3
    for block in blocks:
        fields = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        case = {label.strip(): value.strip() for label, value in fields.items()}
        derived = derive(
            bytes.fromhex(case["IKM"]),
            bytes.fromhex(case["info"]),
            length=int(case["L"]),
            salt=bytes.fromhex(case["salt"]),
        )
        assert derived.hex() == case["OKM"]
