"""The factories make valid, unique, repeatable inputs and stored rows for every model, in both worlds."""

from __future__ import annotations

import datetime as dt
import random
from uuid import uuid4

import pytest
from pydantic import ValidationError
from validate_docbr import CNS, CPF

from telemed_store import Actor, AsyncStore, Store
from telemed_store.testing._async.make import AsyncMake
from telemed_store.testing._sync.make import Make
from telemed_store.testing.clock import PRESENT, FrozenClock
from telemed_store.testing.factories import Inputs, PersonalData, valid_cns, valid_cpf

STATUSES = ["scheduled", "rescheduled", "in_progress", "completed", "cancelled", "no_show"]


def inputs(seed: str = "seed") -> Inputs:
    return Inputs(PersonalData(seed), FrozenClock())


def test_numbers_have_the_check_digits_of_an_independent_implementation() -> None:
    chance = random.Random(1)
    assert all(CPF().validate(valid_cpf(chance)) for _ in range(500))
    assert all(CNS().validate(valid_cns(chance)) for _ in range(500))


def test_people_are_unique_within_a_test_and_the_same_in_its_next_run() -> None:
    make = inputs()
    first = [make.new_patient() for _ in range(200)]
    assert len({patient.cpf for patient in first}) == len({patient.email for patient in first}) == 200
    again = inputs()
    assert [again.new_patient() for _ in range(200)] == first
    assert inputs("another test").new_patient() != first[0]


def test_overrides_take_the_defaults_place_and_are_validated() -> None:
    assert inputs().new_doctor(name="Dra. Rita").name == "Dra. Rita"
    with pytest.raises(ValidationError):
        inputs().new_patient(cpf="111.111.111-11")


def test_every_input_is_valid_by_default() -> None:
    make, doctor, patient = inputs(), uuid4(), uuid4()
    assert make.new_identifier().system == "passport"
    assert make.new_registration().authority == "cro"
    assert make.new_user_identity(patient).user_id == patient
    assert make.new_service_location(doctor).doctor_id == doctor
    assert make.new_availability_window(doctor, specific_date=dt.date(2030, 1, 9)).weekday is None
    assert make.new_block(doctor).first_date > PRESENT.date()
    assert make.new_appointment(doctor, patient).starts_at > PRESENT
    assert make.new_imported_visit(doctor, patient).ends_at < PRESENT
    assert make.new_consent(patient).user_id == patient
    assert make.new_message(patient).idempotency_key != make.new_message(patient).idempotency_key


def test_rows_of_every_model_are_stored(telemed: Store, telemed_make: Make) -> None:
    read = telemed.acting_as(telemed_make.actor)
    doctor, patient = telemed_make.doctor(), telemed_make.patient()
    assert read.people.doctor(doctor.id) == doctor
    assert read.people.patient(patient.id) == patient
    assert telemed_make.user().roles == ("patient",)
    assert telemed_make.user_identity(patient.user_id).user_id == patient.user_id
    assert telemed_make.specialization().is_active
    assert telemed_make.service_location(doctor.id).doctor_id == doctor.id
    assert telemed_make.availability_window(doctor.id).starts == "08:00"
    assert telemed_make.blocked_dates(doctor.id).doctor_id == doctor.id
    assert telemed_make.consent(patient.user_id).revoked_at is None
    assert telemed_make.imported_visit(doctor.id, patient.id).status == "completed"
    assert [telemed_make.appointment(doctor.id, patient.id).starts_at for _ in range(2)] == [
        dt.datetime(2030, 1, 14, 11, 0, tzinfo=dt.UTC),
        dt.datetime(2030, 1, 14, 11, 30, tzinfo=dt.UTC),
    ]


def test_people_who_write_to_each_other_are_made(telemed: Store, telemed_make: Make) -> None:
    shown = telemed_make.conversation()
    sent = telemed_make.message()
    assert (shown.last_seq, sent.seq) == (0, 1)
    assert sent.conversation_id != shown.id

    doctor, patient = telemed_make.doctor(), telemed_make.patient()
    shown = telemed_make.conversation(doctor.id, patient.id)
    answer = telemed_make.message(patient.user_id, doctor.user_id, body="Bem, obrigado.")
    assert (answer.conversation_id, answer.body) == (shown.id, "Bem, obrigado.")
    assert telemed_make.conversation(doctor.id, patient.id).last_message == answer


@pytest.mark.parametrize("status", STATUSES)
def test_an_appointment_is_made_in_any_status(telemed_make: Make, status: str) -> None:
    assert telemed_make.appointment(status=status).status == status  # type: ignore[arg-type]


@pytest.mark.asyncio
async def test_the_asynchronous_twin_makes_the_same(async_telemed: AsyncStore, async_telemed_make: AsyncMake) -> None:
    visit = await async_telemed_make.appointment(status="completed")
    read = async_telemed.acting_as(Actor.system("tests"))
    assert await read.appointments.get(visit.id) == visit
    assert (await async_telemed_make.imported_visit()).origin == "imported"


def test_both_worlds_share_what_was_given_out(telemed_make: Make, async_telemed_make: AsyncMake) -> None:
    assert telemed_make.new_patient().cpf != async_telemed_make.new_patient().cpf
