"""The paged lists of messages; `messages.page` goes by numbers and is proved in tests/races and tests/messages."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from telemed_store import Actor, BoundStore, ConversationSummary, Page
from telemed_store.messages.tables import conversation_participants, conversations, messages
from telemed_store.testing.clock import PRESENT

from .listed import HOUR, Listed, Placed
from .rows import Rows

BY_NUMBER = frozenset({"messages.page"})


class Conversations(Listed):
    """Rows are participants: a cursor holds their ids. Each conversation has one message, so that it is shown."""

    verb = "messages.conversations"
    is_personal = True
    is_descending = True
    loses_rows = False

    def owner(self, rows: Rows) -> UUID:
        return rows.doctor()

    def actor(self, owner: UUID) -> Actor:
        return Actor.user(owner)

    def insert(self, rows: Rows, owner: UUID, placed: list[Placed]) -> None:
        for row_id, key in placed:
            conversation(rows, owner, rows.patient(), {owner: row_id}, last_activity_at=PRESENT + HOUR * key)

    def read(self, store: BoundStore, owner: UUID, limit: int, cursor: str | None) -> Page[Any]:
        return store.messages.conversations(limit, cursor)

    def id_of(self, item: ConversationSummary) -> UUID:
        # The last message carries the participant's id: see `conversation`.
        assert item.last_message is not None
        return item.last_message.id


class Undelivered(Listed):
    """Messages of one conversation, whose numbers are their keys: one key, one message."""

    verb = "messages.undelivered"
    is_personal = True
    keys = 24
    has_ties = False
    # A message that is deleted leaves the list, but keeps its number, which the law may want again.
    loses_rows = False

    class Owner(NamedTuple):
        conversation_id: UUID
        doctor_id: UUID
        patient_id: UUID

    def owner(self, rows: Rows) -> Owner:
        doctor_id, patient_id = rows.doctor(), rows.patient()
        made = conversation(rows, doctor_id, patient_id, {}, message=False)
        return self.Owner(made, doctor_id, patient_id)

    def actor(self, owner: Owner) -> Actor:
        return Actor.user(owner.doctor_id)

    def insert(self, rows: Rows, owner: Owner, placed: list[Placed]) -> None:
        rows.insert(messages, (message(owner.conversation_id, owner.patient_id, *each) for each in placed))

    def read(self, store: BoundStore, owner: Owner, limit: int, cursor: str | None) -> Page[Any]:
        return store.messages.undelivered(limit, cursor)


def message(conversation_id: UUID, sender_id: UUID, row_id: UUID, seq: int) -> dict[str, Any]:
    row = {"id": row_id, "conversation_id": conversation_id, "seq": seq + 1, "sender_id": sender_id}
    return row | {"idempotency_key": str(row_id), "request_digest": b"0" * 32, "sent_at": PRESENT}


def conversation(
    rows: Rows, doctor_id: UUID, patient_id: UUID, ids: dict[UUID, UUID], *, message: bool = True, **values: Any
) -> UUID:
    """A conversation and its participants; with a message its last one has the first participant's id."""
    row_id = rows.new_id(1)
    last = next(iter(ids.values())) if message else None
    pair = {"doctor_user_id": doctor_id, "patient_user_id": patient_id}
    rows.insert(conversations, [{"id": row_id, **pair, "last_seq": int(message), "last_message_id": last}])
    rest = {"conversation_id": row_id, "read_upto": 0, "delivered_upto": 0, "unread_count": 0}
    rest |= {"last_activity_at": PRESENT} | values
    rows.insert(
        conversation_participants,
        ({"id": ids.get(user, rows.new_id(1)), "user_id": user, **rest} for user in (doctor_id, patient_id)),
    )
    if last is not None:
        rows.insert(messages, [_message(row_id, patient_id, last, 0)])
    return row_id


_message = message
