"""Importing past visits as completed: many at once, in a fixed number of statements.

A visit that breaks a rule is refused with its reason and the others are imported; either all of those are stored or, on an error, none.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from telemed_store.appointments import statements as sql
from telemed_store.appointments.models import (
    AppointmentEvent,
    AppointmentOrigin,
    AppointmentStatus,
    CompletionKind,
    ConsultationCompleted,
    ImportedVisit,
    ImportRefusal,
    ImportReport,
)
from telemed_store.appointments.rows import log_row, new_access_code
from telemed_store.audit.context import Context
from telemed_store.database.identity import new_id
from telemed_store.database.local_time import wall_clock, zone
from telemed_store.errors import NotPermitted, ValidationFailed
from telemed_store.events.operations import record_many

__all__ = ["LARGEST_IMPORT", "Imported", "import_completed"]

LARGEST_IMPORT: Final = 5000
LONGEST_VISIT: Final = dt.timedelta(days=1)

Imported = Callable[[Connection, Context, Iterable[tuple[UUID, UUID]]], None]
"""A step of an upper area in the import's transaction: the users behind each doctor and patient of the imported visits."""


def import_completed(
    connection: Connection,
    context: Context,
    visits: Sequence[ImportedVisit],
    *,
    after_import: tuple[Imported, ...] = (),
) -> ImportReport:
    """Store past visits: at most nine statements, whatever their number, and those of the steps."""
    if not context.actor.is_system:
        # C14: an imported visit opens the patient's record to the doctor.
        raise NotPermitted
    if len(visits) > LARGEST_IMPORT:
        raise ValidationFailed({"visits": f"must be at most {LARGEST_IMPORT} at once"})
    if not visits:
        return ImportReport(imported=(), repeated=0, refused=())
    known = _Known(connection, context, visits)
    batch = _Batch(context, known)
    for index, visit in enumerate(visits):
        batch.add(index, visit)
    if batch.rows:
        connection.execute(sql.INSERT_APPOINTMENT, batch.rows)
        connection.execute(sql.INSERT_LOG, batch.logs)
        record_many(connection, context, batch.events)
        connection.execute(
            sql.ADVANCE_LAST_CONSULTATION,
            [{"patient": patient, "instant": instant} for patient, instant in sorted(batch.last_consultations.items())],
        )
        for step in after_import:
            step(connection, context, batch.pairs())
    return ImportReport(imported=tuple(batch.imported), repeated=batch.repeated, refused=tuple(batch.refused))


class _Known:
    """What the visits refer to, read once for all of them."""

    def __init__(self, connection: Connection, context: Context, visits: Sequence[ImportedVisit]) -> None:
        doctors = connection.execute(sql.IMPORT_DOCTORS, {"ids": list({visit.doctor_id for visit in visits})})
        self.doctors: dict[UUID, tuple[UUID, str]] = {row.id: (row.user_id, row.zone) for row in doctors}
        patients = connection.execute(sql.IMPORT_PATIENTS, {"ids": list({visit.patient_id for visit in visits})})
        self.patients: dict[UUID, UUID] = {row.id: row.user_id for row in patients}
        places = {visit.location_id for visit in visits if visit.location_id is not None}
        self.locations: set[tuple[UUID, UUID]] = set()
        if places:
            rows = connection.execute(sql.IMPORT_LOCATIONS, {"ids": list(places)})
            self.locations = {(row.id, row.doctor_id) for row in rows}
        keys = {_stored_key(visit.source_key) for visit in visits if visit.source_key is not None}
        self.stored: dict[str, tuple[UUID, bytes]] = {}
        if keys:
            found = connection.execute(sql.BY_IDEMPOTENCY_KEYS, {"actor": context.actor.key, "keys": list(keys)})
            self.stored = {row.idempotency_key: (row.id, row.request_digest) for row in found}
        if context.actor.id is not None and connection.execute(sql.LIVE_USER, {"id": context.actor.id}).first() is None:
            raise ValidationFailed({"actor": "is no known user"})


class _Batch:
    """The rows to be written."""

    def __init__(self, context: Context, known: _Known) -> None:
        self.context = context
        self.known = known
        self.rows: list[dict[str, Any]] = []
        self.logs: list[dict[str, Any]] = []
        self.events: list[ConsultationCompleted] = []
        self.imported: list[UUID] = []
        self.refused: list[ImportRefusal] = []
        self.repeated = 0
        self.last_consultations: dict[UUID, dt.datetime] = {}
        self._codes: set[str] = set()

    def add(self, index: int, visit: ImportedVisit) -> None:
        """Turn one visit into rows, or into a refusal."""
        digest = _digest(visit) if visit.source_key is not None else None
        key = _stored_key(visit.source_key) if visit.source_key is not None else None
        stored = self.known.stored.get(key) if key is not None else None
        if stored is not None and stored[1] == digest:
            self.imported.append(stored[0])
            self.repeated += 1
            return
        reason = "source_key_used" if stored is not None else self._refusal(visit)
        if reason is not None:
            self.refused.append(ImportRefusal(index=index, reason=reason))
            return
        appointment_id = new_id()
        if key is not None and digest is not None:
            self.known.stored[key] = (appointment_id, digest)
        self.rows.append(self._row(appointment_id, visit, key, digest))
        self._note(appointment_id, visit)
        self.imported.append(appointment_id)

    def _refusal(self, visit: ImportedVisit) -> str | None:
        known = self.known
        doctor = known.doctors.get(visit.doctor_id)
        patient_user_id = known.patients.get(visit.patient_id)
        refusals = {
            "ends_before_start": visit.ends_at <= visit.starts_at,
            # The year 1 in UTC may be none on a zone's wall clock.
            "outside_calendar": visit.starts_at.year == dt.MINYEAR,
            "longer_than_a_day": visit.ends_at - visit.starts_at > LONGEST_VISIT,
            "in_the_future": visit.ends_at > self.context.now(),
            "unknown_doctor": doctor is None,
            "unknown_patient": patient_user_id is None,
            "same_person": doctor is not None and doctor[0] == patient_user_id,
            "unknown_location": visit.location_id is not None
            and (visit.location_id, visit.doctor_id) not in known.locations,
        }
        return next((reason for reason, applies in refusals.items() if applies), None)

    def _row(self, appointment_id: UUID, visit: ImportedVisit, key: str | None, digest: bytes | None) -> dict[str, Any]:
        now = self.context.now()
        doctor_user_id, doctor_zone = self.known.doctors[visit.doctor_id]
        zone_name = visit.zone or doctor_zone
        return {
            "id": appointment_id,
            "version": 1,
            "created_at": now,
            "updated_at": now,
            "deleted_at": None,
            "doctor_id": visit.doctor_id,
            "patient_id": visit.patient_id,
            "location_id": visit.location_id,
            "starts_at": visit.starts_at,
            "ends_at": visit.ends_at,
            "local_starts_at": wall_clock(visit.starts_at, zone(zone_name)),
            "zone": zone_name,
            "status": AppointmentStatus.COMPLETED,
            "access_code": self._new_code(),
            "origin": AppointmentOrigin.IMPORTED,
            "idempotency_actor": self.context.actor.key if key is not None else None,
            "idempotency_key": key,
            "request_digest": digest,
            "availability_override": None,
            "notes": None,
            "created_by": self.context.actor.id or doctor_user_id,
            "started_at": visit.starts_at,
            "ended_at": visit.ends_at,
            "completion_kind": CompletionKind.IMPORTED,
            "cancelled_at": None,
            "cancelled_by": None,
            "cancellation_reason": None,
            "no_show_at": None,
        }

    def _note(self, appointment_id: UUID, visit: ImportedVisit) -> None:
        minutes = int((visit.ends_at - visit.starts_at).total_seconds() // 60)
        told = {
            "duration_minutes": minutes,
            "completion_kind": CompletionKind.IMPORTED,
            "origin": AppointmentOrigin.IMPORTED,
        }
        self.logs.append(log_row(self.context, appointment_id, AppointmentEvent.COMPLETED, told))
        self.events.append(
            ConsultationCompleted(
                aggregate_id=appointment_id,
                aggregate_version=1,
                recipients=(self.known.doctors[visit.doctor_id][0], self.known.patients[visit.patient_id]),
                doctor_id=visit.doctor_id,
                patient_id=visit.patient_id,
                duration_minutes=minutes,
                completion_kind=CompletionKind.IMPORTED,
                origin=AppointmentOrigin.IMPORTED,
            )
        )
        last = self.last_consultations.get(visit.patient_id)
        self.last_consultations[visit.patient_id] = max(last, visit.ends_at) if last else visit.ends_at

    def pairs(self) -> Iterable[tuple[UUID, UUID]]:
        """The users behind the doctors and the patients of these visits."""
        known = self.known
        return ((known.doctors[row["doctor_id"]][0], known.patients[row["patient_id"]]) for row in self.rows)

    def _new_code(self) -> str:
        while (code := new_access_code(self.context)) in self._codes:
            pass
        self._codes.add(code)
        return code


def _stored_key(source_key: str) -> str:
    return f"import:{source_key}"


def _digest(visit: ImportedVisit) -> bytes:
    return hashlib.sha256(json.dumps(visit.model_dump(mode="json"), sort_keys=True).encode()).digest()
