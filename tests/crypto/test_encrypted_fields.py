"""What operations use for an encrypted column."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event

from telemed_store.crypto import (
    Binding,
    DataKey,
    KeyRing,
    MasterKeys,
    Purpose,
    Secret,
    SqlKeyStore,
    decrypt_column,
    decrypt_text,
    decrypt_texts,
    encrypt_text,
    seal,
)
from telemed_store.database.identity import new_id
from telemed_store.errors import DecryptionFailed, StoreError

from .test_key_store import add_key, statements_of


def place_of(subject_id: UUID, purpose: Purpose = Purpose.IDENTITY) -> Binding:
    return Binding("user_identifiers", "value", new_id(), subject_id, purpose)


@pytest.fixture
def ring(key: DataKey) -> KeyRing:
    return KeyRing(key.subject_id, key.purpose, (key,))


def test_a_text_comes_back_and_none_stays_none(ring: KeyRing, place: Binding) -> None:
    sealed = encrypt_text(ring, place, "Ação")
    assert sealed is not None
    assert "Ação".encode() not in sealed
    assert decrypt_text(ring, place, sealed) == "Ação"
    assert encrypt_text(ring, place, None) is None
    assert decrypt_text(ring, place, None) is None


def test_an_empty_text_is_not_none(ring: KeyRing, place: Binding) -> None:
    assert decrypt_text(ring, place, encrypt_text(ring, place, "")) == ""


def test_a_text_is_refused_in_another_place(ring: KeyRing, place: Binding) -> None:
    sealed = encrypt_text(ring, place, "note")
    with pytest.raises(DecryptionFailed):
        decrypt_text(ring, dataclasses.replace(place, row_id=new_id()), sealed)


def test_a_ring_without_the_key_refuses(ring: KeyRing, place: Binding) -> None:
    empty = KeyRing(ring.subject_id, ring.purpose)
    with pytest.raises(DecryptionFailed):
        decrypt_text(empty, place, encrypt_text(ring, place, "note"))
    with pytest.raises(StoreError, match="ensure"):
        encrypt_text(empty, place, "note")


def test_bytes_that_are_no_text_are_refused(ring: KeyRing, key: DataKey, place: Binding) -> None:
    with pytest.raises(DecryptionFailed):
        decrypt_text(ring, place, seal(key, b"\xff\xfe", place))


def test_a_page_of_many_subjects_and_purposes_takes_one_statement_per_purpose(
    engine: Engine, store: SqlKeyStore
) -> None:
    values: list[tuple[Binding, bytes | None]] = []
    with engine.begin() as connection:
        for purpose in (Purpose.IDENTITY, Purpose.CHART):
            rings = store.ensure_many(connection, [new_id() for _ in range(10)], purpose)
            for subject_id, ring in rings.items():
                place = place_of(subject_id, purpose)
                values.append((place, encrypt_text(ring, place, f"{purpose} {subject_id}")))
                values.append((place, None))
    with engine.begin() as connection:
        with statements_of(engine) as seen:
            texts = decrypt_texts(connection, store, values)
        assert seen == ["SELECT", "SELECT"]
        with statements_of(engine) as seen:
            assert decrypt_texts(connection, store, iter(values)) == texts
        assert seen == []
    assert texts == [None if sealed is None else f"{place.purpose} {place.subject_id}" for place, sealed in values]


def test_a_value_written_after_a_rotation_elsewhere_opens(
    engine: Engine, store: SqlKeyStore, master_keys: MasterKeys
) -> None:
    subject = new_id()
    first_place, second_place = place_of(subject), place_of(subject)
    with engine.begin() as connection:
        old = encrypt_text(store.ensure(connection, subject, Purpose.IDENTITY), first_place, "old")
    with engine.begin() as connection:
        assert decrypt_texts(connection, store, [(first_place, old)]) == ["old"]
    elsewhere = SqlKeyStore(master_keys)
    with engine.begin() as connection:
        add_key(connection, master_keys, DataKey(subject, Purpose.IDENTITY, 2, Secret(b"2" * 32)))
        new = encrypt_text(elsewhere.ensure(connection, subject, Purpose.IDENTITY), second_place, "new")
    with engine.begin() as connection, statements_of(engine) as seen:
        assert decrypt_texts(connection, store, [(first_place, old), (second_place, new)]) == ["old", "new"]
    assert [each for each in seen if each != "BEGIN"] == ["SELECT"]


COLUMN = ("messages", "body", Purpose.MESSAGES)


def body_of(subject_id: UUID) -> Binding:
    return Binding("messages", "body", new_id(), subject_id, Purpose.MESSAGES)


def of_column(values: Iterable[tuple[Binding, bytes | None]]) -> list[tuple[UUID, UUID, bytes | None]]:
    return [(place.row_id, place.subject_id, sealed) for place, sealed in values]


def test_a_column_opens_as_its_values_do_one_by_one(
    engine: Engine, store: SqlKeyStore, master_keys: MasterKeys
) -> None:
    """Of many subjects, after a rotation, empty and absent ones too; one statement for keys that are not in memory."""
    values: list[tuple[Binding, bytes | None]] = []
    subjects = [new_id() for _ in range(3)]
    with engine.begin() as connection:
        for number in (1, 2):
            for subject in subjects:
                if number > 1:
                    add_key(connection, master_keys, DataKey(subject, Purpose.MESSAGES, number, Secret(bytes(32))))
                ring = store.ensure(connection, subject, Purpose.MESSAGES)
                for text in ("Ação", "", "x" * 5000, None):
                    place = body_of(subject)
                    values.append((place, encrypt_text(ring, place, text)))
    with engine.begin() as connection:
        with statements_of(engine) as seen:
            texts = decrypt_column(connection, store, COLUMN, of_column(values))
        assert seen == ["SELECT"]
        assert texts == decrypt_texts(connection, store, values) == ["Ação", "", "x" * 5000, None] * 6
        assert decrypt_column(connection, store, COLUMN, []) == []


@pytest.mark.parametrize(
    "broken",
    [
        lambda sealed, _: sealed[:-1],
        lambda sealed, _: sealed + b"x",
        lambda sealed, _: sealed[:4],
        lambda sealed, _: sealed[:32],
        lambda *_: b"",
        lambda sealed, _: b"\x02" + sealed[1:],
        lambda sealed, _: sealed[:4] + b"\x02" + sealed[5:],
        lambda sealed, _: sealed[:-1] + bytes([sealed[-1] ^ 1]),
        lambda _, other: other,
    ],
)
def test_a_column_in_which_one_value_was_changed_or_moved_is_refused(
    engine: Engine, store: SqlKeyStore, broken: Callable[[bytes, bytes], bytes]
) -> None:
    """Cut, lengthened, of another format or key, with a flipped bit, or another row's (incident ciphertext_swap_is_refused)."""
    subject = new_id()
    places = [body_of(subject) for _ in range(2)]
    with engine.begin() as connection:
        ring = store.ensure(connection, subject, Purpose.MESSAGES)
        one, other = (seal(ring.current, "text", place) for place in places)
        with pytest.raises(DecryptionFailed):
            decrypt_column(connection, store, COLUMN, of_column(zip(places, (broken(one, other), other), strict=True)))


@pytest.mark.parametrize("column", [("messages", "other", Purpose.MESSAGES), ("others", "body", Purpose.MESSAGES)])
def test_a_column_does_not_open_as_another(
    engine: Engine, store: SqlKeyStore, column: tuple[str, str, Purpose]
) -> None:
    place = body_of(new_id())
    with engine.begin() as connection:
        ring = store.ensure(connection, place.subject_id, Purpose.MESSAGES)
        values = of_column([(place, seal(ring.current, "text", place))])
        with pytest.raises(DecryptionFailed):
            decrypt_column(connection, store, column, values)
        with pytest.raises(DecryptionFailed):
            decrypt_column(connection, store, COLUMN, of_column([(place, seal(ring.current, b"\xff", place))]))


def test_no_plaintext_reaches_the_database(engine: Engine, store: SqlKeyStore) -> None:
    """D44, at the wire: no statement parameter holds the value or its key."""
    sent: list[Any] = []

    def record(_connection: Any, _cursor: Any, _statement: str, parameters: Any, *_rest: Any) -> None:
        sent.append(parameters)

    subject = new_id()
    place = place_of(subject)
    event.listen(engine, "before_cursor_execute", record)
    try:
        with engine.begin() as connection:
            ring = store.ensure(connection, subject, Purpose.IDENTITY)
            sealed = encrypt_text(ring, place, "12345678909")
    finally:
        event.remove(engine, "before_cursor_execute", record)
    assert sealed is not None
    assert b"12345678909" not in sealed
    assert repr(ring.current.secret.reveal())[2:-1] not in repr(sent)
