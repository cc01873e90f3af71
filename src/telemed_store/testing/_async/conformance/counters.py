"""What a backend of counters has to do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from telemed_store._async._synchronization import sleep
from telemed_store._async.ephemeral.counters import AsyncCounters
from telemed_store.ephemeral.counters import CounterTimes
from telemed_store.errors import StoreError, ValidationFailed
from telemed_store.testing._async._synchronization import at_once
from telemed_store.testing._async.conformance.base import AsyncConformance

__all__ = ["AsyncCountersConformance"]

MakeCounters = Callable[[CounterTimes], AsyncCounters]
KIND = "unread"


class _Rows:
    """What stands in the database, and how often it was read."""

    def __init__(self) -> None:
        self.held: dict[UUID, int] = {}
        self.reads: list[list[UUID]] = []
        self._lock = threading.Lock()

    def commit(self, subject_id: UUID, by: int = 1) -> None:
        with self._lock:
            self.held[subject_id] = self.held.get(subject_id, 0) + by

    async def load(self, subject_ids: Sequence[UUID]) -> Mapping[UUID, int]:
        """Read the rows; what is committed while this answer is under way is not in it."""
        self.reads.append(list(subject_ids))
        read = {subject_id: self.held[subject_id] for subject_id in subject_ids if subject_id in self.held}
        await sleep(0.005)
        return read


class AsyncCountersConformance(AsyncConformance):
    """Write the fixture ``make_counters``: a function from `CounterTimes` to a backend; all it makes share what they keep."""

    @pytest.fixture
    def rows(self) -> _Rows:
        """The truth."""
        return _Rows()

    @pytest.fixture
    def counters(self, make_counters: MakeCounters, rows: _Rows) -> AsyncCounters:
        """What it keeps outlives the test, and settles in a moment."""
        counters = make_counters(CounterTimes(lifetime=self.LONG, settling=self.BRIEF))
        counters.register(KIND, rows.load)
        return counters

    async def test_a_missing_counter_is_loaded_once(self, counters: AsyncCounters, rows: _Rows) -> None:
        known, unknown = uuid4(), uuid4()
        rows.held[known] = 7

        assert [await counters.get(KIND, known) for _ in range(3)] == [7, 7, 7]
        assert [await counters.get(KIND, unknown) for _ in range(2)] == [0, 0]
        assert rows.reads == [[known], [unknown]]

    async def test_it_counts_up_and_down(self, counters: AsyncCounters, rows: _Rows) -> None:
        somebody = uuid4()
        rows.held[somebody] = 3
        await counters.get(KIND, somebody)
        await self.outlast(self.BRIEF)

        assert await counters.increment(KIND, somebody) == 4
        assert await counters.increment(KIND, somebody, by=10) == 14
        assert await counters.decrement(KIND, somebody, 4) == 10
        assert await counters.get(KIND, somebody) == 10
        assert len(rows.reads) == 1

    async def test_what_is_missing_is_not_begun_at_zero(self, counters: AsyncCounters, rows: _Rows) -> None:
        somebody = uuid4()
        rows.held[somebody] = 5

        assert await counters.increment(KIND, somebody) is None
        assert await counters.decrement(KIND, somebody) is None
        assert await counters.get(KIND, somebody) == 5

    async def test_below_zero_is_zero_and_soon_loaded_anew(self, counters: AsyncCounters, rows: _Rows) -> None:
        somebody = uuid4()
        rows.held[somebody] = 1
        await counters.get(KIND, somebody)
        await self.outlast(self.BRIEF)

        assert await counters.decrement(KIND, somebody, by=5) == 0
        await self.outlast(self.BRIEF)
        assert await counters.get(KIND, somebody) == 1

    async def test_many_are_read_together_and_the_missing_ones_loaded_by_one_call(
        self, counters: AsyncCounters, rows: _Rows
    ) -> None:
        ids = [uuid4() for _ in range(5)]
        rows.held |= {each: number for number, each in enumerate(ids)}
        await counters.get(KIND, ids[1])
        asked = [ids[3], ids[1], ids[0], ids[3]]

        assert await counters.get_many(KIND, asked) == {ids[3]: 3, ids[1]: 1, ids[0]: 0}
        assert list(await counters.get_many(KIND, asked)) == [ids[3], ids[1], ids[0]]
        assert [sorted(read) for read in rows.reads] == [[ids[1]], sorted([ids[3], ids[0]])]
        assert await counters.get_many(KIND, []) == {}

    async def test_kinds_are_counted_apart(self, counters: AsyncCounters, rows: _Rows) -> None:
        somebody = uuid4()
        counters.register("pending", rows.load)
        await counters.get(KIND, somebody)
        await counters.get("pending", somebody)
        await self.outlast(self.BRIEF)
        await counters.increment(KIND, somebody)

        assert await counters.get(KIND, somebody) == 1
        assert await counters.get("pending", somebody) == 0

    async def test_a_reset_counter_is_loaded_anew(self, counters: AsyncCounters, rows: _Rows) -> None:
        somebody = uuid4()
        await counters.get(KIND, somebody)
        rows.held[somebody] = 9
        assert await counters.get(KIND, somebody) == 0
        await counters.reset(KIND, somebody)

        assert await counters.get(KIND, somebody) == 9

    async def test_a_counter_is_loaded_anew_after_its_lifetime(self, make_counters: MakeCounters, rows: _Rows) -> None:
        counters = make_counters(CounterTimes(lifetime=self.BRIEF, settling=self.BRIEF))
        counters.register(KIND, rows.load)
        somebody = uuid4()
        await counters.get(KIND, somebody)
        rows.held[somebody] = 2
        await self.outlast(self.BRIEF)

        assert await counters.get(KIND, somebody) == 2

    @pytest.mark.parametrize("change", ["increment", "decrement", "reset"])
    async def test_a_rebuild_loses_no_change_that_came_meanwhile(
        self, make_counters: MakeCounters, rows: _Rows, change: str
    ) -> None:
        counters = make_counters(CounterTimes(lifetime=self.LONG, settling=self.BRIEF))
        somebody = uuid4()
        rows.held[somebody] = 10

        async def load(subject_ids: Sequence[UUID]) -> Mapping[UUID, int]:
            read = await rows.load(subject_ids)
            if len(rows.reads) == 1:
                # Read before it was committed, answered after it was counted.
                rows.commit(somebody, {"increment": 1, "decrement": -1, "reset": -10}[change])
                assert await getattr(counters, change)(KIND, somebody) is None
            return read

        counters.register(KIND, load)
        truth = {"increment": 11, "decrement": 9, "reset": 0}[change]
        assert await counters.get(KIND, somebody) == truth
        assert await counters.get(KIND, somebody) == truth
        assert len(rows.reads) == 2

    async def test_a_change_that_a_rebuild_had_read_counts_twice_for_a_moment_only(
        self, counters: AsyncCounters, rows: _Rows
    ) -> None:
        somebody = uuid4()
        rows.commit(somebody)
        for _ in range(50):
            await counters.reset(KIND, somebody)
            began = time.monotonic()
            assert await counters.get(KIND, somebody) == 1
            await counters.increment(KIND, somebody)
            if time.monotonic() - began < self.BRIEF.total_seconds():
                break  # it came while the counter was settling, even on a machine that is busy
        await self.outlast(self.BRIEF)

        assert await counters.get(KIND, somebody) == 1

    async def test_a_counter_that_never_rests_is_told_all_the_same(
        self, make_counters: MakeCounters, rows: _Rows
    ) -> None:
        counters = make_counters(CounterTimes(lifetime=self.LONG, settling=self.BRIEF))
        somebody = uuid4()

        async def load(subject_ids: Sequence[UUID]) -> Mapping[UUID, int]:
            rows.commit(somebody)
            read = await rows.load(subject_ids)
            await counters.increment(KIND, somebody)
            return read

        counters.register(KIND, load)
        assert await counters.get(KIND, somebody) == rows.held[somebody]

    async def test_who_needs_the_same_counter_at_once_loads_it_once(self, counters: AsyncCounters, rows: _Rows) -> None:
        ids = sorted(uuid4() for _ in range(3))
        rows.held |= dict.fromkeys(ids, 4)
        calls: list[Callable[[], Any]] = [partial(counters.get, KIND, ids[1])] * 4
        calls += [partial(counters.get_many, KIND, ids), partial(counters.get_many, KIND, ids[::-1])]
        answers = await at_once(calls)

        assert answers == [4, 4, 4, 4, dict.fromkeys(ids, 4), dict.fromkeys(ids[::-1], 4)]
        assert sorted(each for read in rows.reads for each in read) == ids

    async def test_changes_reads_and_resets_at_once_lose_nothing(self, counters: AsyncCounters, rows: _Rows) -> None:
        somebody = uuid4()

        async def change() -> None:
            rows.commit(somebody)
            await counters.increment(KIND, somebody)

        calls: list[Callable[[], Any]] = [change, partial(counters.get, KIND, somebody)] * 6
        calls[6:6] = [partial(counters.reset, KIND, somebody)]
        await at_once(calls)

        assert await counters.get(KIND, somebody) >= rows.held[somebody] == 6
        await counters.reset(KIND, somebody)
        assert await counters.get(KIND, somebody) == 6

    async def test_what_a_loader_raises_reaches_the_caller(self, counters: AsyncCounters, rows: _Rows) -> None:
        somebody = uuid4()

        async def broken(_ids: Sequence[UUID]) -> Mapping[UUID, int]:
            raise KeyError("mine")

        counters.register(KIND, broken)
        for _ in range(2):
            with pytest.raises(KeyError, match="mine"):
                await counters.get(KIND, somebody)
        counters.register(KIND, rows.load)
        assert await counters.get(KIND, somebody) == 0

    @pytest.mark.parametrize("answer", [None, -1, "1", True, 2**60])
    async def test_a_loader_that_counts_wrongly_is_an_error(self, counters: AsyncCounters, answer: Any) -> None:
        somebody = uuid4()

        async def load(_ids: Sequence[UUID]) -> Any:
            return {somebody: answer}

        counters.register(KIND, load)
        with pytest.raises(StoreError, match="loader"):
            await counters.get(KIND, somebody)

        async def load_nothing(_ids: Sequence[UUID]) -> Any:
            return answer

        counters.register(KIND, load_nothing)
        with pytest.raises(StoreError, match="loader"):
            await counters.get(KIND, somebody)

    async def test_wrong_arguments_are_refused_by_name(self, counters: AsyncCounters) -> None:
        wrong: Any = 7
        somebody = uuid4()
        calls: list[tuple[list[str], Callable[[], Any]]] = [
            (["kind", "subject_id", "by"], lambda: counters.increment("", wrong, 0)),
            (["kind", "subject_id", "by"], lambda: counters.decrement("a{b}", wrong, -1)),
            (["kind"], lambda: counters.increment("a\n", somebody)),
            (["kind"], lambda: counters.increment("a" * 201, somebody)),
            (["by"], lambda: counters.increment(KIND, somebody, 10**12)),
            (["by"], lambda: counters.increment(KIND, somebody, 10**30)),
            (["kind", "subject_id"], lambda: counters.get(wrong, wrong)),
            (["kind"], lambda: counters.get("nobody_loads_these", somebody)),
            (["kind", "subject_ids"], lambda: counters.get_many(wrong, wrong)),
            (["subject_ids.1"], lambda: counters.get_many(KIND, [somebody, wrong])),
            (["kind", "subject_id"], lambda: counters.reset(wrong, wrong)),
        ]
        for fields, call in calls:
            with pytest.raises(ValidationFailed) as refused:
                await call()
            assert list(refused.value.fields) == fields
        for kind, loader, field in ((wrong, _Rows().load, "kind"), (KIND, wrong, "loader")):
            with pytest.raises(ValidationFailed) as refused:
                counters.register(kind, loader)
            assert list(refused.value.fields) == [field]
