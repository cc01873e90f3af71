"""Schedule. Bare: the same statements with the same parameters between BEGIN and COMMIT; nothing checked, nothing built.

By hand: the obvious transaction on the bare driver, as `by_hand` has it.
"""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.tapes import play_unit, play_unit_async, record, record_async
from benchmarks.timing import Contender
from benchmarks.verbs.by_hand import book, book_async


def contenders(bench: Bench, calls: int) -> list[Contender]:
    to_record, ours = bench.clinic.bookings(), bench.clinic.bookings()
    by_hand, async_by_hand = bench.clinic.bookings(), bench.clinic.bookings()
    async_to_record, async_ours = bench.clinic.bookings(), bench.clinic.bookings()
    tapes = iter([record(bench.store, lambda unit: unit.appointments.schedule(next(to_record))) for _ in range(calls)])
    async_tapes = iter(
        [
            bench.loop.run(
                record_async(bench.async_store, lambda unit: unit.appointments.schedule(next(async_to_record)))
            )
            for _ in range(calls)
        ]
    )
    return [
        Contender("bare", "sync", lambda: play_unit(bench.transactional, next(tapes))),
        Contender("one-shot", "sync", lambda: bench.job.appointments.schedule(next(ours))),
        Contender("by hand", "sync", lambda: book(bench.transactional, next(by_hand))),
        Contender("bare", "async", lambda: play_unit_async(bench.asyncpg, next(async_tapes))),
        Contender("one-shot", "async", lambda: bench.async_job.appointments.schedule(next(async_ours))),
        Contender("by hand", "async", lambda: book_async(bench.asyncpg, next(async_by_hand))),
    ]
