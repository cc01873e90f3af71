"""What is written down of invalidations: read again by whoever heals, deleted when it cannot matter any more."""

from __future__ import annotations

import datetime as dt
import json
import os
from typing import Any

import cached_reads
import pytest
from cached_reads import ALL_NAMES, ONE
from sqlalchemy import insert, select, update

from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.cache.healing import KEPT, LOOKBACK, Healing, read_position
from telemed_store.cache.invalidations import BATCH
from telemed_store.cache.keys import CacheKey, Stale
from telemed_store.cache.tables import cache_invalidations
from telemed_store.cli.app import app
from telemed_store.database.identity import new_id
from telemed_store.settings import Settings
from telemed_store.testing.clock import FrozenClock

JOB = Actor.system("tests")


@pytest.fixture
def shared(telemed_settings: Settings, request: pytest.FixtureRequest) -> Settings:
    url, namespace = map(request.getfixturevalue, ("telemed_redis_url", "telemed_redis_namespace"))
    more = {"redis_url": url, "redis_namespace": namespace, "redis_timeout": 5}
    return Settings(**{**telemed_settings.model_dump(), **more})


def written(store: Store) -> list[tuple[str, int]]:
    with store.unit_of_work(JOB) as unit:
        columns = (cache_invalidations.c.key, cache_invalidations.c.version)
        rows = unit.connection.execute(select(*columns).order_by(cache_invalidations.c.id))
        return [(row[0], row[1]) for row in rows]


def test_only_what_processes_share_is_written_down_and_only_what_is_committed(
    shared: Settings, telemed: Store, telemed_clock: FrozenClock
) -> None:
    row = telemed.acting_as(JOB).write(cached_reads.add, new_id(), "cardiology")
    assert written(telemed) == []

    with Store.open(settings=shared, clock=telemed_clock) as store:
        mine = store.acting_as(JOB)
        with pytest.raises(LookupError), mine.unit_of_work() as unit:
            unit.write(cached_reads.rename, row, "undone")
            raise LookupError
        with mine.unit_of_work() as unit:
            with pytest.raises(LookupError), unit.savepoint():
                unit.write(cached_reads.rename, row, "undone too")
                raise LookupError
            unit.write(cached_reads.rename, row, "neurology")
        assert written(store) == [
            (f"tested_specialization:{row}", 2),
            (f"tested_label:{row}", 0),
            ("#tested_catalogue", 0),
        ]


def change_behind_the_cache(store: Store, row: Any, name: str, *, written_at: dt.datetime) -> None:
    """A change whose process died before the cache heard of it."""
    with store.unit_of_work(JOB) as unit:
        connection = unit.connection
        connection.execute(
            update(cached_reads.specializations)
            .where(cached_reads.specializations.c.id == row)
            .values(name=name, version=cached_reads.specializations.c.version + 1)
        )
        for key in (f"tested_specialization:{row}", "#tested_catalogue"):
            values = {"id": new_id(), "created_at": written_at, "key": key, "version": 0}
            connection.execute(insert(cache_invalidations), values)


@pytest.mark.telemed_engines("sqlite", "postgresql")
def test_healing_reads_on_from_where_it_was_and_a_little_before(shared: Settings, telemed_clock: FrozenClock) -> None:
    with Store.open(settings=shared, clock=telemed_clock) as store:
        mine, now = store.acting_as(JOB), telemed_clock.now()
        row = mine.write(cached_reads.add, new_id(), "first")
        mine.read_cached(ONE, row)
        for name, at in (("late", now - LOOKBACK), ("new", now), ("newer", now + dt.timedelta(days=1))):
            assert mine.read_cached(ALL_NAMES) == (mine.read_cached(ONE, row).name,)
            change_behind_the_cache(store, row, name, written_at=at)
            store.cache.heal()
            assert (mine.read_cached(ONE, row).name, mine.read_cached(ALL_NAMES)) == (name, (name,))
        loads = len(cached_reads.loads)
        for _ in range(3):
            store.cache.heal()
            mine.read_cached(ONE, row)
        assert len(cached_reads.loads) == loads  # what was made up for once stays made up for

        with Store.open(settings=shared, clock=telemed_clock) as other:
            other.acting_as(JOB).read_cached(ONE, row)
        assert len(cached_reads.loads) == loads


@pytest.mark.telemed_engines("sqlite")
@pytest.mark.parametrize("position", [None, "gibberish", "2030-01-01T00:00:00", "1999-01-01T00:00:00+00:00"])
def test_a_position_that_says_nothing_drops_everything_once(shared: Settings, position: str | None) -> None:
    with Store.open(settings=shared) as store:
        mine = store.acting_as(JOB)
        row = mine.write(cached_reads.add, new_id(), "first")
        mine.read_cached(ONE, row)
        with store.unit_of_work(JOB) as unit:  # without a word in the table
            values = {"name": "second", "version": 2}
            unit.connection.execute(update(cached_reads.specializations).values(**values))
        redis: Any = store._core.redis
        healed = store.cache._backend._healed()  # type: ignore[attr-defined]
        redis.command(*(("DEL", healed) if position is None else ("SET", healed, position)))
        store.cache.heal()
        assert mine.read_cached(ONE, row).name == "second"

        cached_reads.loads.clear()
        for _ in range(2):
            store.cache.heal()
            mine.read_cached(ONE, row)
        assert cached_reads.loads == []


@pytest.mark.telemed_engines("sqlite", "postgresql", "mariadb")
def test_what_is_old_is_purged_by_the_command_and_by_nobody_else(
    telemed: Store, telemed_clock: FrozenClock, telemed_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    monkeypatch.delenv("TELEMED_STORE_KEYS", raising=False)
    now = dt.datetime.now(dt.UTC)
    with telemed.unit_of_work(JOB) as unit:
        old = [{"id": new_id(), "created_at": now - KEPT, "key": "a:1", "version": 1} for _ in range(BATCH + 1)]
        new = {"id": new_id(), "created_at": now - KEPT + dt.timedelta(hours=1), "key": "b:1", "version": 1}
        unit.connection.execute(insert(cache_invalidations), [*old, new])
    command = ("maintenance", "purge-cache-invalidations", "--database-url", telemed_database_url)

    assert CliRunner().invoke(app, command).stdout == f"deleted: {BATCH + 1}\n"
    assert json.loads(CliRunner().invoke(app, (*command, "--json")).stdout) == {"ok": True, "purged": 0}
    assert written(telemed) == [("b:1", 1)]


def test_what_is_lost_while_healing_runs_is_not_made_up_for() -> None:
    time = [100.0]
    healing = Healing(now=lambda: time[0])
    assert healing.is_due()
    loss = healing.begin()
    assert loss is not None
    assert healing.begin() is None  # one at a time
    healing.lost()
    healing.end(loss, [])
    assert not healing.is_done()

    loss = healing.begin()
    stale = Stale(CacheKey("a:1"), 1, new_id())
    assert healing.unseen(loss, [stale]) == [stale]
    healing.end(loss, [stale])
    assert healing.is_done()
    assert healing.unseen(healing._loss, [stale]) == []
    time[0] += 11
    assert healing.is_due()
    assert healing.is_done()
    healing.lost()
    assert healing.unseen(healing.begin(), [stale]) == [stale]


def test_a_forked_child_heals_for_itself() -> None:
    healing = Healing()
    healing.end(healing.begin(), [])
    assert healing.is_done()
    healing.begin()
    pid = os.fork()
    if pid == 0:
        os._exit(int(healing.is_done() or healing.begin() is None))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_position_is_read_as_it_was_written() -> None:
    assert read_position(None) is None
    assert read_position("2030-01-07T12:00:00.000001+00:00") == dt.datetime(2030, 1, 7, 12, 0, 0, 1, tzinfo=dt.UTC)
