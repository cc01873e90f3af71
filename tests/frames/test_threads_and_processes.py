"""One store in many threads, in forked children, in several event loops, and at the end of a process."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from forking import exit_code, fork, in_child

from telemed_store._async.store import AsyncStore
from telemed_store._sync._synchronization import FifoLock
from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.errors import StoreError

SYSTEM = Actor.system("tests")
END_SECONDS = 30


@pytest.fixture
def loops_end() -> Iterator[None]:
    yield
    gc.collect()


def ends_its_loops(test: Callable[..., None]) -> Callable[..., None]:
    """Connections of an event loop that ended without closing them cannot be closed: they are collected within the test, with warnings."""
    return pytest.mark.usefixtures("loops_end")(pytest.mark.filterwarnings("ignore::ResourceWarning")(test))


class Relay:
    """Lets a parent and its child take turns."""

    def __init__(self) -> None:
        self._to_child, self._to_parent = os.pipe(), os.pipe()

    def child_waits(self) -> None:
        os.write(self._to_parent[1], b"x")
        os.read(self._to_child[0], 1)

    def await_child(self) -> None:
        os.read(self._to_parent[0], 1)

    def release_child(self) -> None:
        os.write(self._to_child[1], b"x")

    def close(self) -> None:
        for end in (*self._to_child, *self._to_parent):
            os.close(end)


@pytest.fixture
def relay() -> Iterator[Relay]:
    relay = Relay()
    yield relay
    relay.close()


def test_many_threads_share_one_store(telemed: Store, ledger: Any) -> None:
    begin = threading.Barrier(16)

    def work(number: int) -> None:
        mine = telemed.acting_as(SYSTEM)
        begin.wait()
        for step in range(5):
            mine.write(ledger.announce, f"{number}.{step}")
            mine.read(ledger.show)
            with mine.snapshot() as snapshot:
                snapshot.read(ledger.show)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(work, range(16)))

    assert sorted(ledger.written) == sorted(f"{number}.{step}" for number in range(16) for step in range(5))
    assert len(ledger.events) == 80


def test_a_forked_child_has_pools_of_its_own_and_leaves_the_parents_alone(telemed: Store, ledger: Any) -> None:
    mine = telemed.acting_as(SYSTEM)
    mine.write(ledger.write, "parent before")
    mine.read(ledger.show)

    def child() -> None:
        mine.write(ledger.write, "child")
        assert mine.read(ledger.show) == ["parent before", "child"]
        telemed.close()

    assert in_child(child) == 0
    mine.write(ledger.write, "parent after")
    assert mine.read(ledger.show) == ["parent before", "child", "parent after"]


def test_a_child_that_only_closes_the_store_leaves_the_parents_connections_open(telemed: Store, ledger: Any) -> None:
    mine = telemed.acting_as(SYSTEM)
    with mine.unit_of_work() as unit:
        unit.write(ledger.write, "one")
        assert in_child(telemed.close) == 0
        unit.write(ledger.write, "two")

    assert ledger.written == ["one", "two"]


def test_a_parent_that_closes_takes_nothing_from_its_children(telemed: Store, ledger: Any, relay: Relay) -> None:
    """A SQLite child that relied on locks its parent held lost its commits when the parent removed the write-ahead log."""
    mine = telemed.acting_as(SYSTEM)
    mine.write(ledger.write, "parent")
    mine.read(ledger.show)

    def child() -> None:
        mine.write(ledger.write, "child one")
        relay.child_waits()
        mine.write(ledger.write, "child two")

    pid = fork(child)
    relay.await_child()
    telemed.close()
    relay.release_child()
    assert exit_code(pid) == 0

    assert ledger.written == ["parent", "child one", "child two"]


@ends_its_loops
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
@pytest.mark.parametrize("where", ["within a loop", "between two loops"])
def test_children_of_an_asynchronous_store_lose_nothing_either(
    telemed_settings: Any, ledger: Any, relay: Relay, where: str
) -> None:
    store = AsyncStore.open(settings=telemed_settings)
    mine = store.acting_as(SYSTEM)

    async def work() -> None:
        await mine.write(ledger.write, "child one")
        relay.child_waits()
        await mine.write(ledger.write, "child two")

    def child() -> None:
        asyncio.run(work())

    async def before() -> None:
        await mine.write(ledger.write, "parent")
        await mine.read(ledger.show)

    async def after() -> None:
        relay.await_child()
        await mine.write(ledger.write, "parent again")
        await store.close()
        relay.release_child()

    async def both() -> int:
        await before()
        pid = fork(child)
        await after()
        return pid

    if where == "within a loop":
        pid = asyncio.run(both())
    else:
        asyncio.run(before())
        pid = fork(child)
        asyncio.run(after())
    assert exit_code(pid) == 0

    assert ledger.written == ["parent", "child one", "parent again", "child two"]


@pytest.mark.telemed_engines("sqlite")
@pytest.mark.parametrize("frame", ["unit_of_work", "snapshot"])
def test_a_child_forked_in_the_middle_of_work_is_refused_the_file(
    telemed: Store, telemed_settings: Any, ledger: Any, frame: str
) -> None:
    mine = telemed.acting_as(SYSTEM)
    with getattr(mine, frame)() as opened:
        opened.read(ledger.show)

        def child() -> None:
            for refused in (
                opened.read,
                mine.read,
                mine.write,
                Store.open(settings=telemed_settings).acting_as(SYSTEM).read,
            ):
                with pytest.raises(StoreError, match="forked"):
                    refused(ledger.show)

        assert in_child(child) == 0
        opened.read(ledger.show)
    mine.write(ledger.write, "parent")

    assert ledger.written == ["parent"]


@pytest.mark.telemed_engines("sqlite")
@ends_its_loops
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_child_forked_in_the_middle_of_asynchronous_work_is_refused_the_file(
    telemed_settings: Any, ledger: Any
) -> None:
    async def work() -> None:
        async with AsyncStore.open(settings=telemed_settings) as store:
            mine = store.acting_as(SYSTEM)

            def child() -> None:
                with pytest.raises(StoreError, match="forked"):
                    asyncio.run(mine.write(ledger.write, "child"))
                with pytest.raises(StoreError, match="forked"):
                    Store.open(settings=telemed_settings).acting_as(SYSTEM).write(ledger.write, "child")

            async with mine.unit_of_work() as unit:
                await unit.write(ledger.write, "one")
                assert in_child(child) == 0
                await unit.write(ledger.write, "two")

    asyncio.run(work())

    assert ledger.written == ["one", "two"]


def test_several_children_write_at_once(telemed: Store, ledger: Any) -> None:
    mine = telemed.acting_as(SYSTEM)
    mine.write(ledger.write, "parent")

    def write(number: int) -> None:
        for step in range(5):
            mine.write(ledger.write, f"{number}.{step}")

    children = [fork(partial(write, number)) for number in range(4)]
    assert [exit_code(pid) for pid in children] == [0] * 4
    mine.write(ledger.write, "parent again")

    assert len(ledger.written) == 22


@ends_its_loops
def test_one_asynchronous_store_serves_one_event_loop_after_another(telemed_settings: Any, ledger: Any) -> None:
    store = AsyncStore.open(settings=telemed_settings)

    async def work(text: str) -> list[str]:
        await store.acting_as(SYSTEM).write(ledger.write, text)
        return await store.acting_as(SYSTEM).read(ledger.show)

    assert asyncio.run(work("one")) == ["one"]
    assert asyncio.run(work("two")) == ["one", "two"]
    asyncio.run(store.close())
    asyncio.run(store.close())


@ends_its_loops
def test_one_asynchronous_store_serves_two_event_loops_at_once(telemed_settings: Any, ledger: Any) -> None:
    store = AsyncStore.open(settings=telemed_settings)
    both = threading.Barrier(2)

    async def work(name: str) -> None:
        mine = store.acting_as(SYSTEM)
        for step in range(10):
            both.wait()
            await mine.write(ledger.write, f"{name}.{step}")
            await mine.read(ledger.show)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda name: asyncio.run(work(name)), ["a", "b"]))
    asyncio.run(store.close())

    assert len(ledger.written) == 20


def test_close_reaches_the_pools_of_another_running_loop(telemed_settings: Any, ledger: Any) -> None:
    store = AsyncStore.open(settings=telemed_settings)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        elsewhere = store.acting_as(SYSTEM).write(ledger.write, "elsewhere")
        asyncio.run_coroutine_threadsafe(elsewhere, loop).result(END_SECONDS)
        asyncio.run(store.close())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    assert ledger.written == ["elsewhere"]


@pytest.mark.parametrize("world", ["sync", "async"])
@pytest.mark.parametrize("closes", ["True", "False"])
def test_a_process_ends_although_its_store_was_used(
    telemed_settings: Any, telemed_database_url: str, world: str, closes: str
) -> None:
    script = """
        import asyncio
        from telemed_store import Actor, AsyncStore, Store

        mine = Actor.system("tests")

        async def main():
            store = AsyncStore.open()
            print(await store.acting_as(mine).people.search_doctors())
            if {closes}:
                await store.close()

        if "{world}" == "async":
            asyncio.run(main())
        else:
            store = Store.open()
            print(store.acting_as(mine).people.search_doctors())
            if {closes}:
                store.close()
    """
    environment = os.environ | {
        "TELEMED_STORE_DATABASE_URL": telemed_database_url,
        "TELEMED_STORE_KEYS": telemed_settings.keys.get_secret_value(),
        "PYTHONWARNINGS": "ignore",
    }
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script).format(closes=closes, world=world)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=END_SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""


def test_the_writers_queue_is_first_in_first_out() -> None:
    queue, order, entered = FifoLock(), [], threading.Semaphore(0)
    assert queue.acquire(1)

    def writer(number: int) -> None:
        entered.release()
        assert queue.acquire(END_SECONDS)
        order.append(number)
        queue.release()

    threads = [threading.Thread(target=writer, args=(number,)) for number in range(5)]
    for number, thread in enumerate(threads):
        thread.start()
        entered.acquire()
        while len(queue._waiting) <= number:
            threading.Event().wait(0.001)
    queue.release()
    for thread in threads:
        thread.join()

    assert order == [0, 1, 2, 3, 4]


def test_a_writer_that_gave_up_waiting_is_passed_over() -> None:
    queue = FifoLock()
    assert queue.acquire(1)
    assert not queue.acquire(0.01)
    queue.release()
    assert queue.acquire(1)
