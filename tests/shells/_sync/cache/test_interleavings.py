# Generated from _async/cache/test_interleavings.py by tools/sync.py. Do not edit.
"""No interleaving of look, load, fill, commit, drop and crash leaves anything in the cache that is older than the row (incident
`stale_fill_is_refused`), and none shows it to somebody who came after the write had returned."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import cached_reads
import pytest
from cached_reads import ALL_NAMES, CATALOGUE, ENTRY, NAMES, ONE, ONE_LABEL
from turns import Turns, orders

from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.database.identity import new_id
from telemed_store.errors import StoreError
from telemed_store.testing.sizes import ProofSize

from .stepwise import CrashError, dying, make_stepwise

JOB = Actor.system("tests")


class House:
    """Readers and writers of one row, and of the list it stands in; writers are another process where the cache is shared."""

    def __init__(self, readers: Store, writers: Store) -> None:
        self.turns = Turns()
        self.readers = readers
        self.writers = writers
        self.cache = make_stepwise(readers, self.turns)
        if writers is not readers:
            make_stepwise(writers, self.turns)
        self.row = new_id()
        self.renamed = 0
        self.returned = 0

    def begin(self) -> None:
        self.row = new_id()
        self.writers.acting_as(JOB).write(cached_reads.add, self.row, f"row {self.row}")
        self.returned = 1

    def read(self) -> int:
        """Answers the row's version, and complains of one that was outdated before it was asked for."""
        known = self.returned
        found = self.readers.acting_as(JOB).read_cached(ONE, self.row)
        assert found.version >= known
        return found.version

    def read_list(self) -> tuple[str, ...]:
        known = self._names()
        names = self.readers.acting_as(JOB).read_cached(ALL_NAMES)
        assert known & set(names)
        return names

    def read_label(self) -> str:
        known = self._names()
        label = self.readers.acting_as(JOB).read_cached(ONE_LABEL, self.row)
        assert label in known
        return label

    def _names(self) -> set[str]:
        """What may be shown to somebody who asks now: nothing that a write which has returned made old."""
        known = f"row {self.row}" if self.returned == 1 else f"{self.returned} of {self.row}"
        return {known, *(f"{version} of {self.row}" for version in range(self.returned + 1, self.returned + 9))}

    def rename(self) -> None:
        after = self.writers.acting_as(JOB).write(_rename, self.row)
        self.returned = max(self.returned, after)

    def fail_to_rename(self) -> None:
        with contextlib.suppress(StoreError):
            with self.writers.unit_of_work(JOB) as uow:
                uow.write(_rename, self.row)
                raise StoreError("undone")

    def crash(self) -> None:
        dying.set(True)
        with contextlib.suppress(CrashError):
            self.writers.acting_as(JOB).write(_rename, self.row)

    def is_right(self) -> None:
        """What is kept is what stands there, and a second look finds it kept."""
        for read, plain in ((ONE, (self.row,)), (ONE_LABEL, (self.row,)), (ALL_NAMES, ())):
            mine: Any = self.readers.acting_as(JOB)
            true = self.readers.acting_as(JOB, cached=False).read_cached(read, *plain)  # type: ignore[arg-type]
            assert mine.read_cached(read, *plain) == true
            assert mine.read_cached(read, *plain) == true

    def forget(self, draw: random.Random) -> None:
        """The server forgets a key, or all of them."""
        backend: Any = self.cache.backend
        if not backend.is_shared():
            backend.clear()
            return
        record, generation = backend._record(ENTRY.key(self.row)), backend._generation(CATALOGUE.tag())
        names = backend._record(NAMES.key())
        keys = [record, f"{record}:value", generation, names, f"{names}:value", backend._epoch(), backend._healed()]
        backend._connections.command("DEL", draw.choice(keys))


def _rename(connection: Any, context: Any, row: UUID) -> int:
    before = cached_reads.version_of(connection, row)
    return cached_reads.rename(connection, context, row, f"{before + 1} of {row}").version


@pytest.fixture
def house(kind: str, opened: Callable[..., Store]) -> Iterator[House]:
    with opened() as readers:
        if kind == "memory":
            yield House(readers, readers)
            return
        with opened() as writers:
            yield House(readers, writers)


@pytest.mark.telemed_engines("sqlite", "postgresql")
@pytest.mark.parametrize("what", ["read", "read_label", "read_list"])
def test_stale_fill_is_refused_in_every_order(house: House, what: str) -> None:
    for before in ("cold", "warm"):
        for order in orders(3, 2):
            house.begin()
            if before == "warm":
                getattr(house, what)()
            actors = [house.turns.start(getattr(house, what)), house.turns.start(house.rename)]
            for number in order:
                house.turns.go(actors[number])
            for actor in actors:
                house.turns.end(actor)
            house.is_right()

    assert house.cache.filled > 0
    assert house.cache.refused > 0


@pytest.mark.telemed_engines("sqlite", "postgresql")
@pytest.mark.parametrize("kind", ["redis"])
@pytest.mark.parametrize("what", ["read", "read_label", "read_list"])
@pytest.mark.failing_cache
def test_a_crash_between_commit_and_drop_is_made_up_for(house: House, what: str) -> None:
    for order in orders(3, 2):
        house.begin()
        actors = [house.turns.start(getattr(house, what)), house.turns.start(house.crash)]
        for number in order:
            house.turns.go(actors[number])
        for actor in actors:
            house.turns.end(actor)
        house.readers.cache.heal()
        house.is_right()


def test_of_many_who_miss_the_same_one_asks(house: House) -> None:
    house.begin()
    cached_reads.loads.clear()
    actors = [house.turns.start(house.read) for _ in range(4)]
    for _ in range(3):
        for actor in actors:
            house.turns.go(actor)
    assert [house.turns.end(actor) for actor in actors] == [1] * 4
    assert cached_reads.loads == [house.row]


def test_nobody_shares_a_load_that_began_before_a_write_had_returned(house: House) -> None:
    house.begin()
    early = house.turns.start(house.read)
    house.turns.go(early)
    house.turns.go(early)  # it has its answer, and has not kept it yet
    house.rename()
    late = house.turns.start(house.read)
    for _ in range(3):
        house.turns.go(late)
    assert house.turns.end(early) == 1
    assert house.turns.end(late) == 2
    house.is_right()


@pytest.mark.telemed_size(schedules=(50, 1000))
@pytest.mark.failing_cache
def test_random_interleavings_serve_nothing_old(house: House, kind: str, telemed_size: ProofSize) -> None:
    draw = random.Random(f"{kind} 2030")
    house.begin()
    for number in range(telemed_size.schedules):
        actions = [
            *(house.read, house.read_label, house.read_list),
            *(house.rename, house.rename, house.fail_to_rename),
        ]
        chosen = [draw.choice(actions) for _ in range(draw.randint(2, 4))]
        crashes = kind == "redis" and draw.random() < 0.2
        if crashes:
            chosen[0] = house.crash
        actors = [house.turns.start(action) for action in chosen]
        while any(not actor.ended for actor in actors):
            if draw.random() < 0.02:
                house.forget(draw)
            house.turns.go(draw.choice(actors))
        for actor in actors:
            house.turns.end(actor)
        if crashes:
            house.readers.cache.heal()
        house.is_right()
        if number % 20 == 19:
            house.begin()
