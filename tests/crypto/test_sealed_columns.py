"""The format of encrypted columns: what it looks like for ever, and that it opens in its own place only (C15, D44)."""

from __future__ import annotations

import dataclasses
import os
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telemed_store.crypto import OVERHEAD, Binding, DataKey, Purpose, Secret, key_number, open_sealed, seal
from telemed_store.crypto.aead import pack
from telemed_store.database.identity import new_id
from telemed_store.errors import DecryptionFailed, StoreError, ValidationFailed

# Made once; the format never changes, so this opens for ever.
GOLDEN_KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
GOLDEN = "01000000032c1c6e032fe0c681a304c17216040d13239e75fe09ccc836c1594f9e19c5d25abadaa4d8888f8bb9269b"


@given(plaintext=st.binary(max_size=500))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_sealed_opens_in_its_place(key: DataKey, place: Binding, plaintext: bytes) -> None:
    assert open_sealed(key, seal(key, plaintext, place), place) == plaintext


@pytest.mark.parametrize("text", ["", "a", "12345678909", "Ação do coração 🫀" * 100])
def test_overhead_is_exactly_33_bytes(key: DataKey, place: Binding, text: str) -> None:
    """C15."""
    assert len(seal(key, text, place)) == len(text.encode()) + 33
    assert OVERHEAD == 33


def test_layout_is_format_key_id_nonce_text_tag(key: DataKey, place: Binding, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "urandom", b"n".__mul__)
    sealed = seal(key, b"text", place)
    assert sealed[:1] == b"\x01"
    assert sealed[1:5] == (7).to_bytes(4, "big")
    assert sealed[5:17] == b"n" * 12
    assert len(sealed[17:]) == len(b"text") + 16
    assert key_number(sealed) == 7


def test_a_value_sealed_by_the_first_release_still_opens() -> None:
    subject = "01890a5d-ac96-774b-bcce-b302099a8057"
    place = Binding("messages", "body", UUID("01890a5d-ac96-774b-bcce-b302099a8058"), UUID(subject), Purpose.MESSAGES)
    key = DataKey(UUID(subject), Purpose.MESSAGES, 3, Secret(bytes.fromhex(GOLDEN_KEY)))
    assert open_sealed(key, bytes.fromhex(GOLDEN), place).decode() == "Olá, doutora."


def test_same_plaintext_twice_differs(key: DataKey, place: Binding) -> None:
    first, second = seal(key, "the same", place), seal(key, "the same", place)
    assert first[5:17] != second[5:17]
    assert first[17:] != second[17:]


def test_nonce_is_never_derived_from_the_key(key: DataKey, place: Binding, monkeypatch: pytest.MonkeyPatch) -> None:
    """Incident: IV = first bytes of the key. The nonce is what the system's random source gave, whatever the key."""
    given_out: list[bytes] = []

    def recorded(size: int) -> bytes:
        given_out.append(len(given_out).to_bytes(size, "big"))
        return given_out[-1]

    monkeypatch.setattr(os, "urandom", recorded)
    other = dataclasses.replace(key, secret=Secret(b"\xff" * 32))
    nonces = [seal(each, "text", place)[5:17] for each in (key, key, other)]
    assert nonces == given_out
    assert len(set(nonces)) == 3


@pytest.mark.parametrize(
    "elsewhere",
    [
        pytest.param({"row_id": new_id()}, id="row"),
        pytest.param({"column": "title"}, id="column"),
        pytest.param({"table": "encounter_note_versions"}, id="table"),
        # A boundary that slides between two names must not give the same associated data.
        pytest.param({"table": "encounter_notesb", "column": "ody"}, id="table-and-column-run-together"),
    ],
)
def test_ciphertext_swap_is_refused(key: DataKey, place: Binding, elsewhere: dict[str, Any]) -> None:
    """Incident: a ciphertext could be moved to another row."""
    sealed = seal(key, "note", place)
    with pytest.raises(DecryptionFailed):
        open_sealed(key, sealed, dataclasses.replace(place, **elsewhere))


@pytest.mark.parametrize(
    "other",
    [pytest.param({"subject_id": new_id()}, id="subject"), pytest.param({"purpose": Purpose.MESSAGES}, id="purpose")],
)
def test_another_subject_or_purpose_is_refused(key: DataKey, place: Binding, other: dict[str, Any]) -> None:
    """Even if, by a fault elsewhere, both had the same key bytes."""
    sealed = seal(key, "note", place)
    with pytest.raises(DecryptionFailed):
        open_sealed(dataclasses.replace(key, **other), sealed, dataclasses.replace(place, **other))
    with pytest.raises(DecryptionFailed):
        open_sealed(key, sealed, dataclasses.replace(place, **other))


def test_another_key_is_refused(key: DataKey, place: Binding) -> None:
    sealed = seal(key, "note", place)
    with pytest.raises(DecryptionFailed):
        open_sealed(dataclasses.replace(key, secret=Secret(b"\x00" * 32)), sealed, place)


def test_the_key_of_another_number_is_refused(key: DataKey, place: Binding) -> None:
    sealed = seal(key, "note", place)
    with pytest.raises(DecryptionFailed):
        open_sealed(dataclasses.replace(key, number=8), sealed, place)


def test_a_key_number_exchanged_in_the_ciphertext_is_refused(key: DataKey, place: Binding) -> None:
    """The key id is authenticated: the same bytes under another number do not open, even with the same secret."""
    sealed = seal(key, "note", place)
    renumbered = sealed[:1] + (8).to_bytes(4, "big") + sealed[5:]
    with pytest.raises(DecryptionFailed):
        open_sealed(dataclasses.replace(key, number=8), renumbered, place)


def test_a_flipped_bit_anywhere_is_refused(key: DataKey, place: Binding) -> None:
    sealed = seal(key, "every single bit", place)
    for position in range(len(sealed) * 8):
        damaged = bytearray(sealed)
        damaged[position // 8] ^= 1 << (position % 8)
        with pytest.raises(DecryptionFailed):
            open_sealed(key, bytes(damaged), place)


def test_cut_input_is_refused_at_every_length(key: DataKey, place: Binding) -> None:
    sealed = seal(key, "cut me", place)
    for length in range(len(sealed)):
        with pytest.raises(DecryptionFailed):
            open_sealed(key, sealed[:length], place)


def test_input_with_something_appended_is_refused(key: DataKey, place: Binding) -> None:
    with pytest.raises(DecryptionFailed):
        open_sealed(key, seal(key, "text", place) + b"\x00", place)


@pytest.mark.parametrize("other", [{"subject_id": new_id()}, {"purpose": Purpose.IDENTITY}])
def test_sealing_with_a_key_of_somebody_else_is_refused(key: DataKey, place: Binding, other: dict[str, Any]) -> None:
    with pytest.raises(StoreError, match="another subject or purpose"):
        seal(key, "text", dataclasses.replace(place, **other))


def test_text_without_utf8_form_is_refused_without_showing_it(key: DataKey, place: Binding) -> None:
    with pytest.raises(ValidationFailed) as refused:
        seal(key, "private \ud800", place)
    assert refused.value.fields.keys() == {"body"}
    assert "private" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


@given(
    first=st.lists(st.binary(max_size=6), max_size=4),
    second=st.lists(st.binary(max_size=6), max_size=4),
)
def test_different_parts_never_pack_alike(first: list[bytes], second: list[bytes]) -> None:
    assert (pack(*first) == pack(*second)) == (first == second)
