"""Granting, revoking and reading consents (domain §10). A person decides for themself alone; jobs of the system for anybody."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Final
from uuid import UUID

from sqlalchemy import Connection

from telemed_store.audit.context import Context, DataType
from telemed_store.audit.operations import write_origin
from telemed_store.consents import statements as sql
from telemed_store.consents.models import Consent, ConsentGranted, ConsentRevoked, ConsentType, NewConsent
from telemed_store.database.identity import new_id
from telemed_store.database.paging import Page, PageSize, list_binding
from telemed_store.database.rules import Called
from telemed_store.errors import NotFound, NotPermitted, ValidationFailed
from telemed_store.events.operations import record
from telemed_store.people.operations import may_view_user

__all__ = ["active", "grant", "is_active", "list_of_user", "revoke"]

_SIZE: Final = PageSize(20, 100)


def grant(connection: Connection, context: Context, new: NewConsent) -> Consent:
    """Close the active consent of this type, if there is one, and write the new one: 4 statements, closing and origin add 1 each."""
    _check_own(context, new.user_id)
    # Concurrent grants of one user go one after the other, so that each closes the one before (D48).
    if connection.execute(sql.LOCK_USER, {"user_id": new.user_id}).first() is None:
        raise ValidationFailed({"user_id": "must name an existing user"})
    closed = _active(connection, new.user_id, new.type)
    now = context.now()
    if closed is not None:
        # A clock that stepped back must not order the times of two consents the wrong way round.
        now = max(now, closed.granted_at)
        _close(connection, closed, now)
    consent = Consent(
        id=new_id(),
        version=1,
        created_at=now,
        updated_at=now,
        **new.model_dump(),
        granted_at=now,
        granted_by=context.actor.id or new.user_id,
        revoked_at=None,
        origin_id=write_origin(connection, context),
    )
    connection.execute(sql.INSERT, dict(consent))
    record(connection, context, ConsentGranted(**_event(consent)))
    return consent


def revoke(
    connection: Connection, context: Context, user_id: UUID, kind: Annotated[ConsentType, Called("type")]
) -> Consent:
    """End the active consent of this type: 3 statements. What was granted stays as it was (D48)."""
    _check_own(context, user_id)
    row = connection.execute(sql.ACTIVE_FOR_UPDATE, {"user_id": user_id, "type": kind}).first()
    if row is None:
        raise NotFound("active consent")
    revoked = _close(connection, consent := sql.consent_from(row), max(context.now(), consent.granted_at))
    record(connection, context, ConsentRevoked(**_event(revoked)))
    return revoked


def active(
    connection: Connection, context: Context, user_id: UUID, kind: Annotated[ConsentType, Called("type")]
) -> Consent | None:
    """The user's active consent of this type."""
    _check_visible(connection, context, user_id)
    return _active(connection, user_id, kind)


def is_active(connection: Connection, user_id: UUID, consent_type: ConsentType) -> bool:
    """Whether the user consents to this at present: 1 statement, for verbs that need it (Q120)."""
    return connection.execute(sql.IS_ACTIVE, {"user_id": user_id, "type": consent_type}).first() is not None


def list_of_user(
    connection: Connection, context: Context, user_id: UUID, limit: int | None = None, cursor: str | None = None
) -> Page[Consent]:
    """A user's consents, active and ended ones, the newest first (Q120)."""
    size = _SIZE.of(limit)
    _check_visible(connection, context, user_id)
    binding = list_binding("consents", context.actor.key, user_id)
    after = None if cursor is None else context.cursors.open(cursor, binding)
    values = {"user_id": user_id, **sql.BY_TIME.parameters(size, after)}
    rows = connection.execute(sql.OF_USER[after is not None], values)
    return sql.BY_TIME.page([sql.consent_from(row) for row in rows], size, context.cursors, binding)


def _check_own(context: Context, user_id: UUID) -> None:
    if not context.actor.is_system and context.actor.id != user_id:
        context.denied("user", user_id)
        raise NotPermitted


def _check_visible(connection: Connection, context: Context, user_id: UUID) -> None:
    if not may_view_user(connection, context, user_id):
        context.denied("user", user_id)
        raise NotPermitted
    context.accessed([user_id], DataType.PERSONAL_DATA, fields=("consents",))


def _active(connection: Connection, user_id: UUID, kind: ConsentType) -> Consent | None:
    row = connection.execute(sql.ACTIVE, {"user_id": user_id, "type": kind}).first()
    return None if row is None else sql.consent_from(row)


def _close(connection: Connection, consent: Consent, now: dt.datetime) -> Consent:
    if connection.execute(sql.CLOSE, {"row_id": consent.id, "now": now}).rowcount != 1:
        raise NotFound("active consent")
    return consent.model_copy(update={"version": consent.version + 1, "updated_at": now, "revoked_at": now})


def _event(consent: Consent) -> dict[str, Any]:
    return {
        "aggregate_id": consent.id,
        "aggregate_version": consent.version,
        "recipients": (consent.user_id,),
        "user_id": consent.user_id,
        "type": consent.type,
        "text_version": consent.text_version,
    }
