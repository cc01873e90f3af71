"""How many statements each public verb sends: one line per verb, for every repository.

A new verb gets its line here: how it is called, and how many statements that takes, the same with ten rows and with ten thousand.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from telemed_store import (
    AppointmentPatch,
    AvailabilityWindowPatch,
    BlockPatch,
    DoctorPatch,
    IdentifierPatch,
    NewIdentifier,
    NewRegistration,
    NewUserIdentity,
    PatientPatch,
    RegistrationPatch,
    ServiceLocationPatch,
    SpecializationPatch,
    UserPatch,
)
from telemed_store.scopes import ForDoctor, WindowsOfDoctor
from telemed_store.testing import Make
from telemed_store.testing.clock import PRESENT

TODAY: Final = PRESENT.date()
SOON: Final = PRESENT + dt.timedelta(days=2)
CPF: Final = "52998224725"
ISSUER: Final = "https://login.example"
HALF_HOUR: Final = dt.timedelta(minutes=30)


@dataclass(frozen=True)
class World:
    """Whom and what the verbs are called with.

    Attributes:
        make: Makes inputs.
        open, begun: A doctor's appointments with one patient: yet to come, and in progress.
        free_doctor, free_patient: Profiles without appointments.
        lone_user: A user without profiles.
        letter, answer: The first messages of the two, the patient's and the doctor's.
        login, passport, second: A login, an identifier and a registration that is not the primary one, all the doctor's.
    """

    make: Make
    rows: int
    doctor: Any
    patient: Any
    open: Any
    begun: Any
    access_code: str
    specialization: Any
    office: Any
    weekly: Any
    dated: Any
    block: Any
    free_doctor: Any
    free_patient: Any
    lone_user: Any
    login: Any
    passport: Any
    second: Any
    letter: Any
    answer: Any
    doctor_ids: list[UUID]


Call = Callable[[Any, World], object]


@dataclass(frozen=True, slots=True)
class Verb:
    """What one call of a verb costs.

    Attributes:
        call: Calls it on a frame.
        statements: What a job's call sends on SQLite, where the write lock is the guard.
        guards: Guards of doctors and patients that it takes elsewhere: on MariaDB by a statement each, on PostgreSQL by one for all.
        together: Rows that it writes by the statement of another one on PostgreSQL.
        more: What a person's call sends besides: whether they may see it, and the record that they did. None: it is for jobs.
    """

    call: Call
    statements: int
    guards: int = 0
    together: int = 0
    more: int | None = 0

    def by_job(self, engine: str) -> int:
        """The statements of a job's call on an engine."""
        return {
            "sqlite": self.statements,
            "mariadb": self.statements + self.guards,
            "postgresql": self.statements + min(self.guards, 1) - self.together,
        }[engine]


READS: Final[dict[str, Verb]] = {
    "people.doctor": Verb(lambda f, w: f.people.doctor(w.doctor.id), 1),
    "people.by_registration": Verb(
        lambda f, w: f.people.by_registration("crm", w.doctor.crm_state, w.doctor.crm_number), 1
    ),
    "people.search_doctors": Verb(lambda f, _: f.people.search_doctors(limit=50), 3),
    "people.doctors": Verb(lambda f, _: f.people.doctors(limit=100), 1),
    "people.doctors_with": Verb(lambda f, w: f.people.doctors_with(w.specialization.id, 200), 1),
    "people.patient": Verb(lambda f, w: f.people.patient(w.patient.id), 1, more=2),
    "people.patients": Verb(lambda f, _: f.people.patients(limit=100), 1, more=None),
    "people.identity": Verb(lambda f, w: f.people.identity(w.patient.user_id), 1, more=2),
    "people.by_identifier": Verb(lambda f, _: f.people.by_identifier("cpf", CPF), 1),
    "people.user": Verb(lambda f, w: f.people.user(w.doctor.user_id), 1),
    "people.user_by_email": Verb(lambda f, _: f.people.user_by_email("counted@example.org"), 1),
    "people.user_by_identity": Verb(lambda f, w: f.people.user_by_identity(w.login.issuer, w.login.subject), 1),
    "people.linked_identities": Verb(lambda f, w: f.people.linked_identities(w.doctor.user_id, 200), 1),
    "people.registrations": Verb(lambda f, w: f.people.registrations(w.doctor.id, 200), 1),
    "people.specializations": Verb(lambda f, _: f.people.specializations(200), 1),
    "people.location": Verb(lambda f, w: f.people.location(w.office.id), 1),
    "people.locations": Verb(lambda f, w: f.people.locations(w.doctor.id, 200), 1),
    "people.locations_by_ids": Verb(lambda f, w: f.people.locations_by_ids([w.office.id]), 1),
    "people.first_teleconsultation_location": Verb(
        lambda f, w: f.people.first_teleconsultation_location(w.doctor.id), 1
    ),
    "availability.free_slots": Verb(
        lambda f, w: f.availability.free_slots(w.doctor.id, TODAY, TODAY + dt.timedelta(days=30), w.patient.id),
        2,
        more=2,
    ),
    "availability.free_slots_of": Verb(
        lambda f, w: f.availability.free_slots_of(w.doctor_ids, TODAY, w.patient.id), 2, more=2
    ),
    "availability.is_bookable": Verb(
        lambda f, w: f.availability.is_bookable(w.doctor.id, SOON, SOON + HALF_HOUR, w.office.id, w.patient.id),
        3,
        more=2,
    ),
    "availability.set_up": Verb(lambda f, w: f.availability.set_up(w.doctor.id, 200), 5),
    "availability.windows": Verb(lambda f, w: f.availability.windows(WindowsOfDoctor(w.doctor.id), 100), 1),
    "availability.recurring_windows": Verb(lambda f, w: f.availability.recurring_windows(w.doctor.id, 200), 1),
    "availability.specific_windows": Verb(lambda f, w: f.availability.specific_windows(w.doctor.id, 200), 2),
    "availability.windows_near": Verb(lambda f, w: f.availability.windows_near(w.doctor.id, limit=200), 2),
    "availability.window_conflicts": Verb(
        lambda f, w: f.availability.window_conflicts(w.make.new_availability_window(w.doctor.id)), 1
    ),
    "availability.windows_by_ids": Verb(lambda f, w: f.availability.windows_by_ids([w.weekly.id, w.dated.id]), 1),
    "availability.has_windows": Verb(lambda f, w: f.availability.has_windows(w.doctor.id), 1),
    "availability.blocks": Verb(lambda f, w: f.availability.blocks(w.doctor.id, 200), 2),
    "availability.is_blocked": Verb(lambda f, w: f.availability.is_blocked(w.doctor.id, TODAY), 1),
    "appointments.get": Verb(lambda f, w: f.appointments.get(w.open.id), 1, more=1),
    "appointments.of_pair": Verb(lambda f, w: f.appointments.of_pair(w.open.id, w.doctor.id, w.patient.id), 1, more=1),
    "appointments.by_access_code": Verb(lambda f, w: f.appointments.by_access_code(w.access_code), 1, more=1),
    "appointments.access_code": Verb(lambda f, w: f.appointments.access_code(w.open.id), 1, more=1),
    "appointments.list": Verb(lambda f, w: f.appointments.list(ForDoctor(w.doctor.id), 100), 1, more=1),
    "appointments.logs": Verb(lambda f, w: f.appointments.logs(w.open.id, 200), 1, more=1),
    "appointments.detail": Verb(lambda f, w: f.appointments.detail(w.open.id), 2, more=1),
    "appointments.agenda": Verb(lambda f, w: f.appointments.agenda(ForDoctor(w.doctor.id), 100), 1, more=1),
    "appointments.around_now": Verb(lambda f, w: f.appointments.around_now(w.doctor.id, 200), 1, more=1),
    "appointments.past_of_doctor": Verb(lambda f, w: f.appointments.past_of_doctor(w.doctor.id, 20), 1, more=1),
    "appointments.next_of_doctor": Verb(lambda f, w: f.appointments.next_of_doctor(w.doctor.id), 1, more=1),
    "appointments.overlapping": Verb(
        lambda f, w: f.appointments.overlapping(SOON, SOON + HALF_HOUR, doctor_id=w.doctor.id, patient_id=w.patient.id),
        1,
        more=2,
    ),
    "appointments.has_relationship": Verb(lambda f, w: f.appointments.has_relationship(w.doctor.id, w.patient.id), 1),
    "appointments.linkable": Verb(lambda f, w: f.appointments.linkable(w.doctor.id, w.patient.id, 100), 2, more=1),
    "appointments.patients_to_issue_for": Verb(
        lambda f, w: f.appointments.patients_to_issue_for(w.doctor.id, 100), 2, more=1
    ),
    "appointments.for_new_issue": Verb(lambda f, w: f.appointments.for_new_issue(w.doctor.id, w.patient.id), 2, more=1),
    "appointments.recent_of_pair": Verb(
        lambda f, w: f.appointments.recent_of_pair(w.doctor.id, w.patient.id, 50), 2, more=1
    ),
    "appointments.affected": Verb(lambda f, w: f.appointments.affected(w.doctor.id, 200), 3),
    "consents.active": Verb(lambda f, w: f.consents.active(w.patient.user_id, "telemedicine"), 1, more=3),
    "consents.list": Verb(lambda f, w: f.consents.list(w.patient.user_id, 100), 1, more=3),
    "events.of_aggregate": Verb(lambda f, w: f.events.of_aggregate("appointment", w.open.id), 1, more=None),
}

WRITES: Final[dict[str, Verb]] = {
    "people.register_doctor": Verb(
        lambda f, w: f.people.register_doctor(w.make.new_doctor(specializations=(w.specialization.id,))), 13
    ),
    "people.register_patient": Verb(lambda f, w: f.people.register_patient(w.make.new_patient()), 11),
    "people.update_user": Verb(
        lambda f, w: f.people.update_user(w.doctor.user_id, UserPatch(zone="America/Manaus"), expected_version=1), 2
    ),
    "people.update_doctor": Verb(
        lambda f, w: f.people.update_doctor(w.doctor.id, DoctorPatch(zone="America/Manaus"), expected_version=1),
        4,
        guards=1,
    ),
    "people.update_patient": Verb(
        lambda f, w: f.people.update_patient(w.patient.id, PatientPatch(phone="1133334444"), expected_version=1), 2
    ),
    "people.set_doctor_status": Verb(
        lambda f, w: f.people.set_doctor_status(w.doctor.id, "inactive", expected_version=1), 2
    ),
    "people.set_patient_status": Verb(
        lambda f, w: f.people.set_patient_status(w.patient.id, "inactive", expected_version=1), 2
    ),
    "people.delete_doctor": Verb(
        lambda f, w: f.people.delete_doctor(w.free_doctor.id, expected_version=1), 7, guards=1
    ),
    "people.delete_patient": Verb(
        lambda f, w: f.people.delete_patient(w.free_patient.id, expected_version=1), 3, guards=1
    ),
    "people.delete_user": Verb(
        lambda f, w: f.people.delete_user(w.lone_user.id, expected_version=w.lone_user.version), 4
    ),
    "people.set_user_status": Verb(
        lambda f, w: f.people.set_user_status(w.patient.user_id, "inactive", expected_version=1), 2
    ),
    "people.link_identity": Verb(
        lambda f, w: f.people.link_identity(NewUserIdentity(user_id=w.doctor.user_id, issuer=ISSUER, subject="2")), 3
    ),
    "people.unlink_identity": Verb(lambda f, w: f.people.unlink_identity(w.login.id, expected_version=1), 2),
    "people.add_identifier": Verb(
        lambda f, w: f.people.add_identifier(w.doctor.user_id, NewIdentifier(system=ISSUER, value="2")), 4
    ),
    "people.update_identifier": Verb(
        lambda f, w: f.people.update_identifier(w.passport.id, IdentifierPatch(value="AB2"), expected_version=1), 4
    ),
    "people.remove_identifier": Verb(lambda f, w: f.people.remove_identifier(w.passport.id, expected_version=1), 2),
    "people.add_registration": Verb(
        lambda f, w: f.people.add_registration(
            w.doctor.id, NewRegistration(authority="cro", region="RJ", number="54321")
        ),
        4,
        guards=1,
    ),
    "people.update_registration": Verb(
        lambda f, w: f.people.update_registration(w.second.id, RegistrationPatch(number="11111"), expected_version=1),
        4,
        guards=1,
    ),
    "people.set_primary_registration": Verb(
        lambda f, w: f.people.set_primary_registration(w.second.id, expected_version=1), 4, guards=1
    ),
    "people.remove_registration": Verb(
        lambda f, w: f.people.remove_registration(w.second.id, expected_version=1), 3, guards=1
    ),
    "people.add_specialization": Verb(lambda f, _: f.people.add_specialization("Numerologia"), 3),
    "people.update_specialization": Verb(
        lambda f, w: f.people.update_specialization(
            w.specialization.id, SpecializationPatch(name="Contagem"), expected_version=1
        ),
        5,
    ),
    "people.add_location": Verb(lambda f, w: f.people.add_location(w.make.new_service_location(w.doctor.id)), 3),
    "people.update_location": Verb(
        lambda f, w: f.people.update_location(w.office.id, ServiceLocationPatch(name="Sala 2"), expected_version=1), 4
    ),
    "people.remove_location": Verb(lambda f, w: f.people.remove_location(w.office.id, expected_version=1), 3),
    "availability.add_window": Verb(
        lambda f, w: f.availability.add_window(
            w.make.new_availability_window(w.doctor.id, specific_date=TODAY + dt.timedelta(days=1))
        ),
        3,
        guards=1,
    ),
    "availability.update_window": Verb(
        lambda f, w: f.availability.update_window(
            w.dated.id, AvailabilityWindowPatch(end_minute=900), expected_version=1
        ),
        5,
        guards=1,
    ),
    "availability.remove_window": Verb(
        lambda f, w: f.availability.remove_window(w.dated.id, expected_version=1), 4, guards=1
    ),
    "availability.save_schedule": Verb(
        lambda f, w: f.availability.save_schedule(
            w.free_doctor.id, [w.make.new_availability_window(w.free_doctor.id)], expected_version=1
        ),
        3,
        guards=1,
    ),
    "availability.block_dates": Verb(
        lambda f, w: f.availability.block_dates(w.make.new_block(w.doctor.id, first_date=TODAY + dt.timedelta(days=3))),
        3,
        guards=1,
    ),
    "availability.update_block": Verb(
        lambda f, w: f.availability.update_block(w.block.id, BlockPatch(reason="Outro"), expected_version=1),
        4,
        guards=1,
    ),
    "availability.remove_block": Verb(
        lambda f, w: f.availability.remove_block(w.block.id, expected_version=1), 3, guards=1
    ),
    "appointments.schedule": Verb(
        lambda f, w: f.appointments.schedule(
            w.make.new_appointment(w.doctor.id, w.patient.id, starts_at=SOON), idempotency_key="one"
        ),
        7,
        guards=2,
        together=2,
    ),
    "appointments.reschedule": Verb(
        lambda f, w: f.appointments.reschedule(w.open.id, SOON, expected_version=1), 7, guards=2, together=1
    ),
    "appointments.cancel": Verb(lambda f, w: f.appointments.cancel(w.open.id, expected_version=1), 4, together=1),
    "appointments.start": Verb(lambda f, w: f.appointments.start(w.open.id, expected_version=1), 6, together=1),
    "appointments.complete": Verb(
        lambda f, w: f.appointments.complete(w.begun.id, expected_version=w.begun.version), 5, together=1
    ),
    "appointments.mark_no_show": Verb(
        lambda f, w: f.appointments.mark_no_show(w.open.id, expected_version=1), 4, together=1
    ),
    "appointments.update": Verb(
        lambda f, w: f.appointments.update(w.open.id, AppointmentPatch(location_id=w.office.id), expected_version=1),
        6,
        guards=2,
    ),
    "appointments.delete": Verb(lambda f, w: f.appointments.delete(w.open.id, expected_version=1), 3),
    "appointments.import_completed": Verb(
        lambda f, w: f.appointments.import_completed(
            [w.make.new_imported_visit(w.doctor.id, w.patient.id, location_id=w.office.id) for _ in range(w.rows // 10)]
        ),
        9,
    ),
    "messages.reconcile_counters": Verb(lambda f, _: f.messages.reconcile_counters(), 4),
    "consents.grant": Verb(lambda f, w: f.consents.grant(w.make.new_consent(w.patient.user_id)), 5),
    "consents.revoke": Verb(lambda f, w: f.consents.revoke(w.patient.user_id, "telemedicine"), 3),
}

# What a person does with messages, counted as the doctor; the patient's are as many, without the record that a doctor looked.
OWN: Final[dict[str, Verb]] = {
    "messages.get": Verb(lambda f, w: f.messages.get(w.letter.id), 1, more=1),
    "messages.page": Verb(lambda f, w: f.messages.page(w.letter.conversation_id, 100), 1, more=1),
    "messages.iterate": Verb(lambda f, w: next(iter(f.messages.iterate(w.letter.conversation_id))), 1, more=1),
    "messages.conversations": Verb(lambda f, _: f.messages.conversations(50), 1, more=1),
    "messages.unread_total": Verb(lambda f, _: f.messages.unread_total(), 1),
    "messages.undelivered": Verb(lambda f, _: f.messages.undelivered(500), 1, more=1),
    "messages.send": Verb(lambda f, w: f.messages.send(w.make.new_message(w.patient.user_id)), 7, together=4),
    "messages.edit": Verb(lambda f, w: f.messages.edit(w.answer.id, "better", 1), 6),
    "messages.delete": Verb(lambda f, w: f.messages.delete(w.answer.id, 1), 8),
    "messages.mark_read": Verb(lambda f, w: f.messages.mark_read(w.letter.conversation_id, 1), 5, together=1),
    "messages.mark_delivered": Verb(lambda f, w: f.messages.mark_delivered(w.letter.conversation_id, 1), 3),
}
