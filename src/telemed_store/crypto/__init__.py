"""Encryption of what identifies or describes a patient: envelope, data keys, blind indexes. Knows no area above it."""

from __future__ import annotations

from telemed_store.crypto.blind_index import blind_index
from telemed_store.crypto.data_keys import DataKey, KeyRing, Purpose, Secret
from telemed_store.crypto.derivation import derive
from telemed_store.crypto.envelope import OVERHEAD, Binding, key_number, open_sealed, seal
from telemed_store.crypto.fields import decrypt_column, decrypt_text, decrypt_texts, encrypt_text
from telemed_store.crypto.key_cache import KeyCache
from telemed_store.crypto.key_file import key_file
from telemed_store.crypto.key_store import KeyStore, SqlKeyStore
from telemed_store.crypto.master_keys import KEYS_SETTING, MasterKeys, WrappedKey
from telemed_store.crypto.tables import SUBJECT_KEYS

__all__ = [
    "KEYS_SETTING",
    "OVERHEAD",
    "SUBJECT_KEYS",
    "Binding",
    "DataKey",
    "KeyCache",
    "KeyRing",
    "KeyStore",
    "MasterKeys",
    "Purpose",
    "Secret",
    "SqlKeyStore",
    "WrappedKey",
    "blind_index",
    "decrypt_column",
    "decrypt_text",
    "decrypt_texts",
    "derive",
    "encrypt_text",
    "key_file",
    "key_number",
    "open_sealed",
    "seal",
]
