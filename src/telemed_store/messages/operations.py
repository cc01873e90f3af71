"""Editing and deleting messages (domain §7).

Sending stands in ``sending.py``, marks in ``marks.py``, reading in ``reading.py``, conversations in ``making.py``. Every verb locks the conversation first, then participants, then counters: that order is what keeps numbers dense, counts exact and
verbs from deadlocking.
"""

from __future__ import annotations

from typing import Any, NoReturn
from uuid import UUID

from sqlalchemy import Connection, Row

from telemed_store.audit.context import Context
from telemed_store.crypto import KeyRing, Purpose, encrypt_text
from telemed_store.database.identity import new_id
from telemed_store.errors import (
    InvalidTransition,
    NotFound,
    NotPermitted,
    VersionConflict,
)
from telemed_store.messages import statements as sql
from telemed_store.messages.bodies import body_place, messages_from, revision_place, unsealed
from telemed_store.messages.caching import UNREAD
from telemed_store.messages.models import Body, Message, RevisionKind

__all__ = ["delete", "edit", "refuse"]


def edit(connection: Connection, context: Context, message_id: UUID, body: Body, expected_version: int) -> Message:
    """Replace the body of a message that did not reach the peer yet; the former one is kept: six statements."""
    found = _lock(connection, context, message_id, expected_version, "edited")
    if found.seq <= found.delivered_upto:
        raise InvalidTransition("delivered", "edited")
    ring = _keep(connection, context, found, RevisionKind.EDIT)
    sealed = encrypt_text(ring, body_place(message_id, found.sender_id), body)
    return _replace(connection, context, found, body=sealed, edited_at=context.now(), deleted_at=None)


def delete(connection: Connection, context: Context, message_id: UUID, expected_version: int) -> Message:
    """Leave a tombstone in a message's place; the body is kept as a revision, and unread by the peer it counts no more."""
    found = _lock(connection, context, message_id, expected_version, "deleted")
    _keep(connection, context, found, RevisionKind.DELETE)
    now = context.now()
    message = _replace(connection, context, found, body=None, edited_at=found.edited_at, deleted_at=now)
    if found.seq > found.read_upto:
        connection.execute(sql.TAKE_UNREAD_OF_PARTICIPANT, {"row_id": found.participant_id, "now": now})
        connection.execute(sql.TAKE_UNREAD, {"counted_user_id": found.receiver_id, "taken": 1, "now": now})
        context.changed(UNREAD.key(found.receiver_id))
    return message


def _lock(
    connection: Connection, context: Context, message_id: UUID, expected_version: int, to: str
) -> Row[*tuple[Any, ...]]:
    """The actor's own message and its receiver's marks, locked behind the conversation; two statements."""
    statement = sql.CONVERSATION_OF if context.actor.is_system else sql.CONVERSATION_OF_VIEWER
    place = connection.execute(statement, {"id": message_id, "viewer": context.actor.id}).first()
    if place is None:
        refuse(connection, context, message_id)
    if not context.actor.is_system and place.sender_id != context.actor.id:
        raise NotPermitted
    wanted = {"id": message_id, "conversation_id": place.conversation_id}
    found = connection.execute(sql.LOCK_FOR_MESSAGE, wanted).one()
    if found.version != expected_version:
        raise VersionConflict(found.version)
    if found.deleted_at is not None:
        raise InvalidTransition("deleted", to)
    return found


def refuse(connection: Connection, context: Context, message_id: UUID) -> NoReturn:
    """Answer "no such message"; one that the actor does not see is noted as denied."""
    if not context.actor.is_system and connection.execute(sql.CONVERSATION_OF, {"id": message_id}).first():
        context.denied("message", message_id)
    raise NotFound("message")


def _keep(connection: Connection, context: Context, found: Row[*tuple[Any, ...]], kind: RevisionKind) -> KeyRing:
    """Keep the body as it was until now, sealed for its new place; the sender's keys, by which that was done."""
    (body,) = unsealed(connection, context, [found])
    revision_id = new_id()
    ring = context.keys.ensure(connection, found.sender_id, Purpose.MESSAGES)
    connection.execute(
        sql.INSERT_REVISION,
        {
            "id": revision_id,
            "created_at": context.now(),
            "message_id": found.id,
            # Of the version that it was: read under the lock, where counting revisions could meet a host's old snapshot.
            "number": found.version,
            "kind": kind,
            "old_body": encrypt_text(ring, revision_place(revision_id, found.sender_id), body),
            "by": context.actor.id or found.sender_id,
        },
    )
    return ring


def _replace(connection: Connection, context: Context, found: Row[*tuple[Any, ...]], **values: Any) -> Message:
    changed = {"row_id": found.id, "expected_version": found.version, "now": context.now()} | {
        f"new_{name}": value for name, value in values.items()
    }
    if connection.execute(sql.UPDATE_BODY, changed).rowcount != 1:
        raise VersionConflict(found.version + 1)
    row = connection.execute(sql.MESSAGE[False], {"id": found.id}).one()
    return messages_from(connection, context, [row])[0]
