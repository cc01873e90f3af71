"""Send a message. Bare: the same statements with the same parameters between BEGIN and COMMIT; nothing checked, encrypted or built."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.chats import chat
from benchmarks.tapes import play_unit, play_unit_async, record_each, record_each_async
from benchmarks.timing import Contender


def contenders(bench: Bench, calls: int) -> list[Contender]:
    recorded, ours = chat(bench, messages=1), chat(bench, messages=1)
    async_recorded, async_ours = chat(bench, messages=1), chat(bench, messages=1)
    # Numbers follow each other: all are recorded in one unit, and played in that order.
    sends = [lambda unit: unit.messages.send(recorded.to_doctor())] * calls
    tapes = iter(record_each(bench.store, sends, recorded.patient))
    async_sends = [lambda unit: unit.messages.send(async_recorded.to_doctor())] * calls
    async_tapes = iter(bench.loop.run(record_each_async(bench.async_store, async_sends, async_recorded.patient)))
    mine, async_mine = bench.store.acting_as(ours.patient), bench.async_store.acting_as(async_ours.patient)
    return [
        Contender("bare", "sync", lambda: play_unit(bench.transactional, next(tapes))),
        Contender("one-shot", "sync", lambda: mine.messages.send(ours.to_doctor())),
        Contender("bare", "async", lambda: play_unit_async(bench.asyncpg, next(async_tapes))),
        Contender("one-shot", "async", lambda: async_mine.messages.send(async_ours.to_doctor())),
    ]
