"""Reading: pages, conversations, totals (see ``messages/reading.py``)."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Select, and_, bindparam, case, null, or_, select

from telemed_store.database.hydration import hydrator
from telemed_store.database.paging import Keyset
from telemed_store.database.types import Id
from telemed_store.messages.models import ConversationSummary
from telemed_store.messages.statements.parts import MESSAGE_COLUMNS, OWN_COLUMNS, message_columns, participates, related
from telemed_store.messages.tables import conversation_participants, conversations, messages, user_counters
from telemed_store.people.tables import users

__all__ = [
    "BY_ACTIVITY",
    "BY_PLACE",
    "CONVERSATION",
    "CONVERSATIONS",
    "MESSAGE",
    "UNDELIVERED",
    "UNREAD_TOTAL",
    "summary_from",
]

summary_from: Final = hydrator(ConversationSummary)

# pk_conversations
CONVERSATION: Final = select(conversations.c.doctor_user_id, conversations.c.patient_user_id).where(
    conversations.c.id == bindparam("id", type_=Id())
)


def _message(*, viewer: bool) -> Select[*tuple[Any, ...]]:
    statement = (
        select(*MESSAGE_COLUMNS, conversations.c.doctor_user_id, conversations.c.patient_user_id)
        .select_from(messages)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(messages.c.id == bindparam("id", type_=Id()))
    )
    return statement.where(participates()) if viewer else statement


# Q096. pk_messages
MESSAGE: Final = {viewer: _message(viewer=viewer) for viewer in (False, True)}

BY_ACTIVITY: Final = Keyset(
    conversation_participants.c.last_activity_at, conversation_participants.c.id, descending=True
)


# Short names, for psycopg parses a statement of more than 4,096 characters anew each time.
_SHOWN, _LAST, _PEER = conversations.alias("c"), messages.alias("m"), users.alias("u")


def _conversations(*, continued: bool) -> Select[*tuple[Any, ...]]:
    # A subquery that answers one value is asked row by row, along the index: of a join the planner would read all and sort them.
    shown = (
        select(or_(_SHOWN.c.last_seq > 0, related(_SHOWN)))
        .where(_SHOWN.c.id == conversation_participants.c.conversation_id)
        .correlate(conversation_participants)
        .scalar_subquery()
    )
    # The page first, its people and messages then. Without a message it is shown only while an appointment remains.
    page = BY_ACTIVITY.order(
        select(conversation_participants).where(
            conversation_participants.c.user_id == bindparam("user_id", type_=Id()), shown
        ),
        continued=continued,
    ).subquery("p")
    peer = case((page.c.user_id == _SHOWN.c.doctor_user_id, _SHOWN.c.patient_user_id), else_=_SHOWN.c.doctor_user_id)
    return (
        select(
            # In the order of a summary's fields.
            _SHOWN.c.id.label("shown_id"),
            peer.label("peer_id"),
            _PEER.c.name.label("peer_name"),
            _SHOWN.c.last_message_id,
            page.c.unread_count,
            page.c.last_activity_at,
            _SHOWN.c.last_seq,
            page.c.read_upto,
            page.c.delivered_upto,
            page.c.id.label("participant_id"),
            _SHOWN.c.doctor_user_id,
            *message_columns(_LAST, _SHOWN),
        )
        .select_from(page)
        .join(_SHOWN, _SHOWN.c.id == page.c.conversation_id)
        .join(_PEER, _PEER.c.id == peer)
        .outerjoin(_LAST, _LAST.c.id == _SHOWN.c.last_message_id)
        .order_by(page.c.last_activity_at.desc(), page.c.id.desc())
    )


# Q090. ix_conversation_participants_user_id_last_activity_at_id
CONVERSATIONS: Final = {continued: _conversations(continued=continued) for continued in (False, True)}

# Q092. uq_user_counters_user_id
UNREAD_TOTAL: Final = select(user_counters.c.unread_messages).where(
    user_counters.c.user_id == bindparam("user_id", type_=Id())
)

BY_PLACE: Final = Keyset(messages.c.conversation_id, messages.c.seq)


def _undelivered(*, continued: bool) -> Select[*tuple[Any, ...]]:
    # One's conversations first, then of each what lies above the mark: of a plain join PostgreSQL reads all messages and filters them.
    own = (
        select(
            conversation_participants.c.conversation_id,
            conversation_participants.c.user_id,
            conversation_participants.c.delivered_upto,
            conversations.c.doctor_user_id,
            conversations.c.patient_user_id,
        )
        .join(conversations, conversations.c.id == conversation_participants.c.conversation_id)
        .where(conversation_participants.c.user_id == bindparam("user_id", type_=Id()))
        .cte("own")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    statement = (
        select(
            *OWN_COLUMNS,
            # What is not delivered was not read.
            null().label("delivered_at"),
            null().label("read_at"),
            own.c.doctor_user_id,
            own.c.patient_user_id,
        )
        .select_from(own)
        .join(
            messages,
            and_(
                messages.c.conversation_id == own.c.conversation_id,
                messages.c.seq > own.c.delivered_upto,
                messages.c.sender_id != own.c.user_id,
                messages.c.deleted_at.is_(None),
            ),
        )
    )
    return BY_PLACE.order(statement, continued=continued)


# Q097. ix_conversation_participants_user_id_last_activity_at_id, then uq_messages_conversation_id_seq
UNDELIVERED: Final = {continued: _undelivered(continued=continued) for continued in (False, True)}
