"""``SqlKeyStore``: one key per subject and purpose whoever races, no key that is lost afterwards, few statements."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, delete, event, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from telemed_store.crypto import (
    SUBJECT_KEYS,
    Binding,
    DataKey,
    KeyRing,
    KeyStore,
    MasterKeys,
    Purpose,
    Secret,
    SqlKeyStore,
    open_sealed,
    seal,
)
from telemed_store.database.identity import new_id
from telemed_store.errors import Conflict, DecryptionFailed, StoreError

from .conftest import NOW

CHART = Purpose.CHART


@contextmanager
def statements_of(engine: Engine) -> Iterator[list[str]]:
    seen: list[str] = []

    def record(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement.split(maxsplit=1)[0])

    event.listen(engine, "before_cursor_execute", record)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", record)


def add_key(connection: Connection, master_keys: MasterKeys, key: DataKey) -> None:
    """Store one more data key of a subject, as a rotation will."""
    wrapped = master_keys.wrap(key)
    connection.execute(
        insert(SUBJECT_KEYS).values(
            subject_id=key.subject_id,
            purpose=key.purpose,
            key_number=key.number,
            wrapped_key=wrapped.wrapped,
            kek_id=wrapped.kek_id,
            created_at=NOW,
        )
    )


def shred(connection: Connection, subject_id: UUID) -> None:
    connection.execute(
        update(SUBJECT_KEYS).where(SUBJECT_KEYS.c.subject_id == subject_id).values(wrapped_key=None, shredded_at=NOW)
    )


def count_keys(engine: Engine, subject_id: UUID) -> int:
    with engine.begin() as connection:
        counted = connection.scalar(
            select(func.count()).select_from(SUBJECT_KEYS).where(SUBJECT_KEYS.c.subject_id == subject_id)
        )
    return int(counted or 0)


def test_sql_key_store_is_a_key_store(store: SqlKeyStore) -> None:
    assert_type: KeyStore = store
    assert assert_type is store


def test_ensure_makes_one_key_and_finds_it_again(engine: Engine, store: SqlKeyStore, master_keys: MasterKeys) -> None:
    subject = new_id()
    with engine.begin() as connection:
        made = store.ensure(connection, subject, CHART)
    with engine.begin() as connection:
        assert store.ensure(connection, subject, CHART) == made
        assert store.data_keys(connection, subject, CHART) == made
        assert SqlKeyStore(master_keys).data_keys(connection, subject, CHART) == made
    assert made.current.number == 1
    assert count_keys(engine, subject) == 1


def test_each_subject_and_purpose_has_a_key_of_its_own(engine: Engine, store: SqlKeyStore) -> None:
    """C15."""
    subjects = [new_id(), new_id()]
    with engine.begin() as connection:
        secrets = {
            ring.current.secret
            for purpose in Purpose
            for ring in store.ensure_many(connection, subjects, purpose).values()
        }
    assert len(secrets) == 6


def test_the_row_holds_no_plain_key_and_tells_who_wrapped_it(
    engine: Engine, store: SqlKeyStore, master_keys: MasterKeys
) -> None:
    """D44."""
    subject = new_id()
    with engine.begin() as connection:
        ring = store.ensure(connection, subject, CHART)
        row = connection.execute(select(SUBJECT_KEYS).where(SUBJECT_KEYS.c.subject_id == subject)).one()
    assert (row.purpose, row.key_number, row.kek_id) == (CHART, 1, master_keys.current_id)
    assert (row.created_at, row.shredded_at) == (NOW, None)
    assert ring.current.secret.reveal() not in bytes(row.wrapped_key)


@pytest.mark.parametrize("subjects", [1, 50])
def test_ensure_takes_three_statements_for_new_subjects_and_one_for_known_ones(
    engine: Engine, store: SqlKeyStore, subjects: int
) -> None:
    ids = [new_id() for _ in range(subjects)]
    with engine.begin() as connection, statements_of(engine) as seen:
        store.ensure_many(connection, ids, CHART)
    assert [each for each in seen if each != "BEGIN"] == ["SELECT", "INSERT", "SELECT"]
    with engine.begin() as connection, statements_of(engine) as seen:
        store.ensure_many(connection, ids, CHART)
    assert [each for each in seen if each != "BEGIN"] == ["SELECT"]


def test_loading_takes_one_statement_and_none_once_in_memory(engine: Engine, store: SqlKeyStore) -> None:
    ids = [new_id() for _ in range(50)]
    with engine.begin() as connection:
        made = store.ensure_many(connection, ids, CHART)
    with engine.begin() as connection:
        with statements_of(engine) as seen:
            assert store.load_many(connection, ids, CHART) == made
        assert seen == ["SELECT"]
        with statements_of(engine) as seen:
            assert store.load_many(connection, ids, CHART) == made
            assert store.data_keys(connection, ids[7], CHART) == made[ids[7]]
        assert seen == []


def test_asking_for_nobody_asks_nothing(engine: Engine, store: SqlKeyStore) -> None:
    with engine.begin() as connection, statements_of(engine) as seen:
        assert store.load_many(connection, [], CHART) == {}
        assert store.ensure_many(connection, [], CHART) == {}
    assert [each for each in seen if each != "BEGIN"] == []


def test_more_subjects_than_one_statement_takes(engine: Engine, store: SqlKeyStore) -> None:
    ids = [new_id() for _ in range(4_500)]
    with engine.begin() as connection:
        made = store.ensure_many(connection, ids, CHART)
        assert store.load_many(connection, [*ids, *ids], CHART) == made
    assert len({ring.current.secret for ring in made.values()}) == 4_500


def test_a_subject_without_keys_has_an_empty_ring(engine: Engine, store: SqlKeyStore) -> None:
    subject = new_id()
    with engine.begin() as connection:
        ring = store.data_keys(connection, subject, CHART)
    assert ring == KeyRing(subject, CHART)
    with pytest.raises(StoreError, match="ensure"):
        _ = ring.current
    with pytest.raises(DecryptionFailed):
        ring.numbered(1)


def test_a_key_made_after_its_absence_was_read_is_found(engine: Engine, store: SqlKeyStore) -> None:
    subject = new_id()
    with engine.begin() as connection:
        assert store.data_keys(connection, subject, CHART).keys == ()
    with engine.begin() as connection:
        made = store.ensure(connection, subject, CHART)
    with engine.begin() as connection:
        assert store.data_keys(connection, subject, CHART) == made


def test_a_key_of_a_rolled_back_transaction_is_not_remembered(
    engine: Engine, store: SqlKeyStore, master_keys: MasterKeys
) -> None:
    """Else the next write would be sealed with a key that nobody has afterwards."""
    subject = new_id()
    place = Binding("notes", "body", new_id(), subject, CHART)
    with engine.connect() as connection:
        lost = store.ensure(connection, subject, CHART)
        assert store.data_keys(connection, subject, CHART) == lost, "readable within its own transaction"
        assert store.data_keys(connection, subject, CHART, refresh=True) == lost
        connection.rollback()
        assert store.data_keys(connection, subject, CHART).keys == ()
        connection.rollback()
    with engine.begin() as connection:
        kept = store.ensure(connection, subject, CHART)
        sealed = seal(kept.current, "text", place)
    assert kept != lost
    with engine.begin() as connection:
        for reader in (store, SqlKeyStore(master_keys)):
            assert open_sealed(reader.data_keys(connection, subject, CHART).numbered(1), sealed, place) == b"text"


def test_a_key_of_a_rolled_back_savepoint_is_not_remembered(engine: Engine, store: SqlKeyStore) -> None:
    subject = new_id()
    with engine.begin() as connection:
        savepoint = connection.begin_nested()
        lost = store.ensure(connection, subject, CHART)
        assert store.data_keys(connection, subject, CHART) == lost
        savepoint.rollback()
        assert store.data_keys(connection, subject, CHART).keys == ()
        kept = store.ensure(connection, subject, CHART)
    assert kept != lost
    with engine.begin() as connection:
        assert store.data_keys(connection, subject, CHART) == kept


def test_a_committed_key_is_remembered_on_the_connection_that_made_it(engine: Engine, store: SqlKeyStore) -> None:
    subject = new_id()
    with engine.connect() as connection:
        made = store.ensure(connection, subject, CHART)
        connection.commit()
        assert store.data_keys(connection, subject, CHART) == made
        with statements_of(engine) as seen:
            assert store.data_keys(connection, subject, CHART) == made
        assert seen == []


def test_writing_never_trusts_memory(engine: Engine, store: SqlKeyStore) -> None:
    """A key row lost in a fail-over: what is written afterwards must open with what the database has."""
    subject = new_id()
    with engine.begin() as connection:
        store.ensure(connection, subject, CHART)
    with engine.begin() as connection:
        remembered = store.data_keys(connection, subject, CHART)
    with engine.begin() as connection:
        connection.execute(delete(SUBJECT_KEYS))
    with engine.begin() as connection:
        assert store.ensure(connection, subject, CHART) != remembered


def ensured_at_once(engine: Engine, master_keys: MasterKeys, orders: list[list[UUID]]) -> list[dict[UUID, KeyRing]]:
    """What each of several connections gets that ask at the same moment, each with a key store of its own."""
    start = threading.Barrier(len(orders))

    def race(ids: list[UUID]) -> dict[UUID, KeyRing]:
        with engine.connect() as connection:
            start.wait()
            rings = SqlKeyStore(master_keys).ensure_many(connection, ids, CHART)
            connection.commit()
        return rings

    with ThreadPoolExecutor(len(orders)) as racers:
        return list(racers.map(race, orders))


def test_connections_racing_for_one_subject_end_with_one_key(engine: Engine, master_keys: MasterKeys) -> None:
    for _ in range(5):
        subject = new_id()
        found = ensured_at_once(engine, master_keys, [[subject]] * 6)
        assert len({rings[subject] for rings in found}) == 1
        assert count_keys(engine, subject) == 1


def test_connections_racing_for_the_same_people_in_any_order_do_not_deadlock(
    engine: Engine, master_keys: MasterKeys
) -> None:
    for _ in range(5):
        subjects = [new_id() for _ in range(20)]
        found = ensured_at_once(engine, master_keys, [subjects[turn:] + subjects[:turn] for turn in (0, 5, 10, 15)])
        assert all(rings == found[0] for rings in found)


def test_a_race_lost_between_looking_and_inserting_takes_the_winners_key(
    engine: Engine, master_keys: MasterKeys
) -> None:
    subject = new_id()
    winners: list[KeyRing] = []

    def somebody_is_first(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT") and not winners:
            winners.append(KeyRing(subject, CHART))  # the winner's own INSERT comes through here too
            with engine.begin() as other:
                winners[0] = SqlKeyStore(master_keys).ensure(other, subject, CHART)

    event.listen(engine, "before_cursor_execute", somebody_is_first)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            loser = SqlKeyStore(master_keys).ensure(connection, subject, CHART)
    finally:
        event.remove(engine, "before_cursor_execute", somebody_is_first)
    assert loser == winners[0]
    assert loser.keys
    assert count_keys(engine, subject) == 1


def test_after_a_rotation_new_writes_use_the_new_key_and_old_ones_open(
    engine: Engine, store: SqlKeyStore, master_keys: MasterKeys
) -> None:
    subject = new_id()
    with engine.begin() as connection:
        first = store.ensure(connection, subject, CHART)
    second = DataKey(subject, CHART, 2, Secret(b"2" * 32))
    with engine.begin() as connection:
        store.data_keys(connection, subject, CHART)
        add_key(connection, master_keys, second)
    with engine.begin() as connection:
        ring = store.ensure(connection, subject, CHART)
        assert ring.current == second
        assert ring.numbered(1) == first.current
        assert 2 not in store.data_keys(connection, subject, CHART), "still in memory"
        assert store.data_keys(connection, subject, CHART, refresh=True) == ring
        assert store.data_keys(connection, subject, CHART) == ring


def test_a_destroyed_key_neither_opens_nor_is_made_anew(
    engine: Engine, store: SqlKeyStore, master_keys: MasterKeys
) -> None:
    subject = new_id()
    with engine.begin() as connection:
        store.ensure(connection, subject, CHART)
    with engine.begin() as connection:
        shred(connection, subject)
    with engine.begin() as connection:
        assert SqlKeyStore(master_keys).data_keys(connection, subject, CHART).keys == ()
        with pytest.raises(Conflict, match="destroyed"):
            store.ensure(connection, subject, CHART)
    assert count_keys(engine, subject) == 1


def test_a_key_row_moved_to_another_subject_is_refused(engine: Engine, store: SqlKeyStore) -> None:
    subject, thief = new_id(), new_id()
    with engine.begin() as connection:
        store.ensure(connection, subject, CHART)
        connection.execute(update(SUBJECT_KEYS).values(subject_id=thief))
    with engine.begin() as connection, pytest.raises(DecryptionFailed):
        store.data_keys(connection, thief, CHART)


def test_keys_of_a_key_encryption_key_that_is_missing_are_named(engine: Engine, store: SqlKeyStore) -> None:
    subject = new_id()
    with engine.begin() as connection:
        store.ensure(connection, subject, CHART)
    with engine.begin() as connection, pytest.raises(DecryptionFailed, match="is missing"):
        SqlKeyStore(MasterKeys.generate()).data_keys(connection, subject, CHART)


def test_a_rotated_key_encryption_key_opens_what_the_older_one_wrapped(
    engine: Engine, store: SqlKeyStore, master_keys: MasterKeys
) -> None:
    subject = new_id()
    with engine.begin() as connection:
        made = store.ensure(connection, subject, CHART)
    newer = MasterKeys.generate().to_setting().get_secret_value().split(",")[0]
    rotated = SqlKeyStore(MasterKeys.parse(f"{newer},{master_keys.to_setting().get_secret_value()}"))
    with engine.begin() as connection:
        assert rotated.ensure(connection, subject, CHART) == made


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"key_number": 0}, id="number-nought"),
        pytest.param({"purpose": "taxes"}, id="unknown-purpose"),
        pytest.param({"wrapped_key": None}, id="no-key-yet-not-shredded"),
        pytest.param({"shredded_at": NOW}, id="shredded-yet-with-key"),
        pytest.param({}, id="number-twice"),
    ],
)
def test_the_database_refuses_a_broken_key_row(engine: Engine, store: SqlKeyStore, broken: dict[str, Any]) -> None:
    subject = new_id()
    row = {
        "subject_id": subject,
        "purpose": CHART,
        "key_number": 1,
        "wrapped_key": b"w" * 61,
        "kek_id": "k1",
        "created_at": NOW,
        "shredded_at": None,
    }
    with engine.begin() as connection:
        store.ensure(connection, subject, CHART)
    number = {"key_number": 2} if broken else {}
    with engine.connect() as connection, pytest.raises(Exception) as refused:  # noqa: PT011 - drivers differ
        connection.execute(insert(SUBJECT_KEYS).values(row | number | broken))
    assert isinstance(refused.value, IntegrityError) or "CONSTRAINT" in str(refused.value).upper()


def test_blind_index_and_derived_keys_come_from_the_master_keys(store: SqlKeyStore, master_keys: MasterKeys) -> None:
    assert store.blind_index("f", "v") == SqlKeyStore(master_keys).blind_index("f", "v")
    assert store.blind_index("f", "v") != SqlKeyStore(MasterKeys.generate()).blind_index("f", "v")
    assert store.derived_key("cursor") == master_keys.derived_key("cursor")
