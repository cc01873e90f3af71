"""What the verbs of this area share: who may write, changing one version to the next, search words, encrypted columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Connection, Table

from telemed_store.audit.context import Context
from telemed_store.crypto.data_keys import Purpose
from telemed_store.crypto.envelope import Binding
from telemed_store.database.identity import new_id
from telemed_store.database.models import is_storable
from telemed_store.database.text_search import words
from telemed_store.errors import NotFound, NotPermitted, ValidationFailed, VersionConflict
from telemed_store.people import statements as sql

__all__ = [
    "CHART_TEXTS",
    "change",
    "chart_binding",
    "check_birth_date",
    "check_findable",
    "check_owner",
    "check_version",
    "checked_id",
    "identifier_binding",
    "index_field",
    "insert_words",
    "missing",
    "new_row",
    "normalised",
    "replace_words",
    "word_rows",
]

CHART_TEXTS: Final = ("medical_history", "allergies", "current_medications")

ModelT = TypeVar("ModelT", bound=BaseModel)


def new_row(context: Context, **values: Any) -> dict[str, Any]:
    """A row of a mutable table at version 1, made now."""
    now = context.now()
    return {"id": new_id(), "version": 1, "created_at": now, "updated_at": now, **values}


def checked_id(field: str, value: object) -> UUID:
    """The id, if it is one."""
    if not isinstance(value, UUID):
        raise ValidationFailed({field: "must be a UUID"})
    return value


def check_findable(kind: str, *texts: str) -> None:
    """Say at once that nothing is found by a text that nothing can be stored under; not every engine lets itself be asked."""
    if not all(map(is_storable, texts)):
        raise NotFound(kind)


def check_owner(context: Context, kind: str, row_id: UUID, user_id: UUID) -> None:
    """Refuse a write to what belongs to another person, unless a job of the system does it (C14)."""
    if not context.actor.is_system and context.actor.id != user_id:
        context.denied(kind, row_id)
        raise NotPermitted


def change(
    connection: Connection,
    context: Context,
    table: Table,
    before: ModelT,
    expected_version: int,
    values: Mapping[str, Any],
    *,
    shown: Mapping[str, Any] | None = None,
) -> ModelT:
    """Set columns of a row that was read as ``before``; one version further.

    Args:
        connection: Of the unit of work.
        context: Of the operation.
        table: Where the row is.
        before: The row as it was read; has id, version and updated_at.
        expected_version: The version that the caller saw.
        values: Columns and their new stored values.
        shown: What the model then shows, where that is not what is stored.
    """
    seen: Any = before
    check_version(seen.version, expected_version)
    # A clock that stepped back must not order a row's times the wrong way round.
    now = max(context.now(), seen.updated_at) if hasattr(seen, "updated_at") else context.now()
    parameters = {f"new_{name}": value for name, value in values.items()}
    parameters |= {"row_id": seen.id, "expected_version": expected_version, "now": now}
    if connection.execute(sql.changing(table, *values), parameters).rowcount != 1:
        # Somebody else was first, after this transaction read the row.
        raise VersionConflict(expected_version + 1)
    fields = values if shown is None else shown
    update = {name: value for name, value in fields.items() if name in type(before).model_fields}
    return before.model_copy(update={**update, "version": expected_version + 1, "updated_at": now})


def check_version(current: int, expected: int) -> None:
    """Refuse a change that was decided on another version of the row."""
    if current != expected:
        raise VersionConflict(current)


def word_rows(table: str, row_id: UUID, *texts: str | None) -> list[dict[str, Any]]:
    """The search words of a row's text."""
    return [{"table_name": table, "row_id": row_id, "word": word} for word in words(*texts)]


def replace_words(connection: Connection, table: str, row_id: UUID, *texts: str | None) -> None:
    """Make a row findable by its present text alone."""
    connection.execute(sql.DELETE_WORDS, {"row_id": row_id, "words_of": table})
    insert_words(connection, word_rows(table, row_id, *texts))


def insert_words(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Store search words, if there are any."""
    if rows:
        connection.execute(sql.INSERT_WORDS, rows)


def chart_binding(column: str, patient_id: UUID, user_id: UUID) -> Binding:
    """The place of one encrypted text of a patient."""
    return Binding("patients", column, patient_id, user_id, Purpose.CHART)


def identifier_binding(identifier_id: UUID, user_id: UUID) -> Binding:
    """The place of one encrypted identifier."""
    return Binding("user_identifiers", "value", identifier_id, user_id, Purpose.IDENTITY)


def index_field(system: str) -> str:
    """Which field a blind index is of: one person's CPF and CNS cannot be correlated."""
    return f"user_identifiers.value:{system}"


def normalised(fields: Mapping[str, tuple[Callable[[str], str], str]]) -> dict[str, str]:
    """Values in their canonical form, or one error that names every field that has none."""
    wrong: dict[str, str] = {}
    right: dict[str, str] = {}
    for field, (normalise, value) in fields.items():
        try:
            right[field] = normalise(value)
        except ValueError as failure:
            wrong[field] = str(failure)
    if wrong:
        raise ValidationFailed(wrong)
    return right


def check_birth_date(context: Context, born: dt.date | None) -> None:
    """Refuse a birth date that no living person has."""
    today = context.now().date() + dt.timedelta(days=1)  # it may be tomorrow already where the person is
    if born is not None and not dt.date(1880, 1, 1) <= born <= today:
        raise ValidationFailed({"date_of_birth": "must be a past date, not before 1880"})


def missing(wanted: Iterable[UUID], there: Iterable[UUID]) -> bool:
    """Whether some of the ids wanted are not there."""
    return not set(wanted) <= set(there)
