"""What the database refuses when several register, name or grant the same thing at once, on every engine."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from registering import new_patient

from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.consents.models import NewConsent
from telemed_store.errors import Conflict, NotFound
from telemed_store.people.models import NewDoctor, NewIdentifier, NewRegistration, NewUserIdentity

SYSTEM = Actor.system("tests")
ATTEMPTS = 6


def at_once(attempt: Callable[[int], object]) -> list[str]:
    """The outcomes of attempts that start together: ``written``, or the refusing error's class."""
    start = Barrier(ATTEMPTS)

    def run(number: int) -> str:
        start.wait(30)
        try:
            attempt(number)
        except (Conflict, NotFound) as refused:
            return type(refused).__name__
        return "written"

    with ThreadPoolExecutor(ATTEMPTS) as threads:
        return sorted(threads.map(run, range(ATTEMPTS)))


ONE_WINNER = ["AlreadyExists"] * (ATTEMPTS - 1) + ["written"]


def test_one_patient_row_per_identity_under_concurrent_registration(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    new = new_patient(name="Rui Lima", cpf="52998224725", allergies="Nuts")
    assert at_once(lambda _: people.register_patient(new)) == ONE_WINNER
    assert len(people.patients().items) == 1


def test_one_doctor_per_registration_under_concurrent_registration(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    new = NewDoctor(name="Ana Souza", email="ana@example.org", crm_number="12345", crm_state="SP")
    assert at_once(lambda _: people.register_doctor(new)) == ONE_WINNER
    assert len(people.doctors().items) == 1


def test_d13_concurrent_identical_specializations_leave_one(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    names = ["Cardiologia", "CARDIOLOGIA"]
    assert at_once(lambda number: people.add_specialization(names[number % 2])) == ONE_WINNER
    assert len(people.specializations().items) == 1


def test_d50_concurrent_registrations_leave_one_primary(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    doctor_id = people.register_doctor(NewDoctor(name="Ana")).id
    authorities = ["cro", "crp", "crf", "coren", "crefito", "crn"]
    new = [NewRegistration(authority=each, region="SP", number="1") for each in authorities]
    assert at_once(lambda number: people.add_registration(doctor_id, new[number])) == ["written"] * ATTEMPTS
    assert sum(each.is_primary for each in people.registrations(doctor_id).items) == 1

    held = people.registrations(doctor_id).items
    at_once(lambda number: people.set_primary_registration(held[number].id, expected_version=held[number].version))
    assert sum(each.is_primary for each in people.registrations(doctor_id).items) == 1


def test_one_login_is_linked_to_one_user_and_none_to_a_user_who_is_gone(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    patients = [people.register_patient(new_patient(name="Rui")) for _ in range(ATTEMPTS)]
    links = [
        NewUserIdentity(user_id=each.user_id, issuer="https://login.example.org", subject="1") for each in patients
    ]
    assert at_once(lambda number: people.link_identity(links[number])) == ONE_WINNER

    leaving = patients[0]
    people.delete_patient(leaving.id, expected_version=1)

    def link_or_leave(number: int) -> None:
        if number:
            people.link_identity(NewUserIdentity(user_id=leaving.user_id, issuer="urn:other", subject=str(number)))
        else:
            people.delete_user(leaving.user_id, expected_version=1)

    assert set(at_once(link_or_leave)) <= {"written", "NotFound"}
    assert people.linked_identities(leaving.user_id).items == ()


def test_a_person_has_one_cpf_under_concurrent_additions(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    user_id = people.register_patient(new_patient(name="Rui")).user_id
    numbers = ["52998224725", "11144477735", "39053344705"] * 2
    assert (
        at_once(lambda number: people.add_identifier(user_id, NewIdentifier(system="cpf", value=numbers[number])))
        == ONE_WINNER
    )
    assert len(people.identity(user_id).identifiers) == 1


def test_d48_concurrent_grants_leave_one_active_consent(telemed: Store) -> None:
    mine = telemed.acting_as(SYSTEM)
    user_id = mine.people.register_patient(new_patient(name="Rui")).user_id
    new = NewConsent(user_id=user_id, type="telemedicine", text_version="1", text_sha256="ab" * 32, channel="click")
    assert at_once(lambda _: mine.consents.grant(new)) == ["written"] * ATTEMPTS
    given = mine.consents.list(user_id).items
    assert len(given) == ATTEMPTS
    assert sum(each.revoked_at is None for each in given) == 1
