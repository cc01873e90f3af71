"""Two processes on one database, each with a cache of its own or with one in Redis; one of them killed between its commit and the cache."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import cached_reads
import pytest
from cached_reads import ALL_NAMES, ONE
from forking import in_child, waiting_child

from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.cache.healing import EVERY
from telemed_store.database.identity import new_id
from telemed_store.settings import Settings

JOB = Actor.system("tests")


@pytest.fixture
def shared(telemed_settings: Settings, request: pytest.FixtureRequest) -> Settings:
    url, namespace = map(request.getfixturevalue, ("telemed_redis_url", "telemed_redis_namespace"))
    more = {"redis_url": url, "redis_namespace": namespace, "redis_timeout": 5}
    return Settings(**{**telemed_settings.model_dump(), **more})


@pytest.fixture(autouse=True)
def counted() -> Iterator[None]:
    cached_reads.loads.clear()
    yield
    cached_reads.while_loading.clear()


def added(store: Store, name: str) -> UUID:
    return store.acting_as(JOB).write(cached_reads.add, new_id(), name)


@pytest.mark.telemed_engines("sqlite")
def test_another_process_that_writes_to_the_file_is_noticed(telemed_settings: Settings) -> None:
    def rename(name: str) -> None:
        with Store.open(settings=telemed_settings) as other:
            other.acting_as(JOB).write(cached_reads.rename, row, name)

    with Store.open(settings=telemed_settings) as store:
        mine, row = store.acting_as(JOB), added(store, "cardiology")
        for _ in range(2):
            assert mine.read_cached(ONE, row).name == "cardiology"
            assert mine.read_cached(ALL_NAMES) == ("cardiology",)
        assert cached_reads.loads == [row]

        assert in_child(lambda: rename("neurology")) == 0
        assert mine.read_cached(ONE, row).name == "neurology"
        assert mine.read_cached(ALL_NAMES) == ("neurology",)

        # Between the database's answer and its being kept: then it is not kept.
        store.cache._backend._values.clear()  # type: ignore[attr-defined]
        elsewhere = waiting_child(lambda: rename("oncology"))  # forked now: not in the middle of a load
        cached_reads.while_loading.append(elsewhere)
        assert mine.read_cached(ONE, row).name == "neurology"
        assert mine.read_cached(ONE, row).name == "oncology"


@pytest.mark.telemed_engines("sqlite")
def test_a_forked_child_has_a_cache_of_its_own(telemed_settings: Settings) -> None:
    with Store.open(settings=telemed_settings) as store:
        mine, row = store.acting_as(JOB), added(store, "cardiology")
        mine.read_cached(ONE, row)

        def work() -> None:
            assert mine.read_cached(ONE, row).name == "cardiology"
            mine.write(cached_reads.rename, row, "neurology")
            assert mine.read_cached(ONE, row).name == "neurology"
            store.close()

        assert in_child(work) == 0
        assert mine.read_cached(ONE, row).name == "neurology"
        mine.write(cached_reads.rename, row, "oncology")
        assert mine.read_cached(ONE, row).name == "oncology"


def test_what_another_process_changed_is_gone_from_redis(shared: Settings) -> None:
    with Store.open(settings=shared) as store:
        mine, row = store.acting_as(JOB), added(store, "cardiology")
        for _ in range(2):
            assert (mine.read_cached(ONE, row).name, mine.read_cached(ALL_NAMES)) == ("cardiology", ("cardiology",))
        assert cached_reads.loads == [row]

        def work() -> None:
            with Store.open(settings=shared) as other:
                other.acting_as(JOB).write(cached_reads.rename, row, "neurology")
                assert other.acting_as(JOB).read_cached(ONE, row).name == "neurology"

        assert in_child(work) == 0
        assert (mine.read_cached(ONE, row).name, mine.read_cached(ALL_NAMES)) == ("neurology", ("neurology",))
        assert cached_reads.loads == [row]  # the other process has asked, and what it kept is shown here


@pytest.mark.parametrize("healer", ["a process that starts", "the clock"])
def test_killed_between_commit_and_drop(shared: Settings, healer: str) -> None:
    """The row of the invalidation is committed with the change, so whoever looks next into the database makes up for it."""
    with Store.open(settings=shared) as store:
        mine, row = store.acting_as(JOB), added(store, "cardiology")
        assert (mine.read_cached(ONE, row).name, mine.read_cached(ALL_NAMES)) == ("cardiology", ("cardiology",))
        committed, tells = os.pipe()
        pid = os.fork()
        if pid == 0:
            _commit_and_hang(shared, row, tells)
        assert os.read(committed, 1) == b"c"
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(committed)
        os.close(tells)
        assert mine.read_cached(ONE, row).name == "cardiology"

        if healer == "the clock":
            healing: Any = store.cache._healing
            healing._last -= EVERY + 1
        else:
            with Store.open(settings=shared) as other:
                assert other.acting_as(JOB).read_cached(ONE, row).name == "neurology"
        assert (mine.read_cached(ONE, row).name, mine.read_cached(ALL_NAMES)) == ("neurology", ("neurology",))


def _commit_and_hang(settings: Settings, row: UUID, tells: int) -> None:
    def drop(*_args: object, **_kwargs: object) -> None:
        os.write(tells, b"c")
        threading.Event().wait()

    try:
        other = Store.open(settings=settings)
        backend: Any = other.cache._backend
        backend.drop = drop
        other.acting_as(JOB).write(cached_reads.rename, row, "neurology")
    finally:
        os._exit(1)
