"""Every verb that writes, as something that anybody in town may try: whether it is refused does not matter here.

A new verb gets its line here, without which a test fails. What it picks from is what is committed at that moment, deleted rows too.
"""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from telemed_store import (
    Actor,
    AppointmentPatch,
    AvailabilityWindowPatch,
    BlockPatch,
    DoctorPatch,
    DoctorStatus,
    IdentifierPatch,
    NewRegistration,
    PatientPatch,
    PatientStatus,
    RegistrationPatch,
    ServiceLocationPatch,
    SpecializationPatch,
    UserPatch,
    UserStatus,
)
from telemed_store._sync.repositories import ReadRepositories, Repositories
from telemed_store.availability.tables import availability_windows, blocked_dates
from telemed_store.messages.tables import conversation_participants, messages
from telemed_store.people.tables import (
    doctor_registrations,
    doctors,
    patients,
    service_locations,
    specializations,
    user_identifiers,
    user_identities,
    users,
)

from .town import HALF_HOUR, SYSTEM, Pick, Row, Town

Attempt = Callable[[Any, Town, Pick], object]


def every_writing_verb() -> set[str]:
    """Every verb of every repository that a frame that only reads does not have, by looking."""
    reading, whole = (vars(kind(frame=None)) for kind in (ReadRepositories, Repositories))  # type: ignore[arg-type]
    return {
        f"{name}.{verb}" for name, repository in whole.items() for verb in _verbs(repository) - _verbs(reading[name])
    }


def _verbs(repository: object) -> set[str]:
    return {name for name, _ in inspect.getmembers(type(repository), inspect.isfunction) if not name.startswith("_")}


def somebody(town: Town, pick: Pick) -> Actor:
    """Mostly a job, by turns one of the people."""
    people = [Actor.user(row.id) for row in town.rows(users)[:6]]
    return pick.of([SYSTEM] * 12 + people)


def _version(row: Row, pick: Pick) -> int:
    return int(row.version) + pick.of([0] * 9 + [1])


def _days(town: Town, pick: Pick) -> dt.date:
    return town.make._today() + dt.timedelta(days=pick.of(range(6)))


def _start(town: Town, pick: Pick) -> dt.datetime:
    """One of the half hours that the doctors work."""
    midnight = dt.datetime.combine(_days(town, pick), dt.time(11), dt.UTC)
    return midnight + HALF_HOUR * pick.of(range(5))


def _profile_of(town: Town, pick: Pick) -> dict[str, Any]:
    """A new person, or somebody who is there: who may get a second profile, or the first one anew."""
    user_id = pick.of([None, *(row.id for row in town.rows(users)[:6])])
    return {} if user_id is None else {"user_id": user_id}


def _skills(town: Town, pick: Pick) -> tuple[Any, ...]:
    rows = town.rows(specializations)
    return pick.of([(), (pick.of(rows).id,)]) if rows else ()


def _of_row(table: Any, call: Callable[..., object]) -> Attempt:
    """A verb about one row: ``call(frame, row id, version, town, pick)``."""

    def attempt(frame: Any, town: Town, pick: Pick) -> object:
        rows = town.rows(table)[:8]
        row = pick.of(rows) if rows else None
        return None if row is None else call(frame, row, _version(row, pick), town, pick)

    return attempt


def _of_visit(call: Callable[..., object], *statuses: str) -> Attempt:
    """A verb about an appointment, mostly one of a status from which it does something."""

    def attempt(frame: Any, town: Town, pick: Pick) -> object:
        apt: Sequence[Row] = [row for row in town.visits if row.status in statuses and row.deleted_at is None]
        row = pick.of(pick.of([apt or town.visits] * 5 + [town.visits]))
        return call(frame, row, _version(row, pick), town, pick)

    return attempt


def _window(town: Town, pick: Pick) -> Any:
    day: dict[str, Any] = pick.of([{"weekday": pick.of(range(1, 8))}, {"specific_date": _days(town, pick)}])
    opens = pick.of([420, 480, 600, 720])
    doctor = pick.of(town.rows(doctors))
    place = pick.of([None, *(row.id for row in town.rows(service_locations) if row.doctor_id == doctor.id)])
    hours = {"start_minute": opens, "end_minute": opens + 120, "location_id": place}
    return town.make.new_availability_window(doctor.id, **day, **hours)


def _save_schedule(frame: Any, row: Row, _version: int, town: Town, pick: Pick) -> object:
    version = frame.availability.set_up(row.id).schedule_version
    hours = {"start_minute": pick.of([480, 840]), "end_minute": 960}
    windows = [town.make.new_availability_window(row.id, weekday=day, **hours) for day in range(1, pick.of([2, 8]))]
    return frame.availability.save_schedule(row.id, windows, expected_version=version)


def _schedule(frame: Any, town: Town, pick: Pick) -> object:
    doctor, patient = pick.of(town.rows(doctors)), pick.of(town.rows(patients))
    new = town.make.new_appointment(doctor.id, patient.id, starts_at=_start(town, pick))
    return frame.appointments.schedule(new, override_availability=pick.of([None, "asked for by phone"]))


def _import(frame: Any, town: Town, pick: Pick) -> object:
    doctor, patient = pick.of(town.rows(doctors)), pick.of(town.rows(patients))
    return frame.appointments.import_completed([town.make.new_imported_visit(doctor.id, patient.id)])


def _send(_frame: Any, town: Town, pick: Pick) -> object:
    """From one of a conversation to the other, who alone can."""
    pairs: dict[Any, list[Any]] = {}
    for row in town.rows(conversation_participants):
        pairs.setdefault(row.conversation_id, []).append(row.user_id)
    sender, receiver = pick.of(list(pairs.values()))[:: pick.of([1, -1])]
    return town.frame(Actor.user(sender)).messages.send(town.make.new_message(receiver))


def _as_participant(verb: str) -> Attempt:
    def attempt(_frame: Any, town: Town, pick: Pick) -> object:
        row = pick.of(town.rows(conversation_participants))
        reader = town.frame(Actor.user(row.user_id)).messages
        return getattr(reader, verb)(row.conversation_id, pick.of([1, 2, 9]))

    return attempt


def _as_sender(call: Callable[..., object]) -> Attempt:
    def attempt(_frame: Any, town: Town, pick: Pick) -> object:
        row = pick.of(town.rows(messages))
        return call(town.frame(Actor.user(row.sender_id)).messages, row)

    return attempt


VERBS: dict[str, Attempt] = {
    "people.register_doctor": lambda f, t, p: f.people.register_doctor(
        t.make.new_doctor(**_profile_of(t, p), specializations=_skills(t, p))
    ),
    "people.register_patient": lambda f, t, p: f.people.register_patient(t.make.new_patient(**_profile_of(t, p))),
    "people.update_user": _of_row(
        users,
        lambda f, row, version, t, p: f.people.update_user(
            row.id,
            UserPatch(**p.of([{"name": t.make._data.name()}, {"email": t.make._data.email("x")}, {}])),
            expected_version=version,
        ),
    ),
    "people.update_doctor": _of_row(
        doctors,
        lambda f, row, version, t, p: f.people.update_doctor(
            row.id,
            DoctorPatch(
                **p.of(
                    [
                        {"biography": "Atende aos sábados."},
                        {"specializations": _skills(t, p)},
                        {"zone": p.of(["America/Manaus", "America/Sao_Paulo"])},
                        {"crm_number": f"{700_000 + t.make._data.number()}", "crm_state": "SP"},
                    ]
                )
            ),
            expected_version=version,
        ),
    ),
    "people.update_patient": _of_row(
        patients,
        lambda f, row, version, t, _: f.people.update_patient(
            row.id, PatientPatch(phone=t.make._data.phone()), expected_version=version
        ),
    ),
    "people.set_user_status": _of_row(
        users,
        lambda f, row, version, _, p: f.people.set_user_status(
            row.id, p.of(list(UserStatus)), expected_version=version
        ),
    ),
    "people.set_doctor_status": _of_row(
        doctors,
        lambda f, row, version, _, p: f.people.set_doctor_status(
            row.id, p.of([DoctorStatus.ACTIVE, *DoctorStatus]), expected_version=version
        ),
    ),
    "people.set_patient_status": _of_row(
        patients,
        lambda f, row, version, _, p: f.people.set_patient_status(
            row.id, p.of([PatientStatus.ACTIVE, *PatientStatus]), expected_version=version
        ),
    ),
    "people.delete_doctor": _of_row(
        doctors, lambda f, row, version, _, __: f.people.delete_doctor(row.id, expected_version=version)
    ),
    "people.delete_patient": _of_row(
        patients, lambda f, row, version, _, __: f.people.delete_patient(row.id, expected_version=version)
    ),
    "people.delete_user": _of_row(
        users, lambda f, row, version, _, __: f.people.delete_user(row.id, expected_version=version)
    ),
    "people.link_identity": _of_row(
        users, lambda f, row, _, t, __: f.people.link_identity(t.make.new_user_identity(row.id))
    ),
    "people.unlink_identity": _of_row(
        user_identities, lambda f, row, version, _, __: f.people.unlink_identity(row.id, expected_version=version)
    ),
    "people.add_identifier": _of_row(
        users, lambda f, row, _, t, __: f.people.add_identifier(row.id, t.make.new_identifier())
    ),
    "people.update_identifier": _of_row(
        user_identifiers,
        lambda f, row, version, t, _: f.people.update_identifier(
            row.id, IdentifierPatch(value=t.make._data.cpf()), expected_version=version
        ),
    ),
    "people.remove_identifier": _of_row(
        user_identifiers, lambda f, row, version, _, __: f.people.remove_identifier(row.id, expected_version=version)
    ),
    "people.add_registration": _of_row(
        doctors,
        lambda f, row, _, t, p: f.people.add_registration(
            row.id,
            p.of(
                [
                    t.make.new_registration(),
                    NewRegistration(authority="crm", region="RJ", number=f"{800_000 + t.make._data.number()}"),
                ]
            ),
        ),
    ),
    "people.update_registration": _of_row(
        doctor_registrations,
        lambda f, row, version, t, _: f.people.update_registration(
            row.id, RegistrationPatch(number=f"{900_000 + t.make._data.number()}"), expected_version=version
        ),
    ),
    "people.set_primary_registration": _of_row(
        doctor_registrations,
        lambda f, row, version, _, __: f.people.set_primary_registration(row.id, expected_version=version),
    ),
    "people.remove_registration": _of_row(
        doctor_registrations,
        lambda f, row, version, _, __: f.people.remove_registration(row.id, expected_version=version),
    ),
    "people.add_specialization": lambda f, t, _: f.people.add_specialization(t.make.new_specialization()),
    "people.update_specialization": _of_row(
        specializations,
        lambda f, row, version, t, p: f.people.update_specialization(
            row.id,
            SpecializationPatch(**p.of([{"name": t.make.new_specialization()}, {"is_active": not row.is_active}])),
            expected_version=version,
        ),
    ),
    "people.add_location": _of_row(
        doctors, lambda f, row, _, t, __: f.people.add_location(t.make.new_service_location(row.id))
    ),
    "people.update_location": _of_row(
        service_locations,
        lambda f, row, version, _, p: f.people.update_location(
            row.id,
            ServiceLocationPatch(**p.of([{"is_active": not row.is_active}, {"name": "Sala 2"}])),
            expected_version=version,
        ),
    ),
    "people.remove_location": _of_row(
        service_locations, lambda f, row, version, _, __: f.people.remove_location(row.id, expected_version=version)
    ),
    "availability.add_window": lambda f, t, p: f.availability.add_window(_window(t, p)),
    "availability.update_window": _of_row(
        availability_windows,
        lambda f, row, version, _, p: f.availability.update_window(
            row.id,
            AvailabilityWindowPatch(**p.of([{"is_active": not row.is_active}, {"end_minute": row.end_minute + 60}])),
            expected_version=version,
        ),
    ),
    "availability.remove_window": _of_row(
        availability_windows,
        lambda f, row, version, _, __: f.availability.remove_window(row.id, expected_version=version),
    ),
    "availability.save_schedule": _of_row(doctors, _save_schedule),
    "availability.block_dates": _of_row(
        doctors,
        lambda f, row, _, t, p: f.availability.block_dates(t.make.new_block(row.id, first_date=_days(t, p))),
    ),
    "availability.update_block": _of_row(
        blocked_dates,
        lambda f, row, version, t, p: f.availability.update_block(
            row.id, BlockPatch(last_date=_days(t, p)), expected_version=version
        ),
    ),
    "availability.remove_block": _of_row(
        blocked_dates, lambda f, row, version, _, __: f.availability.remove_block(row.id, expected_version=version)
    ),
    "appointments.schedule": _schedule,
    "appointments.reschedule": _of_visit(
        lambda f, row, version, t, p: f.appointments.reschedule(
            row.id, _start(t, p), expected_version=version, override_availability=p.of([None, "asked for by phone"])
        ),
        "scheduled",
        "rescheduled",
    ),
    "appointments.cancel": _of_visit(
        lambda f, row, version, _, __: f.appointments.cancel(row.id, expected_version=version),
        "scheduled",
        "rescheduled",
    ),
    "appointments.start": _of_visit(
        lambda f, row, version, _, __: f.appointments.start(row.id, expected_version=version),
        "scheduled",
        "rescheduled",
    ),
    "appointments.complete": _of_visit(
        lambda f, row, version, _, __: f.appointments.complete(row.id, expected_version=version), "in_progress"
    ),
    "appointments.mark_no_show": _of_visit(
        lambda f, row, version, _, __: f.appointments.mark_no_show(row.id, expected_version=version),
        "scheduled",
        "rescheduled",
    ),
    "appointments.update": _of_visit(
        lambda f, row, version, _, p: f.appointments.update(
            row.id, AppointmentPatch(notes=p.of(["bring the exams", None])), expected_version=version
        ),
        "scheduled",
        "in_progress",
        "completed",
    ),
    "appointments.delete": _of_visit(
        lambda f, row, version, _, __: f.appointments.delete(row.id, expected_version=version),
        "scheduled",
        "cancelled",
        "no_show",
    ),
    "appointments.import_completed": _import,
    "consents.grant": _of_row(users, lambda f, row, _, t, __: f.consents.grant(t.make.new_consent(row.id))),
    "consents.revoke": _of_row(users, lambda f, row, _, __, ___: f.consents.revoke(row.id, "telemedicine")),
    "messages.send": _send,
    "messages.edit": _as_sender(lambda own, row: own.edit(row.id, "better said", row.version)),
    "messages.delete": _as_sender(lambda own, row: own.delete(row.id, row.version)),
    "messages.mark_read": _as_participant("mark_read"),
    "messages.mark_delivered": _as_participant("mark_delivered"),
    "messages.reconcile_counters": lambda f, _, __: f.messages.reconcile_counters(),
}
