"""Logins, identifiers, registrations and account statuses after somebody was registered, through the shells, on every engine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from registering import new_patient

from telemed_store._async.store import AsyncStore
from telemed_store.audit.actor import Actor
from telemed_store.database.identity import new_id
from telemed_store.errors import (
    AlreadyExists,
    Conflict,
    InvalidCursor,
    NotFound,
    NotPermitted,
    StoreError,
    ValidationFailed,
    VersionConflict,
)
from telemed_store.people.models import (
    DoctorPatch,
    IdentifierPatch,
    NewDoctor,
    NewIdentifier,
    NewRegistration,
    NewUserIdentity,
    RegistrationPatch,
    UserStatus,
)

pytestmark = pytest.mark.asyncio

SYSTEM = Actor.system("tests")
ISSUER = "https://login.example.org"
CPF, OTHER_CPF, THIRD_CPF = "52998224725", "11144477735", "39053344705"


Verb = Callable[..., Awaitable[object]]


async def taken(verb: Verb, *args: Any) -> tuple[str, str | None, UUID | None]:
    """What a verb was told that met something that exists."""
    with pytest.raises(AlreadyExists) as caught:
        await verb(*args)
    return caught.value.what, caught.value.field, caught.value.existing_id


async def refused(error: type[StoreError], verb: Verb, *args: Any, **options: Any) -> None:
    with pytest.raises(error) as caught:
        await verb(*args, **options)
    assert type(caught.value) is error


async def test_q054_d57_a_login_finds_its_user_exactly(async_telemed: AsyncStore) -> None:
    people = async_telemed.acting_as(SYSTEM).people
    patient = await people.register_patient(new_patient(name="Rui"))
    other = await people.register_patient(new_patient(name="Eva"))
    first = await people.link_identity(NewUserIdentity(user_id=patient.user_id, issuer=ISSUER, subject="Ab1"))
    second = await people.link_identity(NewUserIdentity(user_id=patient.user_id, issuer=ISSUER, subject="Ab1 "))
    third = await people.link_identity(NewUserIdentity(user_id=patient.user_id, issuer="urn:other", subject="Ab1"))

    user = await people.user_by_identity(ISSUER, "Ab1")
    assert user == await people.user(patient.user_id) == await people.user_by_identity(ISSUER, "Ab1 ")
    assert (user.patient_id, user.doctor_id) == (patient.id, None)
    for issuer, subject in ((ISSUER, "ab1"), (ISSUER, "Ab1  "), (ISSUER.upper(), "Ab1"), (ISSUER, ""), (ISSUER, "Áb1")):
        await refused(NotFound, people.user_by_identity, issuer, subject)
    for unstorable, answer in (("Ab1\x00", ValidationFailed), ("\ud800", ValidationFailed), ("x" * 256, NotFound)):
        await refused(answer, people.user_by_identity, ISSUER, unstorable)
        await refused(answer, people.user_by_email, unstorable)
        await refused(answer, people.by_identifier, "passport", unstorable)
        await refused(answer, people.by_registration, "cro", "SP", unstorable)
    page = await people.linked_identities(patient.user_id, limit=2)
    rest = await people.linked_identities(patient.user_id, cursor=page.next_cursor)
    assert page.items + rest.items == (first, second, third)
    await refused(InvalidCursor, people.linked_identities, other.user_id, cursor=page.next_cursor)
    again = NewUserIdentity(user_id=other.user_id, issuer=ISSUER, subject="Ab1")
    assert await taken(people.link_identity, again) == ("user", "identity", patient.user_id)


async def test_d50_an_unlinked_login_and_those_of_a_deleted_user_can_be_linked_again(async_telemed: AsyncStore) -> None:
    people = async_telemed.acting_as(SYSTEM).people
    gone = await people.register_patient(new_patient(name="Rui"))
    user_id = (await people.register_patient(new_patient(name="Eva"))).user_id
    for subject in ("1", "2"):
        await people.link_identity(NewUserIdentity(user_id=gone.user_id, issuer=ISSUER, subject=subject))
    one, _ = (await people.linked_identities(gone.user_id)).items
    await refused(VersionConflict, people.unlink_identity, one.id, expected_version=2)
    await people.unlink_identity(one.id, expected_version=1)
    await refused(NotFound, people.unlink_identity, one.id, expected_version=1)
    await people.link_identity(NewUserIdentity(user_id=user_id, issuer=ISSUER, subject="1"))
    await people.delete_patient(gone.id, expected_version=1)
    await people.delete_user(gone.user_id, expected_version=1)

    await refused(NotFound, people.user_by_identity, ISSUER, "2")
    await refused(NotFound, people.link_identity, NewUserIdentity(user_id=gone.user_id, issuer=ISSUER, subject="2"))
    await people.link_identity(NewUserIdentity(user_id=user_id, issuer=ISSUER, subject="2"))
    assert (await people.user_by_identity(ISSUER, "1")).id == (await people.user_by_identity(ISSUER, "2")).id == user_id


async def test_identifiers_are_added_corrected_and_removed(async_telemed: AsyncStore) -> None:
    people = async_telemed.acting_as(SYSTEM).people
    patient = await people.register_patient(new_patient(name="Rui"))
    other = await people.register_patient(new_patient(name="Eva", cpf=OTHER_CPF))
    user_id = patient.user_id
    cpf = await people.add_identifier(user_id, NewIdentifier(system="cpf", value="529.982.247-25"))
    passports = [
        await people.add_identifier(user_id, NewIdentifier(system="passport", value=value)) for value in ("AB1", "AB2")
    ]

    assert (await people.identity(user_id)).identifiers == (cpf, *passports)
    assert await people.by_identifier(" passport ", " AB2 ") == await people.user(user_id)
    assert await taken(people.add_identifier, user_id, NewIdentifier(system="cpf", value=OTHER_CPF)) == (
        "user",
        "cpf",
        other.user_id,
    )
    second = NewIdentifier(system="cpf", value=THIRD_CPF)
    assert await taken(people.add_identifier, user_id, second) == ("identifier", "cpf", cpf.id)
    twice = NewIdentifier(system="passport", value="AB2")
    assert await taken(people.add_identifier, user_id, twice) == ("identifier", "passport", passports[1].id)

    for wrong in ("52998224724", "AB1"):
        with pytest.raises(ValidationFailed) as invalid:
            await people.update_identifier(cpf.id, IdentifierPatch(value=wrong), expected_version=1)
        assert set(invalid.value.fields) == {"value"}
    colliding = partial(people.update_identifier, expected_version=1)
    assert await taken(colliding, cpf.id, IdentifierPatch(value=OTHER_CPF)) == (
        "user",
        "cpf",
        other.user_id,
    )
    corrected = await people.update_identifier(cpf.id, IdentifierPatch(value="390.533.447-05"), expected_version=1)
    assert (corrected.id, corrected.version, corrected.value) == (cpf.id, 2, THIRD_CPF)
    assert await people.update_identifier(cpf.id, IdentifierPatch(), expected_version=2) == corrected
    await refused(VersionConflict, people.update_identifier, cpf.id, IdentifierPatch(value=CPF), expected_version=1)
    assert (await people.identity(user_id)).cpf == THIRD_CPF
    assert (await people.by_identifier("cpf", THIRD_CPF)).id == user_id
    await refused(NotFound, people.by_identifier, "cpf", CPF)

    await refused(VersionConflict, people.remove_identifier, cpf.id, expected_version=1)
    await people.remove_identifier(cpf.id, expected_version=2)
    await refused(NotFound, people.remove_identifier, cpf.id, expected_version=2)
    assert (await people.identity(user_id)).identifiers == tuple(passports)
    await people.register_doctor(NewDoctor(name="Ana", cpf=THIRD_CPF))
    assert (await people.add_identifier(user_id, NewIdentifier(system="cpf", value=CPF))).value == CPF


async def test_d50_a_doctor_has_one_primary_registration(async_telemed: AsyncStore) -> None:
    people = async_telemed.acting_as(SYSTEM).people
    doctor = await people.register_doctor(NewDoctor(name="Ana"))
    other = await people.register_doctor(NewDoctor(name="Eva", crm_number="1111", crm_state="SP"))
    first = await people.add_registration(doctor.id, NewRegistration(authority="CRO", region="SP", number="1"))
    crm = await people.add_registration(doctor.id, NewRegistration(authority="CRM", region="rj", number="ab12"))
    assert (first.is_primary, crm.is_primary, crm.number) == (True, False, "AB12")
    assert (await people.doctor(doctor.id)).crm_number is None
    same = NewRegistration(authority="crm", region="SP", number="1111")
    assert await taken(people.add_registration, doctor.id, same) == ("doctor", "registration", other.id)
    own = NewRegistration(authority="cro", region="SP", number="1")
    assert await taken(people.add_registration, doctor.id, own) == ("registration", "registration", first.id)

    with pytest.raises(Conflict, match="make another one primary"):
        await people.remove_registration(first.id, expected_version=1)
    # A CRM does not push out a primary registration with another authority: it is made primary.
    with pytest.raises(Conflict, match="make it primary"):
        await people.update_doctor(doctor.id, DoctorPatch(crm_number="9999", crm_state="RJ"), expected_version=1)
    primary = await people.set_primary_registration(crm.id, expected_version=1)
    assert (primary.version, primary.is_primary) == (2, True)
    assert await people.set_primary_registration(crm.id, expected_version=2) == primary
    found = await people.by_registration("crm", "RJ", "AB12")
    assert (found.id, found.crm_number, found.crm_state) == (doctor.id, "AB12", "RJ")

    moved = await people.update_registration(crm.id, RegistrationPatch(region="mg"), expected_version=2)
    assert (moved.region, moved.number, moved.version) == ("MG", "AB12", 3)
    with pytest.raises(ValidationFailed) as invalid:
        await people.update_registration(crm.id, RegistrationPatch(region="ZZ", number="1"), expected_version=3)
    assert set(invalid.value.fields) == {"region", "number"}
    collision = RegistrationPatch(region="SP", number="1111")
    assert await taken(partial(people.update_registration, expected_version=3), crm.id, collision) == (
        "doctor",
        "registration",
        other.id,
    )
    await refused(VersionConflict, people.update_registration, crm.id, collision, expected_version=2)
    assert await people.update_registration(crm.id, RegistrationPatch(), expected_version=3) == moved

    assert (await people.by_registration(" CRO ", " SP ", "1 ")).id == doctor.id
    listed = await people.registrations(doctor.id)
    assert [(each.id, each.version, each.is_primary) for each in listed.items] == [
        (first.id, 2, False),
        (crm.id, 3, True),
    ]
    await people.remove_registration(first.id, expected_version=2)
    await people.remove_registration(crm.id, expected_version=3)
    await refused(NotFound, people.remove_registration, crm.id, expected_version=3)
    assert (await people.registrations(doctor.id)).items == ()
    freed = await people.add_registration(
        other.id, NewRegistration(authority=moved.authority, region=moved.region, number=moved.number)
    )
    assert not freed.is_primary


async def test_c14_what_belongs_to_a_person_is_theirs_and_the_systems(async_telemed: AsyncStore) -> None:
    system = async_telemed.acting_as(SYSTEM).people
    doctor = await system.register_doctor(NewDoctor(name="Ana", crm_number="1111", crm_state="SP", cpf=CPF))
    stranger_id = (await system.register_patient(new_patient(name="Rui", cpf=OTHER_CPF))).user_id
    login = await system.link_identity(NewUserIdentity(user_id=doctor.user_id, issuer=ISSUER, subject="1"))
    (crm,) = (await system.registrations(doctor.id)).items
    (cpf,) = (await system.identity(doctor.user_id)).identifiers
    own = async_telemed.acting_as(Actor.user(doctor.user_id)).people
    stranger = async_telemed.acting_as(Actor.user(stranger_id)).people
    passport, cro = (
        NewIdentifier(system="passport", value="AB1"),
        NewRegistration(authority="cro", region="SP", number="1"),
    )

    for attempt in (
        partial(stranger.link_identity, NewUserIdentity(user_id=doctor.user_id, issuer=ISSUER, subject="2")),
        partial(stranger.linked_identities, doctor.user_id),
        partial(stranger.unlink_identity, login.id, expected_version=1),
        partial(stranger.add_identifier, doctor.user_id, passport),
        partial(stranger.update_identifier, cpf.id, IdentifierPatch(value=THIRD_CPF), expected_version=1),
        partial(stranger.remove_identifier, cpf.id, expected_version=1),
        partial(stranger.add_registration, doctor.id, cro),
        partial(stranger.update_registration, crm.id, RegistrationPatch(number="2222"), expected_version=1),
        partial(stranger.set_primary_registration, crm.id, expected_version=1),
        partial(stranger.remove_registration, crm.id, expected_version=1),
        partial(stranger.set_user_status, doctor.user_id, UserStatus.INACTIVE, expected_version=1),
    ):
        await refused(NotPermitted, attempt)
    await refused(NotFound, stranger.user_by_identity, ISSUER, "1")
    # Ids of others are told to jobs of the system only.
    mine = NewUserIdentity(user_id=stranger_id, issuer=ISSUER, subject="1")
    assert await taken(stranger.link_identity, mine) == ("user", "identity", None)
    held = NewIdentifier(system="cpf", value=CPF)
    assert await taken(stranger.add_identifier, stranger_id, held) == ("user", "cpf", None)

    assert (await own.user_by_identity(ISSUER, "1")).id == doctor.user_id
    assert (await own.linked_identities(doctor.user_id)).items == (login,)
    await own.add_identifier(doctor.user_id, passport)
    added = await own.add_registration(doctor.id, cro)
    await own.set_primary_registration(added.id, expected_version=1)
    await own.unlink_identity(login.id, expected_version=1)
    for missing in (
        partial(system.link_identity, NewUserIdentity(user_id=new_id(), issuer=ISSUER, subject="3")),
        partial(system.add_identifier, new_id(), passport),
        partial(system.update_identifier, new_id(), IdentifierPatch(value="AB2"), expected_version=1),
        partial(system.add_registration, new_id(), cro),
        partial(system.update_registration, new_id(), RegistrationPatch(number="2"), expected_version=1),
        partial(system.set_user_status, new_id(), UserStatus.BLOCKED, expected_version=1),
    ):
        await refused(NotFound, missing)


async def test_an_account_is_suspended_and_blocked_by_the_system_alone(async_telemed: AsyncStore) -> None:
    system = async_telemed.acting_as(SYSTEM).people
    user_id = (await system.register_patient(new_patient(name="Rui"))).user_id
    own = async_telemed.acting_as(Actor.user(user_id)).people

    paused = await own.set_user_status(user_id, UserStatus.INACTIVE, expected_version=1)
    assert (paused.status, paused.version) == (UserStatus.INACTIVE, 2)
    assert await own.set_user_status(user_id, UserStatus.INACTIVE, expected_version=2) == paused
    for status in (UserStatus.SUSPENDED, UserStatus.BLOCKED):
        await refused(NotPermitted, own.set_user_status, user_id, status, expected_version=2)
    blocked = await system.set_user_status(user_id, UserStatus.BLOCKED, expected_version=2)
    assert blocked == await system.user(user_id)
    await refused(NotPermitted, own.set_user_status, user_id, UserStatus.ACTIVE, expected_version=3)
    await refused(VersionConflict, system.set_user_status, user_id, UserStatus.ACTIVE, expected_version=2)
    with pytest.raises(ValidationFailed):
        await system.set_user_status(user_id, "gone", expected_version=3)  # type: ignore[arg-type]
    assert (await system.set_user_status(user_id, UserStatus.ACTIVE, expected_version=3)).status is UserStatus.ACTIVE
