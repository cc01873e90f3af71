"""Unread counts: exact, and recomputed where somebody else broke them (domain §7; D22)."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, update

from telemed_store import AsyncStore
from telemed_store.errors import NotPermitted
from telemed_store.messages.tables import conversation_participants, user_counters
from telemed_store.testing import AsyncMake

from .pair import SYSTEM, Pair

pytestmark = pytest.mark.asyncio


async def test_unread_counts_are_exact_and_ones_own_messages_never_count(
    pair: Pair, async_telemed: AsyncStore, async_telemed_make: AsyncMake
) -> None:
    for who in ("doctor", "doctor", "patient", "doctor"):
        await pair.says(who)
    assert await pair.patient.messages.unread_total() == 3
    assert await pair.doctor.messages.unread_total() == 1
    assert await pair.patient.messages.mark_read(pair.conversation_id, 2) == 2
    assert await pair.patient.messages.mark_read(pair.conversation_id, 3) == 0
    assert await pair.patient.messages.unread_total() == 1
    assert [one.seq for one in (await pair.patient.messages.undelivered()).items] == [4]
    (summary,) = (await pair.patient.messages.conversations()).items
    assert (summary.unread_count, summary.read_upto, summary.last_seq) == (1, 3, 4)
    assert (summary.peer_id, summary.last_message and summary.last_message.seq) == (pair.doctor_id, 4)


async def test_recomputing_the_counters_finds_nothing_and_repairs_what_others_broke(pair: Pair) -> None:
    for _ in range(3):
        await pair.says("doctor")
    system = pair.store.acting_as(SYSTEM)
    clean = await system.messages.reconcile_counters()
    assert (clean.conversations, clean.participants_corrected, clean.users_corrected) == (1, 0, 0)

    async with pair.store.unit_of_work(SYSTEM) as uow:
        await uow.connection.execute(update(conversation_participants).values(unread_count=7))
        await uow.connection.execute(delete(user_counters))
    found = await system.messages.reconcile_counters()
    assert (found.participants_corrected, found.users_corrected) == (2, 1)
    assert await pair.patient.messages.unread_total() == 3
    assert (await system.messages.reconcile_counters()).participants_corrected == 0
    with pytest.raises(NotPermitted):
        await pair.doctor.messages.reconcile_counters()
