"""Reading messages: pages by number, conversations by activity, unread totals. Participants see their own, system jobs see all."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row

from telemed_store.audit.context import Context, DataType
from telemed_store.database.arguments import OwnId
from telemed_store.database.paging import Page, PageSize, list_binding
from telemed_store.errors import NotFound, NotPermitted, ValidationFailed
from telemed_store.messages import statements as sql
from telemed_store.messages.bodies import messages_from
from telemed_store.messages.models import ConversationSummary, Message
from telemed_store.messages.operations import refuse

__all__ = ["conversations", "get", "page", "undelivered", "unread_total"]

PAGE_SIZE: Final = PageSize(default=50, largest=100)
CONVERSATIONS_SIZE: Final = PageSize(default=20, largest=50)
UNDELIVERED_SIZE: Final = PageSize(default=100, largest=500)

_BEYOND_ALL: Final = 2**31 - 1
_OWN: Final = len(Message.model_fields)
_SUMMARY: Final = 10
"""Columns of a conversation's row before its last message's."""


def page(
    connection: Connection,
    context: Context,
    conversation_id: UUID,
    limit: int | None = None,
    before: int | None = None,
    after: int | None = None,
) -> Page[Message]:
    """The newest messages, those below a number, or those above one (Q091): one statement, and one for keys not in memory."""
    size = PAGE_SIZE.of(limit)
    if before is not None and after is not None:
        raise ValidationFailed({"before": "must not be given together with after"})
    ascending = after is not None
    beyond = after if after is not None else _BEYOND_ALL if before is None else before
    viewer = not context.actor.is_system
    values = {"conversation_id": conversation_id, "beyond": beyond, "page_limit": size + 1, "viewer": context.actor.id}
    rows = connection.execute(sql.PAGE[ascending, viewer], values).all()
    if not rows:
        _check_participates(connection, context, conversation_id)
        return Page(items=(), next_cursor=None, has_more=False)
    shown = rows[:size]
    _note(context, [(row[_OWN], row[_OWN + 1]) for row in shown[:1]], resource_id=conversation_id)
    items = tuple(messages_from(connection, context, shown))
    has_more = len(rows) > size
    return Page(items=items, next_cursor=str(items[-1].seq) if has_more else None, has_more=has_more)


def get(connection: Connection, context: Context, message_id: OwnId) -> Message:
    """One message, with the times at which it was delivered and read (Q096)."""
    values = {"id": message_id, "viewer": context.actor.id}
    row = connection.execute(sql.MESSAGE[not context.actor.is_system], values).first()
    if row is None:
        refuse(connection, context, message_id)
    _note(context, [(row[_OWN], row[_OWN + 1])], resource_id=row.conversation_id)
    return messages_from(connection, context, [row])[0]


def conversations(
    connection: Connection, context: Context, limit: int | None = None, cursor: str | None = None
) -> Page[ConversationSummary]:
    """The actor's conversations, the one with the last activity first (Q090, Q093): one statement, and one for keys not in memory."""
    size = CONVERSATIONS_SIZE.of(limit)
    user_id = _person(context)
    binding = list_binding("conversations", context.actor.key, user_id)
    position = context.cursors.open(cursor, binding) if cursor is not None else None
    values = sql.BY_ACTIVITY.parameters(size, position) | {"user_id": user_id}
    rows = connection.execute(sql.CONVERSATIONS[position is not None], values).all()
    shown = rows[:size]
    written = [row for row in shown if row[_SUMMARY] is not None]
    last = {message.id: message for message in messages_from(connection, context, written, first=_SUMMARY)}
    _note(context, [(row.doctor_user_id, row.peer_id) for row in shown])
    has_more = len(rows) > size
    next_cursor = (
        context.cursors.seal([shown[-1].last_activity_at, shown[-1].participant_id], binding) if has_more else None
    )
    items = tuple(_summary(row, last.get(row[_SUMMARY])) for row in shown)
    return Page(items=items, next_cursor=next_cursor, has_more=has_more)


def unread_total(connection: Connection, context: Context) -> int:
    """How many messages to the actor are unread, over all conversations (Q092): one statement."""
    return int(connection.execute(sql.UNREAD_TOTAL, {"user_id": _person(context)}).scalar() or 0)


def undelivered(
    connection: Connection, context: Context, limit: int | None = None, cursor: str | None = None
) -> Page[Message]:
    """Messages to the actor that are not marked as delivered, by conversation and number (Q097)."""
    size = UNDELIVERED_SIZE.of(limit)
    user_id = _person(context)
    binding = list_binding("undelivered", context.actor.key, user_id)
    position = context.cursors.open(cursor, binding) if cursor is not None else None
    values = sql.BY_PLACE.parameters(size, position) | {"user_id": user_id}
    rows = connection.execute(sql.UNDELIVERED[position is not None], values).all()
    _note(context, [(row[_OWN], row[_OWN + 1]) for row in rows[:size]])
    return sql.BY_PLACE.page(messages_from(connection, context, rows), size, context.cursors, binding)


def _person(context: Context) -> UUID:
    if context.actor.id is None:
        raise NotPermitted("This list is a person's own: act as the participant.")
    return context.actor.id


def _note(context: Context, pairs: list[tuple[UUID, UUID]], *, resource_id: UUID | None = None) -> None:
    """A doctor who reads a conversation reads a patient's data (C13); a patient reads what was written to them."""
    subjects = [patient for doctor, patient in pairs if doctor == context.actor.id]
    context.accessed(subjects, DataType.MESSAGE, resource_id=resource_id)


def _check_participates(connection: Connection, context: Context, conversation_id: UUID) -> None:
    found = connection.execute(sql.CONVERSATION, {"id": conversation_id}).first()
    if found is not None and (context.actor.is_system or context.actor.id in tuple(found)):
        return
    if found is not None:
        context.denied("conversation", conversation_id)
    raise NotFound("conversation")


def _summary(row: Row[*tuple[Any, ...]], last_message: Message | None) -> ConversationSummary:
    return ConversationSummary(
        id=row.shown_id,
        peer_id=row.peer_id,
        peer_name=row.peer_name,
        last_message=last_message,
        unread_count=row.unread_count,
        last_activity_at=row.last_activity_at,
        last_seq=row.last_seq,
        read_upto=row.read_upto,
        delivered_upto=row.delivered_upto,
    )
