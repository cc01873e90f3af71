# Generated from _async/cache/test_ends.py by tools/sync.py. Do not edit.
"""What a unit of work made stale goes after its commit, whoever commits, and when nobody knows whether it is committed."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import Any

import cached_reads
import pytest
from cached_reads import ALL_NAMES, ONE
from sqlalchemy import Engine, create_engine

from telemed_store._sync._synchronization import WORLD
from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.database.identity import new_id
from telemed_store.errors import CommitUncertain, StoreError
from telemed_store.testing.clock import FrozenClock

JOB = Actor.system("tests")


@pytest.fixture
def host(ledger: Any) -> Iterator[Engine]:
    engine = create_engine(ledger.url_of(WORLD))
    yield engine
    engine.dispose()


def added(store: Store) -> Any:
    return store.acting_as(JOB).write(cached_reads.add, new_id(), "cardiology")


def test_the_hosts_commit_drops_and_its_rollback_does_not(store: Store, host: Engine) -> None:
    mine, row = store.acting_as(JOB), added(store)
    before = mine.read_cached(ONE, row)
    with pytest.raises(LookupError):
        with host.connect() as connection, store.join(connection, JOB) as unit, connection.begin():
            unit.write(cached_reads.rename, row, "neurology")
            raise LookupError
    assert mine.read_cached(ONE, row) == before
    assert cached_reads.loads == [row]

    with host.connect() as connection, store.join(connection, JOB) as unit, connection.begin():
        unit.write(cached_reads.rename, row, "neurology")
        assert unit.read_cached(ONE, row).name == "neurology"
        assert mine.read_cached(ONE, row).name == "cardiology"
    assert mine.read_cached(ONE, row).name == "neurology"


def test_what_a_refused_verb_may_have_changed_goes_too(store: Store) -> None:
    mine, row = store.acting_as(JOB), added(store)
    mine.read_cached(ONE, row)
    with mine.unit_of_work() as unit:
        with contextlib.suppress(StoreError):
            unit.write(cached_reads.rename_and_fail, row, "neurology")
    assert mine.read_cached(ONE, row).name == "neurology"
    assert mine.read_cached(ALL_NAMES) == ("neurology",)


@pytest.mark.parametrize("commit", ["arrived", "lost"])
def test_a_commit_that_may_have_happened_drops_and_keeps_nothing_for_a_while(
    store: Store, telemed_faults: Any, telemed_clock: FrozenClock, kind: str, commit: str
) -> None:
    mine, row = store.acting_as(JOB), added(store)
    mine.read_cached(ONE, row)
    mine.read_cached(ALL_NAMES)
    if commit == "arrived":
        telemed_faults.lose_commit_reply()
    else:
        telemed_faults.fail_next("commit", CommitUncertain)
    with pytest.raises(CommitUncertain):
        with mine.unit_of_work() as unit:
            unit.write(cached_reads.rename, row, "neurology")

    # The server may still be about to commit it: what it answers now must not be kept.
    cached_reads.loads.clear()
    name = "neurology" if commit == "arrived" else "cardiology"
    for _ in range(3):
        assert mine.read_cached(ONE, row).name == name
        assert mine.read_cached(ALL_NAMES) == (name,)
    assert len(cached_reads.loads) == 3
    if kind == "memory":
        telemed_clock.step(dt.timedelta(minutes=1))
        for _ in range(3):
            mine.read_cached(ONE, row)
        assert len(cached_reads.loads) == 4


@pytest.mark.failing_cache
@pytest.mark.telemed_engines("sqlite", "postgresql")
def test_a_drop_that_fails_is_made_up_for_before_the_next_read(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    mine, row, backend = store.acting_as(JOB), added(store), store.cache._backend
    mine.read_cached(ONE, row)
    drop = backend.drop

    def fail(*_args: Any, **_named: Any) -> None:
        raise LookupError("health data")

    backend.drop = fail  # type: ignore[method-assign]
    mine.write(cached_reads.rename, row, "neurology")
    backend.drop = drop  # type: ignore[method-assign]
    assert mine.read_cached(ONE, row).name == "neurology"
    assert mine.read_cached(ALL_NAMES) == ("neurology",)
    assert "health data" not in caplog.text
