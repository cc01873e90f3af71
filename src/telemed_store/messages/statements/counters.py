"""What adds to unread counts and takes from them; marks lower those of a participant in the statements of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Insert, bindparam, update
from sqlalchemy.dialects.mysql import insert as mysql_insert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from telemed_store.database.types import Id, UtcDateTime
from telemed_store.messages.tables import conversation_participants, user_counters

__all__ = ["ADD_UNREAD", "TAKE_UNREAD", "TAKE_UNREAD_OF_PARTICIPANT"]


def _add_unread() -> Mapping[str, Insert]:
    values = {"version": user_counters.c.version + 1, "unread_messages": user_counters.c.unread_messages + 1}
    mysql = mysql_insert(user_counters)
    mysql = mysql.on_duplicate_key_update(updated_at=mysql.inserted.updated_at, **values)
    postgresql, sqlite = postgresql_insert(user_counters), sqlite_insert(user_counters)
    key = [user_counters.c.user_id]
    return {
        "mysql": mysql,
        "mariadb": mysql,
        "postgresql": postgresql.on_conflict_do_update(
            index_elements=key, set_={"updated_at": postgresql.excluded.updated_at, **values}
        ),
        "sqlite": sqlite.on_conflict_do_update(
            index_elements=key, set_={"updated_at": sqlite.excluded.updated_at, **values}
        ),
    }


# uq_user_counters_user_id: one unread message more, and the row if it is the first.
ADD_UNREAD: Final = _add_unread()

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
