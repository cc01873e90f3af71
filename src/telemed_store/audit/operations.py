"""Writing what the journal noted: accesses before their rows are handed out, denials after their frame's end."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, bindparam, insert, select

from telemed_store.audit.actor import Actor
from telemed_store.audit.context import Access, AccessAction, Context, Denial
from telemed_store.audit.tables import access_origins, audit_logs, data_access_logs
from telemed_store.database.identity import new_id
from telemed_store.database.sending import fetch

__all__ = ["write_accesses", "write_denials", "write_origin"]

_INSERT_ORIGIN = insert(access_origins)
_INSERT_ACCESSES = insert(data_access_logs)
_INSERT_AUDIT = insert(audit_logs)

# ix_data_access_logs_subject_id_accessor_id_created_at
_RECENT_VIEWS = select(data_access_logs.c.subject_id, data_access_logs.c.data_type).where(
    data_access_logs.c.subject_id.in_(bindparam("subjects", expanding=True)),
    data_access_logs.c.accessor_id == bindparam("accessor"),
    data_access_logs.c.created_at > bindparam("since"),
    data_access_logs.c.action == AccessAction.VIEW,
)


def write_accesses(connection: Connection, context: Context, accesses: list[Access]) -> None:
    """Write the access rows of an operation; views repeated within ``view_dedupe`` merge (domain §10)."""
    if not accesses:
        return
    fresh = _without_recent_views(connection, context, accesses)
    accessor = context.actor.id
    if not fresh or accessor is None:
        return
    origin_id = write_origin(connection, context)
    connection.execute(
        _INSERT_ACCESSES,
        [
            {
                "id": new_id(),
                "created_at": context.now(),
                "accessor_id": accessor,
                "subject_id": access.subject_id,
                "data_type": access.data_type,
                "resource_id": access.resource_id,
                "action": access.action,
                "reason": context.actor.emergency_reason,
                "accessed_fields": list(access.fields),
                "origin_id": origin_id,
                "correlation_id": context.actor.correlation_id,
            }
            for access in fresh
        ],
    )


def _without_recent_views(connection: Connection, context: Context, accesses: list[Access]) -> list[Access]:
    window = context.settings.view_dedupe
    views = [access for access in accesses if access.action is AccessAction.VIEW]
    if not window or not views or context.actor.emergency_reason:
        return accesses
    subjects = list({access.subject_id for access in views})
    recent = {
        tuple(row)
        for row in fetch(
            connection,
            _RECENT_VIEWS,
            {"subjects": subjects, "accessor": context.actor.id, "since": context.now() - window},
        )
    }
    return [
        access
        for access in accesses
        if access.action is not AccessAction.VIEW or (access.subject_id, access.data_type) not in recent
    ]


def write_denials(connection: Connection, context: Context, denials: list[Denial]) -> None:
    """Write the denied accesses of an ended frame as account events."""
    if not denials:
        return
    origin_id = write_origin(connection, context)
    connection.execute(
        _INSERT_AUDIT,
        [
            {
                "id": new_id(),
                "created_at": context.now(),
                "user_id": context.actor.id,
                "actor_kind": context.actor.kind,
                "action": "access_denied",
                "resource_type": denial.resource_type,
                "resource_id": denial.resource_id,
                "origin_id": origin_id,
                "correlation_id": context.actor.correlation_id,
                "details": {},
            }
            for denial in denials
        ],
    )


def write_origin(connection: Connection, context: Context) -> UUID | None:
    """Write the address and client of the actor's request; None if neither is known."""
    actor: Actor = context.actor
    if actor.ip is None and actor.user_agent is None:
        return None
    origin_id = new_id()
    connection.execute(
        _INSERT_ORIGIN,
        {"id": origin_id, "created_at": context.now(), "ip": actor.ip, "user_agent": actor.user_agent},
    )
    return origin_id
