"""Specializations, and the places where doctors see patients. A doctor always has an active teleconsultation location."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from telemed_store.audit.context import Context
from telemed_store.database.arguments import OwnId
from telemed_store.database.hydration import hydrator
from telemed_store.database.models import given
from telemed_store.database.text_search import casefolded
from telemed_store.errors import AlreadyExists, Conflict, NotFound, ValidationFailed
from telemed_store.people import statements as sql
from telemed_store.people.caching import DOCTOR_TIME, SPECIALIZATION_LIST
from telemed_store.people.guards import lock_guards
from telemed_store.people.lists import LocationType
from telemed_store.people.models import (
    NewServiceLocation,
    ServiceLocation,
    ServiceLocationPatch,
    Specialization,
    SpecializationPatch,
)
from telemed_store.people.rows import (
    change,
    check_owner,
    check_version,
    insert_words,
    new_row,
    replace_words,
    word_rows,
)
from telemed_store.people.tables import service_locations, specializations

__all__ = [
    "add_location",
    "add_specialization",
    "first_teleconsultation_location",
    "location",
    "location_from",
    "locations_by_ids",
    "remove_location",
    "specialization_from",
    "update_location",
    "update_specialization",
]

specialization_from: Final = hydrator(Specialization)
location_from: Final = hydrator(ServiceLocation)
_LONGEST_NAME = 100
_MOST_IDS: Final = 100


def add_specialization(connection: Connection, context: Context, name: str) -> Specialization:
    """Write a specialization: 3 statements. Its name is unique whatever the case; of concurrent ones one is written (D13)."""
    trimmed = " ".join(name.split())
    if not 0 < len(trimmed) <= _LONGEST_NAME:
        raise ValidationFailed({"name": "must have 1 to 100 characters"})
    _check_name(connection, trimmed, None)
    row = new_row(context, name=trimmed, is_active=True)
    connection.execute(sql.INSERT_SPECIALIZATION, {**row, "name_key": casefolded(trimmed)})
    insert_words(connection, word_rows("specializations", row["id"], trimmed))
    context.changed(SPECIALIZATION_LIST)
    return Specialization(**row)


def update_specialization(
    connection: Connection,
    context: Context,
    specialization_id: OwnId,
    patch: SpecializationPatch,
    *,
    expected_version: int,
) -> Specialization:
    """Rename, retire or revive a specialization: 2 statements, with a name 5."""
    row = connection.execute(sql.SPECIALIZATION, {"id": specialization_id}).first()
    if row is None:
        raise NotFound("specialization")
    before = specialization_from(row)
    check_version(before.version, expected_version)
    values = given(patch)
    if not values:
        return before
    stored = dict(values)
    if "name" in values:
        _check_name(connection, values["name"], before.id)
        stored["name_key"] = casefolded(values["name"])
    after = change(connection, context, specializations, before, expected_version, stored)
    context.changed(SPECIALIZATION_LIST)
    if "name" in values:
        replace_words(connection, "specializations", after.id, after.name)
    return after


def _check_name(connection: Connection, name: str, own_id: UUID | None) -> None:
    existing_id = connection.execute(sql.SPECIALIZATION_BY_NAME, {"name_key": casefolded(name)}).scalar()
    if existing_id is not None and existing_id != own_id:
        raise AlreadyExists("specialization", field="name", existing_id=existing_id)


def add_location(connection: Connection, context: Context, new: NewServiceLocation) -> ServiceLocation:
    """Write a place of a doctor: 3 statements."""
    owner = connection.execute(sql.DOCTOR, {"id": new.doctor_id}).first()
    if owner is None:
        raise ValidationFailed({"doctor_id": "must name an existing doctor"})
    check_owner(context, "doctor", new.doctor_id, owner.user_id)
    row = new_row(context, **{name: getattr(new, name) for name in NewServiceLocation.model_fields}, is_active=True)
    connection.execute(sql.INSERT_LOCATION, row)
    insert_words(connection, word_rows("service_locations", row["id"], new.name, new.address))
    return ServiceLocation(**row)


def location(connection: Connection, context: Context, location_id: OwnId) -> ServiceLocation:  # noqa: ARG001 - every operation takes the context
    """One place, active or not."""
    return location_from(_location(connection, location_id)[:-1])


def locations_by_ids(connection: Connection, context: Context, ids: Sequence[UUID]) -> list[ServiceLocation]:  # noqa: ARG001 - every operation takes the context
    """Places by their ids (Q045): one statement."""
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > _MOST_IDS:
        raise ValidationFailed({"ids": f"must be at most {_MOST_IDS}"})
    found = {row.id: location_from(row) for row in connection.execute(sql.LOCATIONS_BY_ID, {"ids": wanted})}
    return [found[one] for one in wanted if one in found]


def update_location(
    connection: Connection, context: Context, location_id: OwnId, patch: ServiceLocationPatch, *, expected_version: int
) -> ServiceLocation:
    """Change a place: 2 statements; name or address add 2, taking away a teleconsultation location the guard and 2."""
    before = _own_location(connection, context, location_id)
    check_version(before.version, expected_version)
    values = given(patch)
    if not values:
        return before
    after = before.model_copy(update=values)
    if after.type is not LocationType.TELECONSULTATION and after.address is None:
        raise ValidationFailed({"address": "is required unless the type is teleconsultation"})
    if not (after.is_active and after.type is LocationType.TELECONSULTATION):
        _check_not_last(connection, before)
    changed = change(connection, context, service_locations, before, expected_version, values)
    context.changed(DOCTOR_TIME.tag(before.doctor_id))
    if {"name", "address"} & values.keys():
        replace_words(connection, "service_locations", changed.id, changed.name, changed.address)
    return changed


def remove_location(connection: Connection, context: Context, location_id: OwnId, *, expected_version: int) -> None:
    """Delete a place softly: 3 statements, of a teleconsultation location the guard and 1 more."""
    before = _own_location(connection, context, location_id)
    check_version(before.version, expected_version)
    _check_not_last(connection, before)
    change(connection, context, service_locations, before, expected_version, {"deleted_at": context.now()})
    context.changed(DOCTOR_TIME.tag(before.doctor_id))
    connection.execute(sql.DELETE_WORDS, {"row_id": before.id, "words_of": "service_locations"})


def first_teleconsultation_location(connection: Connection, context: Context, doctor_id: UUID) -> ServiceLocation:  # noqa: ARG001 - every operation takes the context
    """The doctor's oldest active teleconsultation location (Q045)."""
    row = connection.execute(sql.TELECONSULTATION_LOCATIONS, {"doctor_id": doctor_id}).first()
    if row is None:
        raise NotFound("location")
    return location_from(row)


def _check_not_last(connection: Connection, leaving: ServiceLocation) -> None:
    """Refuse to take away the last active teleconsultation location; under the guard, so that two cannot go at once."""
    if not (leaving.is_active and leaving.type is LocationType.TELECONSULTATION):
        return
    lock_guards(connection, [leaving.doctor_id])
    there = connection.execute(sql.TELECONSULTATION_LOCATIONS, {"doctor_id": leaving.doctor_id}).all()
    if all(row.id == leaving.id for row in there):
        raise Conflict("A doctor keeps one active teleconsultation location: add another one first.")


def _own_location(connection: Connection, context: Context, location_id: UUID) -> ServiceLocation:
    row = _location(connection, location_id)
    check_owner(context, "location", location_id, row.user_id)
    return location_from(row[:-1])


def _location(connection: Connection, location_id: UUID) -> Any:
    row = connection.execute(sql.LOCATION, {"id": location_id}).first()
    if row is None:
        raise NotFound("location")
    return row
