"""A doctor's profile from the cache, beside the database's answer. Bare: the statement, one row fetched; no model."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from benchmarks.bench import Bench
from benchmarks.tapes import JOB, play, play_async, record, record_async
from benchmarks.timing import Contender
from telemed_store import AsyncStore, Settings, Store
from telemed_store.testing.servers.valkey import ValkeyServer, find_valkey


def contenders(bench: Bench, _calls: int) -> list[Contender]:
    ids = [doctor.id for doctor in bench.job.people.doctors(limit=20).items]
    tapes = itertools.cycle([record(bench.store, lambda unit, id_=id_: unit.people.doctor(id_)) for id_ in ids])
    async_tapes = itertools.cycle(
        [bench.loop.run(record_async(bench.async_store, lambda unit, id_=id_: unit.people.doctor(id_))) for id_ in ids]
    )
    any_id = itertools.cycle(ids)
    found = [
        Contender("bare", "sync", lambda: play(bench.autocommit, next(tapes))),
        Contender("bare", "async", lambda: play_async(bench.asyncpg, next(async_tapes))),
    ]
    program = find_valkey()
    redis = bench.closing.enter_context(ValkeyServer.start(program)).url if isinstance(program, Path) else None
    ways: dict[str, dict[str, Any]] = {
        "reader, no cache": {"cache": "null"},
        "hit in memory": {"cache": "memory", "single_process": True},
        **({} if redis is None else {"hit in Redis": {"redis_url": redis, "cache": "redis"}}),
    }
    for name, more in ways.items():
        settings = Settings(**{**bench.store.settings.model_dump(), **more})
        reader = bench.closing.enter_context(Store.open(settings=settings)).reader(JOB)
        async_store = AsyncStore.open(settings=settings)
        bench.closing.callback(lambda opened=async_store: bench.loop.run(opened.close()))
        async_reader = async_store.reader(JOB)
        found += [
            Contender(name, "sync", lambda asked=reader: asked.people.doctor(next(any_id))),
            Contender(name, "async", lambda asked=async_reader: asked.people.doctor(next(any_id))),
        ]
    return found
