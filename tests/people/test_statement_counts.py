"""How many statements the verbs of people and consents send: a fixed number, whatever the size of the page (C16, D57)."""

from __future__ import annotations

import pytest

from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.consents.models import ConsentType, NewConsent
from telemed_store.people.models import DoctorPatch, NewDoctor, NewPatient, PatientPatch
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
        people.register_patient(NewPatient(name="Rui Lima", cpf="11144477735", allergies="Nuts"))
    patient.assert_at_most(11)
    with telemed_statements() as plain:
        people.register_patient(NewPatient(name="Child"))
    plain.assert_at_most(4)


def test_d57_role_and_profile_cost_one_statement(warm: Store, telemed_statements: StatementCounter) -> None:
    people = warm.acting_as(SYSTEM).people
    doctor = people.register_doctor(NewDoctor(name="Ana", email="ana@example.org", cpf="52998224725"))
    place = people.first_teleconsultation_location(doctor.id)
    reads = (
        lambda: people.user(doctor.user_id),
        lambda: people.user_by_email("ana@example.org"),
        lambda: people.by_identifier("cpf", "52998224725"),
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
    patient = people.register_patient(NewPatient(name="Rui"))
    with telemed_statements() as seen:
        people.update_doctor(doctor.id, DoctorPatch(biography="New"), expected_version=1)
    seen.assert_at_most(2)
    with telemed_statements() as seen:
        people.update_patient(patient.id, PatientPatch(phone="1123456789"), expected_version=1)
    seen.assert_at_most(2)


def test_granting_costs_a_fixed_number_of_statements(warm: Store, telemed_statements: StatementCounter) -> None:
    mine = warm.acting_as(SYSTEM)
    user_id = mine.people.register_patient(NewPatient(name="Rui")).user_id
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
