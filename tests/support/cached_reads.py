"""Cached reads of one small real table, as areas declare them: a specialization by id, and the names of all, which depend on a tag."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, insert, select

from telemed_store.audit.context import Context, DataType
from telemed_store.cache.keys import Entry, TagKind
from telemed_store.cache.reading import Cached
from telemed_store.database.identity import new_id
from telemed_store.errors import NotFound, StoreError
from telemed_store.people import statements as sql
from telemed_store.people.models import Specialization, SpecializationPatch
from telemed_store.people.places import specialization_from, update_specialization
from telemed_store.people.tables import specializations

ENTRY: Final = Entry("tested_specialization", Specialization, dt.timedelta(seconds=60), phi=True, negative=True)
LABEL: Final = Entry("tested_label", str, dt.timedelta(seconds=60))
NAMES: Final = Entry("tested_names", tuple[str, ...], dt.timedelta(seconds=60))
CATALOGUE: Final = TagKind("tested_catalogue")

loads: list[UUID] = []
"""What the database was asked for."""

while_loading: list[Callable[[], None]] = []
"""What happens, once each, between the database's answer and its being kept."""


def _load(connection: Connection, context: Context, specialization_id: UUID) -> Specialization | None:
    loads.append(specialization_id)
    row = connection.execute(sql.SPECIALIZATION, {"id": specialization_id}).first()
    while while_loading:
        while_loading.pop()()
    return None if row is None else specialization_from(row)


def _show(context: Context, found: Specialization | None, specialization_id: UUID) -> Specialization:
    """Each is the personal data of the user with the same id; what is retired is nobody's to see."""
    if found is None:
        raise NotFound("specialization")
    if not found.is_active:
        context.denied("specialization", specialization_id)
        raise NotFound("specialization")
    context.accessed([specialization_id], DataType.PERSONAL_DATA)
    return found


ONE: Final = Cached(ENTRY, ENTRY.key, _load, _show, version=lambda found: found.version)


def _load_label(connection: Connection, context: Context, specialization_id: UUID) -> str | None:
    name = select(specializations.c.name).where(specializations.c.id == specialization_id)
    return connection.execute(name).scalar()


def _show_label(context: Context, label: str | None, specialization_id: UUID) -> str:
    return label or ""


ONE_LABEL: Final = Cached(LABEL, LABEL.key, _load_label, _show_label)
"""Under a key that has no versions."""


def _load_names(connection: Connection, context: Context) -> tuple[str, ...]:
    return tuple(connection.execute(select(specializations.c.name).order_by(specializations.c.name)).scalars())


def _show_names(context: Context, names: tuple[str, ...] | None) -> tuple[str, ...]:
    return names or ()


ALL_NAMES: Final = Cached(NAMES, NAMES.key, _load_names, _show_names, tags=lambda: (CATALOGUE.tag(),), consistent=True)


def add(connection: Connection, context: Context, specialization_id: UUID, name: str) -> UUID:
    """A new specialization with an id of the test's choice, which may have been asked for before."""
    now = context.now()
    row = {"id": specialization_id, "version": 1, "created_at": now, "updated_at": now}
    connection.execute(insert(specializations), row | {"name": name, "name_key": name, "is_active": True})
    context.changed(ENTRY.key(specialization_id), 1)
    context.changed(LABEL.key(specialization_id))
    context.changed(CATALOGUE.tag())
    return specialization_id


def rename(connection: Connection, context: Context, specialization_id: UUID, name: str) -> Specialization:
    """Another name, whatever the version."""
    before = specialization_from(connection.execute(sql.SPECIALIZATION, {"id": specialization_id}).one())
    after = update_specialization(
        connection, context, specialization_id, SpecializationPatch(name=name), expected_version=before.version
    )
    context.changed(ENTRY.key(specialization_id), after.version)
    context.changed(LABEL.key(specialization_id))
    context.changed(CATALOGUE.tag())
    return after


def version_of(connection: Connection, specialization_id: UUID) -> int:
    """The row's version, and its lock: writers come one after the other."""
    row = select(specializations.c.version).where(specializations.c.id == specialization_id).with_for_update()
    return connection.execute(row).scalar_one()


def retire(connection: Connection, context: Context, specialization_id: UUID) -> Specialization:
    """No longer shown."""
    after = update_specialization(
        connection, context, specialization_id, SpecializationPatch(is_active=False), expected_version=1
    )
    context.changed(ENTRY.key(specialization_id), after.version)
    return after


def rename_and_fail(connection: Connection, context: Context, specialization_id: UUID, name: str) -> None:
    """Noted as changed, and then refused."""
    rename(connection, context, specialization_id, name)
    raise StoreError("refused after the change")


def new_specialization_id() -> UUID:
    return new_id()
