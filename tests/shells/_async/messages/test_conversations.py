"""Conversations: when they are made, who sees them, in what order, what they cost (domain §7; D21, D22)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from telemed_store import Actor, AsyncBoundStore, AsyncStore
from telemed_store.errors import InvalidCursor, NotPermitted
from telemed_store.messages.tables import conversation_participants, conversations
from telemed_store.testing import AsyncMake, FrozenClock, StatementCounter

from .pair import SYSTEM, Pair, pair_of

pytestmark = pytest.mark.asyncio


async def test_the_first_booking_of_two_people_makes_their_conversation_and_no_other_does(
    async_telemed: AsyncStore, async_telemed_make: AsyncMake
) -> None:
    doctor, patient = await async_telemed_make.doctor(), await async_telemed_make.patient()
    pair = await pair_of(async_telemed, async_telemed_make, doctor, patient)
    await async_telemed_make.appointment(doctor.id, patient.id)
    await async_telemed_make.imported_visit(doctor.id, patient.id)

    assert len(await pair.rows(conversations)) == 1
    assert {row.user_id for row in await pair.rows(conversation_participants)} == {doctor.user_id, patient.user_id}
    assert (await pair.doctor.messages.page(pair.conversation_id)).items == ()


async def test_an_import_makes_the_conversations_of_its_pairs(
    async_telemed: AsyncStore, async_telemed_make: AsyncMake
) -> None:
    doctor, patients = await async_telemed_make.doctor(), [await async_telemed_make.patient() for _ in range(3)]
    visits = [async_telemed_make.new_imported_visit(doctor.id, each.id) for each in (*patients, patients[0])]
    await async_telemed.acting_as(SYSTEM).appointments.import_completed(visits)

    mine = async_telemed.acting_as(Actor.user(doctor.user_id))
    peers = {one.peer_id for one in (await mine.messages.conversations()).items}
    assert peers == {each.user_id for each in patients}


async def test_a_conversation_without_message_and_appointment_is_hidden(
    async_telemed: AsyncStore, async_telemed_make: AsyncMake
) -> None:
    doctor = await async_telemed_make.doctor()
    booked = await async_telemed_make.appointment(doctor.id)
    mine = async_telemed.acting_as(Actor.user(doctor.user_id))
    assert len((await mine.messages.conversations()).items) == 1
    await async_telemed.acting_as(SYSTEM).appointments.delete(booked.id, expected_version=1)
    assert (await mine.messages.conversations()).items == ()


async def test_conversations_come_by_their_last_activity_page_by_page(
    async_telemed: AsyncStore, async_telemed_make: AsyncMake, telemed_clock: FrozenClock
) -> None:
    doctor = await async_telemed_make.doctor()
    pairs = [await pair_of(async_telemed, async_telemed_make, doctor) for _ in range(5)]
    for pair in (pairs[3], pairs[1]):
        telemed_clock.step(dt.timedelta(minutes=1))
        await pair.says("patient")
    mine: AsyncBoundStore = pairs[0].doctor
    first = await mine.messages.conversations(limit=2)
    assert [one.id for one in first.items] == [pairs[1].conversation_id, pairs[3].conversation_id]
    seen = list(first.items)
    page = first
    while page.next_cursor:
        page = await mine.messages.conversations(limit=2, cursor=page.next_cursor)
        seen += page.items
    assert len({one.id for one in seen}) == len(seen) == 5
    with pytest.raises(InvalidCursor):
        await pairs[1].patient.messages.conversations(cursor=first.next_cursor)
    with pytest.raises(NotPermitted):
        await async_telemed.acting_as(SYSTEM).messages.conversations()


async def test_statement_counts(pair: Pair, telemed_engine: str, telemed_statements: StatementCounter) -> None:
    await pair.says("doctor")
    await pair.says("patient")
    await pair.doctor.messages.page(pair.conversation_id)  # its access row counts for the next five minutes
    counted: dict[str, int] = {}

    async def count(name: str, call: Any) -> None:
        with telemed_statements() as seen:
            await call()
        counted[name] = seen.count

    await count("send", lambda: pair.says("doctor"))
    await pair.says("doctor")
    await count("page", lambda: pair.patient.messages.page(pair.conversation_id))
    await count("page of a doctor", lambda: pair.doctor.messages.page(pair.conversation_id))
    await count("conversations", pair.doctor.messages.conversations)
    await count("unread_total", pair.doctor.messages.unread_total)
    await count("mark_read in part", lambda: pair.patient.messages.mark_read(pair.conversation_id, 3))
    await count("mark_read", lambda: pair.patient.messages.mark_read(pair.conversation_id, 4))
    await count("mark_read again", lambda: pair.patient.messages.mark_read(pair.conversation_id, 4))

    postgresql, sqlite = telemed_engine == "postgresql", telemed_engine == "sqlite"
    assert counted == {
        "send": 3 if postgresql else 7,
        "page": 1,
        "page of a doctor": 2,
        "conversations": 2,
        "unread_total": 1,
        "mark_read in part": 4 if postgresql else 5,
        "mark_read": 5 if sqlite else 4,
        "mark_read again": 1,
    }
