"""Logins of a host's own identity provider: linking them to users, and finding the user who just logged in."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from telemed_store.audit.context import Context
from telemed_store.database.arguments import OwnId
from telemed_store.database.hydration import hydrator
from telemed_store.errors import AlreadyExists, NotFound
from telemed_store.people import statements as sql
from telemed_store.people.lookups import visible_user
from telemed_store.people.models import NewUserIdentity, User, UserIdentity
from telemed_store.people.rows import check_owner, check_version, new_row

__all__ = ["identity_from", "link_identity", "unlink_identity", "user_by_identity"]

identity_from: Final = hydrator(UserIdentity)


def user_by_identity(connection: Connection, context: Context, issuer: str, subject: str) -> User:
    """The user to whom this login is linked, compared exactly (Q054, D57): 1 statement."""
    row = connection.execute(sql.USER_BY_IDENTITY, {"issuer": issuer, "subject": subject}).first()
    return visible_user(context, row)


def link_identity(connection: Connection, context: Context, new: NewUserIdentity) -> UserIdentity:
    """Link a login to a user: 3 statements. Of concurrent links of one login one is written."""
    check_owner(context, "user", new.user_id, new.user_id)
    if connection.execute(sql.LOCK_USER, {"user_id": new.user_id}).first() is None:
        raise NotFound("user")
    owner_id = connection.execute(sql.IDENTITY_OWNER, {"issuer": new.issuer, "subject": new.subject}).scalar()
    if owner_id is not None:
        told = owner_id if context.actor.is_system or owner_id == new.user_id else None
        raise AlreadyExists("user", field="identity", existing_id=told)
    row = new_row(context, user_id=new.user_id, issuer=new.issuer, subject=new.subject)
    connection.execute(sql.INSERT_IDENTITY, row)
    return UserIdentity(**row)


def unlink_identity(connection: Connection, context: Context, identity_id: OwnId, *, expected_version: int) -> None:
    """Delete a link, which frees its login: 2 statements."""
    row = connection.execute(sql.LINKED_IDENTITY, {"id": identity_id}).first()
    if row is None:
        raise NotFound("identity")
    linked = identity_from(row)
    check_owner(context, "identity", identity_id, linked.user_id)
    check_version(linked.version, expected_version)
    if connection.execute(sql.DELETE_IDENTITY, {"id": identity_id}).rowcount != 1:
        raise NotFound("identity")
