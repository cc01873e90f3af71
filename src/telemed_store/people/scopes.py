"""Filters of the lists of doctors and patients; each is the one place where its condition is written (Q050, Q051)."""

from __future__ import annotations

import calendar
import dataclasses
import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, Date, Select, and_, exists, false, or_, select

from telemed_store.database.scoping import Bind, Scope, check_order
from telemed_store.database.text_search import prefix_end, query_words
from telemed_store.database.types import ClosedList, FixedPoint, Id, UtcDateTime
from telemed_store.people.lists import BloodType, DoctorStatus, Gender, LocationType, PatientStatus
from telemed_store.people.models import Doctor, Patient
from telemed_store.people.tables import doctor_specializations, doctors, patients, search_words, service_locations

__all__ = [
    "AgedBetween",
    "AtLocation",
    "FeeBetween",
    "LastSeenBetween",
    "MatchingText",
    "Online",
    "Presential",
    "SearchText",
    "WithBloodType",
    "WithDoctorStatus",
    "WithGender",
    "WithPatientStatus",
    "WithSpecialization",
]

Age = Annotated[int, Field(ge=0, le=150)]
Amount = Annotated[Decimal, Field(max_digits=12, decimal_places=2)]
SearchText = Annotated[str, Field(max_length=1000)]

# Wider than the column: an amount that no fee has is compared like any other.
_AMOUNT: Final = FixedPoint(12, 2)


def _rows_with_word(table: str, position: int, bind: Bind) -> Select[Any]:
    """Ids of the rows of ``table`` with a word that begins with the query's word at ``position``: a range of pk_search_words."""
    return select(search_words.c.row_id).where(
        search_words.c.table_name == table,
        search_words.c.word >= bind(f"word_{position}"),
        search_words.c.word < bind(f"end_{position}"),
    )


def _word_values(text: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for position, word in enumerate(query_words(text)):
        values |= {f"word_{position}": word, f"end_{position}": prefix_end(word)}
    return values


@dataclasses.dataclass(frozen=True)
class WithSpecialization(Scope[Doctor]):
    """Doctors with this specialization. ix_doctor_specializations_specialization_id."""

    specialization_id: UUID

    def condition(self, bind: Bind) -> ColumnElement[bool]:
        """See `Scope.condition`."""
        return exists().where(
            doctor_specializations.c.specialization_id == bind("specialization_id", Id()),
            doctor_specializations.c.doctor_id == doctors.c.id,
        )


@dataclasses.dataclass(frozen=True)
class MatchingText(Scope[Doctor]):
    """Doctors whose name or a specialization's name has, for each word of the text, a word that begins with it (C11).

    Case and accents do not matter, ``%`` and ``_`` mean nothing special, and only the first eight words count. A text without any
    letter or digit matches nobody.
    """

    text: SearchText = dataclasses.field(repr=False)

    def condition(self, bind: Bind) -> ColumnElement[bool]:
        """See `Scope.condition`."""
        count = len(query_words(self.text))
        return and_(*(self._has_word(position, bind) for position in range(count))) if count else false()

    def _has_word(self, position: int, bind: Bind) -> ColumnElement[bool]:
        specialized = select(doctor_specializations.c.doctor_id).where(
            doctor_specializations.c.specialization_id.in_(_rows_with_word("specializations", position, bind))
        )
        return or_(doctors.c.id.in_(_rows_with_word("doctors", position, bind)), doctors.c.id.in_(specialized))

    def values(self, now: dt.datetime) -> Mapping[str, Any]:
        """See `Scope.values`."""
        return _word_values(self.text)

    def shape(self) -> tuple[Any, ...]:
        """See `Scope.shape`."""
        return (type(self), len(query_words(self.text)))


@dataclasses.dataclass(frozen=True)
class AtLocation(Scope[Doctor]):
    """Doctors with an active place in whose name or address each word of the text begins a word (C11)."""

    text: SearchText = dataclasses.field(repr=False)

    def condition(self, bind: Bind) -> ColumnElement[bool]:
        """See `Scope.condition`."""
        count = len(query_words(self.text))
        if not count:
            return false()
        places = select(service_locations.c.doctor_id).where(
            service_locations.c.is_active,
            service_locations.c.deleted_at.is_(None),
            *(
                service_locations.c.id.in_(_rows_with_word("service_locations", position, bind))
                for position in range(count)
            ),
        )
        return doctors.c.id.in_(places)

    def values(self, now: dt.datetime) -> Mapping[str, Any]:
        """See `Scope.values`."""
        return _word_values(self.text)

    def shape(self) -> tuple[Any, ...]:
        """See `Scope.shape`."""
        return (type(self), len(query_words(self.text)))


@dataclasses.dataclass(frozen=True)
class FeeBetween(Scope[Doctor]):
    """Doctors whose fee lies between two amounts, both included; a missing side does not limit, an unknown fee is left out."""

    lowest: Amount | None = None
    highest: Amount | None = None

    def condition(self, bind: Bind) -> ColumnElement[bool]:
        """See `Scope.condition`."""
        fee = doctors.c.consultation_fee
        sides: list[ColumnElement[bool]] = [fee.is_not(None)]
        if self.lowest is not None:
            sides.append(fee >= bind("lowest", _AMOUNT))
        if self.highest is not None:
            sides.append(fee <= bind("highest", _AMOUNT))
        return and_(*sides)

    def values(self, now: dt.datetime) -> Mapping[str, Any]:
        """See `Scope.values`."""
        check_order(self, "lowest", "highest")
        sides = {"lowest": self.lowest, "highest": self.highest}
        return {name: Decimal(value) for name, value in sides.items() if value is not None}

    def shape(self) -> tuple[Any, ...]:
        """See `Scope.shape`."""
        return (type(self), self.lowest is None, self.highest is None)


def _has_place(kind: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        service_locations.c.doctor_id == doctors.c.id,
        service_locations.c.is_active,
        service_locations.c.deleted_at.is_(None),
        kind,
    )


@dataclasses.dataclass(frozen=True)
class Online(Scope[Doctor]):
    """Doctors with an active teleconsultation location. ix_service_locations_doctor_id_name_id."""

    def condition(self, bind: Bind) -> ColumnElement[bool]:
        """See `Scope.condition`."""
        return _has_place(service_locations.c.type == LocationType.TELECONSULTATION)


@dataclasses.dataclass(frozen=True)
class Presential(Scope[Doctor]):
    """Doctors with an active place where patients go. ix_service_locations_doctor_id_name_id."""

    def condition(self, bind: Bind) -> ColumnElement[bool]:
        """See `Scope.condition`."""
        return _has_place(service_locations.c.type != LocationType.TELECONSULTATION)


@dataclasses.dataclass(frozen=True)
class WithDoctorStatus(Scope[Doctor]):
    """Doctors in a status. ix_doctors_status_created_at_id."""

    status: DoctorStatus

    def condition(self, bind: Bind) -> ColumnElement[bool]:
        """See `Scope.condition`."""
        return doctors.c.status == bind("status", ClosedList(DoctorStatus))


@dataclasses.dataclass(frozen=True)
class WithPatientStatus(Scope[Patient]):
    """Patients in a status. ix_patients_status_id."""

    status: PatientStatus

    def condition(self, bind: Bind) -> ColumnElement[bool]:
        """See `Scope.condition`."""
        return patients.c.status == bind("status", ClosedList(PatientStatus))


@dataclasses.dataclass(frozen=True)
class WithGender(Scope[Patient]):
    """Patients of a gender."""

    gender: Gender

    def condition(self, bind: Bind) -> ColumnElement[bool]:
        """See `Scope.condition`."""
        return patients.c.gender == bind("gender", ClosedList(Gender))


@dataclasses.dataclass(frozen=True)
class WithBloodType(Scope[Patient]):
    """Patients of a blood type."""

    blood_type: BloodType

    def condition(self, bind: Bind) -> ColumnElement[bool]:
        """See `Scope.condition`."""
        return patients.c.blood_type == bind("blood_type", ClosedList(BloodType))


@dataclasses.dataclass(frozen=True)
class AgedBetween(Scope[Patient]):
    """Patients whose age today (UTC), in completed years, lies between two ages, both included; a missing side does not limit."""

    youngest: Age | None = None
    oldest: Age | None = None

    def condition(self, bind: Bind) -> ColumnElement[bool]:
        """See `Scope.condition`."""
        born = patients.c.date_of_birth
        sides: list[ColumnElement[bool]] = [born.is_not(None)]
        if self.youngest is not None:
            sides.append(born <= bind("born_by", Date()))
        if self.oldest is not None:
            sides.append(born > bind("born_after", Date()))
        return and_(*sides)

    def values(self, now: dt.datetime) -> Mapping[str, Any]:
        """See `Scope.values`."""
        check_order(self, "youngest", "oldest")
        today = now.astimezone(dt.UTC).date()
        values: dict[str, Any] = {}
        if self.youngest is not None:
            values["born_by"] = _years_before(today, self.youngest)
        if self.oldest is not None:
            values["born_after"] = _years_before(today, self.oldest + 1)
        return values

    def shape(self) -> tuple[Any, ...]:
        """See `Scope.shape`."""
        return (type(self), self.youngest is None, self.oldest is None)


def _years_before(date: dt.date, years: int) -> dt.date:
    year = min(max(date.year - years, dt.MINYEAR), dt.MAXYEAR)
    # On 29 February whoever was born on 28 February of a common year has had that birthday, and nobody later has.
    return dt.date(year, date.month, min(date.day, calendar.monthrange(year, date.month)[1]))


@dataclasses.dataclass(frozen=True)
class LastSeenBetween(Scope[Patient]):
    """Patients whose last consultation began in ``[earliest, before)``; a missing side does not limit, nobody unseen is shown."""

    earliest: dt.datetime | None = None
    before: dt.datetime | None = None

    def condition(self, bind: Bind) -> ColumnElement[bool]:
        """See `Scope.condition`."""
        seen = patients.c.last_consultation_at
        sides: list[ColumnElement[bool]] = [seen.is_not(None)]
        if self.earliest is not None:
            sides.append(seen >= bind("earliest", UtcDateTime()))
        if self.before is not None:
            sides.append(seen < bind("before", UtcDateTime()))
        return and_(*sides)

    def values(self, now: dt.datetime) -> Mapping[str, Any]:
        """See `Scope.values`."""
        check_order(self, "earliest", "before", half_open=True)
        sides = {"earliest": self.earliest, "before": self.before}
        return {name: side for name, side in sides.items() if side is not None}

    def shape(self) -> tuple[Any, ...]:
        """See `Scope.shape`."""
        return (type(self), self.earliest is None, self.before is None)
