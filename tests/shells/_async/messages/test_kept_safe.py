"""What the database keeps of messages: nothing to read, nothing to swap, nothing to move (domain §7; D44)."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import delete, insert, update

from telemed_store import new_id
from telemed_store.errors import Conflict, DecryptionFailed, StoreError
from telemed_store.events.tables import domain_events
from telemed_store.messages.tables import (
    conversation_marks,
    conversation_participants,
    conversations,
    message_revisions,
    messages,
)

from .pair import SYSTEM, Pair

pytestmark = pytest.mark.asyncio


async def test_d44_a_raw_scan_finds_no_body(pair: Pair) -> None:
    sent = await pair.says("doctor", "CANARY-BODY")
    await pair.doctor.messages.edit(sent.id, "CANARY-BODY-2", 1)
    for table in (messages, message_revisions, domain_events):
        assert "CANARY" not in str([tuple(row) for row in await pair.rows(table)])


async def test_ciphertext_swap_is_refused(pair: Pair) -> None:
    one, other = await pair.says("doctor", "one"), await pair.says("doctor", "other")
    stored = {row.id: row.body for row in await pair.rows(messages)}
    async with pair.store.unit_of_work(SYSTEM) as uow:
        await uow.connection.execute(update(messages).where(messages.c.id == one.id).values(body=stored[other.id]))
    with pytest.raises(DecryptionFailed):
        await pair.patient.messages.get(one.id)


async def test_the_database_refuses_marks_that_move_back_and_messages_that_change_place(pair: Pair) -> None:
    sent = await pair.says("doctor")
    await pair.patient.messages.mark_read(pair.conversation_id, 1)
    gone = await pair.doctor.messages.delete((await pair.says("doctor")).id, 1)
    own = conversation_participants.c.user_id == pair.patient_id
    for statement in (
        update(conversation_participants).where(own).values(read_upto=0),
        update(conversation_participants).where(own).values(delivered_upto=0, read_upto=0),
        update(conversation_participants).where(own).values(read_upto=2),
        update(conversation_participants).where(own).values(delivered_upto=3),
        update(conversation_participants).where(own).values(unread_count=-1),
        update(conversations).values(last_seq=1),
        update(conversations).values(last_seq=4),
        update(messages).where(messages.c.id == sent.id).values(seq=9),
        update(messages).where(messages.c.id == sent.id).values(sender_id=pair.patient_id),
        update(messages).where(messages.c.id == gone.id).values(deleted_at=None),
        update(messages).where(messages.c.id == gone.id).values(body=b"x"),
        update(conversation_marks).values(upto_seq=9),
        delete(conversation_marks),
        update(message_revisions).values(number=9),
        delete(message_revisions),
        delete(messages),
        delete(messages).where(messages.c.id == gone.id),
    ):
        with pytest.raises(Exception) as refused:  # noqa: PT011 - the driver's own, on the host's connection
            async with pair.store.unit_of_work(SYSTEM) as uow:
                await uow.connection.execute(statement)
        assert not isinstance(refused.value, StoreError) or isinstance(refused.value, Conflict), str(statement)
    assert len(await pair.rows(conversation_marks)) == len(await pair.rows(messages)) == 2


@pytest.mark.telemed_engines("sqlite")
async def test_a_message_is_not_replaced(pair: Pair) -> None:
    """``INSERT OR REPLACE`` would take its place, and fires no DELETE trigger; other engines do not know it."""
    sent = await pair.says("doctor")
    (row,) = await pair.rows(messages)
    for changed in ({}, {"id": new_id()}):
        other = {**row._mapping, "idempotency_key": "other", **changed}
        with pytest.raises(Exception, match="tr_messages_kept"):
            async with pair.store.unit_of_work(SYSTEM) as uow:
                await uow.connection.execute(insert(messages).prefix_with("OR REPLACE"), other)
    assert [each.id for each in await pair.rows(messages)] == [sent.id]


async def test_erasure_can_blank_bodies_and_nothing_else(pair: Pair) -> None:
    """What a person wrote goes; that they wrote it, when and to whom stays, and is numbered as before (domain §10)."""
    sent = await pair.says("doctor", "first")
    await pair.doctor.messages.edit(sent.id, "second", 1)
    (kept,) = await pair.rows(message_revisions)
    for statement in (
        update(message_revisions).values(old_body=b"another"),
        update(message_revisions).values(old_body=None, number=2),
        update(message_revisions).values(old_body=None, by=pair.patient_id),
        update(message_revisions).values(created_at=kept.created_at + dt.timedelta(seconds=1), old_body=None),
    ):
        with pytest.raises(Exception):  # noqa: B017, PT011 - the driver's own, on the host's connection
            async with pair.store.unit_of_work(SYSTEM) as uow:
                await uow.connection.execute(statement)
    assert await pair.rows(message_revisions) == [kept]

    async with pair.store.unit_of_work(SYSTEM) as uow:
        await uow.connection.execute(update(message_revisions).values(old_body=None))
        await uow.connection.execute(update(messages).values(body=None))
    (blank,) = await pair.rows(message_revisions)
    assert blank._asdict() == {**kept._asdict(), "old_body": None}
    (shown,) = (await pair.patient.messages.page(pair.conversation_id)).items
    assert (shown.id, shown.seq, shown.body) == (sent.id, 1, None)
