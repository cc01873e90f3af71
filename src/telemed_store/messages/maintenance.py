"""Recomputing the unread counters from the messages themselves (J14). They are kept exact by every verb, so nothing should differ."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from telemed_store.audit.context import Context
from telemed_store.database.identity import new_id
from telemed_store.database.native import family
from telemed_store.errors import NotPermitted, StoreError
from telemed_store.messages import statements as sql
from telemed_store.messages.caching import UNREAD
from telemed_store.messages.models import CounterReport

__all__ = ["BATCH", "reconcile_batch"]

BATCH: Final = 500
"""Conversations that one transaction locks."""


def reconcile_batch(connection: Connection, context: Context, after: UUID) -> tuple[UUID | None, CounterReport]:
    """Recompute and correct the counters of the next conversations behind an id, and of their participants.

    Returns:
        The last conversation's id, None behind the last batch; and what was found.
    """
    if not context.actor.is_system:
        raise NotPermitted
    _refuse_old_snapshot(connection)
    locked = connection.execute(sql.LOCK_CONVERSATIONS_AFTER, {"after": after, "batch": BATCH}).scalars().all()
    if not locked:
        return None, CounterReport(conversations=0, participants_corrected=0, users_corrected=0)
    now = context.now()
    counted = connection.execute(sql.PARTICIPANTS_COUNTED, {"conversation_ids": list(locked)}).all()
    wrong = [row for row in counted if row.unread_count != row.unread]
    if wrong:
        connection.execute(sql.SET_UNREAD, [{"row_id": row.id, "unread": row.unread, "now": now} for row in wrong])
    users = _reconcile_users(connection, context, sorted({row.user_id for row in counted}))
    report = CounterReport(conversations=len(locked), participants_corrected=len(wrong), users_corrected=users)
    return (locked[-1] if len(locked) == BATCH else None), report


def _refuse_old_snapshot(connection: Connection) -> None:
    """In a host's transaction MariaDB may show counters as they are and messages as they were; PostgreSQL answers with a conflict."""
    if family(connection.dialect) == "mysql" and connection.get_isolation_level() not in {
        "READ COMMITTED",
        "SERIALIZABLE",
    }:
        raise StoreError("Counters are recomputed at READ COMMITTED: call this outside the host's own transaction.")


def _reconcile_users(connection: Connection, context: Context, user_ids: list[UUID]) -> int:
    """Set each user's total to the sum over that user's conversations; how many differed."""
    wanted = {"user_ids": user_ids}
    totals: dict[UUID, int] = {
        row.user_id: row.unread_messages for row in connection.execute(sql.LOCK_COUNTERS, wanted)
    }
    sums: dict[UUID, int] = {row.user_id: int(row.unread) for row in connection.execute(sql.UNREAD_OF_USERS, wanted)}
    wrong = {user_id: unread for user_id, unread in sums.items() if totals.get(user_id, 0) != unread}
    now = context.now()
    corrected = [{"counted_user_id": each, "unread": wrong[each], "now": now} for each in wrong if each in totals]
    if corrected:
        connection.execute(sql.SET_TOTAL, corrected)
    missing: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "version": 1,
            "created_at": now,
            "updated_at": now,
            "user_id": each,
            "unread_messages": wrong[each],
            "unread_notifications": 0,
        }
        for each in wrong
        if each not in totals
    ]
    if missing:
        connection.execute(sql.INSERT_TOTAL, missing)
    for each in wrong:
        context.changed(UNREAD.key(each))
    return len(wrong)
