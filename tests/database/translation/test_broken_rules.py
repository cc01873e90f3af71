"""Violated constraints, triggers and types become typed errors (C7, D58): six real drivers, three real engines."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import (
    Connection,
    insert,
    text,
)

from telemed_store.errors import (
    AlreadyExists,
    Cause,
    Conflict,
    RecordSealed,
    SlotTaken,
    ValidationFailed,
)

from .bench import (
    SECRET,
    Bench,
    clinics,
    new_doctor,
    sql,
    url_of,
)


def test_c7_duplicate_names_table_and_field(bench: Bench) -> None:
    failed = bench.fail(new_doctor(email="a@b"))
    assert isinstance(failed.error, AlreadyExists)
    assert (failed.error.what, failed.error.field) == ("doctors", "email")
    assert failed.cause.constraint == "uq_doctors_email"


def test_c7_duplicate_of_several_columns_names_them_all(bench: Bench) -> None:
    failed = bench.fail(new_doctor(crm="1", uf="SP"))
    assert isinstance(failed.error, AlreadyExists)
    assert failed.error.field == "crm, uf"
    assert failed.cause.constraint == "uq_doctors_crm_uf"


def test_c7_duplicate_primary_key_names_its_table(bench: Bench) -> None:
    failed = bench.fail(new_doctor(id=1))
    assert isinstance(failed.error, AlreadyExists)
    assert (failed.error.what, failed.error.field) == ("doctors", "id")
    assert failed.cause.constraint == "pk_doctors"


def test_c7_registered_unique_index_becomes_its_areas_error(bench: Bench) -> None:
    failed = bench.fail(new_doctor(slot=7))
    assert isinstance(failed.error, SlotTaken)
    assert failed.error.side == "doctor"
    assert failed.cause.constraint == "uq_doctors_slot"


def test_c8_value_that_looks_like_a_constraint_deceives_nobody(bench: Bench) -> None:
    """MariaDB's message quotes the value before the key; here the value holds quotes and the words for another key."""
    forged = "x' for key 'uq_doctors_slot"
    failed = bench.fail(new_doctor(email=forged), new_doctor(id=3, email=forged))
    assert isinstance(failed.error, AlreadyExists)
    assert failed.error.field == "email"
    failed = bench.fail(lambda connection: connection.execute(insert(clinics), {"id": 3, "name": SECRET}))
    assert isinstance(failed.error, AlreadyExists)
    assert failed.error.what == "clinics"


def test_c7_registered_trigger_rule_becomes_its_areas_error(bench: Bench) -> None:
    failed = bench.fail(new_doctor(age=99, email=SECRET))
    assert type(failed.error) is RecordSealed
    assert failed.cause.constraint == "tr_doctors_sealed"


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_c7_exclusion_constraint_is_a_conflict_with_its_name(driver: str, databases: Callable[[str], str]) -> None:
    bench = Bench(driver, url_of(databases, driver))
    failed = bench.fail(new_doctor(clinic_id=1, starts_at=4, ends_at=9))
    assert type(failed.error) is Conflict
    assert failed.cause == Cause(
        "ExclusionViolation" + ("Error" if bench.is_async else ""), "23P01", "ex_doctors_overlap"
    )


def test_d58_closed_list_names_its_column(bench: Bench) -> None:
    failed = bench.fail(new_doctor(status="Brien"))
    assert isinstance(failed.error, ValidationFailed)
    assert failed.error.fields == {"status": "breaks the rule ck_doctors_status"}


def test_c7_check_over_several_columns_is_named_itself(bench: Bench) -> None:
    failed = bench.fail(new_doctor(starts_at=5, ends_at=1))
    assert isinstance(failed.error, ValidationFailed)
    assert failed.error.fields == {"ck_doctors_interval": "breaks the rule ck_doctors_interval"}


def test_c7_reference_to_nothing_names_its_column(bench: Bench) -> None:
    """SQLite does not say which foreign key failed."""
    failed = bench.fail(new_doctor(clinic_id=99))
    assert isinstance(failed.error, ValidationFailed)
    field = "reference" if bench.family == "sqlite" else "clinic_id"
    assert failed.error.fields == {field: "refers to nothing"}


def test_c7_removing_a_row_others_refer_to_is_a_conflict(networked: Bench) -> None:
    failed = networked.fail(sql(dict.fromkeys(["postgresql", "mysql"], "DELETE FROM doctors WHERE id = 1")))
    assert type(failed.error) is Conflict
    assert failed.cause.constraint == "fk_lines_doctor_id"


def test_c7_missing_value_names_its_column(bench: Bench) -> None:
    failed = bench.fail(new_doctor(status=None))
    assert isinstance(failed.error, ValidationFailed)
    assert failed.error.fields == {"status": "is required"}


def test_c8_too_long_text_is_a_validation_error(networked: Bench) -> None:
    """PostgreSQL does not say which column; SQLite has no lengths."""
    failed = networked.fail(new_doctor(uf="Brien"))
    assert isinstance(failed.error, ValidationFailed)
    assert list(failed.error.fields) == ["uf" if networked.family == "mysql" else "value"]


def test_c8_wrong_text_for_a_number_is_a_validation_error(networked: Bench) -> None:
    """MariaDB quotes the value before the column; a value may be the name of another column."""
    failed = networked.fail(
        lambda connection: connection.execute(text("UPDATE doctors SET age = :age"), {"age": "email"})
    )
    assert isinstance(failed.error, ValidationFailed)
    assert list(failed.error.fields) == ["age" if networked.family == "mysql" else "value"]


@pytest.mark.parametrize("value", [2**70, 2**40])
def test_c8_number_out_of_range_is_a_validation_error(networked: Bench, value: int) -> None:
    failed = networked.fail(new_doctor(age=value))
    assert isinstance(failed.error, ValidationFailed)


@pytest.mark.parametrize("driver", ["sqlite3", "aiosqlite"])
def test_c8_number_no_sqlite_column_can_hold_is_a_validation_error(
    driver: str, databases: Callable[[str], str]
) -> None:
    failed = Bench(driver, url_of(databases, driver)).fail(new_doctor(age=2**70))
    assert isinstance(failed.error, ValidationFailed)


def test_c8_text_that_cannot_be_encoded_is_a_validation_error(bench: Bench) -> None:
    failed = bench.fail(new_doctor(email="Brien\ud800"))
    assert isinstance(failed.error, ValidationFailed)


@pytest.mark.parametrize("language", ["de_DE", "ja_JP", "pt_BR", "ru_RU", "zh_CN", "hu_HU"])
@pytest.mark.parametrize("driver", ["pymysql", "asyncmy"])
def test_c8_translated_messages_are_understood(driver: str, language: str, databases: Callable[[str], str]) -> None:
    bench = Bench(driver, url_of(databases, driver))

    def speak(connection: Connection) -> None:
        connection.exec_driver_sql(f"SET lc_messages = '{language}'")

    duplicate = bench.fail(speak, new_doctor(email="a@b")).error
    missing = bench.fail(speak, new_doctor(status=None)).error
    check = bench.fail(speak, new_doctor(status="Brien")).error
    wrong = bench.fail(speak, lambda connection: connection.execute(text("UPDATE doctors SET age = 'email'"))).error
    assert isinstance(duplicate, AlreadyExists)
    assert duplicate.field == "email"
    assert isinstance(missing, ValidationFailed)
    assert missing.fields == {"status": "is required"}
    assert isinstance(check, ValidationFailed)
    assert list(check.fields) == ["status"]
    assert isinstance(wrong, ValidationFailed)
    assert list(wrong.fields) == ["age"]
