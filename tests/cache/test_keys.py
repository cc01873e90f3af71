"""What a key may be made of, and how values are kept: typed, of one schema, sealed if they are health data (D60)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from telemed_store.cache.codec import Codec, Unreadable
from telemed_store.cache.keys import CacheKey, Entry, Stale, Tag, TagKind
from telemed_store.crypto.box import Box
from telemed_store.crypto.data_keys import Secret
from telemed_store.database.identity import new_id
from telemed_store.database.models import StoredModel
from telemed_store.errors import StoreError

MINUTE = dt.timedelta(minutes=1)
ID = UUID(int=7)


class Thing(StoredModel):
    id: UUID
    at: dt.datetime
    name: str


class Changed(StoredModel):
    id: UUID
    at: dt.datetime
    name: str | None


THING = Thing(id=ID, at=dt.datetime(2030, 1, 7, 12, 0, 0, 7, tzinfo=dt.UTC), name="Ação")
PLAIN = Entry("thing", Thing, MINUTE)
SEALED = Entry("thing", Thing, MINUTE, phi=True)
CODEC = Codec(Box(Secret(bytes(32))), b"here")


def test_a_key_names_ids() -> None:
    assert PLAIN.key(ID, dt.date(2030, 1, 7), "any", 3).text == f"thing:{ID}:2030-01-07:any:3"
    assert TagKind("things").tag(ID) == Tag(f"things:{ID}")


@pytest.mark.parametrize("part", ["Ana Lima", "ana@example.org", "", "a:b", "{a}", "x" * 65, "ção"])
def test_nothing_that_says_who_somebody_is_fits_into_a_key(part: str) -> None:
    with pytest.raises(StoreError) as refusal:
        PLAIN.key(part)
    assert not part or part not in str(refusal.value)


@pytest.mark.parametrize(
    "wrong", [{"name": "Thing"}, {"name": ""}, {"name": "a b"}, {"lifetime": dt.timedelta(0)}, {"name": "x" * 41}]
)
def test_an_entry_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(StoreError):
        Entry(**{"name": "thing", "type": Thing, "lifetime": MINUTE, **wrong})


def test_a_name_that_is_too_long_is_refused() -> None:
    with pytest.raises(StoreError, match="200"):
        PLAIN.key(*[ID] * 6)


@pytest.mark.parametrize("entry", [PLAIN, SEALED, Entry("thing", Thing, MINUTE, phi=True, negative=True)])
@pytest.mark.parametrize("value", [THING, None])
def test_what_is_kept_comes_back_equal(entry: Entry[Thing], value: Thing | None) -> None:
    kept = CODEC.encode(entry, PLAIN.key(ID), value)
    assert CODEC.decode(entry, PLAIN.key(ID), kept) == value


def test_collections_come_back_equal() -> None:
    entry = Entry("things", tuple[Thing, ...], MINUTE, phi=True)
    assert CODEC.decode(entry, entry.key(), CODEC.encode(entry, entry.key(), (THING, THING))) == (THING, THING)


def test_health_data_is_not_to_be_read() -> None:
    assert b"A\xc3\xa7\xc3\xa3o" in CODEC.encode(PLAIN, PLAIN.key(ID), THING)
    kept = CODEC.encode(SEALED, SEALED.key(ID), THING)
    assert b"A\xc3\xa7\xc3\xa3o" not in kept
    assert str(ID).encode() not in kept
    assert kept != CODEC.encode(SEALED, SEALED.key(ID), THING)


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        (SEALED, SEALED.key(UUID(int=8))),
        (Entry("thing", Changed, MINUTE, phi=True), SEALED.key(ID)),
        (Entry("thing", Thing, MINUTE, phi=True, revision=2), SEALED.key(ID)),
    ],
)
def test_another_key_or_schema_reads_nothing(entry: Entry[Any], key: CacheKey) -> None:
    kept = CODEC.encode(SEALED, SEALED.key(ID), THING)
    with pytest.raises(Unreadable):
        CODEC.decode(entry, key, kept)


def test_other_master_keys_read_nothing_and_neither_does_damage() -> None:
    kept = CODEC.encode(SEALED, SEALED.key(ID), THING)
    with pytest.raises(Unreadable):
        Codec(Box(Secret(bytes(31) + b"1")), b"here").decode(SEALED, SEALED.key(ID), kept)
    for damaged in (b"", kept[:-1], kept[:9], kept[:-1] + bytes([kept[-1] ^ 1]), b"{}"):
        with pytest.raises(Unreadable):
            CODEC.decode(SEALED, SEALED.key(ID), damaged)
    with pytest.raises(Unreadable) as failure:
        CODEC.decode(PLAIN, PLAIN.key(ID), CODEC.encode(PLAIN, PLAIN.key(ID), THING)[:8] + b'{"name": "secret"}')
    assert failure.value.__context__ is None


def test_two_installations_in_one_namespace_do_not_read_each_other() -> None:
    elsewhere = Codec(Box(Secret(bytes(32))), b"there")
    with pytest.raises(Unreadable):
        elsewhere.decode(PLAIN, PLAIN.key(ID), CODEC.encode(PLAIN, PLAIN.key(ID), THING))


@pytest.mark.parametrize("stale", [Stale(CacheKey("thing:1"), 7, new_id()), Stale(Tag("thing:1"), 0, new_id())])
def test_what_is_written_down_is_read_again(stale: Stale) -> None:
    assert stale.id is not None
    assert Stale.parse(stale.text, stale.version, stale.id) == stale
