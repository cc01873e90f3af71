"""Free slots of 31 days. Bare: the three statements at one point in time, all rows fetched; no slot is computed."""

from __future__ import annotations

import datetime as dt

from benchmarks.bench import Bench
from benchmarks.clinic import slot
from benchmarks.tapes import play_snapshot, play_snapshot_async, record, record_async
from benchmarks.timing import Contender
from telemed_store import NewAppointment


def contenders(bench: Bench, _calls: int) -> list[Contender]:
    doctor, patient = bench.clinic.pair()
    for number in range(0, 60, 2):
        bench.job.appointments.schedule(
            NewAppointment(doctor_id=doctor.id, patient_id=patient.id, starts_at=slot(number))
        )
    first = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    asked = (doctor.id, first, first + dt.timedelta(days=30))
    tape = record(bench.store, lambda unit: unit.availability.free_slots(*asked))
    async_tape = bench.loop.run(record_async(bench.async_store, lambda unit: unit.availability.free_slots(*asked)))
    reader, async_reader = bench.job.reader(), bench.async_job.reader()
    return [
        Contender("bare", "sync", lambda: play_snapshot(bench.autocommit, tape)),
        Contender("reader", "sync", lambda: reader.availability.free_slots(*asked)),
        Contender("bare", "async", lambda: play_snapshot_async(bench.asyncpg, async_tape)),
        Contender("reader", "async", lambda: async_reader.availability.free_slots(*asked)),
    ]
