"""How conversations and messages are stored; what the database refuses besides constraints stands in ``rules.py``."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Named,
    Table,
    UniqueConstraint,
)

from telemed_store.database.columns import AppendOnlyRow, MutableRow, SoftDeletable
from telemed_store.database.metadata import METADATA, TABLE_OPTIONS
from telemed_store.database.types import Ciphertext, ClosedList, Digest, Id, ShortText, UtcDateTime, closed_list
from telemed_store.messages.models import MarkKind, RevisionKind

__all__ = [
    "CONVERSATION_PAIR",
    "SENT_KEY",
    "conversation_marks",
    "conversation_participants",
    "conversations",
    "message_revisions",
    "messages",
    "user_counters",
]

CONVERSATION_PAIR: Final = "uq_conversations_doctor_user_id_patient_user_id"
SENT_KEY: Final = "uq_messages_conversation_id_sender_id_idempotency_key"


class ConversationColumns(MutableRow):
    doctor_user_id: Named[UUID] = Column(Id(), ForeignKey("telemed.users.id"), nullable=False)
    patient_user_id: Named[UUID] = Column(Id(), ForeignKey("telemed.users.id"), nullable=False)
    last_seq: Named[int] = Column(Integer, nullable=False)
    # A plain id: a foreign key would go round in a circle with the messages' own.
    last_message_id: Named[UUID | None] = Column(Id(), nullable=True)


class ConversationParticipantColumns(MutableRow):
    conversation_id: Named[UUID] = Column(Id(), ForeignKey("telemed.conversations.id"), nullable=False)
    user_id: Named[UUID] = Column(Id(), ForeignKey("telemed.users.id"), nullable=False)
    read_upto: Named[int] = Column(Integer, nullable=False)
    delivered_upto: Named[int] = Column(Integer, nullable=False)
    unread_count: Named[int] = Column(Integer, nullable=False)
    last_activity_at: Named[dt.datetime] = Column(UtcDateTime(), nullable=False)


class ConversationMarkColumns(AppendOnlyRow):
    conversation_id: Named[UUID] = Column(Id(), nullable=False)
    user_id: Named[UUID] = Column(Id(), nullable=False)
    kind: Named[MarkKind] = Column(ClosedList(MarkKind), nullable=False)
    upto_seq: Named[int] = Column(Integer, nullable=False)


class MessageColumns(MutableRow, SoftDeletable):
    conversation_id: Named[UUID] = Column(Id(), ForeignKey("telemed.conversations.id"), nullable=False)
    seq: Named[int] = Column(Integer, nullable=False)
    sender_id: Named[UUID] = Column(Id(), nullable=False)
    idempotency_key: Named[str] = Column(ShortText(200), nullable=False)
    # A keyed hash: a short body could be guessed from a plain one.
    request_digest: Named[bytes] = Column(Digest(), nullable=False)
    body: Named[bytes | None] = Column(Ciphertext(), nullable=True)
    appointment_id: Named[UUID | None] = Column(Id(), ForeignKey("telemed.appointments.id"), nullable=True)
    sent_at: Named[dt.datetime] = Column(UtcDateTime(), nullable=False)
    edited_at: Named[dt.datetime | None] = Column(UtcDateTime(), nullable=True)


class MessageRevisionColumns(AppendOnlyRow):
    message_id: Named[UUID] = Column(Id(), ForeignKey("telemed.messages.id"), nullable=False)
    number: Named[int] = Column(Integer, nullable=False)
    kind: Named[RevisionKind] = Column(ClosedList(RevisionKind), nullable=False)
    old_body: Named[bytes | None] = Column(Ciphertext(), nullable=True)
    # The user whose message it is where a system job acted.
    by: Named[UUID] = Column(Id(), ForeignKey("telemed.users.id"), nullable=False)


class UserCounterColumns(MutableRow):
    user_id: Named[UUID] = Column(Id(), ForeignKey("telemed.users.id"), nullable=False)
    unread_messages: Named[int] = Column(Integer, nullable=False)
    unread_notifications: Named[int] = Column(Integer, nullable=False)


conversations: Final = Table(
    "conversations",
    METADATA,
    ConversationColumns,
    CheckConstraint("doctor_user_id <> patient_user_id", name="two_people"),
    CheckConstraint("last_seq >= 0", name="last_seq"),
    CheckConstraint("(last_seq = 0) = (last_message_id IS NULL)", name="last_message"),
    # Sending finds the conversation by its pair.
    UniqueConstraint("doctor_user_id", "patient_user_id", name=CONVERSATION_PAIR),
    Index("ix_conversations_patient_user_id", "patient_user_id"),
    **TABLE_OPTIONS,
)

conversation_participants: Final = Table(
    "conversation_participants",
    METADATA,
    ConversationParticipantColumns,
    CheckConstraint("read_upto >= 0 AND read_upto <= delivered_upto", name="read_is_delivered"),
    CheckConstraint("unread_count >= 0", name="unread_count"),
    UniqueConstraint("conversation_id", "user_id"),
    # Q090: a person's conversations, the one with the last activity first; Q092, Q093 read the same rows.
    Index("ix_conversation_participants_user_id_last_activity_at_id", "user_id", "last_activity_at", "id"),
    **TABLE_OPTIONS,
)

conversation_marks: Final = Table(
    "conversation_marks",
    METADATA,
    ConversationMarkColumns,
    closed_list("kind", MarkKind),
    CheckConstraint("upto_seq >= 1", name="upto_seq"),
    # Q091, Q096: the first mark at or above a number. Marks only rise, so none repeats.
    UniqueConstraint("conversation_id", "user_id", "kind", "upto_seq"),
    ForeignKeyConstraint(
        ["conversation_id", "user_id"],
        ["telemed.conversation_participants.conversation_id", "telemed.conversation_participants.user_id"],
    ),
    **TABLE_OPTIONS,
)

messages: Final = Table(
    "messages",
    METADATA,
    MessageColumns,
    CheckConstraint("seq >= 1", name="seq"),
    CheckConstraint("deleted_at IS NULL OR body IS NULL", name="tombstone_has_no_body"),
    # Q091: a conversation's page. For ever: a deleted message keeps its number and its key.
    UniqueConstraint("conversation_id", "seq"),
    UniqueConstraint("conversation_id", "sender_id", "idempotency_key", name=SENT_KEY),
    # Only a participant sends.
    ForeignKeyConstraint(
        ["conversation_id", "sender_id"],
        ["telemed.conversation_participants.conversation_id", "telemed.conversation_participants.user_id"],
    ),
    # A person's messages, for export and erasure.
    Index("ix_messages_sender_id_sent_at_id", "sender_id", "sent_at", "id"),
    Index("ix_messages_appointment_id", "appointment_id"),
    **TABLE_OPTIONS,
)

message_revisions: Final = Table(
    "message_revisions",
    METADATA,
    MessageRevisionColumns,
    closed_list("kind", RevisionKind),
    CheckConstraint("number >= 1", name="number"),
    UniqueConstraint("message_id", "number"),
    Index("ix_message_revisions_by", "by"),
    **TABLE_OPTIONS,
)

user_counters: Final = Table(
    "user_counters",
    METADATA,
    UserCounterColumns,
    CheckConstraint("unread_messages >= 0", name="unread_messages"),
    CheckConstraint("unread_notifications >= 0", name="unread_notifications"),
    UniqueConstraint("user_id"),
    **TABLE_OPTIONS,
)
