"""Recomputing the unread counters (J14, see ``messages/maintenance.py``)."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, func, insert, select, update

from telemed_store.database.types import Id, UtcDateTime
from telemed_store.messages.tables import conversation_participants, conversations, messages, user_counters

__all__ = [
    "INSERT_TOTAL",
    "LOCK_CONVERSATIONS_AFTER",
    "LOCK_COUNTERS",
    "PARTICIPANTS_COUNTED",
    "SET_TOTAL",
    "SET_UNREAD",
    "UNREAD_OF_USERS",
]

# pk_conversations
LOCK_CONVERSATIONS_AFTER: Final = (
    select(conversations.c.id)
    .where(conversations.c.id > bindparam("after", type_=Id()))
    .order_by(conversations.c.id)
    .limit(bindparam("batch"))
    .with_for_update()
)
# uq_conversation_participants_conversation_id_user_id, uq_messages_conversation_id_seq
PARTICIPANTS_COUNTED: Final = select(
    conversation_participants.c.id,
    conversation_participants.c.user_id,
    conversation_participants.c.unread_count,
    select(func.count())
    .select_from(messages)
    .where(
        messages.c.conversation_id == conversation_participants.c.conversation_id,
        messages.c.seq > conversation_participants.c.read_upto,
        messages.c.sender_id != conversation_participants.c.user_id,
        messages.c.deleted_at.is_(None),
    )
    .correlate(conversation_participants)
    .scalar_subquery()
    .label("unread"),
).where(conversation_participants.c.conversation_id.in_(bindparam("conversation_ids", expanding=True)))
# pk_conversation_participants
SET_UNREAD: Final = (
    update(conversation_participants)
    .where(conversation_participants.c.id == bindparam("row_id", type_=Id()))
    .values(
        version=conversation_participants.c.version + 1,
        updated_at=bindparam("now", type_=UtcDateTime()),
        unread_count=bindparam("unread"),
    )
)
# uq_user_counters_user_id: locked before the sum is read, so that whoever sends meanwhile adds to what is set here.
LOCK_COUNTERS: Final = (
    select(user_counters.c.user_id, user_counters.c.unread_messages)
    .where(user_counters.c.user_id.in_(bindparam("user_ids", expanding=True)))
    .order_by(user_counters.c.user_id)
    .with_for_update()
)
# ix_conversation_participants_user_id_last_activity_at_id
UNREAD_OF_USERS: Final = (
    select(conversation_participants.c.user_id, func.sum(conversation_participants.c.unread_count).label("unread"))
    .where(conversation_participants.c.user_id.in_(bindparam("user_ids", expanding=True)))
    .group_by(conversation_participants.c.user_id)
)
# uq_user_counters_user_id
SET_TOTAL: Final = (
    update(user_counters)
    .where(user_counters.c.user_id == bindparam("counted_user_id", type_=Id()))
    .values(
        version=user_counters.c.version + 1,
        updated_at=bindparam("now", type_=UtcDateTime()),
        unread_messages=bindparam("unread"),
    )
)
INSERT_TOTAL: Final = insert(user_counters)
