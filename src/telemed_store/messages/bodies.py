"""Bodies in and out of the database: each sealed under the sender's ``messages`` key, for its own row alone (C15, D44).

The subject is the sender: erasing a person blanks what they wrote, and leaves what others wrote to them (domain §10).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from telemed_store.audit.context import Context
from telemed_store.crypto import Binding, Purpose, decrypt_column, encrypt_text
from telemed_store.messages import statements as sql
from telemed_store.messages.models import Message

__all__ = ["body_place", "messages_from", "revision_place", "seal_body", "unsealed"]

_NAMES: Final = tuple(Message.model_fields)
_ID: Final = _NAMES.index("id")
_SENDER: Final = _NAMES.index("sender_id")
_BODY: Final = _NAMES.index("body")


_COLUMN: Final = ("messages", "body", Purpose.MESSAGES)


def body_place(message_id: UUID, sender_id: UUID) -> Binding:
    """Where a message's body stands."""
    table, column, purpose = _COLUMN
    return Binding(table, column, message_id, sender_id, purpose)


def revision_place(revision_id: UUID, sender_id: UUID) -> Binding:
    """Where a former body stands."""
    return Binding("message_revisions", "old_body", revision_id, sender_id, Purpose.MESSAGES)


def seal_body(connection: Connection, context: Context, message_id: UUID, sender_id: UUID, body: str) -> bytes | None:
    """The body as it is stored: one statement for the key, three for a sender's first message."""
    ring = context.keys.ensure(connection, sender_id, Purpose.MESSAGES)
    return encrypt_text(ring, body_place(message_id, sender_id), body)


def messages_from(
    connection: Connection, context: Context, rows: Iterable[Sequence[Any]], first: int = 0
) -> list[Message]:
    """Messages from rows in which the columns of `statements.MESSAGE_COLUMNS` begin at ``first``.

    At most one statement, for keys that are not in memory.
    """
    return opened(connection, context, [list(row[first : first + len(_NAMES)]) for row in rows])


def opened(connection: Connection, context: Context, rows: list[list[Any]]) -> list[Message]:
    """The same, from the values of messages, whose bodies are opened in place."""
    for values, body in zip(rows, unsealed(connection, context, rows), strict=True):
        values[_BODY] = body
    return [sql.message_from(values) for values in rows]


def unsealed(connection: Connection, context: Context, rows: Sequence[Sequence[Any]]) -> list[str | None]:
    """The bodies of message rows, opened."""
    places = [(row[_ID], row[_SENDER], row[_BODY]) for row in rows]
    return decrypt_column(connection, context.keys, _COLUMN, places)
