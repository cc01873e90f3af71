"""A person's identifiers after registration: adding, correcting and removing a CPF, a CNS, a passport or any other."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from telemed_store.audit.context import Context
from telemed_store.crypto.data_keys import Purpose
from telemed_store.crypto.fields import decrypt_texts, encrypt_text
from telemed_store.database.arguments import OwnId
from telemed_store.database.hydration import hydrator
from telemed_store.database.models import StoredModel, given
from telemed_store.errors import AlreadyExists, NotFound
from telemed_store.people import statements as sql
from telemed_store.people.brazil import NORMALISERS
from telemed_store.people.models import Identifier, IdentifierPatch, NewIdentifier
from telemed_store.people.rows import (
    change,
    check_owner,
    check_version,
    identifier_binding,
    index_field,
    new_row,
    normalised,
)
from telemed_store.people.tables import user_identifiers

__all__ = ["add_identifier", "remove_identifier", "update_identifier"]


class _Stored(StoredModel):
    """An identifier as its row holds it."""

    id: UUID
    version: int
    updated_at: dt.datetime
    user_id: UUID
    system: str
    value: bytes


_stored_from: Final = hydrator(_Stored)


def add_identifier(connection: Connection, context: Context, user_id: UUID, new: NewIdentifier) -> Identifier:
    """Write an identifier of a user: 4 statements, 6 if nothing of theirs was encrypted before."""
    check_owner(context, "user", user_id, user_id)
    if connection.execute(sql.LOCK_USER, {"user_id": user_id}).first() is None:
        raise NotFound("user")
    index = context.keys.blind_index(index_field(new.system), new.value)
    _check_free(connection, context, user_id, new.system, index)
    row = new_row(context, user_id=user_id, system=new.system, value_index=index)
    ring = context.keys.ensure(connection, user_id, Purpose.IDENTITY)
    sealed = encrypt_text(ring, identifier_binding(row["id"], user_id), new.value)
    connection.execute(sql.INSERT_IDENTIFIERS, [{**row, "value": sealed}])
    return Identifier(id=row["id"], version=1, system=new.system, value=new.value)


def update_identifier(
    connection: Connection, context: Context, identifier_id: OwnId, patch: IdentifierPatch, *, expected_version: int
) -> Identifier:
    """Correct an identifier's value: 4 statements."""
    before = _own_identifier(connection, context, identifier_id)
    check_version(before.version, expected_version)
    binding = identifier_binding(before.id, before.user_id)
    values = given(patch)
    if not values:
        (kept,) = decrypt_texts(connection, context.keys, [(binding, before.value)])
        return Identifier(id=before.id, version=before.version, system=before.system, value=kept or "")
    normalise = NORMALISERS.get(before.system)
    value: str = values["value"] if normalise is None else normalised({"value": (normalise, values["value"])})["value"]
    index = context.keys.blind_index(index_field(before.system), value)
    _check_free(connection, context, before.user_id, before.system, index, own_id=before.id)
    ring = context.keys.ensure(connection, before.user_id, Purpose.IDENTITY)
    stored = {"value": encrypt_text(ring, binding, value), "value_index": index}
    after = change(connection, context, user_identifiers, before, expected_version, stored)
    return Identifier(id=after.id, version=after.version, system=after.system, value=value)


def remove_identifier(connection: Connection, context: Context, identifier_id: OwnId, *, expected_version: int) -> None:
    """Delete an identifier softly, which frees its value (D50): 2 statements."""
    before = _own_identifier(connection, context, identifier_id)
    change(connection, context, user_identifiers, before, expected_version, {"deleted_at": context.now()})


def _own_identifier(connection: Connection, context: Context, identifier_id: UUID) -> _Stored:
    row = connection.execute(sql.IDENTIFIER, {"id": identifier_id}).first()
    if row is None:
        raise NotFound("identifier")
    found = _stored_from(row)
    check_owner(context, "identifier", found.id, found.user_id)
    return found


def _check_free(
    connection: Connection, context: Context, user_id: UUID, system: str, index: bytes, *, own_id: UUID | None = None
) -> None:
    """Refuse a value that somebody has, and a second CPF or CNS of one person; the constraints stand behind it."""
    wanted = {"system": system, "value_index": index, "user_id": user_id}
    for identifier_id, owner_id, same_value in connection.execute(sql.IDENTIFIER_TAKEN, wanted):
        if identifier_id == own_id:
            continue
        if owner_id != user_id:
            told = owner_id if context.actor.is_system else None
            raise AlreadyExists("user", field=system, existing_id=told)
        if same_value or system in NORMALISERS:
            raise AlreadyExists("identifier", field=system, existing_id=identifier_id)
