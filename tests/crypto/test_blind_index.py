"""Blind indexes and derived keys: equal values meet, nothing else does (C15)."""

from __future__ import annotations

import hashlib
import hmac

from telemed_store.crypto import MasterKeys, Secret, blind_index

KEY = Secret(bytes(range(32)))
FIELD = "user_identifiers.value:cpf"


def test_the_same_value_gives_the_same_32_bytes() -> None:
    assert blind_index(KEY, FIELD, "12345678909") == blind_index(KEY, FIELD, "12345678909")
    assert len(blind_index(KEY, FIELD, "12345678909")) == 32


def test_it_is_hmac_sha256_of_field_and_value_each_behind_its_length() -> None:
    """Stored indexes must be found by every later release."""
    message = len(FIELD).to_bytes(4, "big") + FIELD.encode() + (3).to_bytes(4, "big") + b"abc"
    assert blind_index(KEY, FIELD, "abc") == hmac.new(bytes(range(32)), message, hashlib.sha256).digest()


def test_another_value_field_or_key_gives_another_index() -> None:
    indexes = {
        blind_index(KEY, FIELD, "12345678909"),
        blind_index(KEY, FIELD, "12345678900"),
        blind_index(KEY, "user_identifiers.value:cns", "12345678909"),
        blind_index(Secret(bytes(32)), FIELD, "12345678909"),
    }
    assert len(indexes) == 4


def test_field_and_value_do_not_run_together() -> None:
    assert blind_index(KEY, "ab", "c") != blind_index(KEY, "a", "bc")


def test_rotating_the_key_encryption_key_keeps_blind_indexes_and_derived_keys() -> None:
    before = MasterKeys.generate()
    setting = before.to_setting().get_secret_value()
    added = MasterKeys.generate().to_setting().get_secret_value().split(",")[0]
    after = MasterKeys.parse(f"{added},{setting}")
    assert after.current_id != before.current_id
    assert after.blind_index_key == before.blind_index_key
    assert after.derived_key("cursor") == before.derived_key("cursor")


def test_each_use_has_a_key_of_its_own() -> None:
    keys = MasterKeys.generate()
    index_key = keys.to_setting().get_secret_value().split("index:")[1]
    uses = {keys.blind_index_key, keys.derived_key("cursor"), keys.derived_key("session")}
    assert len(uses) == 3
    assert MasterKeys.parse(f"k:{'A' * 43},index:{index_key}").derived_key("cursor") in uses
