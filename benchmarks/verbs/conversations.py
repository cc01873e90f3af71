"""A patient's list of 20 conversations. Bare: the statement, all rows fetched, the last messages decrypted; no models, no cursor."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.chats import SUMMARIES, Bodies, summaries_of_a_patient
from benchmarks.tapes import play, play_async, record, record_async
from benchmarks.timing import Contender
from telemed_store import ConversationSummary, Message

_FIELDS = list(Message.model_fields)
_BEFORE = len(ConversationSummary.model_fields) + 2
"""Columns before those of the last message."""


def contenders(bench: Bench, _calls: int) -> list[Contender]:
    talk = summaries_of_a_patient(bench)
    mine, async_mine = bench.store.acting_as(talk.patient), bench.async_store.acting_as(talk.patient)
    # The keys are in memory from here on: reading them is a statement more, once.
    shown = [each.last_message and each.last_message.body for each in mine.messages.conversations(SUMMARIES).items]
    bench.loop.run(async_mine.messages.conversations(SUMMARIES))
    tape = record(bench.store, lambda unit: unit.messages.conversations(SUMMARIES), talk.patient)
    async_tape = bench.loop.run(
        record_async(bench.async_store, lambda unit: unit.messages.conversations(SUMMARIES), talk.patient)
    )
    bodies = Bodies(bench, [talk.patient_id])
    opened = bodies.of_columns(*(_BEFORE + _FIELDS.index(name) for name in ("id", "sender_id", "body")))
    if len(shown) != SUMMARIES or list(opened(play(bench.autocommit, tape)))[:SUMMARIES] != shown:
        raise AssertionError("the list is not full, or opened otherwise")

    async def bare_async() -> object:
        return opened(await play_async(bench.asyncpg, async_tape))

    reader, async_reader = mine.reader(), async_mine.reader()
    return [
        Contender("bare", "sync", lambda: opened(play(bench.autocommit, tape))),
        Contender("reader, one's own", "sync", lambda: reader.messages.conversations(SUMMARIES)),
        Contender("one-shot", "sync", lambda: mine.messages.conversations(SUMMARIES)),
        Contender("bare", "async", bare_async),
        Contender("reader, one's own", "async", lambda: async_reader.messages.conversations(SUMMARIES)),
        Contender("one-shot", "async", lambda: async_mine.messages.conversations(SUMMARIES)),
    ]
