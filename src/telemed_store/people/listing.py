"""Lists of people: the search for doctors, doctors and patients by scope, specializations, places, registrations and logins.

All are paged by keyset.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from operator import attrgetter, itemgetter
from typing import Any, Final, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Connection, Select, bindparam, exists, func, select

from telemed_store.audit.context import Context
from telemed_store.database.hydration import hydrator
from telemed_store.database.paging import Keyset, Page, PageSize, list_binding
from telemed_store.database.scoping import Scope, conditions, content, parameters, shape
from telemed_store.database.text_search import casefolded
from telemed_store.database.types import Id
from telemed_store.errors import NotPermitted
from telemed_store.people import statements as sql
from telemed_store.people.authorities import registration_from
from telemed_store.people.identities import identity_from
from telemed_store.people.lists import DoctorStatus
from telemed_store.people.lookups import doctor_from
from telemed_store.people.models import (
    Doctor,
    DoctorRegistration,
    DoctorSummary,
    Patient,
    PatientSummary,
    ServiceLocation,
    Specialization,
    SpecializationCount,
    UserIdentity,
)
from telemed_store.people.places import location_from, specialization_from
from telemed_store.people.rows import check_owner
from telemed_store.people.scopes import MatchingText, SearchText, WithDoctorStatus, WithSpecialization
from telemed_store.people.tables import (
    doctor_registrations,
    doctor_specializations,
    service_locations,
    user_identities,
    users,
)
from telemed_store.people.tables import (
    doctors as doctors_table,
)
from telemed_store.people.tables import (
    patients as patients_table,
)
from telemed_store.people.tables import (
    specializations as specializations_table,
)

__all__ = [
    "PLACES_SIZE",
    "doctors",
    "doctors_with",
    "linked_identities",
    "load_specializations",
    "locations",
    "patients",
    "registrations",
    "search_doctors",
    "show_specializations",
    "specializations",
]

ModelT = TypeVar("ModelT", bound=BaseModel)

_SEARCH_SIZE: Final = PageSize(6, 50)
_PEOPLE_SIZE: Final = PageSize(10, 100)
PLACES_SIZE: Final = PageSize(50, 200)
_HELD_SIZE: Final = PageSize(50, 200)

_NEWEST_DOCTORS: Final = Keyset(doctors_table.c.created_at, doctors_table.c.id, descending=True)
_DOCTORS_BY_ID: Final = Keyset(doctors_table.c.id)
_PATIENTS_BY_ID: Final = Keyset(patients_table.c.id)
_BY_NAME_KEY: Final = Keyset(specializations_table.c.name_key, specializations_table.c.id)
_REGISTRATIONS_BY_ID: Final = Keyset(doctor_registrations.c.id)
_IDENTITIES_BY_ID: Final = Keyset(user_identities.c.id)
_PLACES_BY_NAME: Final = Keyset(service_locations.c.name, service_locations.c.id)

_patient_summary: Final = hydrator(PatientSummary)
_specialization_count: Final = hydrator(SpecializationCount)

# Q050. ix_doctors_status_created_at_id, pk_doctor_specializations: active doctors with at least one specialization.
_SEARCHABLE: Final = sql.DOCTORS.where(
    doctors_table.c.status == DoctorStatus.ACTIVE,
    exists().where(doctor_specializations.c.doctor_id == doctors_table.c.id),
)
# Q051. pk_patients, or the index that the scope names.
_PATIENT_SUMMARIES: Final = (
    select(*(users.c.name if name == "name" else patients_table.c[name] for name in PatientSummary.model_fields))
    .join_from(patients_table, users, users.c.id == patients_table.c.user_id)
    .where(patients_table.c.deleted_at.is_(None))
)
# Q052. uq_specializations_name_key; counting by ix_doctor_specializations_specialization_id and pk_doctors.
_doctor_count = (
    select(func.count())
    .select_from(doctor_specializations)
    .join(doctors_table, doctors_table.c.id == doctor_specializations.c.doctor_id)
    .where(
        doctor_specializations.c.specialization_id == specializations_table.c.id,
        doctors_table.c.status == DoctorStatus.ACTIVE,
        doctors_table.c.deleted_at.is_(None),
    )
    .correlate(specializations_table)
    .scalar_subquery()
)
_SPECIALIZATIONS: Final = select(*sql.SPECIALIZATION_COLUMNS, _doctor_count.label("doctor_count")).where(
    specializations_table.c.is_active
)
_FIRST_SPECIALIZATIONS: Final = _BY_NAME_KEY.order(_SPECIALIZATIONS, continued=False)
# Q043. ix_service_locations_doctor_id_name_id
_LOCATIONS: Final = select(*sql.LOCATION_COLUMNS).where(
    service_locations.c.doctor_id == bindparam("doctor_id", type_=Id()),
    service_locations.c.is_active,
    service_locations.c.deleted_at.is_(None),
)
# uq_doctor_specializations_doctor_id_position, pk_specializations: of a whole page of doctors, in any order.
_SPECIALIZATIONS_OF_PAGE: Final[Select[*tuple[Any, ...]]] = (
    select(doctor_specializations.c.position, doctor_specializations.c.doctor_id, *sql.SPECIALIZATION_COLUMNS)
    .join(specializations_table, specializations_table.c.id == doctor_specializations.c.specialization_id)
    .where(doctor_specializations.c.doctor_id.in_(bindparam("doctor_ids", expanding=True, type_=Id())))
)
# ix_service_locations_doctor_id_name_id: of a whole page of doctors, in any order.
_LOCATIONS_OF_PAGE: Final = select(*sql.LOCATION_COLUMNS).where(
    service_locations.c.doctor_id.in_(bindparam("doctor_ids", expanding=True, type_=Id())),
    service_locations.c.is_active,
    service_locations.c.deleted_at.is_(None),
)

_statements: Final[dict[tuple[Any, ...], Select[Any]]] = {}


def search_doctors(
    connection: Connection,
    context: Context,
    scope: Scope[Doctor] | None = None,
    text: SearchText | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[DoctorSummary]:
    """Active doctors with a specialization, the newest first (Q050): 3 statements for any page."""
    wanted = _both(scope, MatchingText(text) if text is not None and text.strip() else None)
    page = _list(
        connection,
        context,
        "search_doctors",
        _SEARCHABLE,
        _NEWEST_DOCTORS,
        _SEARCH_SIZE,
        doctor_from,
        wanted,
        limit,
        cursor,
    )
    ids = [doctor.id for doctor in page.items]
    if not ids:
        return Page(items=(), next_cursor=None, has_more=False)
    places: defaultdict[UUID, list[ServiceLocation]] = defaultdict(list)
    found = (location_from(row) for row in connection.execute(_LOCATIONS_OF_PAGE, {"doctor_ids": ids}))
    for place in sorted(found, key=attrgetter("name", "id")):
        places[place.doctor_id].append(place)
    qualified: defaultdict[UUID, list[Specialization]] = defaultdict(list)
    by_position = sorted(connection.execute(_SPECIALIZATIONS_OF_PAGE, {"doctor_ids": ids}).all(), key=itemgetter(0))
    for row in by_position:
        qualified[row[1]].append(specialization_from(row[2:]))
    summaries = tuple(
        DoctorSummary(**dict(doctor), specializations=tuple(qualified[doctor.id]), locations=tuple(places[doctor.id]))
        for doctor in page.items
    )
    return Page(items=summaries, next_cursor=page.next_cursor, has_more=page.has_more)


def doctors(
    connection: Connection,
    context: Context,
    scope: Scope[Doctor] | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[Doctor]:
    """Doctors by scope, in the order of ids (Q051): 1 statement."""
    return _list(
        connection, context, "doctors", sql.DOCTORS, _DOCTORS_BY_ID, _PEOPLE_SIZE, doctor_from, scope, limit, cursor
    )


def doctors_with(
    connection: Connection,
    context: Context,
    specialization_id: UUID,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[Doctor]:
    """Active doctors of one specialization, the newest first (Q052): 1 statement."""
    scope = WithSpecialization(specialization_id) & WithDoctorStatus(DoctorStatus.ACTIVE)
    return _list(
        connection,
        context,
        "doctors_with",
        sql.DOCTORS,
        _NEWEST_DOCTORS,
        PLACES_SIZE,
        doctor_from,
        scope,
        limit,
        cursor,
    )


def patients(
    connection: Connection,
    context: Context,
    scope: Scope[Patient] | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[PatientSummary]:
    """Patients by scope, in the order of ids (Q051), for jobs of the system: 1 statement."""
    if not context.actor.is_system:
        raise NotPermitted
    return _list(
        connection,
        context,
        "patients",
        _PATIENT_SUMMARIES,
        _PATIENTS_BY_ID,
        _PEOPLE_SIZE,
        _patient_summary,
        scope,
        limit,
        cursor,
    )


def specializations(
    connection: Connection, context: Context, limit: int | None = None, cursor: str | None = None
) -> Page[SpecializationCount]:
    """Active specializations by name, with how many active doctors have each (Q052): 1 statement."""
    return _list(
        connection,
        context,
        "specializations",
        _SPECIALIZATIONS,
        _BY_NAME_KEY,
        PLACES_SIZE,
        _specialization_count,
        None,
        limit,
        cursor,
        position=_by_name_key,
    )


def load_specializations(
    connection: Connection,
    context: Context,  # noqa: ARG001 - every operation takes the context
    limit: int | None = None,
    cursor: str | None = None,  # noqa: ARG001 - it is the first page
) -> tuple[SpecializationCount, ...]:
    """What the first page is made of, whoever looks: one specialization more than it shows. 1 statement."""
    values = _BY_NAME_KEY.parameters(PLACES_SIZE.of(limit), None)
    return tuple(_specialization_count(row) for row in connection.execute(_FIRST_SPECIALIZATIONS, values))


def show_specializations(
    context: Context,
    found: tuple[SpecializationCount, ...] | None,
    limit: int | None = None,
    cursor: str | None = None,  # noqa: ARG001 - it is the first page
) -> Page[SpecializationCount]:
    """The first page; its cursor is the actor's own."""
    binding = _binding(context, "specializations")
    return _BY_NAME_KEY.page(list(found or ()), PLACES_SIZE.of(limit), context.cursors, binding, _by_name_key)


def _by_name_key(item: SpecializationCount) -> tuple[str, UUID]:
    return casefolded(item.name), item.id


def locations(
    connection: Connection, context: Context, doctor_id: UUID, limit: int | None = None, cursor: str | None = None
) -> Page[ServiceLocation]:
    """A doctor's active places by name (Q043): 1 statement."""
    values = {"doctor_id": doctor_id}
    return _list(
        connection,
        context,
        "locations",
        _LOCATIONS,
        _PLACES_BY_NAME,
        PLACES_SIZE,
        location_from,
        None,
        limit,
        cursor,
        values=values,
    )


def registrations(
    connection: Connection, context: Context, doctor_id: UUID, limit: int | None = None, cursor: str | None = None
) -> Page[DoctorRegistration]:
    """A doctor's registrations, the oldest first: 1 statement."""
    values = {"doctor_id": doctor_id}
    return _list(
        connection,
        context,
        "registrations",
        sql.REGISTRATIONS_OF,
        _REGISTRATIONS_BY_ID,
        _HELD_SIZE,
        registration_from,
        None,
        limit,
        cursor,
        values=values,
    )


def linked_identities(
    connection: Connection, context: Context, user_id: UUID, limit: int | None = None, cursor: str | None = None
) -> Page[UserIdentity]:
    """The logins linked to a user, the oldest first: 1 statement."""
    check_owner(context, "user", user_id, user_id)
    return _list(
        connection,
        context,
        "linked_identities",
        sql.IDENTITIES_OF,
        _IDENTITIES_BY_ID,
        _HELD_SIZE,
        identity_from,
        None,
        limit,
        cursor,
        values={"user_id": user_id},
    )


def _both(one: Scope[Doctor] | None, other: Scope[Doctor] | None) -> Scope[Doctor] | None:
    if one is None or other is None:
        return one or other
    return one & other


def _binding(
    context: Context, name: str, scope: Scope[Any] | None = None, values: dict[str, Any] | None = None
) -> bytes:
    return list_binding(name, context.actor.key, (content(scope), values))


def _list(
    connection: Connection,
    context: Context,
    name: str,
    statement: Select[Any],
    keyset: Keyset,
    size: PageSize,
    hydrate: Callable[[Sequence[Any]], ModelT],
    scope: Scope[Any] | None,
    limit: int | None,
    cursor: str | None,
    *,
    values: dict[str, Any] | None = None,
    position: Callable[[ModelT], Sequence[Any]] | None = None,
) -> Page[ModelT]:
    """One page of a list; the statement of each combination of scopes is built once and kept."""
    rows = size.of(limit)
    binding = _binding(context, name, scope, values)
    after = None if cursor is None else context.cursors.open(cursor, binding)
    key = (name, shape(scope), after is not None)
    found = _statements.get(key)
    if found is None:
        scoped = statement.where(*conditions(scope))
        found = _statements.setdefault(key, keyset.order(scoped, continued=after is not None))
    bound = {**parameters(scope, context.now()), **(values or {}), **keyset.parameters(rows, after)}
    items = [hydrate(row) for row in connection.execute(found, bound)]
    return keyset.page(items, rows, context.cursors, binding, position)
