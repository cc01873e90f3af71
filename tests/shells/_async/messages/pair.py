"""A doctor and a patient who have an appointment, and so a conversation."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from telemed_store import Actor, AsyncStore, Message, NewMessage, new_id
from telemed_store.messages.tables import conversations
from telemed_store.testing import AsyncMake

SYSTEM = Actor.system("tests")


class Pair:
    """A doctor and a patient who have an appointment, and the store as each of them sees it."""

    def __init__(self, store: AsyncStore, doctor_id: UUID, patient_id: UUID, conversation_id: UUID) -> None:
        self.store = store
        self.doctor_id, self.patient_id = doctor_id, patient_id
        self.conversation_id = conversation_id
        self.doctor = store.acting_as(Actor.user(doctor_id))
        self.patient = store.acting_as(Actor.user(patient_id))

    async def says(self, who: str, body: str = "hello", **changes: Any) -> Message:
        sender, receiver = (self.doctor, self.patient_id) if who == "doctor" else (self.patient, self.doctor_id)
        said = {"receiver_id": receiver, "body": body, "idempotency_key": str(new_id())}
        return await sender.messages.send(NewMessage(**said | changes))

    async def rows(self, table: Any, **equal: Any) -> list[Any]:
        wanted = select(table).where(*(table.c[name] == value for name, value in equal.items()))
        async with self.store.unit_of_work(SYSTEM) as uow:
            return list(await uow.connection.execute(wanted.order_by(*table.primary_key)))


async def pair_of(store: AsyncStore, make: AsyncMake, doctor: Any = None, patient: Any = None) -> Pair:
    doctor, patient = doctor or await make.doctor(), patient or await make.patient()
    await make.appointment(doctor.id, patient.id)
    async with store.unit_of_work(SYSTEM) as uow:
        conversation_id = await uow.connection.execute(
            select(conversations.c.id).where(
                conversations.c.doctor_user_id == doctor.user_id, conversations.c.patient_user_id == patient.user_id
            )
        )
    return Pair(store, doctor.user_id, patient.user_id, conversation_id.scalar_one())
