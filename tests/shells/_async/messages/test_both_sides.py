"""Two people, each doctor and patient of the other: two conversations, and no message in the wrong one (domain §7; D21, D23)."""

from __future__ import annotations

from typing import Any

import pytest

from telemed_store import Actor, AsyncStore, NewMessage
from telemed_store.errors import IdempotencyConflict
from telemed_store.testing import AsyncMake

from .pair import SYSTEM, Pair, pair_of

pytestmark = pytest.mark.asyncio


class BothWays:
    """Ana sees Bruno as his doctor, and later he sees her as hers."""

    def __init__(self, store: AsyncStore, first: Pair, second: Pair, appointments: list[Any]) -> None:
        self.store, self.first, self.second = store, first, second
        self.appointments = appointments
        self.ana, self.bruno = first.doctor_id, first.patient_id

    async def says(self, key: str, appointment: Any = None, body: str = "hello") -> Any:
        new = NewMessage(
            receiver_id=self.bruno,
            body=body,
            idempotency_key=key,
            appointment_id=None if appointment is None else appointment.id,
        )
        return await self.store.acting_as(Actor.user(self.ana)).messages.send(new)


@pytest.fixture
async def both(async_telemed: AsyncStore, async_telemed_make: AsyncMake) -> BothWays:
    make = async_telemed_make
    ana, bruno = await make.doctor(), await make.patient()
    hers, his = await make.patient(user_id=ana.user_id), await make.doctor(user_id=bruno.user_id)
    first, second = await pair_of(async_telemed, make, ana, bruno), await pair_of(async_telemed, make, his, hers)
    appointments = [await make.appointment(ana.id, bruno.id), await make.appointment(his.id, hers.id)]
    return BothWays(async_telemed, first, second, appointments)


async def test_a_message_belongs_to_its_appointments_conversation_or_to_the_older_one(both: BothWays) -> None:
    plain = await both.says("1")
    named = [await both.says(f"named {number}", each) for number, each in enumerate(both.appointments)]

    ids = [both.first.conversation_id, both.second.conversation_id]
    assert plain.conversation_id == ids[0]
    assert [(one.conversation_id, one.seq) for one in named] == [(ids[0], 2), (ids[1], 1)]


async def test_a_key_is_the_senders_for_both_conversations(both: BothWays) -> None:
    sent = await both.says("k", both.appointments[1])

    assert await both.says("k", both.appointments[1]) == sent
    for other in (None, both.appointments[0]):
        with pytest.raises(IdempotencyConflict):
            await both.says("k", other)


async def test_each_conversation_counts_and_marks_its_own(both: BothWays) -> None:
    await both.says("1", both.appointments[0])
    await both.says("2", both.appointments[1])
    bruno = both.first.patient.messages
    assert await bruno.unread_total() == 2
    assert {(one.id, one.peer_id, one.unread_count) for one in (await bruno.conversations()).items} == {
        (both.first.conversation_id, both.ana, 1),
        (both.second.conversation_id, both.ana, 1),
    }

    await bruno.mark_read(both.second.conversation_id, 1)
    assert await bruno.unread_total() == 1
    (theirs,) = (await both.second.patient.messages.page(both.second.conversation_id)).items
    (ours,) = (await both.second.patient.messages.page(both.first.conversation_id)).items
    assert (theirs.read_at is None, ours.read_at is None) == (False, True)


async def test_without_an_appointment_the_older_conversation_takes_no_more(
    both: BothWays, async_telemed_make: AsyncMake
) -> None:
    system = both.store.acting_as(SYSTEM)
    page = await system.appointments.list(limit=10)
    for one in page.items:
        if one.doctor_id == both.appointments[0].doctor_id:
            await system.appointments.delete(one.id, expected_version=one.version)

    assert (await both.says("1")).conversation_id == both.second.conversation_id
