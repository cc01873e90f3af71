"""Reading: pages, conversations, totals (see ``messages/reading.py``)."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Select, and_, bindparam, case, or_, select

from telemed_store.database.paging import Keyset
from telemed_store.database.types import Id
from telemed_store.messages.models import MarkKind, Message
from telemed_store.messages.statements.parts import MESSAGE_COLUMNS, first_mark, participates, related
from telemed_store.messages.tables import conversation_participants, conversations, messages, user_counters
from telemed_store.people.tables import users

__all__ = ["BY_ACTIVITY", "BY_PLACE", "CONVERSATION", "CONVERSATIONS", "MESSAGE", "PAGE", "UNDELIVERED", "UNREAD_TOTAL"]

_DOCTOR_SIDE: Final = conversation_participants.alias("doctor_side")
_PATIENT_SIDE: Final = conversation_participants.alias("patient_side")


def _reached_by(page: FromClause, column: str, kind: MarkKind) -> ColumnElement[Any]:
    """When the receiver first marked a message; no mark is looked for above the receiver's own, which each row of a page would pay."""
    upto = case(
        (page.c.sender_id == conversations.c.doctor_user_id, _PATIENT_SIDE.c[column]), else_=_DOCTOR_SIDE.c[column]
    )
    return case((page.c.seq <= upto, first_mark(kind, page)))


def _page(*, ascending: bool, viewer: bool) -> Select[*tuple[Any, ...]]:
    # The page first, its marks then: a join in front would make the planner sort. The conversation is found by the value, once; by
    # each message's own it would be found again for every row.
    conversation_id = bindparam("conversation_id", type_=Id())
    page = (
        select(messages)
        .where(
            messages.c.conversation_id == conversation_id,
            messages.c.seq > bindparam("beyond") if ascending else messages.c.seq < bindparam("beyond"),
        )
        .order_by(messages.c.seq if ascending else messages.c.seq.desc())
        .limit(bindparam("page_limit"))
        .subquery("page")
    )
    statement = (
        select(
            *(page.c[name] for name in Message.model_fields if name in messages.c),
            _reached_by(page, "delivered_upto", MarkKind.DELIVERED).label("delivered_at"),
            _reached_by(page, "read_upto", MarkKind.READ).label("read_at"),
            conversations.c.doctor_user_id,
            conversations.c.patient_user_id,
        )
        .select_from(page)
        .join(conversations, conversations.c.id == conversation_id)
        .join(
            _DOCTOR_SIDE,
            and_(
                _DOCTOR_SIDE.c.conversation_id == conversation_id,
                _DOCTOR_SIDE.c.user_id == conversations.c.doctor_user_id,
            ),
        )
        .join(
            _PATIENT_SIDE,
            and_(
                _PATIENT_SIDE.c.conversation_id == conversation_id,
                _PATIENT_SIDE.c.user_id == conversations.c.patient_user_id,
            ),
        )
        .order_by(page.c.seq if ascending else page.c.seq.desc())
    )
    return statement.where(participates()) if viewer else statement


# Q091. uq_messages_conversation_id_seq, and for the two sides uq_conversation_participants_conversation_id_user_id; by direction and whether the viewer is a user.
PAGE: Final = {
    (ascending, viewer): _page(ascending=ascending, viewer=viewer)
    for ascending in (False, True)
    for viewer in (False, True)
}


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


def _conversations(*, continued: bool) -> Select[*tuple[Any, ...]]:
    # A subquery that answers one value is asked row by row, along the index: of a join the planner would read all and sort them.
    shown = (
        select(or_(conversations.c.last_seq > 0, related()))
        .where(conversations.c.id == conversation_participants.c.conversation_id)
        .correlate(conversation_participants)
        .scalar_subquery()
    )
    # The page first, its people and messages then. Without a message it is shown only while an appointment remains.
    page = BY_ACTIVITY.order(
        select(conversation_participants).where(
            conversation_participants.c.user_id == bindparam("user_id", type_=Id()), shown
        ),
        continued=continued,
    ).subquery("page")
    peer = case(
        (page.c.user_id == conversations.c.doctor_user_id, conversations.c.patient_user_id),
        else_=conversations.c.doctor_user_id,
    )
    return (
        select(
            page.c.id.label("participant_id"),
            conversations.c.id.label("shown_id"),
            peer.label("peer_id"),
            users.c.name.label("peer_name"),
            page.c.unread_count,
            page.c.last_activity_at,
            conversations.c.last_seq,
            page.c.read_upto,
            page.c.delivered_upto,
            conversations.c.doctor_user_id,
            *MESSAGE_COLUMNS,
        )
        .select_from(page)
        .join(conversations, conversations.c.id == page.c.conversation_id)
        .join(users, users.c.id == peer)
        .outerjoin(messages, messages.c.id == conversations.c.last_message_id)
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
    statement = (
        select(*MESSAGE_COLUMNS, conversations.c.doctor_user_id, conversations.c.patient_user_id)
        .select_from(conversation_participants)
        .join(conversations, conversations.c.id == conversation_participants.c.conversation_id)
        .join(
            messages,
            and_(
                messages.c.conversation_id == conversation_participants.c.conversation_id,
                messages.c.seq > conversation_participants.c.delivered_upto,
                messages.c.sender_id != conversation_participants.c.user_id,
                messages.c.deleted_at.is_(None),
            ),
        )
        .where(conversation_participants.c.user_id == bindparam("user_id", type_=Id()))
    )
    return BY_PLACE.order(statement, continued=continued)


# Q097. ix_conversation_participants_user_id_last_activity_at_id, then uq_messages_conversation_id_seq
UNDELIVERED: Final = {continued: _undelivered(continued=continued) for continued in (False, True)}
