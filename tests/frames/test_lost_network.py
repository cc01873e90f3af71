"""The network ends at the worst moment: a real proxy cuts the connection around COMMIT, or swallows everything."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Generator
from typing import Any

import pytest

from telemed_store._async.store import AsyncStore
from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.errors import CommitUncertain, StoreError, TransactionConflict, Unavailable
from telemed_store.settings import Settings
from telemed_store.testing.servers.proxy import FaultProxy, Moment

pytestmark = pytest.mark.telemed_engines("postgresql", "mariadb")

SYSTEM = Actor.system("tests")
SHORT = dt.timedelta(seconds=1)
CONNECT = dt.timedelta(seconds=5)


@pytest.fixture
def proxy(telemed_database_url: str) -> Generator[FaultProxy]:
    with FaultProxy.before(telemed_database_url) as proxy:
        yield proxy


@pytest.fixture
def settings(proxy: FaultProxy, telemed_settings_for: Any, telemed_database_url: str) -> Settings:
    # PostgreSQL's drivers would try TLS first, in which the proxy sees no COMMIT.
    limits = {"read_statement_timeout": SHORT, "write_statement_timeout": SHORT, "lock_timeout": SHORT}
    settings: Settings = telemed_settings_for(proxy.url(telemed_database_url), connect_timeout=CONNECT, **limits)
    return settings


@pytest.mark.parametrize("moment", list(Moment))
def test_a_connection_cut_while_commit_is_in_flight_is_uncertain(
    proxy: FaultProxy, settings: Settings, ledger: Any, moment: Moment
) -> None:
    ran: list[str] = []
    with Store.open(settings=settings) as store:
        mine = store.acting_as(SYSTEM)
        mine.write(ledger.write, "before")
        with pytest.raises(CommitUncertain) as caught, mine.unit_of_work() as unit:
            unit.after_commit(ran.append, "committed")
            unit.after_rollback(ran.append, "rolled back")
            unit.write(ledger.write, "one")
            proxy.cut_on(b"COMMIT", moment)
        proxy.wait_cut()
        mine.write(ledger.write, "after")

    assert caught.value.__context__ is None
    assert ran == []
    acted = ["one"] if moment is Moment.BEFORE_REPLY else []
    assert ledger.written == ["before", *acted, "after"]


@pytest.mark.asyncio
@pytest.mark.parametrize("moment", list(Moment))
async def test_a_connection_cut_while_an_asynchronous_commit_is_in_flight_is_uncertain(
    proxy: FaultProxy, settings: Settings, ledger: Any, moment: Moment
) -> None:
    ran: list[str] = []
    async with AsyncStore.open(settings=settings) as store:
        mine = store.acting_as(SYSTEM)
        await mine.write(ledger.write, "before")
        with pytest.raises(CommitUncertain) as caught:
            async with mine.unit_of_work() as unit:
                unit.after_commit(ran.append, "committed")
                unit.after_rollback(ran.append, "rolled back")
                await unit.write(ledger.write, "one")
                proxy.cut_on(b"COMMIT", moment)
        proxy.wait_cut()
        await mine.write(ledger.write, "after")

    assert caught.value.__context__ is None
    assert ran == []
    acted = ["one"] if moment is Moment.BEFORE_REPLY else []
    assert ledger.written == ["before", *acted, "after"]


def test_a_connection_cut_before_commit_wrote_nothing(proxy: FaultProxy, settings: Settings, ledger: Any) -> None:
    with Store.open(settings=settings) as store:
        mine = store.acting_as(SYSTEM)
        mine.read(ledger.show)
        with pytest.raises(Unavailable), mine.unit_of_work() as unit:
            unit.write(ledger.write, "one")
            proxy.cut()
            unit.write(ledger.write, "two")
        mine.write(ledger.write, "after")

    assert ledger.written == ["after"]


@pytest.mark.asyncio
async def test_reads_go_on_after_every_pooled_connection_was_cut(
    proxy: FaultProxy, settings: Settings, ledger: Any
) -> None:
    async with AsyncStore.open(settings=settings) as store:
        mine = store.acting_as(SYSTEM)
        async with mine.snapshot() as one, mine.snapshot() as two, mine.snapshot() as three:
            for snapshot in (one, two, three):
                await snapshot.read(ledger.show)
        proxy.cut()
        for _ in range(3):
            assert await mine.read(ledger.show) == []


@pytest.mark.asyncio
async def test_a_network_that_swallows_everything_ends_as_unavailable(
    proxy: FaultProxy, settings: Settings, ledger: Any
) -> None:
    soon = settings.model_copy(update={"connect_timeout": SHORT})
    async with AsyncStore.open(settings=soon) as store:
        mine = store.acting_as(SYSTEM)
        await mine.write(ledger.write, "one")
        proxy.blackhole()
        began = time.monotonic()
        # 2 s for the answer, or 1 s for a ping and 1 s for a connection; another turn of either would be too late.
        with pytest.raises(Unavailable):
            await mine.read(ledger.show)
        with pytest.raises(Unavailable):
            await mine.write(ledger.write, "two")
        assert time.monotonic() - began < 7
        proxy.restore()
        proxy.cut()
        assert await mine.read(ledger.show) == ["one"]


def test_a_real_deadlock_is_a_conflict_for_one_unit_and_the_other_goes_on(telemed: Store, ledger: Any) -> None:
    both = threading.Barrier(2)
    outcomes: list[str] = []

    def work(first: str, second: str) -> None:
        try:
            with telemed.unit_of_work(SYSTEM) as unit:
                unit.write(ledger.lock_named, first)
                both.wait()
                unit.write(ledger.lock_named, second)
                unit.write(ledger.write, first)
        except StoreError as failure:
            outcomes.append(type(failure).__name__)

    with telemed.unit_of_work(SYSTEM) as unit:
        unit.write(ledger.make_locks, "a", "b")
    threads = [threading.Thread(target=work, args=names) for names in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes == [TransactionConflict.__name__]
    assert len([text for text in ledger.written if text in "ab"]) == 1


def test_a_real_deadlock_is_repeated_by_run(telemed: Store, ledger: Any) -> None:
    mine = telemed.acting_as(SYSTEM)
    first_try = threading.Barrier(2)
    attempts: list[str] = []

    def work(unit: Any, first: str, second: str) -> None:
        attempts.append(first)
        unit.write(ledger.lock_named, first)
        if attempts.count(first) == 1:
            first_try.wait()
        unit.write(ledger.lock_named, second)
        unit.write(ledger.write, first)

    mine.write(ledger.make_locks, "a", "b")
    threads = [threading.Thread(target=mine.run, args=(work, *names)) for names in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(text for text in ledger.written if text in "ab") == ["a", "b"]
    assert len(attempts) >= 3
