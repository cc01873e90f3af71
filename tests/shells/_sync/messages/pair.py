# Generated from _async/messages/pair.py by tools/sync.py. Do not edit.
"""A doctor and a patient who have an appointment, and so a conversation."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from telemed_store import Actor, Message, NewMessage, Store, new_id
from telemed_store.messages.tables import conversations
from telemed_store.testing import Make

SYSTEM = Actor.system("tests")


class Pair:
    """A doctor and a patient who have an appointment, and the store as each of them sees it."""

    def __init__(self, store: Store, doctor_id: UUID, patient_id: UUID, conversation_id: UUID) -> None:
        self.store = store
        self.doctor_id, self.patient_id = doctor_id, patient_id
        self.conversation_id = conversation_id
        self.doctor = store.acting_as(Actor.user(doctor_id))
        self.patient = store.acting_as(Actor.user(patient_id))

    def says(self, who: str, body: str = "hello", **changes: Any) -> Message:
        sender, receiver = (self.doctor, self.patient_id) if who == "doctor" else (self.patient, self.doctor_id)
        said = {"receiver_id": receiver, "body": body, "idempotency_key": str(new_id())}
        return sender.messages.send(NewMessage(**said | changes))

    def rows(self, table: Any, **equal: Any) -> list[Any]:
        wanted = select(table).where(*(table.c[name] == value for name, value in equal.items()))
        with self.store.unit_of_work(SYSTEM) as uow:
            return list(uow.connection.execute(wanted.order_by(*table.primary_key)))


def pair_of(store: Store, make: Make, doctor: Any = None, patient: Any = None) -> Pair:
    doctor, patient = doctor or make.doctor(), patient or make.patient()
    make.appointment(doctor.id, patient.id)
    with store.unit_of_work(SYSTEM) as uow:
        conversation_id = uow.connection.execute(
            select(conversations.c.id).where(
                conversations.c.doctor_user_id == doctor.user_id, conversations.c.patient_user_id == patient.user_id
            )
        )
    return Pair(store, doctor.user_id, patient.user_id, conversation_id.scalar_one())
