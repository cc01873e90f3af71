"""Every way in which a verb makes a cached read stale, one after the other in one town.

Each path is prepared, everything is read (and so kept), then it is taken. What it changes must be seen at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import update

from telemed_store import (
    Actor,
    AppointmentPatch,
    AvailabilityWindowPatch,
    BlockPatch,
    DoctorPatch,
    NewRegistration,
    RegistrationPatch,
    ServiceLocationPatch,
    SpecializationPatch,
    UserPatch,
)
from telemed_store.messages.tables import user_counters
from telemed_store.people.tables import doctors, patients, specializations

from .town import HALF_HOUR, Town


class Path(NamedTuple):
    """A way.

    Attributes:
        name: What changes.
        take: Changes it.
        viewer: Who sees that best; None: a job of the system.
    """

    name: str
    take: Callable[[], object]
    viewer: UUID | None = None


def paths(town: Town) -> Iterator[Path]:
    """All of them: what stands between two is the preparation of the next."""
    for room in (_messages, _appointments, _availability, _registrations, _people, _deletions):
        yield from room(town)


def _number(town: Town) -> str:
    """A number that nobody in any town has."""
    return f"{700_000 + town.make._data.number()}"


def _people(town: Town) -> Iterator[Path]:
    people, make = town.frame().people, town.make
    doctor, patient = town.rows(doctors)[0], town.rows(patients)[2]
    skill = town.rows(specializations)[0].id
    yield Path(
        "a name", lambda: people.update_user(doctor.user_id, UserPatch(name="Ana Nova Lima"), expected_version=1)
    )
    biography = DoctorPatch(biography="Atende aos sábados.")
    yield Path("a biography", lambda: people.update_doctor(doctor.id, biography, expected_version=1))
    no_skills = DoctorPatch(specializations=())
    yield Path("a doctor's specializations", lambda: people.update_doctor(doctor.id, no_skills, expected_version=2))
    moved = DoctorPatch(zone="America/Manaus")
    yield Path("a doctor's zone", lambda: people.update_doctor(doctor.id, moved, expected_version=3))
    crm = DoctorPatch(crm_number=_number(town), crm_state="MG")
    yield Path("a doctor's CRM", lambda: people.update_doctor(doctor.id, crm, expected_version=4))
    yield Path("an account's status", lambda: people.set_user_status(patient.user_id, "suspended", expected_version=1))
    bruno = town.rows(doctors)[1]
    yield Path("a doctor's status", lambda: people.set_doctor_status(bruno.id, "suspended", expected_version=1))
    yield Path("a doctor's status back", lambda: people.set_doctor_status(bruno.id, "active", expected_version=2))
    yield Path("a new specialization", lambda: people.add_specialization(make.new_specialization()))
    renamed = SpecializationPatch(name=f"Aeronáutica {_number(town)}")
    yield Path("a specialization's name", lambda: people.update_specialization(skill, renamed, expected_version=1))
    yield Path(
        "a patient who is a doctor too",
        lambda: people.register_doctor(make.new_doctor(user_id=patient.user_id, specializations=(skill,))),
    )
    yield Path(
        "a doctor who is a patient too", lambda: people.register_patient(make.new_patient(user_id=doctor.user_id))
    )
    yield Path(
        "a new doctor of a specialization", lambda: people.register_doctor(make.new_doctor(specializations=(skill,)))
    )


def _registrations(town: Town) -> Iterator[Path]:
    people, make = town.frame().people, town.make
    doctor = make.doctor(crm_number=None, crm_state=None)
    crm = NewRegistration(authority="crm", region="RJ", number=_number(town))
    yield Path("a first registration", lambda: people.add_registration(doctor.id, crm))
    first = people.registrations(doctor.id).items[0]
    corrected = RegistrationPatch(number=_number(town))
    yield Path("a corrected number", lambda: people.update_registration(first.id, corrected, expected_version=1))
    second = people.add_registration(doctor.id, make.new_registration())
    yield Path("another primary one", lambda: people.set_primary_registration(second.id, expected_version=1))
    people.set_primary_registration(first.id, expected_version=3)
    people.remove_registration(second.id, expected_version=3)
    yield Path("no registration any more", lambda: people.remove_registration(first.id, expected_version=4))
    # Makes room for those who come to town after this doctor.
    people.delete_doctor(doctor.id, expected_version=1)


def _deletions(town: Town) -> Iterator[Path]:
    people, make = town.frame().people, town.make
    bruno, elisa = town.rows(doctors)[1], town.rows(patients)[1]
    for visit in town.visits:
        if bruno.id == visit.doctor_id and visit.status == "scheduled" and not visit.deleted_at:
            town.frame().appointments.cancel(visit.id, expected_version=visit.version)
    make.imported_visit(bruno.id, elisa.id)
    yield Path("a deleted patient", lambda: people.delete_patient(elisa.id, expected_version=1), elisa.user_id)
    yield Path("a deleted user", lambda: people.delete_user(elisa.user_id, expected_version=1))
    yield Path("a deleted doctor", lambda: people.delete_doctor(bruno.id, expected_version=3), bruno.user_id)


def _availability(town: Town) -> Iterator[Path]:
    job, make = town.frame(), town.make
    availability, today = job.availability, make._today()
    doctor_id = town.rows(doctors)[0].id
    evening = make.new_availability_window(doctor_id, weekday=2, start_minute=1200, end_minute=1320)
    yield Path("a new window", lambda: availability.add_window(evening))
    window = next(one for one in availability.recurring_windows(doctor_id).items if one.start_minute == 1200)
    later = AvailabilityWindowPatch(end_minute=1380)
    yield Path("a window's end", lambda: availability.update_window(window.id, later, expected_version=1))
    yield Path("a window less", lambda: availability.remove_window(window.id, expected_version=2))
    office = make.service_location(doctor_id)
    at_the_office = {"weekday": 3, "start_minute": 1200, "end_minute": 1320, "location_id": office.id}
    make.availability_window(doctor_id, **at_the_office)
    closed = ServiceLocationPatch(is_active=False)
    yield Path("a closed place", lambda: job.people.update_location(office.id, closed, expected_version=1))
    job.people.update_location(office.id, ServiceLocationPatch(is_active=True), expected_version=2)
    yield Path("a place less", lambda: job.people.remove_location(office.id, expected_version=3))
    leave = make.new_block(doctor_id, first_date=today + dt.timedelta(days=2))
    yield Path("a block", lambda: availability.block_dates(leave))
    block = availability.blocks(doctor_id).items[0]
    longer = BlockPatch(last_date=block.last_date + dt.timedelta(days=2))
    yield Path("a longer block", lambda: availability.update_block(block.id, longer, expected_version=1))
    yield Path("a block less", lambda: availability.remove_block(block.id, expected_version=2))
    version = availability.set_up(doctor_id).schedule_version
    week = [
        make.new_availability_window(doctor_id, weekday=day, start_minute=480, end_minute=720) for day in range(1, 8)
    ]
    yield Path("a schedule", lambda: availability.save_schedule(doctor_id, week, expected_version=version))


def _appointments(town: Town) -> Iterator[Path]:
    appointments, make = town.frame().appointments, town.make
    doctor_id, patient_id = town.rows(doctors)[0].id, town.rows(patients)[0].id
    begun = next(row for row in town.visits if row.status == "in_progress")
    yield Path("a completed visit", lambda: appointments.complete(begun.id, expected_version=begun.version))
    slot = make.free_slot(doctor_id, patient_id)
    wanted = make.new_appointment(doctor_id, patient_id, starts_at=slot.starts_at)
    yield Path("a booking", lambda: appointments.schedule(wanted))
    visit_id = town.visits[-1].id
    later = slot.starts_at + HALF_HOUR * 2
    yield Path("a move", lambda: appointments.reschedule(visit_id, later, expected_version=1))
    remark = AppointmentPatch(notes="bring the exams")
    yield Path("a remark", lambda: appointments.update(visit_id, remark, expected_version=2))
    yield Path("a visit called off", lambda: appointments.cancel(visit_id, expected_version=3))
    others = [make.appointment(doctor_id, patient_id).id for _ in range(3)]
    yield Path("a visit that begins", lambda: appointments.start(others[0], expected_version=1))
    yield Path("a patient who does not come", lambda: appointments.mark_no_show(others[1], expected_version=1))
    yield Path("a deleted visit", lambda: appointments.delete(others[2], expected_version=1))


def _messages(town: Town) -> Iterator[Path]:
    doctor, patient = town.rows(doctors)[0].user_id, town.rows(patients)[0].user_id
    hers, his = (town.frame(Actor.user(one)).messages for one in (doctor, patient))
    yield Path("a message", lambda: his.send(town.make.new_message(doctor)), doctor)
    letter = next(one for one in hers.undelivered().items if one.seq == 2)
    yield Path("a deleted message", lambda: his.delete(letter.id, 1), doctor)
    yield Path("messages read up to a number", lambda: hers.mark_read(letter.conversation_id, 1), doctor)
    yield Path("all messages read", lambda: hers.mark_read(letter.conversation_id, 9), doctor)
    with town.store.unit_of_work(Actor.system("vandal")) as unit:
        unit.connection.execute(update(user_counters).values(unread_messages=7))
    town.forget()
    yield Path("counters recomputed", town.frame().messages.reconcile_counters, doctor)
