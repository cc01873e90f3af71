"""Import of 1,000 visits. Bare: the same statements, executemany of the same rows, between BEGIN and COMMIT; nothing checked."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.clinic import visits
from benchmarks.tapes import play_unit, play_unit_async, record, record_async
from benchmarks.timing import Contender
from telemed_store import ImportedVisit

COUNT = 1_000


def contenders(bench: Bench, calls: int) -> list[Contender]:
    def many() -> list[list[ImportedVisit]]:
        pairs = [(bench.clinic.doctor(), bench.clinic.patient()) for _ in range(calls)]
        return [visits(doctor.id, patient.id, COUNT) for doctor, patient in pairs]

    tapes = iter(
        [record(bench.store, lambda unit, rows=rows: unit.appointments.import_completed(rows)) for rows in many()]
    )
    async_tapes = iter(
        [
            bench.loop.run(
                record_async(bench.async_store, lambda unit, rows=rows: unit.appointments.import_completed(rows))
            )
            for rows in many()
        ]
    )
    ours, async_ours = iter(many()), iter(many())
    return [
        Contender("bare", "sync", lambda: play_unit(bench.transactional, next(tapes))),
        Contender("one-shot", "sync", lambda: bench.job.appointments.import_completed(next(ours))),
        Contender("bare", "async", lambda: play_unit_async(bench.asyncpg, next(async_tapes))),
        Contender("one-shot", "async", lambda: bench.async_job.appointments.import_completed(next(async_ours))),
    ]
