"""TELEMED_STORE_KEYS: what is accepted, what is refused, and that no key is ever shown (C15, design §3.14)."""

from __future__ import annotations

import base64
import copy
import dataclasses
import pickle
from typing import Any

import pytest
from pydantic import SecretStr

from telemed_store.crypto import DataKey, KeyRing, MasterKeys, Purpose, Secret, WrappedKey
from telemed_store.crypto.key_cache import KeyCache
from telemed_store.crypto.key_store import SqlKeyStore
from telemed_store.database.identity import new_id
from telemed_store.errors import DecryptionFailed, SettingsError, StoreError


def text_of(byte: int) -> str:
    return base64.urlsafe_b64encode(bytes([byte]) * 32).rstrip(b"=").decode()


ONE, TWO, INDEX = text_of(0x11), text_of(0x22), text_of(0xFB)
SHORT = base64.urlsafe_b64encode(b"x" * 31).rstrip(b"=").decode()
LONG = base64.urlsafe_b64encode(b"x" * 33).rstrip(b"=").decode()


def test_the_first_key_is_the_current_one() -> None:
    keys = MasterKeys.parse(f"k2:{TWO},index:{INDEX},k1:{ONE}")
    assert keys.current_id == "k2"
    assert keys.ids == ("k2", "k1")


def test_a_setting_survives_parse_and_to_setting() -> None:
    setting = f"k2:{TWO},k1:{ONE},index:{INDEX}"
    assert MasterKeys.parse(setting).to_setting().get_secret_value() == setting


def test_padding_spaces_and_secretstr_are_accepted() -> None:
    keys = MasterKeys.parse(SecretStr(f" k1:{ONE}= , index:{INDEX}=\n"))
    assert keys.to_setting().get_secret_value() == f"k1:{ONE},index:{INDEX}"


def test_generated_keys_are_different_each_time_and_parse() -> None:
    first, second = MasterKeys.generate(), MasterKeys.generate()
    assert first.current_id != second.current_id
    assert first.blind_index_key != second.blind_index_key
    assert MasterKeys.parse(first.to_setting()).ids == first.ids


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        pytest.param("", "entry 1: write it as", id="empty"),
        pytest.param(f"k1:{ONE}", "index:key", id="no-index"),
        pytest.param(f"index:{INDEX}", "at least one key-encryption key", id="index-alone"),
        pytest.param(f"{ONE},index:{INDEX}", "entry 1: write it as", id="no-id"),
        pytest.param(f"k1:{ONE},,index:{INDEX}", "entry 2: write it as", id="empty-entry"),
        pytest.param(f"{ONE}:k1,index:{INDEX}", "entry 1: its id", id="id-and-key-exchanged"),
        pytest.param(f"K1:{ONE},index:{INDEX}", "entry 1: its id", id="upper-case-id"),
        pytest.param(f"{'k' * 33}:{ONE},index:{INDEX}", "entry 1: its id", id="long-id"),
        pytest.param(f"k1:{SHORT},index:{INDEX}", "entry 1: its key is 32 bytes", id="31-bytes"),
        pytest.param(f"index:{INDEX},k1:{LONG}", "entry 2: its key is 32 bytes", id="33-bytes"),
        pytest.param(f"k1:{ONE[:-1]}*,index:{INDEX}", "entry 1: its key is 32 bytes", id="not-base64url"),
        pytest.param(f"k1:{ONE[:-1]}/,index:{INDEX}", "entry 1: its key is 32 bytes", id="plain-base64"),
        pytest.param(f"k1:{ONE[:-1]}F,index:{INDEX}", "entry 1: its key is not what an encoder", id="spare-bits"),
        pytest.param(f"k1:{ONE},k1:{TWO},index:{INDEX}", "entry 2: its id stands", id="id-twice"),
        pytest.param(f"k1:{ONE},k2:{ONE},index:{INDEX}", "entry 2: its key stands", id="key-twice"),
        pytest.param(f"k1:{ONE},index:{ONE}", "entry 2: its key stands", id="index-is-a-kek"),
    ],
)
def test_a_malformed_setting_is_named_and_never_quoted(setting: str, says: str) -> None:
    with pytest.raises(SettingsError) as refused:
        MasterKeys.parse(setting)
    message = str(refused.value)
    assert refused.value.setting == "TELEMED_STORE_KEYS"
    assert message.startswith("TELEMED_STORE_KEYS: ")
    assert says in message
    for key in (ONE, TWO, INDEX, SHORT, LONG):
        assert key[:12] not in message


def test_a_wrapped_key_opens_to_the_same_key() -> None:
    keys, key = MasterKeys.generate(), a_key()
    stored = keys.wrap(key)
    assert keys.unwrap(stored, key.subject_id, key.purpose, key.number) == key
    assert key.secret.reveal() not in stored.wrapped
    assert len(stored.wrapped) == 61


@pytest.mark.parametrize(
    "other",
    [{"subject_id": new_id()}, {"purpose": Purpose.IDENTITY}, {"number": 2}],
    ids=["subject", "purpose", "number"],
)
def test_a_wrapped_key_moved_elsewhere_is_refused(other: dict[str, Any]) -> None:
    keys, key = MasterKeys.generate(), a_key()
    stored = keys.wrap(key)
    place: dict[str, Any] = {"subject_id": key.subject_id, "purpose": key.purpose, "number": key.number} | other
    with pytest.raises(DecryptionFailed):
        keys.unwrap(stored, **place)


def test_a_damaged_wrapped_key_is_refused_at_every_bit_and_length() -> None:
    keys, key = MasterKeys.generate(), a_key()
    stored = keys.wrap(key)
    damaged = [stored.wrapped[:length] for length in range(len(stored.wrapped))]
    for position in range(len(stored.wrapped) * 8):
        flipped = bytearray(stored.wrapped)
        flipped[position // 8] ^= 1 << (position % 8)
        damaged.append(bytes(flipped))
    for wrapped in damaged:
        with pytest.raises(DecryptionFailed):
            keys.unwrap(WrappedKey(stored.kek_id, wrapped), key.subject_id, key.purpose, key.number)


def test_an_older_key_encryption_key_still_opens_what_it_wrapped() -> None:
    key = a_key()
    stored = MasterKeys.parse(f"k1:{ONE},index:{INDEX}").wrap(key)
    rotated = MasterKeys.parse(f"k2:{TWO},k1:{ONE},index:{INDEX}")
    assert rotated.unwrap(stored, key.subject_id, key.purpose, key.number) == key
    assert rotated.wrap(key).kek_id == "k2"


def test_a_missing_key_encryption_key_is_named() -> None:
    key = a_key()
    stored = MasterKeys.parse(f"k1:{ONE},index:{INDEX}").wrap(key)
    with pytest.raises(DecryptionFailed, match="`k1` is missing"):
        MasterKeys.parse(f"k2:{TWO},index:{INDEX}").unwrap(stored, key.subject_id, key.purpose, key.number)


def test_no_repr_shows_key_material() -> None:
    key = DataKey(new_id(), Purpose.CHART, 1, Secret(b"secret--" * 4))
    keys = MasterKeys.parse(f"k1:{base64.urlsafe_b64encode(b'secret--' * 4).decode()},index:{INDEX}")
    cache = KeyCache(10, 60)
    ring = KeyRing(key.subject_id, key.purpose, (key,))
    cache.put(ring)
    shown: list[object] = [key.secret, key, ring, keys, cache, SqlKeyStore(keys, cache=cache), keys.to_setting()]
    for each in shown:
        for text in (repr(each), str(each), f"{each}"):
            assert "secret--" not in text
            assert b"secret--".hex() not in text
            assert base64.b64encode(b"secret--" * 4).decode()[:16] not in text
            assert INDEX[:16] not in text


def test_keys_are_never_pickled_or_copied() -> None:
    key = a_key()
    refused: list[object] = [key.secret, key, KeyRing(key.subject_id, key.purpose, (key,)), MasterKeys.generate()]
    for each in refused:
        with pytest.raises(TypeError):
            pickle.dumps(each)
        with pytest.raises(TypeError):
            copy.deepcopy(each)
    with pytest.raises(TypeError):
        dataclasses.asdict(key)


def test_a_secret_has_32_bytes_and_does_not_change() -> None:
    for size in (0, 16, 31, 33):
        with pytest.raises(StoreError, match="exactly 32 bytes"):
            Secret(bytes(size))
    secret = Secret(bytes(32))
    with pytest.raises(AttributeError):
        secret._value = b""


def a_key() -> DataKey:
    return DataKey(new_id(), Purpose.CHART, 1, Secret(b"k" * 32))
