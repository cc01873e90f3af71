"""The paged lists of people, of what belongs to them, and of consents."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from telemed_store import BoundStore, Page
from telemed_store.consents.tables import consents
from telemed_store.people.tables import (
    doctor_registrations,
    doctor_specializations,
    doctors,
    patients,
    service_locations,
    specializations,
    user_identities,
)
from telemed_store.scopes import LastSeenBetween, WithSpecialization
from telemed_store.testing.clock import PRESENT

from .listed import HOUR, NAMES, Listed, Placed
from .rows import Rows


class DoctorsWith(Listed):
    verb = "people.doctors_with"
    is_descending = True

    def owner(self, rows: Rows) -> UUID:
        name = f"specialization {rows.number():06}"
        return rows.new(specializations, name=name, name_key=name, is_active=True)

    def insert(self, rows: Rows, owner: UUID, placed: list[Placed]) -> None:
        rows.doctors((row_id, PRESENT + HOUR * key) for row_id, key in placed)
        qualified = ({"doctor_id": row_id, "specialization_id": owner, "position": 1} for row_id, _ in placed)
        rows.insert(doctor_specializations, qualified)

    def remove(self, rows: Rows, row_id: UUID) -> None:
        rows.delete(doctors, row_id)


class SearchDoctors(DoctorsWith):
    verb = "people.search_doctors"

    def read(self, store: BoundStore, owner: UUID, limit: int, cursor: str | None) -> Page[Any]:
        return store.people.search_doctors(WithSpecialization(owner), None, limit, cursor)


class Doctors(DoctorsWith):
    verb = "people.doctors"
    is_by_id = True
    is_descending = False

    def read(self, store: BoundStore, owner: UUID, limit: int, cursor: str | None) -> Page[Any]:
        return store.people.doctors(WithSpecialization(owner), limit, cursor)


class Patients(Listed):
    """Those who were last seen in one hour."""

    verb = "people.patients"
    is_by_id = True

    def owner(self, rows: Rows) -> dt.datetime:
        return PRESENT - HOUR * rows.number()

    def insert(self, rows: Rows, owner: dt.datetime, placed: list[Placed]) -> None:
        rows.patients((row_id for row_id, _ in placed), last_consultation_at=owner)

    def remove(self, rows: Rows, row_id: UUID) -> None:
        rows.delete(patients, row_id)

    def read(self, store: BoundStore, owner: dt.datetime, limit: int, cursor: str | None) -> Page[Any]:
        return store.people.patients(LastSeenBetween(owner, owner + HOUR), limit, cursor)


class Specializations(Listed):
    """One list of all: what is there already leaves it. Names are unique."""

    verb = "people.specializations"
    keys = 24
    has_ties = False

    def owner(self, rows: Rows) -> int:
        rows.change_all(specializations, is_active=False)
        return rows.number()

    def insert(self, rows: Rows, owner: int, placed: list[Placed]) -> None:
        # Upper and lower case by turns: the order is that of the key.
        names = (
            (row_id, f"{'LISTED' if key % 2 else 'Listed'} {key:02} {owner} {rows.number()}") for row_id, key in placed
        )
        rows.insert(
            specializations,
            ({"id": row_id, "name": name, "name_key": name.casefold(), "is_active": True} for row_id, name in names),
        )

    def remove(self, rows: Rows, row_id: UUID) -> None:
        rows.change(specializations, row_id, is_active=False)

    def read(self, store: BoundStore, owner: int, limit: int, cursor: str | None) -> Page[Any]:
        return store.people.specializations(limit, cursor)


class Locations(Listed):
    verb = "people.locations"
    keys = len(NAMES)

    def insert(self, rows: Rows, owner: UUID, placed: list[Placed]) -> None:
        rest = {"doctor_id": owner, "type": "teleconsultation", "is_active": True}
        rows.insert(service_locations, ({"id": row_id, "name": NAMES[key], **rest} for row_id, key in placed))

    def remove(self, rows: Rows, row_id: UUID) -> None:
        rows.delete(service_locations, row_id)


class Registrations(Listed):
    verb = "people.registrations"
    is_by_id = True

    def insert(self, rows: Rows, owner: UUID, placed: list[Placed]) -> None:
        rest = {"doctor_id": owner, "authority": "cro", "region": "SP", "is_primary": False}
        rows.insert(doctor_registrations, ({"id": each.id, "number": str(rows.number()), **rest} for each in placed))

    def remove(self, rows: Rows, row_id: UUID) -> None:
        rows.delete(doctor_registrations, row_id)


class LinkedIdentities(Listed):
    """Links go for good."""

    verb = "people.linked_identities"
    is_by_id = True

    def insert(self, rows: Rows, owner: UUID, placed: list[Placed]) -> None:
        rest = {"user_id": owner, "issuer": "https://login.example"}
        rows.insert(user_identities, ({"id": each.id, "subject": str(rows.number()), **rest} for each in placed))

    def remove(self, rows: Rows, row_id: UUID) -> None:
        rows.unmake(user_identities, row_id)


class Consents(Listed):
    """Ended ones: one active one is all there can be."""

    verb = "consents.list"
    is_descending = True
    loses_rows = False

    def owner(self, rows: Rows) -> UUID:
        return rows.patient()

    def insert(self, rows: Rows, owner: UUID, placed: list[Placed]) -> None:
        rest = {"user_id": owner, "granted_by": owner, "type": "telemedicine", "channel": "click"}
        rest |= {"text_version": "1", "text_sha256": "ab" * 32}
        times = ((row_id, PRESENT - HOUR * (self.keys - key)) for row_id, key in placed)
        rows.insert(consents, ({"id": row_id, "granted_at": at, "revoked_at": at, **rest} for row_id, at in times))


LISTS: tuple[Listed, ...] = (
    DoctorsWith(),
    SearchDoctors(),
    Doctors(),
    Patients(),
    Specializations(),
    Locations(),
    Registrations(),
    LinkedIdentities(),
    Consents(),
)
