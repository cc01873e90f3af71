"""Get by id. Bare: the statement, one row fetched; no model, no visibility, no audit."""

from __future__ import annotations

import itertools

from benchmarks.bench import Bench
from benchmarks.tapes import play, play_async, record, record_async
from benchmarks.timing import Contender
from telemed_store import Actor


def contenders(bench: Bench, _calls: int) -> list[Contender]:
    visits = bench.job.appointments.list(limit=100).items
    ids = [visit.id for visit in visits]
    of = {visit.id: visit for visit in visits}
    tapes = itertools.cycle([record(bench.store, lambda unit, id_=id_: unit.appointments.get(id_)) for id_ in ids])
    async_tapes = itertools.cycle(
        [
            bench.loop.run(record_async(bench.async_store, lambda unit, id_=id_: unit.appointments.get(id_)))
            for id_ in ids
        ]
    )
    reader, async_reader = bench.job.reader(), bench.async_job.reader()
    # Somebody who looks at their own: the visibility is checked, and there is nothing to audit.
    patient = bench.job.people.patient(visits[0].patient_id)
    own = [id_ for id_ in ids if of[id_].patient_id == patient.id] or [visits[0].id]
    mine, my = itertools.cycle(own), Actor.user(patient.user_id)
    own_reader, async_own_reader = bench.store.reader(my), bench.async_store.reader(my)
    # A doctor who looks at a patient's: the audit asks, in a transaction of its own, whether this view is written already.
    doctor = bench.job.people.doctor(visits[0].doctor_id)
    theirs = itertools.cycle([id_ for id_ in ids if of[id_].doctor_id == doctor.id])
    doctor_reader = bench.store.reader(Actor.user(doctor.user_id))
    async_doctor_reader = bench.async_store.reader(Actor.user(doctor.user_id))
    any_id = itertools.cycle(ids)
    return [
        Contender("bare", "sync", lambda: play(bench.autocommit, next(tapes))),
        Contender("reader", "sync", lambda: reader.appointments.get(next(any_id))),
        Contender("one-shot", "sync", lambda: bench.job.appointments.get(next(any_id))),
        Contender("reader, one's own", "sync", lambda: own_reader.appointments.get(next(mine))),
        Contender("reader, audited", "sync", lambda: doctor_reader.appointments.get(next(theirs))),
        Contender("bare", "async", lambda: play_async(bench.asyncpg, next(async_tapes))),
        Contender("reader", "async", lambda: async_reader.appointments.get(next(any_id))),
        Contender("one-shot", "async", lambda: bench.async_job.appointments.get(next(any_id))),
        Contender("reader, one's own", "async", lambda: async_own_reader.appointments.get(next(mine))),
        Contender("reader, audited", "async", lambda: async_doctor_reader.appointments.get(next(theirs))),
    ]
