"""Marks: what a participant received and read, up to a number. They only rise; one row per rise, not per message (domain §7).

A message's delivered and read times are those of the first mark at or above its number.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from telemed_store.audit.context import Context
from telemed_store.database.identity import new_id
from telemed_store.database.together import TableRow, insert_together
from telemed_store.errors import NotFound, NotPermitted, ValidationFailed
from telemed_store.events.operations import record_with
from telemed_store.messages import statements as sql
from telemed_store.messages.caching import UNREAD
from telemed_store.messages.models import MarkKind, MessagesRead
from telemed_store.messages.tables import conversation_marks

__all__ = ["mark_delivered", "mark_read"]


def mark_read(connection: Connection, context: Context, conversation_id: UUID, upto_seq: int) -> int:
    """Mark all messages up to a number as read, and so as delivered: one statement if nothing is new, else five at most, four on PostgreSQL (Q094).

    Returns:
        How many of them were unread.
    """
    seen = _lock(connection, context, conversation_id, upto_seq)
    upto = min(upto_seq, seen.last_seq)
    if upto <= seen.read_upto:
        return 0
    taken = _take(connection, context, conversation_id, seen, upto)
    if taken:
        context.changed(UNREAD.key(_reader(context)))
    kinds = [MarkKind.READ, *([MarkKind.DELIVERED] if upto > seen.delivered_upto else [])]
    read = MessagesRead(
        aggregate_id=seen.id,
        aggregate_version=seen.version + 1,
        recipients=(seen.peer_id, _reader(context)),
        conversation_id=conversation_id,
        reader_id=_reader(context),
        upto_seq=upto,
    )
    record_with(connection, context, read, *_marks(context, conversation_id, kinds, upto))
    return taken


def mark_delivered(connection: Connection, context: Context, conversation_id: UUID, upto_seq: int) -> int:
    """Mark all messages up to a number as delivered: one statement if nothing is new, else three.

    Returns:
        By how much the mark rose.
    """
    seen = _lock(connection, context, conversation_id, upto_seq)
    upto = min(upto_seq, seen.last_seq)
    if upto <= seen.delivered_upto:
        return 0
    connection.execute(sql.MARK_DELIVERED, {"row_id": seen.id, "now": context.now(), "new_delivered_upto": upto})
    insert_together(connection, *_marks(context, conversation_id, [MarkKind.DELIVERED], upto))
    return int(upto - seen.delivered_upto)


def _reader(context: Context) -> UUID:
    """Whose marks: the actor's own (C14)."""
    if context.actor.id is None:
        raise NotPermitted("Marks are a person's own: act as the participant.")
    return context.actor.id


def _lock(connection: Connection, context: Context, conversation_id: UUID, upto_seq: int) -> Row[*tuple[Any, ...]]:
    """The conversation and the actor's own marks, locked in this order."""
    user_id = _reader(context)
    if upto_seq < 1:
        raise ValidationFailed({"upto_seq": "must be at least 1"})
    wanted = {"conversation_id": conversation_id, "user_id": user_id}
    seen = connection.execute(sql.LOCK_FOR_MARK, wanted).first()
    if seen is None:
        context.denied("conversation", conversation_id)
        raise NotFound("conversation")
    return seen


def _take(
    connection: Connection, context: Context, conversation_id: UUID, seen: Row[*tuple[Any, ...]], upto: int
) -> int:
    """Raise the marks and lower both counts by exactly what was unread: two statements."""
    now, user_id = context.now(), _reader(context)
    marked = {
        "row_id": seen.id,
        "now": now,
        "new_read_upto": upto,
        "new_delivered_upto": max(upto, seen.delivered_upto),
    }
    between = {"in_conversation_id": conversation_id, "reader_id": user_id, "above": seen.read_upto, "upto": upto}
    if upto == seen.last_seq:
        taken = int(seen.unread_count)
    elif connection.dialect.update_returning:
        left = connection.execute(sql.MARK_READ_COUNTING, marked | between).scalar_one()
        taken = int(seen.unread_count - left)
        if taken:
            connection.execute(sql.TAKE_UNREAD, {"counted_user_id": user_id, "taken": taken, "now": now})
        return taken
    else:
        taken = int(connection.execute(sql.COUNT_UNREAD_BETWEEN, between).scalar_one())
    marked["taken"] = taken
    if not taken:
        connection.execute(sql.MARK_READ, marked)
    elif connection.dialect.update_returning:
        connection.execute(sql.MARK_READ, marked)
        connection.execute(sql.TAKE_UNREAD, {"counted_user_id": user_id, "taken": taken, "now": now})
    else:
        connection.execute(sql.MARK_READ_AND_TAKE, marked)
    return taken


def _marks(context: Context, conversation_id: UUID, kinds: list[MarkKind], upto: int) -> list[TableRow]:
    row = {"created_at": context.now(), "conversation_id": conversation_id, "upto_seq": upto}
    return [(conversation_marks, {**row, "id": new_id(), "user_id": _reader(context), "kind": kind}) for kind in kinds]
