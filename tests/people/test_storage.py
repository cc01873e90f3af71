"""What stands in the tables of people and consents, and what the database itself refuses, on every engine."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from registering import new_patient
from sqlalchemy import Connection, Executable, delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.audit.tables import audit_logs, data_access_logs
from telemed_store.consents.models import NewConsent
from telemed_store.consents.tables import consents
from telemed_store.crypto.data_keys import Purpose
from telemed_store.crypto.fields import decrypt_text
from telemed_store.database.identity import new_id
from telemed_store.database.metadata import METADATA
from telemed_store.database.translation import translate
from telemed_store.errors import AlreadyExists, Conflict, DecryptionFailed, NotFound, StoreError
from telemed_store.people.models import NewDoctor, NewPatient
from telemed_store.people.rows import chart_binding
from telemed_store.people.statements import ADVANCE_GUARD
from telemed_store.people.tables import booking_guards, doctors, patients, search_words, user_identifiers, users

SYSTEM = Actor.system("tests")
SECRETS = ("52998224725", "215593468710018", "Asthma since childhood", "Penicillin", "Aspirin daily")


def register(store: Store) -> NewPatient:
    new = new_patient(
        name="Rui Lima",
        cpf=SECRETS[0],
        cns=SECRETS[1],
        medical_history=SECRETS[2],
        allergies=SECRETS[3],
        current_medications=SECRETS[4],
    )
    store.acting_as(SYSTEM).people.register_patient(new)
    return new


def refusal(store: Store, script: Callable[[Connection], object]) -> StoreError:
    """The error that a statement of somebody who goes round the verbs becomes."""
    with pytest.raises((DBAPIError, StoreError)) as refused, store.unit_of_work(SYSTEM) as unit:
        script(unit.connection)
    failure = refused.value
    if isinstance(failure, StoreError):
        return failure
    engine = "sqlite" if "sqlite" in type(failure.orig).__module__ else ""
    dialect = engine or ("postgresql" if "psycopg" in type(failure.orig).__module__ else "mysql")
    return translate(failure, dialect)


def test_d44_a_raw_scan_of_all_tables_finds_no_plaintext(telemed: Store) -> None:
    register(telemed)
    with telemed.unit_of_work(SYSTEM) as unit:
        everything = "".join(
            repr(tuple(row)) for table in METADATA.sorted_tables for row in unit.connection.execute(select(table))
        )
    assert "Rui Lima" in everything
    assert [secret for secret in SECRETS if secret in everything] == []


def test_ciphertext_swap_is_refused(telemed: Store) -> None:
    register(telemed)
    with telemed.unit_of_work(SYSTEM) as unit:
        row = unit.connection.execute(select(patients)).one()
        ring = telemed._core.keys.data_keys(unit.connection, row.user_id, Purpose.CHART)
        assert decrypt_text(ring, chart_binding("allergies", row.id, row.user_id), row.allergies) == "Penicillin"
        with pytest.raises(DecryptionFailed):
            decrypt_text(ring, chart_binding("medical_history", row.id, row.user_id), row.allergies)


def test_d58_the_database_refuses_values_outside_a_closed_list(telemed: Store) -> None:
    telemed.acting_as(SYSTEM).people.register_doctor(NewDoctor(name="Ana"))
    assert refusal(telemed, lambda c: c.execute(update(doctors).values(status="retired"))).code == "validation_failed"
    assert refusal(telemed, lambda c: c.execute(update(users).values(status="gone"))).code == "validation_failed"
    for cbo in ("22512", "22512a", "2251 5", "22512½", "٢٢٥١٢٥", ""):
        error = refusal(telemed, lambda c, cbo=cbo: c.execute(update(doctors).values(cbo=cbo)))
        assert error.code == "validation_failed", cbo
    with telemed.unit_of_work(SYSTEM) as unit:
        unit.connection.execute(update(doctors).values(cbo="012345"))


def test_uniqueness_among_live_rows_is_one_error_on_every_engine(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    people.register_doctor(NewDoctor(name="Ana", email="ana@example.org", crm_number="1234", crm_state="SP"))

    def again(connection: Connection) -> None:
        row = connection.execute(select(users)).one()._asdict()
        connection.execute(insert(users), {**row, "id": new_id()})

    error = refusal(telemed, again)
    assert isinstance(error, AlreadyExists)
    assert (error.what, error.field) == ("user", "email")


def test_the_database_keeps_one_cpf_per_person_and_any_number_of_passports(telemed: Store) -> None:
    register(telemed)

    def again(system: str) -> Callable[[Connection], object]:
        def insert_one(connection: Connection) -> None:
            row = connection.execute(select(user_identifiers)).first()
            assert row is not None
            one = {**row._asdict(), "id": new_id(), "system": system, "value_index": new_id().bytes * 2}
            connection.execute(insert(user_identifiers), one)

        return insert_one

    error = refusal(telemed, again("cpf"))
    assert isinstance(error, AlreadyExists)
    assert (error.what, error.field) == ("identifier", "system")
    with telemed.unit_of_work(SYSTEM) as unit:
        for _ in range(2):
            again("passport")(unit.connection)


def test_a_registration_writes_its_guard_and_its_words(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    doctor = people.register_doctor(NewDoctor(name="Ana Ávila"))
    patient = people.register_patient(new_patient(name="Rui"))
    with telemed.unit_of_work(SYSTEM) as unit:
        owners = set(unit.connection.execute(select(booking_guards.c.owner_id)).scalars())
        mine = select(search_words.c.word).where(search_words.c.row_id == doctor.id)
        assert owners == {doctor.id, patient.id}
        assert set(unit.connection.execute(mine).scalars()) == {"ana", "avila"}
        assert unit.connection.execute(ADVANCE_GUARD, {"guard_owner_id": doctor.id}).rowcount == 1


def _consented(store: Store) -> None:
    mine = store.acting_as(SYSTEM)
    user_id = mine.people.register_patient(new_patient(name="Rui")).user_id
    mine.consents.grant(
        NewConsent(user_id=user_id, type="telemedicine", text_version="1", text_sha256="ab" * 32, channel="click")
    )


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(delete(consents), id="delete"),
        pytest.param(update(consents).values(text_version="2"), id="facts"),
        pytest.param(update(consents).values(version=2), id="without-revoking"),
        pytest.param(
            update(consents).values(revoked_at=consents.c.granted_at, text_sha256="0" * 64), id="facts-while-revoking"
        ),
    ],
)
def test_d48_the_database_keeps_what_was_granted(telemed: Store, statement: Executable) -> None:
    _consented(telemed)
    error = refusal(telemed, lambda connection: connection.execute(statement))
    assert type(error) is Conflict
    assert error.cause is not None
    assert error.cause.constraint == "tr_consents_kept"


def test_d48_a_revoked_consent_stays_revoked(telemed: Store) -> None:
    _consented(telemed)
    with telemed.unit_of_work(SYSTEM) as unit:
        unit.connection.execute(update(consents).values(revoked_at=consents.c.granted_at))
    assert type(refusal(telemed, lambda c: c.execute(update(consents).values(revoked_at=None)))) is Conflict


def test_c13_a_read_by_another_person_leaves_its_access_row_and_a_refusal_its_denial(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    patient = people.register_patient(new_patient(name="Rui"))
    doctor = people.register_doctor(NewDoctor(name="Ana"))
    telemed.acting_as(Actor.user(patient.user_id)).people.patient(patient.id)
    emergency = Actor.user(doctor.user_id, emergency_reason="Unconscious in the emergency room")
    telemed.acting_as(emergency).people.patient(patient.id)
    with pytest.raises(NotFound):
        telemed.acting_as(Actor.user(doctor.user_id)).people.patient(patient.id)

    with telemed.unit_of_work(SYSTEM) as unit:
        access = unit.connection.execute(select(data_access_logs)).one()
        denied = unit.connection.execute(select(audit_logs)).one()
    assert (access.accessor_id, access.subject_id) == (doctor.user_id, patient.user_id)
    assert access.reason == "Unconscious in the emergency room"
    assert (denied.user_id, denied.action, denied.resource_id) == (doctor.user_id, "access_denied", patient.id)


def test_an_identifier_is_stored_sealed_beside_its_blind_index(telemed: Store) -> None:
    register(telemed)
    with telemed.unit_of_work(SYSTEM) as unit:
        counted = select(func.count()).select_from(user_identifiers)
        assert unit.connection.execute(counted).scalar() == 2
        rows = unit.connection.execute(select(user_identifiers)).all()
    assert {len(row.value_index) for row in rows} == {32}
    assert {len(row.value) for row in rows} == {33 + 11, 33 + 15}
