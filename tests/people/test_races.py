"""What the database refuses when several register, name or grant the same thing at once, on every engine."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.consents.models import NewConsent
from telemed_store.errors import AlreadyExists
from telemed_store.people.models import NewDoctor, NewPatient

SYSTEM = Actor.system("tests")
ATTEMPTS = 6


def at_once(attempt: Callable[[int], object]) -> list[str]:
    """The outcomes of attempts that start together: ``written``, or the refusing error's class."""
    start = Barrier(ATTEMPTS)

    def run(number: int) -> str:
        start.wait(30)
        try:
            attempt(number)
        except AlreadyExists as refused:
            return type(refused).__name__
        return "written"

    with ThreadPoolExecutor(ATTEMPTS) as threads:
        return sorted(threads.map(run, range(ATTEMPTS)))


ONE_WINNER = ["AlreadyExists"] * (ATTEMPTS - 1) + ["written"]


def test_one_patient_row_per_identity_under_concurrent_registration(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    new = NewPatient(name="Rui Lima", cpf="52998224725", allergies="Nuts")
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


def test_d48_concurrent_grants_leave_one_active_consent(telemed: Store) -> None:
    mine = telemed.acting_as(SYSTEM)
    user_id = mine.people.register_patient(NewPatient(name="Rui")).user_id
    new = NewConsent(user_id=user_id, type="telemedicine", text_version="1", text_sha256="ab" * 32, channel="click")
    assert at_once(lambda _: mine.consents.grant(new)) == ["written"] * ATTEMPTS
    given = mine.consents.list(user_id).items
    assert len(given) == ATTEMPTS
    assert sum(each.revoked_at is None for each in given) == 1
