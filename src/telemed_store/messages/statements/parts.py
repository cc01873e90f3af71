"""What several statements of this area are made of."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, Select, bindparam, case, exists, or_, select

from telemed_store.appointments.tables import appointments
from telemed_store.database.hydration import hydrator
from telemed_store.database.types import Id
from telemed_store.messages.models import MarkKind, Message
from telemed_store.messages.tables import conversation_marks, conversation_participants, conversations, messages
from telemed_store.people.tables import doctors, patients

__all__ = [
    "MESSAGE_COLUMNS",
    "OWN_COLUMNS",
    "PEER",
    "in_order",
    "message_columns",
    "message_from",
    "participates",
    "related",
]

message_from: Final = hydrator(Message)


OWN_COLUMNS: Final = tuple(messages.c[name] for name in Message.model_fields if name in messages.c)
"""What stands in a message's own row."""


def message_columns(
    written: FromClause = messages, conversation: FromClause = conversations
) -> tuple[ColumnElement[Any], ...]:
    """A message, in the order of the model's fields; its two times are looked up by uq_conversation_marks_…."""
    return (
        *(written.c[own.name] for own in OWN_COLUMNS),
        _first_mark(MarkKind.DELIVERED, written, conversation).label("delivered_at"),
        _first_mark(MarkKind.READ, written, conversation).label("read_at"),
    )


def _first_mark(kind: MarkKind, written: FromClause, conversation: FromClause) -> ScalarSelect[Any]:
    """When the peer of a message's sender first marked it, or anything after it.

    A conversation has two participants, so the marks of whoever did not send it are the receiver's.
    """
    mark = conversation_marks.alias("k")
    receiver = case(
        (written.c.sender_id == conversation.c.doctor_user_id, conversation.c.patient_user_id),
        else_=conversation.c.doctor_user_id,
    )
    return (
        select(mark.c.created_at)
        .where(
            mark.c.conversation_id == written.c.conversation_id,
            mark.c.user_id == receiver,
            mark.c.kind == kind,
            mark.c.upto_seq >= written.c.seq,
        )
        .order_by(mark.c.upto_seq)
        .limit(1)
        .correlate(written, conversation)
        .scalar_subquery()
    )


MESSAGE_COLUMNS: Final = message_columns()
PEER: Final = case(
    (conversation_participants.c.user_id == conversations.c.doctor_user_id, conversations.c.patient_user_id),
    else_=conversations.c.doctor_user_id,
)


def related(conversation: FromClause = conversations) -> ColumnElement[bool]:
    """Q013 (any): the pair has an appointment, whatever became of it. ix_appointments_doctor_id_patient_id_status."""
    return exists(
        select(1)
        .select_from(appointments)
        .join(doctors, doctors.c.id == appointments.c.doctor_id)
        .join(patients, patients.c.id == appointments.c.patient_id)
        .where(
            doctors.c.user_id == conversation.c.doctor_user_id,
            patients.c.user_id == conversation.c.patient_user_id,
            appointments.c.deleted_at.is_(None),
        )
        .correlate(conversation)
    )


def participates(conversation: FromClause = conversations) -> ColumnElement[bool]:
    """Whether user ``viewer`` is one of a conversation's two."""
    viewer = bindparam("viewer", type_=Id())
    return or_(conversation.c.doctor_user_id == viewer, conversation.c.patient_user_id == viewer)


def in_order(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Lock the tables' rows in the order of the FROM clause, as PostgreSQL does by itself."""
    return (
        statement.prefix_with("STRAIGHT_JOIN", dialect="mysql")
        .prefix_with("STRAIGHT_JOIN", dialect="mariadb")
        .with_for_update()
    )
