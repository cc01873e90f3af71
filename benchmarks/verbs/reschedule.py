"""Reschedule. Bare: the same statements with the same parameters between BEGIN and COMMIT; nothing checked, nothing built."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.tapes import play_unit, play_unit_async, record, record_async
from benchmarks.timing import Contender
from telemed_store import Appointment

LATER = dt.timedelta(days=100)


def _booked(bench: Bench, count: int) -> Iterator[Appointment]:
    """Appointments of one pair, made before anything is timed."""
    bookings = bench.clinic.bookings()
    with bench.job.unit_of_work() as unit:
        return iter([unit.appointments.schedule(next(bookings)) for _ in range(count)])


def _move(visit: Appointment) -> tuple[tuple[object, dt.datetime], dict[str, int]]:
    return (visit.id, visit.starts_at + LATER), {"expected_version": visit.version}


def contenders(bench: Bench, calls: int) -> list[Contender]:
    to_record, ours = _booked(bench, calls), _booked(bench, calls)
    async_to_record, async_ours = _booked(bench, calls), _booked(bench, calls)

    def moved(frame, visit):  # noqa: ANN001, ANN202 - of either world
        return frame.appointments.reschedule(visit.id, visit.starts_at + LATER, expected_version=visit.version)

    tapes = iter([record(bench.store, lambda unit, visit=visit: moved(unit, visit)) for visit in to_record])
    async_tapes = iter(
        [
            bench.loop.run(record_async(bench.async_store, lambda unit, visit=visit: moved(unit, visit)))
            for visit in async_to_record
        ]
    )
    return [
        Contender("bare", "sync", lambda: play_unit(bench.transactional, next(tapes))),
        Contender("one-shot", "sync", lambda: moved(bench.job, next(ours))),
        Contender("bare", "async", lambda: play_unit_async(bench.asyncpg, next(async_tapes))),
        Contender("one-shot", "async", lambda: moved(bench.async_job, next(async_ours))),
    ]
