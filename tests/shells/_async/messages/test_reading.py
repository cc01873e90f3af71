"""Pages of a conversation, who reads them, and when a message was delivered and read (domain §7; D21)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from telemed_store import Actor, AsyncStore, new_id
from telemed_store.audit.tables import audit_logs, data_access_logs
from telemed_store.errors import NotFound, ValidationFailed
from telemed_store.messages.tables import conversation_marks, conversation_participants
from telemed_store.testing import AsyncMake, FrozenClock

from .pair import Pair, pair_of

pytestmark = pytest.mark.asyncio


async def test_pages_go_down_from_the_newest_and_up_from_a_number(pair: Pair) -> None:
    for number in range(1, 8):
        await pair.says("doctor" if number % 2 else "patient", str(number))
    read = pair.patient.messages

    async def seqs(**asked: Any) -> tuple[list[int], bool]:
        page = await read.page(pair.conversation_id, **asked)
        assert page.next_cursor == (str(page.items[-1].seq) if page.has_more else None)
        return [message.seq for message in page.items], page.has_more

    assert await seqs() == ([7, 6, 5, 4, 3, 2, 1], False)
    assert await seqs(limit=3) == ([7, 6, 5], True)
    assert await seqs(limit=3, before=5) == ([4, 3, 2], True)
    assert await seqs(limit=3, before=4) == ([3, 2, 1], False)
    assert await seqs(limit=3, after=2) == ([3, 4, 5], True)
    assert await seqs(limit=3, after=4) == ([5, 6, 7], False)
    assert await seqs(after=7) == ([], False)
    assert [message.seq async for message in read.iterate(pair.conversation_id)] == list(range(1, 8))
    with pytest.raises(ValidationFailed):
        await seqs(before=3, after=1)
    with pytest.raises(ValidationFailed, match="limit"):
        await seqs(limit=0)


async def test_page_never_shows_other_conversations(
    pair: Pair, async_telemed: AsyncStore, async_telemed_make: AsyncMake
) -> None:
    """D21: neither to a stranger nor to a participant of another one; the refusal is recorded."""
    other = await pair_of(async_telemed, async_telemed_make)
    ours, theirs = await pair.says("doctor"), await other.says("doctor")
    for mine in (other.doctor, other.patient, async_telemed.acting_as(Actor.user(new_id()))):
        for ask in (
            lambda verbs: verbs.page(pair.conversation_id),
            lambda verbs: verbs.page(pair.conversation_id, after=0),
            lambda verbs: verbs.get(ours.id),
            lambda verbs: verbs.mark_read(pair.conversation_id, 1),
            lambda verbs: verbs.edit(ours.id, "x", 1),
        ):
            with pytest.raises(NotFound):
                await ask(mine.messages)
    assert [one.id for one in (await other.patient.messages.page(other.conversation_id)).items] == [theirs.id]
    assert {row.resource_id for row in await pair.rows(audit_logs)} >= {pair.conversation_id, ours.id}


async def test_a_doctors_reading_is_an_access_to_the_patient_and_a_patients_is_none(pair: Pair) -> None:
    await pair.says("patient")
    await pair.patient.messages.page(pair.conversation_id)
    await pair.patient.messages.conversations()
    assert await pair.rows(data_access_logs, accessor_id=pair.patient_id) == []
    await pair.doctor.messages.page(pair.conversation_id)
    await pair.doctor.messages.page(pair.conversation_id)  # within view_dedupe
    (row,) = await pair.rows(data_access_logs, accessor_id=pair.doctor_id)
    assert (row.subject_id, row.data_type, row.resource_id) == (pair.patient_id, "message", pair.conversation_id)


async def test_read_mark_never_moves_back(pair: Pair, telemed_clock: FrozenClock) -> None:
    for _ in range(4):
        await pair.says("doctor")
    mine = pair.patient.messages
    assert await mine.mark_read(pair.conversation_id, 3) == 3
    assert await mine.mark_read(pair.conversation_id, 1) == 0
    assert await mine.mark_delivered(pair.conversation_id, 2) == 0
    telemed_clock.step(dt.timedelta(minutes=1))
    assert await mine.mark_read(pair.conversation_id, 10**6) == 1

    (own,) = await pair.rows(conversation_participants, user_id=pair.patient_id)
    assert (own.read_upto, own.delivered_upto, own.unread_count) == (4, 4, 0)
    for broken in (0, -1):
        with pytest.raises(ValidationFailed, match="upto_seq"):
            await mine.mark_read(pair.conversation_id, broken)


async def test_read_implies_delivered_and_both_times_are_those_of_the_first_mark_above(
    pair: Pair, telemed_clock: FrozenClock
) -> None:
    for _ in range(3):
        await pair.says("doctor")
    start = telemed_clock.now()
    mine = pair.patient.messages
    await mine.mark_delivered(pair.conversation_id, 2)
    telemed_clock.step(dt.timedelta(minutes=1))
    await mine.mark_read(pair.conversation_id, 1)
    telemed_clock.step(dt.timedelta(minutes=1))
    await mine.mark_read(pair.conversation_id, 3)
    minute = dt.timedelta(minutes=1)

    shown = (await pair.doctor.messages.page(pair.conversation_id, after=0)).items
    assert [(one.delivered_at, one.read_at) for one in shown] == [
        (start, start + minute),
        (start, start + 2 * minute),
        (start + 2 * minute, start + 2 * minute),
    ]


async def test_a_page_tells_the_same_times_as_each_message_itself(pair: Pair, telemed_clock: FrozenClock) -> None:
    """Wherever it begins and ends: marks that cover it from far above, from within, of one side only, of none."""
    sent = [await pair.says("doctor" if number in {1, 2, 3, 7, 8, 12} else "patient") for number in range(1, 13)]
    for side, delivered, read in (
        (pair.patient, 2, 1),
        (pair.doctor, 5, 4),
        (pair.patient, 8, 3),
        (pair.doctor, 11, 11),
    ):
        telemed_clock.step(dt.timedelta(minutes=1))
        await side.messages.mark_delivered(pair.conversation_id, delivered)
        telemed_clock.step(dt.timedelta(minutes=1))
        await side.messages.mark_read(pair.conversation_id, read)
    read_ = pair.patient.messages
    alone = [await read_.get(message.id) for message in sent]
    assert len({(one.delivered_at, one.read_at) for one in alone}) == 8

    for limit in (1, 4, 12):
        for beyond in range(14):
            above = await read_.page(pair.conversation_id, limit, after=beyond)
            assert list(above.items) == alone[beyond : beyond + limit]
            below = await read_.page(pair.conversation_id, limit, before=beyond)
            assert list(below.items) == alone[: max(beyond - 1, 0)][::-1][:limit]
    assert list((await read_.page(pair.conversation_id, 5)).items) == alone[::-1][:5]
    for asked in ({"before": 2**62}, {"before": -1}, {"after": 2**62}, {"after": -(2**62)}):
        shown = (await read_.page(pair.conversation_id, **asked)).items
        assert len(shown) == (12 if asked in ({"before": 2**62}, {"after": -(2**62)}) else 0)


async def test_receipts_storage_is_bounded(pair: Pair) -> None:
    for _ in range(12):
        await pair.says("doctor")
    await pair.patient.messages.mark_read(pair.conversation_id, 12)
    assert len(await pair.rows(conversation_marks)) == 2
