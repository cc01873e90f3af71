"""What both lists have in common. Bare: the statement, all rows fetched; no models, no visibility, no audit, no cursor."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.tapes import play, play_async, record, record_async
from benchmarks.timing import Contender
from telemed_store import Appointment
from telemed_store.scopes import Scope

LIMIT = 50


def listing(bench: Bench, scope: Scope[Appointment]) -> list[Contender]:
    tape = record(bench.store, lambda unit: unit.appointments.list(scope, limit=LIMIT))
    async_tape = bench.loop.run(
        record_async(bench.async_store, lambda unit: unit.appointments.list(scope, limit=LIMIT))
    )
    reader, async_reader = bench.job.reader(), bench.async_job.reader()
    if len(reader.appointments.list(scope, limit=LIMIT).items) != LIMIT:
        raise AssertionError("the page is not full")
    return [
        Contender("bare", "sync", lambda: play(bench.autocommit, tape)),
        Contender("reader", "sync", lambda: reader.appointments.list(scope, limit=LIMIT)),
        Contender("one-shot", "sync", lambda: bench.job.appointments.list(scope, limit=LIMIT)),
        Contender("bare", "async", lambda: play_async(bench.asyncpg, async_tape)),
        Contender("reader", "async", lambda: async_reader.appointments.list(scope, limit=LIMIT)),
        Contender("one-shot", "async", lambda: bench.async_job.appointments.list(scope, limit=LIMIT)),
    ]
