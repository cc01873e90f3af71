"""A booking as somebody would write it by hand on the bare driver: the obvious eleven statements, each looked at before the next."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import asyncpg
import psycopg

from benchmarks.clinic import HALF_HOUR
from telemed_store import NewAppointment
from telemed_store.database.clock import SystemClock
from telemed_store.database.identity import new_id

_GUARD = "SELECT owner_id FROM telemed.booking_guards WHERE owner_id = %(owner_id)s FOR UPDATE"
_DOCTOR = "SELECT user_id, status, zone FROM telemed.doctors WHERE id = %(doctor_id)s AND deleted_at IS NULL"
_PATIENT = """
SELECT user_id, status, date_of_birth, gender, phone, emergency_contact, emergency_phone
FROM telemed.patients WHERE id = %(patient_id)s AND deleted_at IS NULL
"""
_WINDOWS = """
SELECT kind, weekday, specific_date, start_minute, end_minute, zone, location_id
FROM telemed.availability_windows WHERE doctor_id = %(doctor_id)s AND is_active AND deleted_at IS NULL
"""
_BLOCKS = """
SELECT first_date, last_date FROM telemed.blocked_dates
WHERE doctor_id = %(doctor_id)s AND last_date >= %(date)s AND first_date <= %(date)s AND deleted_at IS NULL
"""
_TAKEN = """
SELECT id FROM telemed.appointments
WHERE (doctor_id = %(doctor_id)s OR patient_id = %(patient_id)s) AND status IN ('scheduled', 'rescheduled', 'in_progress')
AND deleted_at IS NULL AND starts_at < %(ends_at)s AND ends_at > %(starts_at)s LIMIT 1
"""
_CONVERSATION = """
SELECT c.id FROM telemed.conversations AS c JOIN telemed.doctors AS d ON d.user_id = c.doctor_user_id
JOIN telemed.patients AS p ON p.user_id = c.patient_user_id WHERE d.id = %(doctor_id)s AND p.id = %(patient_id)s
"""
_APPOINTMENT = """
INSERT INTO telemed.appointments (id, version, created_at, updated_at, doctor_id, patient_id, starts_at, ends_at,
    local_starts_at, zone, status, access_code, origin, created_by)
VALUES (%(id)s, 1, %(now)s, %(now)s, %(doctor_id)s, %(patient_id)s, %(starts_at)s, %(ends_at)s,
    %(local)s, 'UTC', 'scheduled', %(code)s, 'booked', %(created_by)s)
"""
_LOG = """
INSERT INTO telemed.appointment_logs (id, created_at, appointment_id, actor_kind, event, payload)
VALUES (%(log_id)s, %(now)s, %(id)s, 'system', 'created', %(payload)s::jsonb)
"""
_EVENT = """
INSERT INTO telemed.domain_events (id, created_at, type, schema_version, aggregate_type, aggregate_id, aggregate_version,
    occurred_at, actor_kind, correlation_id, recipients, payload)
VALUES (%(event_id)s, %(now)s, 'ConsultationScheduled', 1, 'appointment', %(id)s, 1,
    %(now)s, 'system', 'by hand', %(recipients)s::jsonb, %(payload)s::jsonb)
"""

_READS = (_GUARD, _GUARD, _DOCTOR, _PATIENT, _WINDOWS, _BLOCKS, _TAKEN, _CONVERSATION)
_WRITES = (_APPOINTMENT, _LOG, _EVENT)


def book(connection: psycopg.Connection[Any], new: NewAppointment) -> None:
    """One transaction on psycopg."""
    with connection.transaction(), connection.cursor() as cursor:
        values = _values(new)
        answers = [cursor.execute(sql, values | guard).fetchall() for sql, guard in _reads(new)]
        for sql in _WRITES:
            cursor.execute(sql, _decided(values, answers))


async def book_async(connection: asyncpg.Connection[Any], new: NewAppointment) -> None:
    """One transaction on asyncpg."""
    async with connection.transaction():
        values = _values(new)
        answers = [await connection.fetch(*_numbered(sql, values | guard)) for sql, guard in _reads(new)]
        for sql in _WRITES:
            await connection.execute(*_numbered(sql, _decided(values, answers)))


def _reads(new: NewAppointment) -> Iterator[tuple[str, dict[str, Any]]]:
    owners = iter((new.doctor_id, new.patient_id))
    return ((sql, {"owner_id": next(owners)} if sql is _GUARD else {}) for sql in _READS)


def _values(new: NewAppointment) -> dict[str, Any]:
    ends_at = new.starts_at + HALF_HOUR
    return {
        "id": new_id(),
        "log_id": new_id(),
        "event_id": new_id(),
        "code": new_id().hex[-8:].upper(),
        "now": SystemClock().now(),
        "doctor_id": new.doctor_id,
        "patient_id": new.patient_id,
        "starts_at": new.starts_at,
        "ends_at": ends_at,
        "local": new.starts_at.replace(tzinfo=None),
        "date": new.starts_at.date(),
        "payload": json.dumps({"starts_at": new.starts_at.isoformat(), "ends_at": ends_at.isoformat()}),
    }


def _decided(values: dict[str, Any], answers: list[list[Any]]) -> dict[str, Any]:
    _, _, (doctor,), (patient,), windows, blocks, taken, conversation = answers
    if blocks or taken or not windows or not conversation:
        raise AssertionError("the time cannot be booked")
    return values | {"created_by": doctor[0], "recipients": json.dumps([str(doctor[0]), str(patient[0])])}


_texts: dict[str, tuple[str, list[str]]] = {}


def _numbered(sql: str, values: dict[str, Any]) -> tuple[Any, ...]:
    """The statement as asyncpg takes it, and its values in order."""
    if sql not in _texts:
        names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", sql)))
        _texts[sql] = re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", sql), names
    text, names = _texts[sql]
    return text, *(values[name] for name in names)
