"""Messages and conversations as callers see them, what a caller may say, and the events of sending and reading (domain §7, §11)."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated, ClassVar, Final
from uuid import UUID

from pydantic import ConfigDict, Field

from telemed_store.database.models import Input, PlainText, StoredModel
from telemed_store.events.models import DomainEvent

__all__ = [
    "LONGEST_BODY",
    "Body",
    "ConversationSummary",
    "CounterReport",
    "MarkKind",
    "Message",
    "MessageSent",
    "MessagesRead",
    "NewMessage",
    "RevisionKind",
]

LONGEST_BODY: Final = 5000
"""Characters (code points) of a message's body."""

Body = Annotated[PlainText, Field(min_length=1, max_length=LONGEST_BODY)]
"""A message's text, kept as it was written."""


class MarkKind(StrEnum):
    """What a mark says of all messages up to its number."""

    DELIVERED = "delivered"
    READ = "read"


class RevisionKind(StrEnum):
    """Why a message's former body was kept."""

    EDIT = "edit"
    DELETE = "delete"


class NewMessage(Input):
    """A message to send.

    Attributes:
        receiver_id: The other person's user id; doctor and patient must have an appointment with each other.
        body: 1 to 5000 characters, kept exactly as they are, spaces at its ends too.
        idempotency_key: Repeating the call with the same key and content returns the stored message, for ever.
        appointment_id: An appointment of the same two people that the message is about.
        sender_id: The sending user, where a system job sends in somebody's name; by default the actor.
    """

    # A body is kept as it was written.
    model_config: ClassVar[ConfigDict] = ConfigDict(str_strip_whitespace=False)

    receiver_id: UUID
    body: Body
    idempotency_key: Annotated[PlainText, Field(min_length=1, max_length=200)]
    appointment_id: UUID | None = None
    sender_id: UUID | None = None


class Message(StoredModel):
    """One message of a conversation.

    Attributes:
        seq: Its number: 1, 2, 3, … within the conversation, in the order of commits, without gaps.
        body: None once it was deleted: the number stays, as a tombstone.
        deleted_at: When it was deleted.
        delivered_at: When the receiver's side marked it as delivered; None before.
        read_at: When the receiver marked it as read; never earlier than ``delivered_at``.
    """

    id: UUID
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    deleted_at: dt.datetime | None
    conversation_id: UUID
    seq: int
    sender_id: UUID
    body: str | None
    appointment_id: UUID | None
    sent_at: dt.datetime
    edited_at: dt.datetime | None
    delivered_at: dt.datetime | None
    read_at: dt.datetime | None


class ConversationSummary(StoredModel):
    """A conversation as its participant's list shows it (Q090).

    Attributes:
        id: The conversation's id.
        peer_id: The other participant's user id.
        last_message: None where nothing was written yet.
        unread_count: Messages to this participant that are not marked as read.
        last_activity_at: When the last message was sent; before the first one, when the two were first booked.
        last_seq: Number of the last message.
        read_upto: This participant's read mark.
        delivered_upto: This participant's delivered mark.
    """

    id: UUID
    peer_id: UUID
    peer_name: str
    last_message: Message | None
    unread_count: int
    last_activity_at: dt.datetime
    last_seq: int
    read_upto: int
    delivered_upto: int


class CounterReport(StoredModel):
    """What recomputing the unread counters found (J14).

    Attributes:
        conversations: How many were looked at.
        participants_corrected: Participants whose unread count was wrong.
        users_corrected: Users whose unread total was wrong.
    """

    conversations: int
    participants_corrected: int
    users_corrected: int


class MessageSent(DomainEvent):
    """A message was sent. Its aggregate is the conversation, so that a relay keeps the order of its messages."""

    aggregate_type: ClassVar[str] = "conversation"

    conversation_id: UUID
    message_id: UUID
    seq: int
    sender_id: UUID
    receiver_id: UUID
    appointment_id: UUID | None


class MessagesRead(DomainEvent):
    """A participant read a conversation up to a number. Its aggregate is the participant."""

    aggregate_type: ClassVar[str] = "conversation_participant"

    conversation_id: UUID
    reader_id: UUID
    upto_seq: int
