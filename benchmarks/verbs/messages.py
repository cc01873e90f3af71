"""A page of 50 messages. Bare: the statement, all rows fetched, the 50 bodies decrypted; no models, no visibility, no audit, no receipts."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.chats import LIMIT, MESSAGES, Bodies, chat
from benchmarks.tapes import play, play_async, record, record_async
from benchmarks.timing import Contender
from telemed_store import Message

_FIELDS = list(Message.model_fields)


def contenders(bench: Bench, _calls: int) -> list[Contender]:
    talk = chat(bench, MESSAGES)
    # The keys are in memory from here on: reading them is a statement more, once.
    shown = bench.job.messages.page(talk.id, LIMIT).items
    bench.loop.run(bench.async_job.messages.page(talk.id, LIMIT))
    tape = record(bench.store, lambda unit: unit.messages.page(talk.id, LIMIT))
    async_tape = bench.loop.run(record_async(bench.async_store, lambda unit: unit.messages.page(talk.id, LIMIT)))
    bodies = Bodies(bench, [talk.doctor_id, talk.patient_id])
    opened = bodies.of_columns(*(_FIELDS.index(name) for name in ("id", "sender_id", "body")))
    if len(shown) != LIMIT or list(opened(play(bench.autocommit, tape)))[:LIMIT] != [each.body for each in shown]:
        raise AssertionError("the page is not full, or opened otherwise")

    async def bare_async() -> object:
        return opened(await play_async(bench.asyncpg, async_tape))

    reader, async_reader = bench.job.reader(), bench.async_job.reader()
    # Somebody who looks at their own: the visibility is checked, and there is nothing to audit.
    own, async_own = bench.store.reader(talk.patient), bench.async_store.reader(talk.patient)
    # A doctor who looks at a patient's: the audit asks, in a transaction of its own, whether this view is written already.
    theirs, async_theirs = bench.store.reader(talk.doctor), bench.async_store.reader(talk.doctor)
    return [
        Contender("bare", "sync", lambda: opened(play(bench.autocommit, tape))),
        Contender("reader", "sync", lambda: reader.messages.page(talk.id, LIMIT)),
        Contender("one-shot", "sync", lambda: bench.job.messages.page(talk.id, LIMIT)),
        Contender("reader, one's own", "sync", lambda: own.messages.page(talk.id, LIMIT)),
        Contender("reader, audited", "sync", lambda: theirs.messages.page(talk.id, LIMIT)),
        Contender("bare", "async", bare_async),
        Contender("reader", "async", lambda: async_reader.messages.page(talk.id, LIMIT)),
        Contender("one-shot", "async", lambda: bench.async_job.messages.page(talk.id, LIMIT)),
        Contender("reader, one's own", "async", lambda: async_own.messages.page(talk.id, LIMIT)),
        Contender("reader, audited", "async", lambda: async_theirs.messages.page(talk.id, LIMIT)),
    ]
