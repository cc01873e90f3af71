"""Editing and deleting one message (see ``messages/operations.py``)."""

from __future__ import annotations

from typing import Final

from sqlalchemy import and_, bindparam, insert, select, update

from telemed_store.database.types import Id, UtcDateTime
from telemed_store.messages.statements.parts import OWN_COLUMNS, in_order, participates
from telemed_store.messages.tables import conversation_participants, conversations, message_revisions, messages

__all__ = ["CONVERSATION_OF", "CONVERSATION_OF_VIEWER", "INSERT_REVISION", "LOCK_FOR_MESSAGE", "UPDATE_BODY"]

# pk_messages: which conversation to lock; for a user only where that user is in it.
CONVERSATION_OF: Final = (
    select(messages.c.conversation_id, messages.c.sender_id)
    .join(conversations, conversations.c.id == messages.c.conversation_id)
    .where(messages.c.id == bindparam("id", type_=Id()))
)
CONVERSATION_OF_VIEWER: Final = CONVERSATION_OF.where(participates())
# pk_conversations, pk_messages and the peer's row: the conversation first, as sending locks it.
LOCK_FOR_MESSAGE: Final = in_order(
    select(
        *OWN_COLUMNS,
        conversation_participants.c.user_id.label("receiver_id"),
        conversation_participants.c.id.label("participant_id"),
        conversation_participants.c.delivered_upto,
        conversation_participants.c.read_upto,
    )
    .select_from(conversations)
    .join(messages, messages.c.conversation_id == conversations.c.id)
    .join(
        conversation_participants,
        and_(
            conversation_participants.c.conversation_id == conversations.c.id,
            conversation_participants.c.user_id != messages.c.sender_id,
        ),
    )
    .where(conversations.c.id == bindparam("conversation_id", type_=Id()), messages.c.id == bindparam("id", type_=Id()))
)
# pk_messages
UPDATE_BODY: Final = (
    update(messages)
    .where(messages.c.id == bindparam("row_id", type_=Id()), messages.c.version == bindparam("expected_version"))
    .values(
        version=messages.c.version + 1,
        updated_at=bindparam("now", type_=UtcDateTime()),
        body=bindparam("new_body", type_=messages.c.body.type),
        edited_at=bindparam("new_edited_at", type_=UtcDateTime()),
        deleted_at=bindparam("new_deleted_at", type_=UtcDateTime()),
    )
)
INSERT_REVISION: Final = insert(message_revisions)
