"""What adds to unread counts and takes from them; marks lower those of a participant in the statements of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import CTE, ColumnElement, Insert, bindparam, literal, select, update
from sqlalchemy.dialects.mysql import insert as mysql_insert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from telemed_store.database.types import Id, UtcDateTime
from telemed_store.messages.tables import conversation_participants, user_counters

__all__ = ["ADD_UNREAD", "TAKE_UNREAD", "TAKE_UNREAD_OF_PARTICIPANT"]


_NEW_COUNTER: Final[dict[str, ColumnElement[Any]]] = {
    "id": bindparam("counter_id", type_=Id()),
    "version": literal(1),
    "created_at": bindparam("now", type_=UtcDateTime()),
    "updated_at": bindparam("now", type_=UtcDateTime()),
    "user_id": bindparam("receiver_id", type_=Id()),
    "unread_messages": literal(1),
    "unread_notifications": literal(0),
}
_ONE_MORE: Final = {"version": user_counters.c.version + 1, "unread_messages": user_counters.c.unread_messages + 1}


def _add_unread() -> Mapping[str, Insert]:
    mysql = mysql_insert(user_counters).values(_NEW_COUNTER)
    mysql = mysql.on_duplicate_key_update(updated_at=mysql.inserted.updated_at, **_ONE_MORE)
    sqlite = sqlite_insert(user_counters).values(_NEW_COUNTER)
    sqlite = sqlite.on_conflict_do_update(
        index_elements=[user_counters.c.user_id], set_={"updated_at": sqlite.excluded.updated_at, **_ONE_MORE}
    )
    return {"mysql": mysql, "mariadb": mysql, "sqlite": sqlite}


# uq_user_counters_user_id: one unread message more, and the row if it is the first.
ADD_UNREAD: Final = _add_unread()


def add_unread_after(participants: CTE) -> Insert:
    """The same on PostgreSQL, after a change of the receiver's row that returns its user: counters are locked last."""
    values = select(*_NEW_COUNTER.values()).where(participants.c.user_id == _NEW_COUNTER["user_id"])
    added = postgresql_insert(user_counters).from_select(list(_NEW_COUNTER), values)
    return added.on_conflict_do_update(
        index_elements=[user_counters.c.user_id], set_={"updated_at": added.excluded.updated_at, **_ONE_MORE}
    )


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
