"""Marks: what a participant received and read (see ``messages/marks.py``)."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import and_, bindparam, func, select, update

from telemed_store.database.types import Id, UtcDateTime
from telemed_store.messages.statements.parts import PEER, in_order
from telemed_store.messages.tables import (
    conversation_participants,
    conversations,
    messages,
    user_counters,
)

__all__ = [
    "COUNT_UNREAD_BETWEEN",
    "LOCK_FOR_MARK",
    "MARK_DELIVERED",
    "MARK_READ",
    "MARK_READ_AND_TAKE",
    "MARK_READ_COUNTING",
]

_OWN_PARTICIPANT: Final = and_(
    conversation_participants.c.conversation_id == conversations.c.id,
    conversation_participants.c.user_id == bindparam("user_id", type_=Id()),
)
# pk_conversations, uq_conversation_participants_conversation_id_user_id: the conversation first, as sending locks it.
LOCK_FOR_MARK: Final = in_order(
    select(
        conversations.c.last_seq,
        conversation_participants.c.id,
        conversation_participants.c.version,
        conversation_participants.c.read_upto,
        conversation_participants.c.delivered_upto,
        conversation_participants.c.unread_count,
        PEER.label("peer_id"),
    )
    .select_from(conversations)
    .join(conversation_participants, _OWN_PARTICIPANT)
    .where(conversations.c.id == bindparam("conversation_id", type_=Id()))
)

_UNREAD_BETWEEN: Final = (
    select(func.count())
    .select_from(messages)
    .where(
        messages.c.conversation_id == bindparam("in_conversation_id", type_=Id()),
        messages.c.seq > bindparam("above"),
        messages.c.seq <= bindparam("upto"),
        messages.c.sender_id != bindparam("reader_id", type_=Id()),
        messages.c.deleted_at.is_(None),
    )
)
# uq_messages_conversation_id_seq, a range; for MariaDB. A locking read, for in a host's REPEATABLE READ transaction a plain one would
# count in an old snapshot; the conversation's lock keeps it from waiting.
COUNT_UNREAD_BETWEEN: Final = _UNREAD_BETWEEN.with_for_update(read=True)

_MARKED: Final[dict[str, Any]] = {
    "version": conversation_participants.c.version + 1,
    "updated_at": bindparam("now", type_=UtcDateTime()),
    "delivered_upto": bindparam("new_delivered_upto"),
}
_READ: Final[dict[str, Any]] = {
    **_MARKED,
    "read_upto": bindparam("new_read_upto"),
    "unread_count": conversation_participants.c.unread_count - bindparam("taken"),
}
_MARK: Final = update(conversation_participants).where(
    conversation_participants.c.id == bindparam("row_id", type_=Id())
)
# pk_conversation_participants, under its lock
MARK_DELIVERED: Final = _MARK.values(_MARKED)
MARK_READ: Final = _MARK.values(_READ)
# The same and uq_user_counters_user_id: MariaDB changes both rows with one statement.
MARK_READ_AND_TAKE: Final = (
    update(conversation_participants)
    .where(
        conversation_participants.c.id == bindparam("row_id", type_=Id()),
        user_counters.c.user_id == conversation_participants.c.user_id,
    )
    .values(
        {
            **{conversation_participants.c[name]: value for name, value in _READ.items()},
            user_counters.c.version: user_counters.c.version + 1,
            user_counters.c.updated_at: bindparam("now", type_=UtcDateTime()),
            user_counters.c.unread_messages: user_counters.c.unread_messages - bindparam("taken"),
        }
    )
)
# Where an update can tell what it did, it counts the messages itself.
MARK_READ_COUNTING: Final = _MARK.values(
    {**_READ, "unread_count": conversation_participants.c.unread_count - _UNREAD_BETWEEN.scalar_subquery()}
).returning(conversation_participants.c.unread_count)
