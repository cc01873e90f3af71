"""What a person sees of appointments: those in which they are the doctor, and those in which they are the patient.

For one row "doctor or patient" is a condition (`visible`). For a list it is two lists (`sides`): the condition would leave a planner
the choice between sorting somebody's whole history and walking everybody's in order of time, and it takes either (measured with a
million appointments on PostgreSQL: 323,570 pages read for 20 rows; incident small_conversation_in_huge_table_uses_index). The two come in
one statement, each in the order of its index and no longer than the page (`page_of`), and are put in order here (`merged`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any, Final, TypeVar

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    Subquery,
    Table,
    and_,
    bindparam,
    or_,
    select,
    union_all,
)

from telemed_store.appointments.models import Appointment
from telemed_store.appointments.tables import appointments
from telemed_store.audit.context import Context
from telemed_store.database.types import Id
from telemed_store.people.tables import doctors, patients

__all__ = ["merged", "of_pair", "of_somebody", "page_of", "sides", "viewer_of", "visible"]

RowT = TypeVar("RowT", bound=Sequence[Any])

_EVERYBODY: Final = "ix_appointments_starts_at_id, ix_appointments_status_starts_at_id"
_FIELDS: Final = tuple(Appointment.model_fields)
_POSITION: Final = itemgetter(_FIELDS.index("starts_at"), _FIELDS.index("id"))


def visible() -> ColumnElement[bool]:
    """Whether user ``viewer`` sees an appointment found by its key: they are the doctor or the patient."""
    return or_(*_own())


def viewer_of(context: Context) -> dict[str, Any]:
    """The parameter of `visible` and `sides`, which a system job has none of."""
    return {} if context.actor.is_system else {"viewer": context.actor.id}


def sides(statement: Select[*tuple[Any, ...]], *, viewer: bool) -> tuple[Select[*tuple[Any, ...]], ...]:
    """The parts of a list: all of it for a system job; for user ``viewer`` what they attend as the doctor, and as the patient."""
    return tuple(of_somebody(statement).where(own) for own in _own()) if viewer else (statement,)


def of_somebody(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """A list of one doctor's or one patient's: MariaDB is not to walk everybody's until the page is full.

    It would for whoever has many (measured with a million appointments: 1,001 rows read, not 51, for a doctor with every twentieth).
    """
    for dialect in ("mysql", "mariadb"):
        statement = statement.with_hint(appointments, f"IGNORE INDEX ({_EVERYBODY})", dialect)
    return statement


def of_pair() -> ColumnElement[bool]:
    """What ``doctor_id`` and ``patient_id`` have with each other."""
    return and_(
        appointments.c.doctor_id == bindparam("doctor_id", type_=Id()),
        appointments.c.patient_id == bindparam("patient_id", type_=Id()),
        appointments.c.deleted_at.is_(None),
    )


def page_of(parts: Iterable[Select[*tuple[Any, ...]]]) -> Subquery:
    """The rows of a page, to be joined with what is shown beside them; each part of the list has its own order and limit.

    The page comes first and its people then, row by row: joined before, MariaDB began with all patients (measured with a million
    appointments: 251,909 rows read for 50).
    """
    first, *others = parts
    if not others:
        return first.subquery("page")
    return union_all(*(part.subquery().select() for part in (first, *others))).subquery("page")


def merged(rows: Iterable[RowT], size: int, *, descending: bool = False) -> list[RowT]:
    """Rows of a page in order of start, one more than its size; each begins with the columns of `Appointment`."""
    return sorted(rows, key=_POSITION, reverse=descending)[: size + 1]


def _own() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (
        appointments.c.doctor_id == _profile(doctors),
        appointments.c.patient_id == _profile(patients),
    )


def _profile(profiles: Table) -> ScalarSelect[Any]:
    # uq_doctors_user_id, uq_patients_user_id: a user has at most one live profile of each kind, but any number of deleted ones.
    viewer = bindparam("viewer", type_=Id())
    return select(profiles.c.id).where(profiles.c.user_id == viewer, profiles.c.deleted_at.is_(None)).scalar_subquery()
