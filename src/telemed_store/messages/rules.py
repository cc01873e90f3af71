"""What the database refuses of conversations and messages, for everyone (domain §7).

Marks that move back or beyond the last message; messages that change place or vanish.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Table

from telemed_store.database.native import (
    append_only,
    declare,
    mariadb_trigger,
    never_deleted,
    postgresql_trigger,
    sqlite_trigger,
)
from telemed_store.database.translation import register
from telemed_store.errors import Conflict, TransactionConflict
from telemed_store.messages.tables import (
    CONVERSATION_PAIR,
    SENT_KEY,
    conversation_marks,
    conversation_participants,
    conversations,
    message_revisions,
    messages,
)

__all__ = ["FORWARD_ONLY", "IN_PLACE", "KEPT", "NUMBERED"]

FORWARD_ONLY: Final = "tr_conversation_participants_forward"
NUMBERED: Final = "tr_conversations_numbered"
IN_PLACE: Final = "tr_messages_in_place"
KEPT: Final = "tr_messages_kept"


def _refuse_update(table: Table, name: str, broken: str) -> None:
    """Refuse an update after which ``broken`` holds; a NULL in the comparison counts as broken.

    ``{latest}`` closes a subquery: on MariaDB it reads what is there now, in a transaction that sees an old snapshot too.
    """
    condition = f"COALESCE({broken.replace('{latest}', '')}, TRUE)"
    declare(
        table,
        *postgresql_trigger(
            name,
            table.name,
            "BEFORE UPDATE FOR EACH ROW",
            f"IF {condition} THEN RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = '{name}',"
            f" CONSTRAINT = '{name}'; END IF; RETURN NEW;",
        ),
        mariadb_trigger(
            name,
            table.name,
            "BEFORE UPDATE",
            f"IF COALESCE({broken.replace('{latest}', ' LOCK IN SHARE MODE')}, TRUE)"
            f" THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{name}'; END IF;",
        ),
        sqlite_trigger(name, table.name, "BEFORE UPDATE", f"SELECT RAISE(ABORT, '{name}');", condition=condition),
    )


_refuse_update(
    conversation_participants,
    FORWARD_ONLY,
    "NEW.read_upto < OLD.read_upto OR NEW.delivered_upto < OLD.delivered_upto"
    " OR NEW.conversation_id <> OLD.conversation_id OR NEW.user_id <> OLD.user_id"
    " OR (NEW.delivered_upto > OLD.delivered_upto AND NEW.delivered_upto >"
    " (SELECT c.last_seq FROM {schema}conversations c WHERE c.id = NEW.conversation_id{latest}))",
)
_refuse_update(
    conversations,
    NUMBERED,
    "NEW.last_seq < OLD.last_seq OR NEW.last_seq > OLD.last_seq + 1"
    " OR NEW.doctor_user_id <> OLD.doctor_user_id OR NEW.patient_user_id <> OLD.patient_user_id",
)
_refuse_update(
    messages,
    IN_PLACE,
    "NEW.conversation_id <> OLD.conversation_id OR NEW.seq <> OLD.seq OR NEW.sender_id <> OLD.sender_id"
    " OR NEW.idempotency_key <> OLD.idempotency_key OR NEW.sent_at <> OLD.sent_at"
    " OR (OLD.deleted_at IS NOT NULL AND NEW.deleted_at IS NULL)",
)
append_only(conversation_marks)
append_only(message_revisions, blankable="old_body")
# A deleted message is a tombstone: its number and its key are taken for ever. Erasure blanks bodies, which is an UPDATE.
never_deleted(messages, KEPT)

register(
    KEPT,
    lambda cause: Conflict(
        "A message is never removed, for its number and its key are taken for ever: `messages.delete` leaves a tombstone.",
        cause=cause,
    ),
)
for _name in (FORWARD_ONLY, NUMBERED, IN_PLACE):
    register(
        _name,
        lambda cause: Conflict(
            "A mark moves neither back nor beyond the last message, and a message keeps its place: read the row and repeat.",
            cause=cause,
        ),
    )
# Two at once made the pair's conversation, or sent with one key: run again, the loser finds what the winner wrote.
register(CONVERSATION_PAIR, lambda cause: TransactionConflict(cause=cause))
register(SENT_KEY, lambda cause: TransactionConflict(cause=cause))
