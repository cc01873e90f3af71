"""A doctor's conversations and messages, as many as are asked for, written past the verbs and as they would have written them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, insert, select, update

from telemed_store.database.identity import new_id
from telemed_store.messages.tables import conversation_participants, conversations, messages, user_counters
from telemed_store.people.tables import users
from telemed_store.testing.clock import PRESENT

_AT: dict[str, Any] = {"created_at": PRESENT, "updated_at": PRESENT, "version": 1}


def write_messages(connection: Connection, conversation_id: UUID, sender_id: UUID, reader_id: UUID, count: int) -> None:
    """That many messages more in one conversation, unread."""
    found = select(conversations.c.last_seq).where(conversations.c.id == conversation_id)
    last = connection.execute(found).scalar_one()
    written = [_message(conversation_id, sender_id, last + number) for number in range(1, count + 1)]
    connection.execute(insert(messages), written)
    # One by one: the database refuses a conversation whose numbers leap.
    advanced = (
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(last_seq=bindparam("to"), last_message_id=bindparam("message_id", type_=messages.c.id.type))
    )
    connection.execute(advanced, [{"to": row["seq"], "message_id": row["id"]} for row in written])
    own = conversation_participants.c
    connection.execute(
        update(conversation_participants)
        .where(own.conversation_id == conversation_id, own.user_id == reader_id)
        .values(unread_count=own.unread_count + count)
    )
    _count(connection, reader_id, count)


def write_conversations(connection: Connection, doctor_user_id: UUID, count: int) -> None:
    """That many conversations more of one doctor, each with an unread message."""
    patients = [new_id() for _ in range(count)]
    ids, first = {each: new_id() for each in patients}, {each: new_id() for each in patients}
    connection.execute(
        insert(users), [{**_AT, "id": each, "name": "P", "status": "active", "zone": "UTC"} for each in patients]
    )
    connection.execute(
        insert(conversations),
        [
            {
                **_AT,
                "id": ids[each],
                "doctor_user_id": doctor_user_id,
                "patient_user_id": each,
                "last_seq": 1,
                "last_message_id": first[each],
            }
            for each in patients
        ],
    )
    connection.execute(
        insert(conversation_participants),
        [
            {
                **_AT,
                "id": new_id(),
                "conversation_id": ids[each],
                "user_id": person,
                "read_upto": 0,
                "delivered_upto": 0,
                "unread_count": int(person == doctor_user_id),
                "last_activity_at": PRESENT,
            }
            for each in patients
            for person in (doctor_user_id, each)
        ],
    )
    connection.execute(insert(messages), [_message(ids[each], each, 1) | {"id": first[each]} for each in patients])
    _count(connection, doctor_user_id, count)


def _message(conversation_id: UUID, sender_id: UUID, seq: int) -> dict[str, Any]:
    """A message whose body is blank, as after an erasure: there is no key to open another with."""
    row_id = new_id()
    place = {"conversation_id": conversation_id, "seq": seq, "sender_id": sender_id}
    return {
        **_AT,
        **place,
        "id": row_id,
        "idempotency_key": row_id.hex,
        "request_digest": b"0" * 32,
        "sent_at": PRESENT,
    }


def _count(connection: Connection, user_id: UUID, count: int) -> None:
    """The user has a counter: somebody wrote to them."""
    own = user_counters.c
    connection.execute(
        update(user_counters).where(own.user_id == user_id).values(unread_messages=own.unread_messages + count)
    )
