"""What ``verify`` finds: whatever is missing, changed or switched off under a good stamp."""

from __future__ import annotations

import os
from typing import Any

import pytest

from telemed_store.migrations import migrator
from telemed_store.migrations.comparison import comparable

# What is done to the database, per engine, and what must be said of it.
DAMAGES: dict[str, list[tuple[str, str]]] = {
    "sqlite": [
        ("DROP TABLE outbox", "table outbox is missing"),
        ("DROP TRIGGER tr_audit_logs_append_only_delete", "trigger tr_audit_logs_append_only_delete is missing"),
        (
            (
                "DROP TRIGGER tr_audit_logs_append_only_delete; CREATE TRIGGER tr_audit_logs_append_only_delete"
                " BEFORE DELETE ON audit_logs FOR EACH ROW WHEN 0 BEGIN SELECT RAISE(ABORT, 'tr_audit_logs_append_only'); END"
            ),
            "trigger tr_audit_logs_append_only_delete is not as the code declares it",
        ),
        ("DROP INDEX ix_audit_logs_origin_id", "index ix_audit_logs_origin_id is missing"),
        ("DROP INDEX uq_users_email", "index uq_users_email is missing"),
        ("ALTER TABLE users DROP COLUMN password_hash", "column users.password_hash is missing"),
        ("ALTER TABLE users ADD COLUMN nickname TEXT", "column users.nickname is not the code's"),
    ],
    "postgresql": [
        ("DROP TABLE {schema}outbox", "table outbox is missing"),
        (
            "DROP TRIGGER tr_audit_logs_append_only ON {schema}audit_logs",
            "trigger tr_audit_logs_append_only is missing",
        ),
        (
            "ALTER TABLE {schema}audit_logs DISABLE TRIGGER tr_audit_logs_append_only",
            "trigger tr_audit_logs_append_only is disabled",
        ),
        (
            "CREATE OR REPLACE FUNCTION {schema}tr_audit_logs_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
            "function tr_audit_logs_append_only is not as the code declares it",
        ),
        (
            "ALTER FUNCTION {schema}tr_audit_logs_append_only() RESET search_path",
            "function tr_audit_logs_append_only is not as the code declares it",
        ),
        (
            "ALTER TABLE {schema}appointments DROP CONSTRAINT ex_appointments_doctor_id_overlap",
            "constraint ex_appointments_doctor_id_overlap is missing",
        ),
        (
            (
                "ALTER TABLE {schema}appointments DROP CONSTRAINT ck_appointments_valid_interval,"
                " ADD CONSTRAINT ck_appointments_valid_interval CHECK (ends_at >= starts_at)"
            ),
            "constraint ck_appointments_valid_interval has another condition than the code",
        ),
        (
            (
                "ALTER TABLE {schema}appointments DROP CONSTRAINT ck_appointments_valid_interval,"
                " ADD CONSTRAINT ck_appointments_valid_interval CHECK (ends_at > starts_at) NOT VALID"
            ),
            "constraint ck_appointments_valid_interval is not validated",
        ),
        (
            "ALTER TABLE {schema}users ALTER COLUMN name DROP NOT NULL",
            "column users.name has another nullable than the code",
        ),
        (
            "ALTER TABLE {schema}users ALTER COLUMN name TYPE varchar(99)",
            "column users.name has another type than the code",
        ),
        ("DROP INDEX {schema}ix_audit_logs_origin_id", "index ix_audit_logs_origin_id is missing"),
    ],
    "mariadb": [
        ("DROP TABLE outbox", "table outbox is missing"),
        ("DROP TABLE guard_audit_logs", "table guard_audit_logs is missing"),
        ("DROP TRIGGER tr_audit_logs_append_only_delete", "trigger tr_audit_logs_append_only_delete is missing"),
        (
            "CREATE OR REPLACE TRIGGER tr_audit_logs_append_only_delete BEFORE DELETE ON audit_logs FOR EACH ROW BEGIN END",
            "trigger tr_audit_logs_append_only_delete is not as the code declares it",
        ),
        ("ALTER TABLE users DROP KEY uq_users_email", "constraint uq_users_email is missing"),
        (
            (
                "ALTER TABLE users DROP KEY uq_users_email, DROP COLUMN while_email,"
                " ADD COLUMN while_email TINYINT AS (IF(deleted_at IS NOT NULL, 1, NULL)) VIRTUAL INVISIBLE,"
                " ADD UNIQUE KEY uq_users_email (email, while_email)"
            ),
            "constraint uq_users_email is not as the code declares it",
        ),
        (
            "ALTER TABLE appointments DROP CONSTRAINT ck_appointments_valid_interval",
            "constraint ck_appointments_valid_interval is missing",
        ),
        ("ALTER TABLE users MODIFY name varchar(99) NOT NULL", "column users.name has another type than the code"),
    ],
}


def test_a_migrated_database_is_as_the_code_declares_it(database: Any) -> None:
    database.migrator().upgrade()

    assert database.migrator().verify() == ()
    assert database.migrator().check().drift == ()


@pytest.mark.parametrize("number", range(len(DAMAGES["mariadb"])))
def test_what_is_done_to_a_mariadb_database_is_found(new_database: Any, number: int) -> None:
    """On MariaDB a changed schema cannot be rolled back: a database for each."""
    if "mariadb" not in os.environ.get("TELEMED_TEST_ENGINES", "mariadb"):
        pytest.skip("MariaDB is not among TELEMED_TEST_ENGINES")
    database = new_database("mariadb")
    database.migrator().upgrade()
    damage, said = DAMAGES["mariadb"][number]
    database.run(damage)

    assert said in [str(finding) for finding in database.migrator().verify()]


def test_everything_done_to_a_database_is_found(database: Any) -> None:
    if database.engine == "mariadb":
        pytest.skip("has a test of its own")
    database.migrator().upgrade()
    prefix = "telemed." if database.engine == "postgresql" else ""
    with database.connected() as connection:
        for damage, said in DAMAGES[database.engine]:
            first, *more = damage.replace("{schema}", prefix).split("; CREATE")
            for statement in (first, *(f"CREATE{rest}" for rest in more)):
                connection.exec_driver_sql(statement)
            # It ends with a rollback, and so undoes the damage.
            findings = migrator.verify(connection, database.settings)
            assert said in [str(finding) for finding in findings], damage
        assert migrator.verify(connection, database.settings) == ()


def test_stamp_without_tables_is_detected(database: Any) -> None:
    """Incident stamp_without_tables_is_detected."""
    subject = database.migrator()
    subject.stamp()

    assert subject.current() == "0004_lock_fences"
    found = [str(finding) for finding in subject.verify()]
    assert "table appointments is missing" in found
    assert not subject.check().ok


def test_an_empty_database_has_no_stamp(database: Any) -> None:
    assert database.migrator().verify()[0].kind == "revision"


@pytest.mark.parametrize(
    ("printed", "written"),
    [
        (
            "(status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])",
            "status IN ('a', 'b')",
        ),
        ("((weekday >= 1) AND (weekday <= 7))", "weekday BETWEEN 1 AND 7"),
        ("octet_length(`cbo`) = 6", "length(cbo) = 6"),
        ("`a` is not null = (`b` = 'c')", "(a IS NOT NULL) = (b = 'c')"),
    ],
)
def test_a_condition_is_recognised_however_an_engine_prints_it(printed: str, written: str) -> None:
    assert comparable(printed) == comparable(written)
