"""Every SQL statement of conversations and messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Insert,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.mysql import insert as mysql_insert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from telemed_store.appointments.tables import appointments
from telemed_store.database.hydration import hydrator
from telemed_store.database.paging import Keyset
from telemed_store.database.types import Id, UtcDateTime
from telemed_store.messages.models import MarkKind, Message
from telemed_store.messages.tables import (
    CONVERSATION_PAIR,
    conversation_marks,
    conversation_participants,
    conversations,
    message_revisions,
    messages,
    user_counters,
)
from telemed_store.people.tables import doctors, patients, users

__all__ = [
    "ADD_UNREAD",
    "ADVANCE_CONVERSATION",
    "BY_ACTIVITY",
    "BY_KEY",
    "BY_PLACE",
    "CONVERSATION",
    "CONVERSATIONS",
    "CONVERSATION_EXISTS",
    "CONVERSATION_OF",
    "CONVERSATION_OF_VIEWER",
    "COUNT_UNREAD_BETWEEN",
    "INSERT_CONVERSATION",
    "INSERT_MARK",
    "INSERT_MESSAGE",
    "INSERT_PARTICIPANT",
    "INSERT_REVISION",
    "INSERT_TOTAL",
    "LOCK_BY_PAIR",
    "LOCK_CONVERSATIONS_AFTER",
    "LOCK_COUNTERS",
    "LOCK_FOR_MARK",
    "LOCK_FOR_MESSAGE",
    "MARK_DELIVERED",
    "MARK_READ",
    "MARK_READ_AND_TAKE",
    "MARK_READ_COUNTING",
    "MESSAGE",
    "MESSAGE_COLUMNS",
    "NOTE_ACTIVITY",
    "PAGE",
    "PAIRS_WITH_CONVERSATION",
    "PARTICIPANTS_COUNTED",
    "SET_TOTAL",
    "SET_UNREAD",
    "TAKE_UNREAD",
    "TAKE_UNREAD_OF_PARTICIPANT",
    "UNDELIVERED",
    "UNREAD_OF_USERS",
    "UNREAD_TOTAL",
    "UPDATE_BODY",
    "message_from",
]

message_from: Final = hydrator(Message)

# --- what a message's receiver did with it ---------------------------------------------------------------------------------


def _first_mark(kind: MarkKind, written: FromClause = messages) -> ScalarSelect[Any]:
    """When the peer of a message's sender first marked it, or anything after it: uq_conversation_marks_….

    A conversation has two participants, so the marks of whoever did not send it are the receiver's.
    """
    receiver = case(
        (written.c.sender_id == conversations.c.doctor_user_id, conversations.c.patient_user_id),
        else_=conversations.c.doctor_user_id,
    )
    return (
        select(conversation_marks.c.created_at)
        .where(
            conversation_marks.c.conversation_id == written.c.conversation_id,
            conversation_marks.c.user_id == receiver,
            conversation_marks.c.kind == kind,
            conversation_marks.c.upto_seq >= written.c.seq,
        )
        .order_by(conversation_marks.c.upto_seq)
        .limit(1)
        .correlate(written, conversations)
        .scalar_subquery()
    )


MESSAGE_COLUMNS: Final = (
    *(messages.c[name] for name in Message.model_fields if name in messages.c),
    _first_mark(MarkKind.DELIVERED).label("delivered_at"),
    _first_mark(MarkKind.READ).label("read_at"),
)
_PEER: Final = case(
    (conversation_participants.c.user_id == conversations.c.doctor_user_id, conversations.c.patient_user_id),
    else_=conversations.c.doctor_user_id,
)


def _related() -> ColumnElement[bool]:
    """Q013 (any): the pair has an appointment, whatever became of it. ix_appointments_doctor_id_patient_id_status."""
    return exists(
        select(1)
        .select_from(appointments)
        .join(doctors, doctors.c.id == appointments.c.doctor_id)
        .join(patients, patients.c.id == appointments.c.patient_id)
        .where(
            doctors.c.user_id == conversations.c.doctor_user_id,
            patients.c.user_id == conversations.c.patient_user_id,
            appointments.c.deleted_at.is_(None),
        )
        .correlate(conversations)
    )


def _participates() -> ColumnElement[bool]:
    """Whether user ``viewer`` is one of a conversation's two."""
    viewer = bindparam("viewer", type_=Id())
    return or_(conversations.c.doctor_user_id == viewer, conversations.c.patient_user_id == viewer)


def _in_order(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Lock the tables' rows in the order of the FROM clause, as PostgreSQL does by itself."""
    return (
        statement.prefix_with("STRAIGHT_JOIN", dialect="mysql")
        .prefix_with("STRAIGHT_JOIN", dialect="mariadb")
        .with_for_update()
    )


# --- making conversations --------------------------------------------------------------------------------------------------

# uq_conversations_doctor_user_id_patient_user_id
CONVERSATION_EXISTS: Final = select(conversations.c.id).where(
    conversations.c.doctor_user_id == bindparam("doctor_user_id", type_=Id()),
    conversations.c.patient_user_id == bindparam("patient_user_id", type_=Id()),
)
# The same, for many: the pairs themselves are compared by the caller.
PAIRS_WITH_CONVERSATION: Final = select(conversations.c.doctor_user_id, conversations.c.patient_user_id).where(
    conversations.c.doctor_user_id.in_(bindparam("doctor_user_ids", expanding=True)),
    conversations.c.patient_user_id.in_(bindparam("patient_user_ids", expanding=True)),
)
INSERT_CONVERSATION: Final = insert(conversations)
INSERT_PARTICIPANT: Final = insert(conversation_participants)

# --- sending ---------------------------------------------------------------------------------------------------------------

_SENDER: Final = bindparam("sender_id", type_=Id())
_RECEIVER: Final = bindparam("receiver_id", type_=Id())

# uq_conversations_doctor_user_id_patient_user_id, at most two rows: each of the two may be doctor and patient. The lock is what numbers
# messages without gaps in commit order. Not the participants' rows: only the conversation's is waited for.
LOCK_BY_PAIR: Final = (
    select(
        conversations.c.id,
        conversations.c.version,
        conversations.c.last_seq,
        _related().label("related"),
        # pk_appointments: whether the appointment that the message names is of this pair.
        exists(
            select(1)
            .select_from(appointments)
            .join(doctors, doctors.c.id == appointments.c.doctor_id)
            .join(patients, patients.c.id == appointments.c.patient_id)
            .where(
                appointments.c.id == bindparam("appointment_id", type_=Id()),
                appointments.c.deleted_at.is_(None),
                doctors.c.user_id == conversations.c.doctor_user_id,
                patients.c.user_id == conversations.c.patient_user_id,
            )
            .correlate(conversations)
        ).label("has_appointment"),
    )
    .where(
        or_(
            and_(conversations.c.doctor_user_id == _SENDER, conversations.c.patient_user_id == _RECEIVER),
            and_(conversations.c.doctor_user_id == _RECEIVER, conversations.c.patient_user_id == _SENDER),
        )
    )
    .order_by(conversations.c.id)
    # MariaDB locks every row that it passes, and passes all where they are few: senders elsewhere would wait for this one.
    .with_hint(conversations, f"FORCE INDEX ({CONVERSATION_PAIR})", "mysql")
    .with_hint(conversations, f"FORCE INDEX ({CONVERSATION_PAIR})", "mariadb")
    .with_for_update()
)
# uq_messages_conversation_id_sender_id_idempotency_key
BY_KEY: Final = (
    select(*MESSAGE_COLUMNS, messages.c.request_digest)
    .select_from(messages)
    .join(conversations, conversations.c.id == messages.c.conversation_id)
    .where(
        messages.c.conversation_id.in_(bindparam("conversation_ids", expanding=True)),
        messages.c.sender_id == _SENDER,
        messages.c.idempotency_key == bindparam("key"),
    )
)
INSERT_MESSAGE: Final = insert(messages)

# pk_conversations, under its lock
ADVANCE_CONVERSATION: Final = (
    update(conversations)
    .where(conversations.c.id == bindparam("row_id", type_=Id()))
    .values(
        version=conversations.c.version + 1,
        updated_at=bindparam("now", type_=UtcDateTime()),
        last_seq=bindparam("seq"),
        last_message_id=bindparam("message_id", type_=Id()),
    )
)

# uq_conversation_participants_conversation_id_user_id: both, the peer's unread count too; the sender's marks stay.
NOTE_ACTIVITY: Final = (
    update(conversation_participants)
    .where(conversation_participants.c.conversation_id == bindparam("row_id", type_=Id()))
    .values(
        version=conversation_participants.c.version + 1,
        updated_at=bindparam("now", type_=UtcDateTime()),
        last_activity_at=bindparam("now", type_=UtcDateTime()),
        unread_count=conversation_participants.c.unread_count
        + case((conversation_participants.c.user_id == _RECEIVER, 1), else_=0),
    )
)


def _add_unread() -> Mapping[str, Insert]:
    values = {"version": user_counters.c.version + 1, "unread_messages": user_counters.c.unread_messages + 1}
    mysql = mysql_insert(user_counters)
    mysql = mysql.on_duplicate_key_update(updated_at=mysql.inserted.updated_at, **values)
    postgresql, sqlite = postgresql_insert(user_counters), sqlite_insert(user_counters)
    key = [user_counters.c.user_id]
    return {
        "mysql": mysql,
        "mariadb": mysql,
        "postgresql": postgresql.on_conflict_do_update(
            index_elements=key, set_={"updated_at": postgresql.excluded.updated_at, **values}
        ),
        "sqlite": sqlite.on_conflict_do_update(
            index_elements=key, set_={"updated_at": sqlite.excluded.updated_at, **values}
        ),
    }


# uq_user_counters_user_id: one unread message more, and the row if it is the first.
ADD_UNREAD: Final = _add_unread()

# uq_user_counters_user_id
TAKE_UNREAD: Final = (
    update(user_counters)
    .where(user_counters.c.user_id == bindparam("counted_user_id", type_=Id()))
    .values(
        version=user_counters.c.version + 1,
        updated_at=bindparam("now", type_=UtcDateTime()),
        unread_messages=user_counters.c.unread_messages - bindparam("taken"),
    )
)

# --- marks -----------------------------------------------------------------------------------------------------------------

_OWN_PARTICIPANT: Final = and_(
    conversation_participants.c.conversation_id == conversations.c.id,
    conversation_participants.c.user_id == bindparam("user_id", type_=Id()),
)
# pk_conversations, uq_conversation_participants_conversation_id_user_id: the conversation first, as sending locks it.
LOCK_FOR_MARK: Final = _in_order(
    select(
        conversations.c.last_seq,
        conversation_participants.c.id,
        conversation_participants.c.version,
        conversation_participants.c.read_upto,
        conversation_participants.c.delivered_upto,
        conversation_participants.c.unread_count,
        _PEER.label("peer_id"),
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
INSERT_MARK: Final = insert(conversation_marks)

# --- changing one message --------------------------------------------------------------------------------------------------

# pk_messages: which conversation to lock; for a user only where that user is in it.
CONVERSATION_OF: Final = (
    select(messages.c.conversation_id, messages.c.sender_id)
    .join(conversations, conversations.c.id == messages.c.conversation_id)
    .where(messages.c.id == bindparam("id", type_=Id()))
)
CONVERSATION_OF_VIEWER: Final = CONVERSATION_OF.where(_participates())
# pk_conversations, pk_messages and the peer's row: the conversation first, as sending locks it.
LOCK_FOR_MESSAGE: Final = _in_order(
    select(
        *(messages.c[name] for name in Message.model_fields if name in messages.c),
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
# pk_conversation_participants, under the conversation's lock
TAKE_UNREAD_OF_PARTICIPANT: Final = (
    update(conversation_participants)
    .where(conversation_participants.c.id == bindparam("row_id", type_=Id()))
    .values(
        version=conversation_participants.c.version + 1,
        updated_at=bindparam("now", type_=UtcDateTime()),
        unread_count=conversation_participants.c.unread_count - 1,
    )
)

# --- reading ---------------------------------------------------------------------------------------------------------------


_DOCTOR_SIDE: Final = conversation_participants.alias("doctor_side")
_PATIENT_SIDE: Final = conversation_participants.alias("patient_side")


def _reached_by(page: FromClause, column: str, kind: MarkKind) -> ColumnElement[Any]:
    """When the receiver first marked a message; no mark is looked for above the receiver's own, which each row of a page would pay."""
    upto = case(
        (page.c.sender_id == conversations.c.doctor_user_id, _PATIENT_SIDE.c[column]), else_=_DOCTOR_SIDE.c[column]
    )
    return case((page.c.seq <= upto, _first_mark(kind, page)))


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
    return statement.where(_participates()) if viewer else statement


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
    return statement.where(_participates()) if viewer else statement


# Q096. pk_messages
MESSAGE: Final = {viewer: _message(viewer=viewer) for viewer in (False, True)}

BY_ACTIVITY: Final = Keyset(
    conversation_participants.c.last_activity_at, conversation_participants.c.id, descending=True
)


def _conversations(*, continued: bool) -> Select[*tuple[Any, ...]]:
    # A subquery that answers one value is asked row by row, along the index: of a join the planner would read all and sort them.
    shown = (
        select(or_(conversations.c.last_seq > 0, _related()))
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

# --- recomputing counters (J14) ---------------------------------------------------------------------------------------------

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
