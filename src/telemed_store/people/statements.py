"""The SQL of single people, their qualifications and places; lists and the search stand in ``listing.py``."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql

from telemed_store.database.types import Digest, Id
from telemed_store.people.brazil import CRM
from telemed_store.people.lists import LocationType
from telemed_store.people.models import (
    Doctor,
    DoctorRegistration,
    Patient,
    ServiceLocation,
    Specialization,
    User,
    UserIdentity,
)
from telemed_store.people.tables import (
    booking_guards,
    doctor_registrations,
    doctor_specializations,
    doctors,
    patients,
    search_words,
    service_locations,
    specializations,
    user_identifiers,
    user_identities,
    users,
)

INSERT_USER: Final = insert(users)
INSERT_IDENTIFIERS: Final = insert(user_identifiers)
INSERT_IDENTITY: Final = insert(user_identities)
INSERT_DOCTOR: Final = insert(doctors)
INSERT_REGISTRATIONS: Final = insert(doctor_registrations)
INSERT_PATIENT: Final = insert(patients)
INSERT_GUARD: Final = insert(booking_guards)
INSERT_WORDS: Final = insert(search_words)
INSERT_SPECIALIZATION: Final = insert(specializations)
INSERT_DOCTOR_SPECIALIZATIONS: Final = insert(doctor_specializations)
INSERT_LOCATION: Final = insert(service_locations)


def _live(table: Table) -> ColumnElement[bool]:
    return table.c.deleted_at.is_(None)


_owner_ids: Final = bindparam("owner_ids", type_=postgresql.ARRAY(postgresql.UUID(as_uuid=True)))

# pk_booking_guards, in the order given: PostgreSQL sorts first and locks then, row by row.
LOCK_GUARDS: Final = (
    select(booking_guards.c.owner_id)
    .where(booking_guards.c.owner_id == func.any(_owner_ids))
    .order_by(func.array_position(_owner_ids, booking_guards.c.owner_id))
    .with_for_update()
)
# pk_booking_guards: a written row is locked on every node of Galera, a row locked by reading is not.
ADVANCE_GUARD: Final = (
    update(booking_guards)
    .values(n=booking_guards.c.n + 1)
    .where(booking_guards.c.owner_id == bindparam("guard_owner_id", type_=Id()))
)

# pk_users. Who adds something to a user waits for others who do, and for the user's deletion, which would leave it behind.
LOCK_USER: Final = (
    select(users.c.id)
    .where(users.c.id == bindparam("user_id", type_=Id()), _live(users))
    .with_for_update(key_share=True)
)

# What a registration must not collide with, asked at once: uq_users_email, uq_user_identifiers_value_index_system,
# ix_user_identifiers_user_id, uq_doctor_registrations_number_region_authority, uq_doctors_user_id, uq_patients_user_id.
_EMPTY: Final = literal("")
TAKEN: Final = union_all(
    select(literal("email").label("kind"), users.c.id, _EMPTY.label("detail"), _EMPTY.label("number")).where(
        users.c.email == bindparam("email"), _live(users)
    ),
    select(literal("identifier"), user_identifiers.c.user_id, user_identifiers.c.system, _EMPTY).where(
        user_identifiers.c.value_index.in_(bindparam("indexes", expanding=True, type_=Digest())),
        _live(user_identifiers),
    ),
    select(literal("own"), user_identifiers.c.user_id, user_identifiers.c.system, _EMPTY).where(
        user_identifiers.c.user_id == bindparam("user_id", type_=Id()), _live(user_identifiers)
    ),
    select(
        literal("registration"),
        doctor_registrations.c.doctor_id,
        doctor_registrations.c.authority + literal("/") + doctor_registrations.c.region,
        doctor_registrations.c.number,
    ).where(
        doctor_registrations.c.number.in_(bindparam("numbers", expanding=True)),
        _live(doctor_registrations),
    ),
    select(literal("doctor"), doctors.c.id, _EMPTY, _EMPTY).where(
        doctors.c.user_id == bindparam("user_id", type_=Id()), _live(doctors)
    ),
    select(literal("patient"), patients.c.id, _EMPTY, _EMPTY).where(
        patients.c.user_id == bindparam("user_id", type_=Id()), _live(patients)
    ),
)

_own_doctor = and_(doctors.c.user_id == users.c.id, _live(doctors))
_own_patient = and_(patients.c.user_id == users.c.id, _live(patients))
_PROFILE_IDS: Final = {"doctor_id": doctors.c.id, "patient_id": patients.c.id}


def _columns(model: type[Any], table: Table, **others: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    return [others[name].label(name) if name in others else table.c[name] for name in model.model_fields]


_USER: Final = (
    select(*_columns(User, users, **_PROFILE_IDS))
    .outerjoin_from(users, doctors, _own_doctor)
    .outerjoin(patients, _own_patient)
    .where(_live(users))
)
# Q054, D57. pk_users, uq_doctors_user_id, uq_patients_user_id
USER_BY_ID: Final = _USER.where(users.c.id == bindparam("id", type_=Id()))
# Q054. uq_users_email
USER_BY_EMAIL: Final = _USER.where(users.c.email == bindparam("email"))
# Q202. uq_user_identifiers_value_index_system
USER_BY_IDENTIFIER: Final = _USER.join(
    user_identifiers, and_(user_identifiers.c.user_id == users.c.id, _live(user_identifiers))
).where(
    user_identifiers.c.value_index == bindparam("value_index", type_=Digest()),
    user_identifiers.c.system == bindparam("system"),
)

# Q054 by a login: uq_user_identities_issuer_subject
USER_BY_IDENTITY: Final = _USER.join(user_identities, user_identities.c.user_id == users.c.id).where(
    user_identities.c.issuer == bindparam("issuer"), user_identities.c.subject == bindparam("subject")
)
IDENTITY_COLUMNS: Final = [user_identities.c[name] for name in UserIdentity.model_fields]
# pk_user_identities
LINKED_IDENTITY: Final = select(*IDENTITY_COLUMNS).where(user_identities.c.id == bindparam("id", type_=Id()))
# ix_user_identities_user_id
IDENTITIES_OF: Final = select(*IDENTITY_COLUMNS).where(user_identities.c.user_id == bindparam("user_id", type_=Id()))
# uq_user_identities_issuer_subject
IDENTITY_OWNER: Final = select(user_identities.c.user_id).where(
    user_identities.c.issuer == bindparam("issuer"), user_identities.c.subject == bindparam("subject")
)
# pk_user_identities: a login is not kept once it is unlinked, so its pair can be linked again.
DELETE_IDENTITY: Final = delete(user_identities).where(user_identities.c.id == bindparam("id", type_=Id()))
# ix_user_identities_user_id
DELETE_IDENTITIES: Final = delete(user_identities).where(user_identities.c.user_id == bindparam("owner", type_=Id()))

# pk_user_identifiers
IDENTIFIER: Final = select(
    user_identifiers.c.id,
    user_identifiers.c.version,
    user_identifiers.c.updated_at,
    user_identifiers.c.user_id,
    user_identifiers.c.system,
    user_identifiers.c.value,
).where(user_identifiers.c.id == bindparam("id", type_=Id()), _live(user_identifiers))


def _identifiers(*condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return select(user_identifiers.c.id, user_identifiers.c.user_id).where(
        user_identifiers.c.system == bindparam("system"), _live(user_identifiers), *condition
    )


# uq_user_identifiers_value_index_system, ix_user_identifiers_user_id: whose the value is, and what this user has of the system.
IDENTIFIER_TAKEN: Final = union_all(
    _identifiers(user_identifiers.c.value_index == bindparam("value_index", type_=Digest())).add_columns(
        literal(True).label("same_value")
    ),
    _identifiers(user_identifiers.c.user_id == bindparam("user_id", type_=Id())).add_columns(literal(False)),
)

_primary_crm = and_(
    doctor_registrations.c.doctor_id == doctors.c.id,
    doctor_registrations.c.is_primary,
    doctor_registrations.c.authority == CRM,
    _live(doctor_registrations),
)
DOCTOR_COLUMNS: Final = _columns(
    Doctor,
    doctors,
    name=users.c.name,
    crm_number=doctor_registrations.c.number,
    crm_state=doctor_registrations.c.region,
)
DOCTORS: Final[Select[Any]] = (
    select(*DOCTOR_COLUMNS)
    .join_from(doctors, users, users.c.id == doctors.c.user_id)
    .outerjoin(doctor_registrations, _primary_crm)
    .where(_live(doctors))
)
# pk_doctors, pk_users, uq_doctor_registrations_primary
DOCTOR: Final = DOCTORS.where(doctors.c.id == bindparam("id", type_=Id()))
# Q202. uq_doctor_registrations_number_region_authority
DOCTOR_BY_REGISTRATION: Final = DOCTORS.where(
    doctors.c.id
    == select(doctor_registrations.c.doctor_id)
    .where(
        doctor_registrations.c.number == bindparam("number"),
        doctor_registrations.c.region == bindparam("region"),
        doctor_registrations.c.authority == bindparam("authority"),
        _live(doctor_registrations),
    )
    .correlate(None)
    .scalar_subquery()
)

PATIENTS: Final[Select[Any]] = (
    select(*_columns(Patient, patients, name=users.c.name, email=users.c.email, zone=users.c.zone))
    .join_from(patients, users, users.c.id == patients.c.user_id)
    .where(_live(patients))
)
# pk_patients, pk_users
PATIENT: Final = PATIENTS.where(patients.c.id == bindparam("id", type_=Id()))

# pk_users, uq_patients_user_id, ix_user_identifiers_user_id
IDENTITY: Final = (
    select(
        users.c.name,
        patients.c.id.label("patient_id"),
        user_identifiers.c.id.label("identifier_id"),
        user_identifiers.c.version,
        user_identifiers.c.system,
        user_identifiers.c.value,
    )
    .outerjoin_from(users, patients, _own_patient)
    .outerjoin(user_identifiers, and_(user_identifiers.c.user_id == users.c.id, _live(user_identifiers)))
    .where(users.c.id == bindparam("user_id", type_=Id()), _live(users))
    .order_by(user_identifiers.c.system, user_identifiers.c.id)
)

REGISTRATION_COLUMNS: Final = [doctor_registrations.c[name] for name in DoctorRegistration.model_fields]
# ix_doctor_registrations_doctor_id
REGISTRATIONS_OF: Final = select(*REGISTRATION_COLUMNS).where(
    doctor_registrations.c.doctor_id == bindparam("doctor_id", type_=Id()), _live(doctor_registrations)
)
# pk_doctor_registrations, pk_doctors
REGISTRATION_OWNER: Final = (
    select(doctor_registrations.c.doctor_id, doctors.c.user_id)
    .join_from(doctor_registrations, doctors, doctors.c.id == doctor_registrations.c.doctor_id)
    .where(doctor_registrations.c.id == bindparam("id", type_=Id()), _live(doctor_registrations))
)
# uq_doctor_registrations_number_region_authority
REGISTRATION_HOLDER: Final = select(doctor_registrations.c.id, doctor_registrations.c.doctor_id).where(
    doctor_registrations.c.number == bindparam("number"),
    doctor_registrations.c.region == bindparam("region"),
    doctor_registrations.c.authority == bindparam("authority"),
    _live(doctor_registrations),
)

SPECIALIZATION_COLUMNS: Final = [specializations.c[name] for name in Specialization.model_fields]
# pk_specializations
ACTIVE_SPECIALIZATIONS: Final = select(specializations.c.id).where(
    specializations.c.id.in_(bindparam("ids", expanding=True, type_=Id())), specializations.c.is_active
)
# pk_specializations
SPECIALIZATION: Final = select(*SPECIALIZATION_COLUMNS).where(specializations.c.id == bindparam("id", type_=Id()))
# uq_specializations_name_key
SPECIALIZATION_BY_NAME: Final = select(specializations.c.id).where(specializations.c.name_key == bindparam("name_key"))
# pk_doctor_specializations
DELETE_DOCTOR_SPECIALIZATIONS: Final = delete(doctor_specializations).where(
    doctor_specializations.c.doctor_id == bindparam("doctor_id", type_=Id())
)

LOCATION_COLUMNS: Final = [service_locations.c[name] for name in ServiceLocation.model_fields]
# pk_service_locations, pk_doctors
LOCATION: Final = (
    select(*LOCATION_COLUMNS, doctors.c.user_id.label("user_id"))
    .join_from(service_locations, doctors, doctors.c.id == service_locations.c.doctor_id)
    .where(service_locations.c.id == bindparam("id", type_=Id()), _live(service_locations))
)
# Q045. pk_service_locations
LOCATIONS_BY_ID: Final = select(*LOCATION_COLUMNS).where(
    service_locations.c.id.in_(bindparam("ids", expanding=True, type_=Id())), _live(service_locations)
)
# Q045. ix_service_locations_doctor_id_name_id: the first is the oldest; a second one may go.
TELECONSULTATION_LOCATIONS: Final = (
    select(*LOCATION_COLUMNS)
    .where(
        service_locations.c.doctor_id == bindparam("doctor_id", type_=Id()),
        service_locations.c.type == LocationType.TELECONSULTATION,
        service_locations.c.is_active,
        _live(service_locations),
    )
    .order_by(service_locations.c.created_at, service_locations.c.id)
    .limit(2)
)

# ix_search_words_row_id
DELETE_WORDS: Final = delete(search_words).where(
    search_words.c.row_id == bindparam("row_id", type_=Id()), search_words.c.table_name == bindparam("words_of")
)
# ix_service_locations_doctor_id_name_id, ix_search_words_row_id
DELETE_WORDS_OF_LOCATIONS: Final = delete(search_words).where(
    search_words.c.table_name == service_locations.name,
    search_words.c.row_id.in_(
        select(service_locations.c.id).where(service_locations.c.doctor_id == bindparam("doctor_id", type_=Id()))
    ),
)


@cache
def changing(table: Table, *columns: str) -> Update:
    """UPDATE of some columns of the live row ``row_id`` at ``expected_version``, to ``new_<column>``: by primary key."""
    values: dict[str, Any] = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in columns}
    statement = (
        update(table)
        .values(version=table.c.version + 1, updated_at=bindparam("now", type_=table.c.updated_at.type), **values)
        .where(table.c.id == bindparam("row_id", type_=Id()), table.c.version == bindparam("expected_version"))
    )
    return statement.where(_live(table)) if "deleted_at" in table.c else statement


def _delete_all(table: Table, owner: str) -> Update:
    now = bindparam("now", type_=table.c.updated_at.type)
    return (
        update(table)
        .values(version=table.c.version + 1, updated_at=now, deleted_at=now)
        .where(table.c[owner] == bindparam("owner", type_=Id()), _live(table))
    )


# ix_doctor_registrations_doctor_id
DELETE_REGISTRATIONS: Final = _delete_all(doctor_registrations, "doctor_id")
# ix_service_locations_doctor_id_name_id
DELETE_LOCATIONS: Final = _delete_all(service_locations, "doctor_id")
# ix_user_identifiers_user_id
DELETE_IDENTIFIERS: Final = _delete_all(user_identifiers, "user_id")
