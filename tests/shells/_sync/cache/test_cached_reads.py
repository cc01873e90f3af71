# Generated from _async/cache/test_cached_reads.py by tools/sync.py. Do not edit.
"""A cached read answers as an uncached one would, on every frame, and is recorded as one (C13)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import cached_reads
import pytest
from cached_reads import ALL_NAMES, ONE

from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.database.identity import new_id
from telemed_store.errors import NotFound, StoreError, ValidationFailed
from telemed_store.testing.clock import FrozenClock

JOB = Actor.system("tests")
VIEWER = Actor.user(new_id())


def added(store: Store, name: str = "cardiology") -> Any:
    return store.acting_as(JOB).write(cached_reads.add, new_id(), name)


def test_what_was_read_is_not_asked_again(store: Store) -> None:
    mine, one = store.acting_as(JOB), added(store)

    first = mine.read_cached(ONE, one)
    assert mine.read_cached(ONE, one) == first
    with mine.reader() as reader:
        assert reader.read_cached(ONE, one) == first

    assert cached_reads.loads == [one]


@pytest.mark.parametrize("kind", ["memory"])
def test_a_value_expires_however_often_it_is_read(store: Store, telemed_clock: FrozenClock) -> None:
    mine, one = store.acting_as(JOB), added(store)
    for _ in range(3):
        mine.read_cached(ONE, one)
        telemed_clock.step(dt.timedelta(seconds=31))

    assert len(cached_reads.loads) == 2


@pytest.mark.parametrize("how", ["store", "reader"])
def test_whoever_wants_no_cache_gets_none(store: Store, how: str) -> None:
    one = added(store)
    plain = store.acting_as(JOB, cached=False) if how == "store" else store.acting_as(JOB).reader(cached=False)
    for _ in range(2):
        plain.read_cached(ONE, one)
    store.acting_as(JOB).read_cached(ONE, one)

    assert cached_reads.loads == [one] * 3


def test_open_transactions_never_touch_the_cache(store: Store) -> None:
    mine, one = store.acting_as(JOB), added(store)
    with mine.unit_of_work() as uow:
        uow.write(cached_reads.rename, one, "neurology")
        assert uow.read_cached(ONE, one).name == "neurology"
        assert mine.reader().read_cached(ONE, one).name == "cardiology"
        assert uow.read_cached(ONE, one).name == "neurology"
    assert mine.read_cached(ONE, one).name == "neurology"
    with mine.snapshot() as snapshot:
        assert snapshot.read_cached(ONE, one).name == "neurology"
        assert snapshot.read_cached(ALL_NAMES) == ("neurology",)

    assert len(cached_reads.loads) == 5


@pytest.mark.telemed_settings(view_dedupe=dt.timedelta(0))
def test_every_hit_is_recorded_before_it_is_shown(store: Store, ledger: Any) -> None:
    one = added(store)
    for seen in range(1, 4):
        store.acting_as(VIEWER).read_cached(ONE, one)
        assert ledger.accesses == [one] * seen


def test_a_hit_that_is_denied_is_recorded_as_denied(store: Store, ledger: Any) -> None:
    one = added(store)
    store.acting_as(JOB).write(cached_reads.retire, one)
    for _ in range(2):
        with pytest.raises(NotFound):
            store.acting_as(VIEWER).read_cached(ONE, one)

    assert ledger.denials == [("specialization", one)] * 2


def test_nothing_is_kept_too_until_there_is_something(store: Store) -> None:
    mine, one = store.acting_as(JOB), new_id()
    for _ in range(2):
        with pytest.raises(NotFound):
            mine.read_cached(ONE, one)
    assert cached_reads.loads == [one]

    mine.write(cached_reads.add, one, "cardiology")
    assert mine.read_cached(ONE, one).name == "cardiology"


def test_a_collection_is_kept_until_its_tag_changes(store: Store) -> None:
    mine, one = store.acting_as(JOB), added(store)
    assert mine.read_cached(ALL_NAMES) == ("cardiology",)
    mine.write(cached_reads.rename, one, "neurology")
    assert mine.read_cached(ALL_NAMES) == ("neurology",)
    added(store, "oncology")
    assert mine.read_cached(ALL_NAMES) == ("neurology", "oncology")


def test_arguments_are_checked_before_the_cache_is_asked(store: Store) -> None:
    wrong: Any = "no id"
    with pytest.raises(ValidationFailed):
        store.acting_as(JOB).read_cached(ONE, wrong)
    with store.unit_of_work(JOB) as uow:
        with pytest.raises(ValidationFailed):
            uow.read_cached(ONE, wrong)


def test_rolled_back_write_never_reaches_cache_or_outbox(store: Store) -> None:
    mine, one = store.acting_as(JOB), added(store)
    before = mine.read_cached(ONE, one)
    with pytest.raises(ZeroDivisionError):
        with mine.unit_of_work() as uow:
            uow.write(cached_reads.rename, one, "neurology")
            assert uow.read_cached(ONE, one).name == "neurology"
            raise ZeroDivisionError
    with pytest.raises(StoreError):
        mine.write(cached_reads.rename_and_fail, one, "oncology")

    assert mine.read_cached(ONE, one) == before
    assert cached_reads.loads.count(one) == 2  # the first read, and the unit's own: what was kept is kept


def test_a_rolled_back_savepoint_leaves_the_cache_alone(store: Store, telemed_engine: str, kind: str) -> None:
    mine, one = store.acting_as(JOB), added(store)
    mine.read_cached(ONE, one)
    with mine.unit_of_work() as uow:
        with pytest.raises(ZeroDivisionError):
            with uow.savepoint():
                uow.write(cached_reads.rename, one, "neurology")
                raise ZeroDivisionError
    assert mine.read_cached(ONE, one).name == "cardiology"
    # SQLite tells that something was committed, not what: there everything is read anew.
    assert cached_reads.loads == [one] * (2 if (telemed_engine, kind) == ("sqlite", "memory") else 1)


def test_savepoint_release_runs_no_hooks_and_drops_nothing(store: Store) -> None:
    mine, one = store.acting_as(JOB), added(store)
    order: list[str] = []
    mine.read_cached(ONE, one)
    with mine.unit_of_work() as uow:
        uow.after_commit(order.append, "committed")
        with uow.savepoint():
            uow.write(cached_reads.rename, one, "neurology")
        assert order == []
        assert mine.read_cached(ONE, one).name == "cardiology"
        assert cached_reads.loads == [one]
    assert order == ["committed"]
    assert mine.read_cached(ONE, one).name == "neurology"


def test_what_changed_is_dropped_before_hooks_run(store: Store) -> None:
    mine, one = store.acting_as(JOB), added(store)
    mine.read_cached(ONE, one)
    seen: list[str] = []

    def look() -> None:
        seen.append(mine.read_cached(ONE, one).name)

    with mine.unit_of_work() as uow:
        uow.write(cached_reads.rename, one, "neurology")
        uow.after_commit(look)
    assert seen == ["neurology"]
