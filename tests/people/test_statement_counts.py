"""How many statements the verbs of people and consents send: a fixed number, whatever the size of the page (C16, D57)."""

from __future__ import annotations

from typing import Any

import pytest
from registering import new_patient

from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.consents.models import ConsentType, NewConsent
from telemed_store.people.models import (
    DoctorPatch,
    IdentifierPatch,
    NewDoctor,
    NewIdentifier,
    NewRegistration,
    NewUserIdentity,
    PatientPatch,
    RegistrationPatch,
    UserStatus,
)
from telemed_store.testing.statements import StatementCounter

SYSTEM = Actor.system("tests")


@pytest.fixture
def warm(telemed: Store) -> Store:
    telemed.acting_as(SYSTEM).people.specializations()
    return telemed


def test_registering_costs_a_fixed_number_of_statements(warm: Store, telemed_statements: StatementCounter) -> None:
    people = warm.acting_as(SYSTEM).people
    cardiology = people.add_specialization("Cardiologia")
    with telemed_statements() as doctor:
        people.register_doctor(
            NewDoctor(
                name="Ana Souza",
                email="ana@example.org",
                crm_number="1234",
                crm_state="SP",
                cpf="52998224725",
                specializations=(cardiology.id,),
            )
        )
    doctor.assert_at_most(13)
    with telemed_statements() as patient:
        people.register_patient(new_patient(name="Rui Lima", cpf="11144477735", allergies="Nuts"))
    patient.assert_at_most(11)
    with telemed_statements() as plain:
        people.register_patient(new_patient(name="Child"))
    plain.assert_at_most(4)


def test_d57_role_and_profile_cost_one_statement(warm: Store, telemed_statements: StatementCounter) -> None:
    people = warm.acting_as(SYSTEM).people
    doctor = people.register_doctor(NewDoctor(name="Ana", email="ana@example.org", cpf="52998224725"))
    people.link_identity(NewUserIdentity(user_id=doctor.user_id, issuer="https://login.example.org", subject="1"))
    place = people.first_teleconsultation_location(doctor.id)
    reads = (
        lambda: people.user(doctor.user_id),
        lambda: people.user_by_email("ana@example.org"),
        lambda: people.by_identifier("cpf", "52998224725"),
        lambda: people.user_by_identity("https://login.example.org", "1"),
        lambda: people.linked_identities(doctor.user_id),
        lambda: people.registrations(doctor.id),
        lambda: people.doctor(doctor.id),
        lambda: people.locations_by_ids([place.id, doctor.id]),
    )
    for read in reads:
        with telemed_statements() as seen:
            read()
        seen.assert_at_most(1)


def test_list_has_constant_statement_count(warm: Store, telemed_statements: StatementCounter) -> None:
    people = warm.acting_as(SYSTEM).people
    cardiology = people.add_specialization("Cardiologia")
    for number in range(12):
        people.register_doctor(NewDoctor(name=f"Doctor {number}", specializations=(cardiology.id,)))
    with telemed_statements() as seen:
        assert len(people.search_doctors(text="doctor", limit=12).items) == 12
    seen.assert_at_most(3)


def test_updates_cost_a_fixed_number_of_statements(warm: Store, telemed_statements: StatementCounter) -> None:
    people = warm.acting_as(SYSTEM).people
    doctor = people.register_doctor(NewDoctor(name="Ana"))
    patient = people.register_patient(new_patient(name="Rui"))
    with telemed_statements() as seen:
        people.update_doctor(doctor.id, DoctorPatch(biography="New"), expected_version=1)
    seen.assert_at_most(2)
    with telemed_statements() as seen:
        people.update_patient(patient.id, PatientPatch(phone="1123456789"), expected_version=1)
    seen.assert_at_most(2)


def test_identifiers_registrations_and_logins_cost_a_fixed_number_of_statements(
    warm: Store, telemed_statements: StatementCounter
) -> None:
    people = warm.acting_as(SYSTEM).people
    doctor = people.register_doctor(NewDoctor(name="Ana"))
    user_id = doctor.user_id
    passport = NewIdentifier(system="passport", value="AB1")
    cpf = NewIdentifier(system="cpf", value="52998224725")
    crm, cro = (NewRegistration(authority=each, region="SP", number="1234") for each in ("crm", "cro"))
    login = NewUserIdentity(user_id=user_id, issuer="https://login.example.org", subject="1")
    made: dict[str, Any] = {}

    def keep(name: str, row: Any) -> None:
        made[name] = row

    # On SQLite one less where a doctor's guard is taken: the write lock is the guard.
    for limit, verb in (
        (6, lambda: keep("passport", people.add_identifier(user_id, passport))),
        (4, lambda: keep("cpf", people.add_identifier(user_id, cpf))),
        (4, lambda: people.update_identifier(made["passport"].id, IdentifierPatch(value="AB2"), expected_version=1)),
        (2, lambda: people.remove_identifier(made["cpf"].id, expected_version=1)),
        (5, lambda: keep("crm", people.add_registration(doctor.id, crm))),
        (5, lambda: keep("cro", people.add_registration(doctor.id, cro))),
        (5, lambda: people.update_registration(made["crm"].id, RegistrationPatch(number="9999"), expected_version=1)),
        (5, lambda: people.set_primary_registration(made["cro"].id, expected_version=1)),
        (4, lambda: people.remove_registration(made["crm"].id, expected_version=3)),
        (3, lambda: keep("login", people.link_identity(login))),
        (2, lambda: people.unlink_identity(made["login"].id, expected_version=1)),
        (2, lambda: people.set_user_status(user_id, UserStatus.BLOCKED, expected_version=1)),
    ):
        with telemed_statements() as seen:
            verb()
        seen.assert_at_most(limit)


def test_granting_costs_a_fixed_number_of_statements(warm: Store, telemed_statements: StatementCounter) -> None:
    mine = warm.acting_as(SYSTEM)
    user_id = mine.people.register_patient(new_patient(name="Rui")).user_id
    new = NewConsent(user_id=user_id, type="telemedicine", text_version="1", text_sha256="ab" * 32, channel="click")
    with telemed_statements() as first:
        mine.consents.grant(new)
    first.assert_at_most(4)
    with telemed_statements() as again:
        mine.consents.grant(new)
    again.assert_at_most(5)
    with telemed_statements() as revoked:
        mine.consents.revoke(user_id, ConsentType.TELEMEDICINE)
    revoked.assert_at_most(3)
