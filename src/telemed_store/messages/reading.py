"""Reading messages: pages by number, conversations by activity, unread totals. Participants see their own, system jobs see all."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Final, NoReturn
from uuid import UUID

from sqlalchemy import Connection

from telemed_store.audit.context import Context, DataType
from telemed_store.database.arguments import OwnId
from telemed_store.database.hot_reads import hot_rows
from telemed_store.database.paging import Page, PageSize, list_binding
from telemed_store.errors import NotFound, NotPermitted, ValidationFailed
from telemed_store.messages import statements as sql
from telemed_store.messages.bodies import messages_from, opened
from telemed_store.messages.models import ConversationSummary, Message
from telemed_store.messages.operations import refuse
from telemed_store.messages.receipts import timed

__all__ = ["conversations", "get", "page", "undelivered", "unread_total"]

PAGE_SIZE: Final = PageSize(default=50, largest=100)
CONVERSATIONS_SIZE: Final = PageSize(default=20, largest=50)
UNDELIVERED_SIZE: Final = PageSize(default=100, largest=500)

_NAMES: Final = tuple(Message.model_fields)
_CONVERSATION, _SEQ, _SENDER, _APPOINTMENT = (
    _NAMES.index(name) for name in ("conversation_id", "seq", "sender_id", "appointment_id")
)
_STORED: Final = _NAMES.index("delivered_at")
"""Columns of a message's own row: behind them a page's rows say what they are, others when they were delivered and read."""
_OWN: Final = len(_NAMES)
_FIELDS: Final = tuple(ConversationSummary.model_fields)
_SUMMARY: Final = len(_FIELDS)
"""Columns of a summary, with its last message's id; the participant's id, the doctor's user and that message stand behind them."""
_PEER, _LAST_MESSAGE, _ACTIVITY = (_FIELDS.index(name) for name in ("peer_id", "last_message", "last_activity_at"))


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
    asked = after if after is not None else sql.LARGEST_SEQ if before is None else before
    # No message has so large a number, nor one below 1.
    beyond = min(max(asked, 0), sql.LARGEST_SEQ - size)
    viewer = not context.actor.is_system
    values: dict[str, Any] = {
        "conversation_id": conversation_id,
        "beyond": beyond,
        "size": size,
        "page_limit": size + 1,
    }
    if viewer:
        values["viewer"] = context.actor.id
    found: dict[int, list[Sequence[Any]]] = {what: [] for what in sql.Found}
    for row in hot_rows(connection, sql.PAGE[ascending, viewer], values):
        found[row[_STORED]].append(row)
    if not found[sql.Found.CONVERSATION]:
        _refuse_conversation(connection, context, conversation_id)
    (seen,) = found[sql.Found.CONVERSATION]
    doctor_user_id, patient_user_id = seen[_SENDER], seen[_APPOINTMENT]
    written = sorted(found[sql.Found.MESSAGE], key=itemgetter(_SEQ), reverse=not ascending)
    shown = written[:size]
    if shown:
        _note(context, [(doctor_user_id, patient_user_id)], resource_id=conversation_id)
    items = tuple(opened(connection, context, timed(shown, doctor_user_id, found)))
    has_more = len(written) > size
    return Page(items=items, next_cursor=str(items[-1].seq) if has_more else None, has_more=has_more)


def get(connection: Connection, context: Context, message_id: OwnId) -> Message:
    """One message, with the times at which it was delivered and read (Q096)."""
    values = {"id": message_id, "viewer": context.actor.id}
    found = hot_rows(connection, sql.MESSAGE[not context.actor.is_system], values)
    if not found:
        refuse(connection, context, message_id)
    (row,) = found
    _note(context, [(row[_OWN], row[_OWN + 1])], resource_id=row[_CONVERSATION])
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
    rows = hot_rows(connection, sql.CONVERSATIONS[position is not None], values)
    shown = rows[:size]
    written = [row for row in shown if row[_LAST_MESSAGE] is not None]
    last = {message.id: message for message in messages_from(connection, context, written, first=_SUMMARY + 2)}
    _note(context, [(row[_SUMMARY + 1], row[_PEER]) for row in shown])
    has_more = len(rows) > size
    next_cursor = context.cursors.seal([shown[-1][_ACTIVITY], shown[-1][_SUMMARY]], binding) if has_more else None
    items = tuple(_summary(row, last.get(row[_LAST_MESSAGE])) for row in shown)
    return Page(items=items, next_cursor=next_cursor, has_more=has_more)


def unread_total(connection: Connection, context: Context) -> int:
    """How many messages to the actor are unread, over all conversations (Q092): one statement."""
    found = hot_rows(connection, sql.UNREAD_TOTAL, {"user_id": _person(context)})
    return int(found[0][0]) if found else 0


def undelivered(
    connection: Connection, context: Context, limit: int | None = None, cursor: str | None = None
) -> Page[Message]:
    """Messages to the actor that are not marked as delivered, by conversation and number (Q097)."""
    size = UNDELIVERED_SIZE.of(limit)
    user_id = _person(context)
    binding = list_binding("undelivered", context.actor.key, user_id)
    position = context.cursors.open(cursor, binding) if cursor is not None else None
    values = sql.BY_PLACE.parameters(size, position) | {"user_id": user_id}
    rows = hot_rows(connection, sql.UNDELIVERED[position is not None], values)
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


def _refuse_conversation(connection: Connection, context: Context, conversation_id: UUID) -> NoReturn:
    """Answer "no such conversation"; one that the actor does not see is noted as denied."""
    if not context.actor.is_system and connection.execute(sql.CONVERSATION, {"id": conversation_id}).first():
        context.denied("conversation", conversation_id)
    raise NotFound("conversation")


def _summary(row: Sequence[Any], last_message: Message | None) -> ConversationSummary:
    values = list(row[:_SUMMARY])
    values[_LAST_MESSAGE] = last_message
    return sql.summary_from(values)
