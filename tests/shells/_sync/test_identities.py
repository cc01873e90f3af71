# Generated from _async/test_identities.py by tools/sync.py. Do not edit.
"""Logins, identifiers, registrations and account statuses after somebody was registered, through the shells, on every engine."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from registering import new_patient

from telemed_store._sync.store import Store
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

SYSTEM = Actor.system("tests")
ISSUER = "https://login.example.org"
CPF, OTHER_CPF, THIRD_CPF = "52998224725", "11144477735", "39053344705"


Verb = Callable[..., object]


def taken(verb: Verb, *args: Any) -> tuple[str, str | None, UUID | None]:
    """What a verb was told that met something that exists."""
    with pytest.raises(AlreadyExists) as caught:
        verb(*args)
    return caught.value.what, caught.value.field, caught.value.existing_id


def refused(error: type[StoreError], verb: Verb, *args: Any, **options: Any) -> None:
    with pytest.raises(error) as caught:
        verb(*args, **options)
    assert type(caught.value) is error


def test_q054_d57_a_login_finds_its_user_exactly(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    patient = people.register_patient(new_patient(name="Rui"))
    other = people.register_patient(new_patient(name="Eva"))
    first = people.link_identity(NewUserIdentity(user_id=patient.user_id, issuer=ISSUER, subject="Ab1"))
    second = people.link_identity(NewUserIdentity(user_id=patient.user_id, issuer=ISSUER, subject="Ab1 "))
    third = people.link_identity(NewUserIdentity(user_id=patient.user_id, issuer="urn:other", subject="Ab1"))

    user = people.user_by_identity(ISSUER, "Ab1")
    assert user == people.user(patient.user_id) == people.user_by_identity(ISSUER, "Ab1 ")
    assert (user.patient_id, user.doctor_id) == (patient.id, None)
    for issuer, subject in ((ISSUER, "ab1"), (ISSUER, "Ab1  "), (ISSUER.upper(), "Ab1"), (ISSUER, ""), (ISSUER, "Áb1")):
        refused(NotFound, people.user_by_identity, issuer, subject)
    for unstorable, answer in (("Ab1\x00", ValidationFailed), ("\ud800", ValidationFailed), ("x" * 256, NotFound)):
        refused(answer, people.user_by_identity, ISSUER, unstorable)
        refused(answer, people.user_by_email, unstorable)
        refused(answer, people.by_identifier, "passport", unstorable)
        refused(answer, people.by_registration, "cro", "SP", unstorable)
    page = people.linked_identities(patient.user_id, limit=2)
    rest = people.linked_identities(patient.user_id, cursor=page.next_cursor)
    assert page.items + rest.items == (first, second, third)
    refused(InvalidCursor, people.linked_identities, other.user_id, cursor=page.next_cursor)
    again = NewUserIdentity(user_id=other.user_id, issuer=ISSUER, subject="Ab1")
    assert taken(people.link_identity, again) == ("user", "identity", patient.user_id)


def test_d50_an_unlinked_login_and_those_of_a_deleted_user_can_be_linked_again(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    gone = people.register_patient(new_patient(name="Rui"))
    user_id = people.register_patient(new_patient(name="Eva")).user_id
    for subject in ("1", "2"):
        people.link_identity(NewUserIdentity(user_id=gone.user_id, issuer=ISSUER, subject=subject))
    one, _ = people.linked_identities(gone.user_id).items
    refused(VersionConflict, people.unlink_identity, one.id, expected_version=2)
    people.unlink_identity(one.id, expected_version=1)
    refused(NotFound, people.unlink_identity, one.id, expected_version=1)
    people.link_identity(NewUserIdentity(user_id=user_id, issuer=ISSUER, subject="1"))
    people.delete_patient(gone.id, expected_version=1)
    people.delete_user(gone.user_id, expected_version=1)

    refused(NotFound, people.user_by_identity, ISSUER, "2")
    refused(NotFound, people.link_identity, NewUserIdentity(user_id=gone.user_id, issuer=ISSUER, subject="2"))
    people.link_identity(NewUserIdentity(user_id=user_id, issuer=ISSUER, subject="2"))
    assert people.user_by_identity(ISSUER, "1").id == people.user_by_identity(ISSUER, "2").id == user_id


def test_identifiers_are_added_corrected_and_removed(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    patient = people.register_patient(new_patient(name="Rui"))
    other = people.register_patient(new_patient(name="Eva", cpf=OTHER_CPF))
    user_id = patient.user_id
    cpf = people.add_identifier(user_id, NewIdentifier(system="cpf", value="529.982.247-25"))
    passports = [
        people.add_identifier(user_id, NewIdentifier(system="passport", value=value)) for value in ("AB1", "AB2")
    ]

    assert people.identity(user_id).identifiers == (cpf, *passports)
    assert people.by_identifier(" passport ", " AB2 ") == people.user(user_id)
    assert taken(people.add_identifier, user_id, NewIdentifier(system="cpf", value=OTHER_CPF)) == (
        "user",
        "cpf",
        other.user_id,
    )
    second = NewIdentifier(system="cpf", value=THIRD_CPF)
    assert taken(people.add_identifier, user_id, second) == ("identifier", "cpf", cpf.id)
    twice = NewIdentifier(system="passport", value="AB2")
    assert taken(people.add_identifier, user_id, twice) == ("identifier", "passport", passports[1].id)

    for wrong in ("52998224724", "AB1"):
        with pytest.raises(ValidationFailed) as invalid:
            people.update_identifier(cpf.id, IdentifierPatch(value=wrong), expected_version=1)
        assert set(invalid.value.fields) == {"value"}
    colliding = partial(people.update_identifier, expected_version=1)
    assert taken(colliding, cpf.id, IdentifierPatch(value=OTHER_CPF)) == (
        "user",
        "cpf",
        other.user_id,
    )
    corrected = people.update_identifier(cpf.id, IdentifierPatch(value="390.533.447-05"), expected_version=1)
    assert (corrected.id, corrected.version, corrected.value) == (cpf.id, 2, THIRD_CPF)
    assert people.update_identifier(cpf.id, IdentifierPatch(), expected_version=2) == corrected
    refused(VersionConflict, people.update_identifier, cpf.id, IdentifierPatch(value=CPF), expected_version=1)
    assert people.identity(user_id).cpf == THIRD_CPF
    assert people.by_identifier("cpf", THIRD_CPF).id == user_id
    refused(NotFound, people.by_identifier, "cpf", CPF)

    refused(VersionConflict, people.remove_identifier, cpf.id, expected_version=1)
    people.remove_identifier(cpf.id, expected_version=2)
    refused(NotFound, people.remove_identifier, cpf.id, expected_version=2)
    assert people.identity(user_id).identifiers == tuple(passports)
    people.register_doctor(NewDoctor(name="Ana", cpf=THIRD_CPF))
    assert people.add_identifier(user_id, NewIdentifier(system="cpf", value=CPF)).value == CPF


def test_d50_a_doctor_has_one_primary_registration(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    doctor = people.register_doctor(NewDoctor(name="Ana"))
    other = people.register_doctor(NewDoctor(name="Eva", crm_number="1111", crm_state="SP"))
    first = people.add_registration(doctor.id, NewRegistration(authority="CRO", region="SP", number="1"))
    crm = people.add_registration(doctor.id, NewRegistration(authority="CRM", region="rj", number="ab12"))
    assert (first.is_primary, crm.is_primary, crm.number) == (True, False, "AB12")
    assert people.doctor(doctor.id).crm_number is None
    same = NewRegistration(authority="crm", region="SP", number="1111")
    assert taken(people.add_registration, doctor.id, same) == ("doctor", "registration", other.id)
    own = NewRegistration(authority="cro", region="SP", number="1")
    assert taken(people.add_registration, doctor.id, own) == ("registration", "registration", first.id)

    with pytest.raises(Conflict, match="make another one primary"):
        people.remove_registration(first.id, expected_version=1)
    # A CRM does not push out a primary registration with another authority: it is made primary.
    with pytest.raises(Conflict, match="make it primary"):
        people.update_doctor(doctor.id, DoctorPatch(crm_number="9999", crm_state="RJ"), expected_version=1)
    primary = people.set_primary_registration(crm.id, expected_version=1)
    assert (primary.version, primary.is_primary) == (2, True)
    assert people.set_primary_registration(crm.id, expected_version=2) == primary
    found = people.by_registration("crm", "RJ", "AB12")
    assert (found.id, found.crm_number, found.crm_state) == (doctor.id, "AB12", "RJ")

    moved = people.update_registration(crm.id, RegistrationPatch(region="mg"), expected_version=2)
    assert (moved.region, moved.number, moved.version) == ("MG", "AB12", 3)
    with pytest.raises(ValidationFailed) as invalid:
        people.update_registration(crm.id, RegistrationPatch(region="ZZ", number="1"), expected_version=3)
    assert set(invalid.value.fields) == {"region", "number"}
    collision = RegistrationPatch(region="SP", number="1111")
    assert taken(partial(people.update_registration, expected_version=3), crm.id, collision) == (
        "doctor",
        "registration",
        other.id,
    )
    refused(VersionConflict, people.update_registration, crm.id, collision, expected_version=2)
    assert people.update_registration(crm.id, RegistrationPatch(), expected_version=3) == moved

    assert people.by_registration(" CRO ", " SP ", "1 ").id == doctor.id
    listed = people.registrations(doctor.id)
    assert [(each.id, each.version, each.is_primary) for each in listed.items] == [
        (first.id, 2, False),
        (crm.id, 3, True),
    ]
    people.remove_registration(first.id, expected_version=2)
    people.remove_registration(crm.id, expected_version=3)
    refused(NotFound, people.remove_registration, crm.id, expected_version=3)
    assert people.registrations(doctor.id).items == ()
    freed = people.add_registration(
        other.id, NewRegistration(authority=moved.authority, region=moved.region, number=moved.number)
    )
    assert not freed.is_primary


def test_c14_what_belongs_to_a_person_is_theirs_and_the_systems(telemed: Store) -> None:
    system = telemed.acting_as(SYSTEM).people
    doctor = system.register_doctor(NewDoctor(name="Ana", crm_number="1111", crm_state="SP", cpf=CPF))
    stranger_id = system.register_patient(new_patient(name="Rui", cpf=OTHER_CPF)).user_id
    login = system.link_identity(NewUserIdentity(user_id=doctor.user_id, issuer=ISSUER, subject="1"))
    (crm,) = system.registrations(doctor.id).items
    (cpf,) = system.identity(doctor.user_id).identifiers
    own = telemed.acting_as(Actor.user(doctor.user_id)).people
    stranger = telemed.acting_as(Actor.user(stranger_id)).people
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
        refused(NotPermitted, attempt)
    refused(NotFound, stranger.user_by_identity, ISSUER, "1")
    # Ids of others are told to jobs of the system only.
    mine = NewUserIdentity(user_id=stranger_id, issuer=ISSUER, subject="1")
    assert taken(stranger.link_identity, mine) == ("user", "identity", None)
    held = NewIdentifier(system="cpf", value=CPF)
    assert taken(stranger.add_identifier, stranger_id, held) == ("user", "cpf", None)

    assert own.user_by_identity(ISSUER, "1").id == doctor.user_id
    assert own.linked_identities(doctor.user_id).items == (login,)
    own.add_identifier(doctor.user_id, passport)
    added = own.add_registration(doctor.id, cro)
    own.set_primary_registration(added.id, expected_version=1)
    own.unlink_identity(login.id, expected_version=1)
    for missing in (
        partial(system.link_identity, NewUserIdentity(user_id=new_id(), issuer=ISSUER, subject="3")),
        partial(system.add_identifier, new_id(), passport),
        partial(system.update_identifier, new_id(), IdentifierPatch(value="AB2"), expected_version=1),
        partial(system.add_registration, new_id(), cro),
        partial(system.update_registration, new_id(), RegistrationPatch(number="2"), expected_version=1),
        partial(system.set_user_status, new_id(), UserStatus.BLOCKED, expected_version=1),
    ):
        refused(NotFound, missing)


def test_an_account_is_suspended_and_blocked_by_the_system_alone(telemed: Store) -> None:
    system = telemed.acting_as(SYSTEM).people
    user_id = system.register_patient(new_patient(name="Rui")).user_id
    own = telemed.acting_as(Actor.user(user_id)).people

    paused = own.set_user_status(user_id, UserStatus.INACTIVE, expected_version=1)
    assert (paused.status, paused.version) == (UserStatus.INACTIVE, 2)
    assert own.set_user_status(user_id, UserStatus.INACTIVE, expected_version=2) == paused
    for status in (UserStatus.SUSPENDED, UserStatus.BLOCKED):
        refused(NotPermitted, own.set_user_status, user_id, status, expected_version=2)
    blocked = system.set_user_status(user_id, UserStatus.BLOCKED, expected_version=2)
    assert blocked == system.user(user_id)
    refused(NotPermitted, own.set_user_status, user_id, UserStatus.ACTIVE, expected_version=3)
    refused(VersionConflict, system.set_user_status, user_id, UserStatus.ACTIVE, expected_version=2)
    with pytest.raises(ValidationFailed):
        system.set_user_status(user_id, "gone", expected_version=3)  # type: ignore[arg-type]
    assert system.set_user_status(user_id, UserStatus.ACTIVE, expected_version=3).status is UserStatus.ACTIVE
