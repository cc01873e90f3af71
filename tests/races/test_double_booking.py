"""No double booking, by the database: real processes, plain units of work, every engine (D01, C7; slot_race_has_one_winner,
slot_race_error_is_always_slot_taken, patient_cannot_be_in_two_consultations)."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from uuid import UUID

import pytest

from telemed_store import Actor, NewAvailabilityWindow, Store
from telemed_store.testing import Make, ProofSize

from .bench import PROCESSES, overlapping_pairs, racers

pytestmark = pytest.mark.slow

ATTEMPTS = 50
LONGEST_ROUND = 15.0


def people(store: Store, make: Make, doctors: int, patients: int) -> tuple[list[UUID], list[UUID]]:
    """Doctors who can be booked at any time, and patients, in one unit of work."""
    with store.unit_of_work(Actor.system("races")) as uow:
        doctor_ids = [uow.people.register_doctor(make.new_doctor()).id for _ in range(doctors)]
        patient_ids = [uow.people.register_patient(make.new_patient()).id for _ in range(patients)]
        for doctor_id in doctor_ids:
            all_week = [
                NewAvailabilityWindow(doctor_id=doctor_id, weekday=weekday, start_minute=0, end_minute=1440)
                for weekday in range(1, 8)
            ]
            uow.availability.save_schedule(doctor_id, all_week, expected_version=1)
    return doctor_ids, patient_ids


@pytest.mark.parametrize("contended", ["doctor", "patient"])
@pytest.mark.telemed_size(rounds=(10, 100))
@pytest.mark.timeout(600)
def test_slot_race_has_one_winner(
    contended: str, telemed: Store, telemed_database_url: str, telemed_make: Make, telemed_size: ProofSize
) -> None:
    race_for_one_slot("sync", contended, telemed, telemed_database_url, telemed_make, telemed_size.rounds)


@pytest.mark.parametrize("contended", ["doctor", "patient"])
@pytest.mark.telemed_size(rounds=(10, 100))
@pytest.mark.timeout(600)
def test_slot_race_of_tasks_has_one_winner(
    contended: str, telemed: Store, telemed_database_url: str, telemed_make: Make, telemed_size: ProofSize
) -> None:
    race_for_one_slot("async", contended, telemed, telemed_database_url, telemed_make, telemed_size.rounds)


def race_for_one_slot(world: str, contended: str, telemed: Store, url: str, telemed_make: Make, rounds: int) -> None:
    attempts = PROCESSES * ATTEMPTS
    doctors, patients = people(
        telemed,
        telemed_make,
        doctors=1 if contended == "doctor" else attempts,
        patients=1 if contended == "patient" else attempts,
    )
    pairs = [(str(doctors[n % len(doctors)]), str(patients[n % len(patients)])) for n in range(attempts)]
    origin = dt.datetime.now(dt.UTC).replace(hour=12, minute=0, second=0, microsecond=0) + dt.timedelta(days=2)
    with racers(world, url) as race:
        for number in range(rounds):
            # Starts within half an hour: every attempt overlaps every other one.
            starts = [(origin + dt.timedelta(days=number, minutes=n % 30)).isoformat() for n in range(attempts)]
            wanted = [
                {"doctor_id": doctor, "patient_id": patient, "starts_at": start}
                for (doctor, patient), start in zip(pairs, starts, strict=True)
            ]
            began = time.monotonic()
            answers = race.run(
                [{"kind": "book", "attempts": wanted[process::PROCESSES]} for process in range(PROCESSES)]
            )
            elapsed = time.monotonic() - began
            outcomes = Counter(outcome for answer in answers for outcome in answer)
            assert outcomes == {"booked": 1, "SlotTaken": attempts - 1}
            assert elapsed < LONGEST_ROUND
    assert overlapping_pairs(telemed) == 0


EXPECTED = {
    "booked",
    "moved",
    "cancelled",
    "blocked",
    "nothing to move",
    "nothing to cancel",
    "SlotTaken",
    "VersionConflict",
    "InvalidTransition",
    "OutsideAvailability",
    "AlreadyExists",
    "Conflict",
}


@pytest.mark.telemed_size(seconds=(10, 60))
@pytest.mark.timeout(300)
def test_random_changes_leave_no_overlap(
    telemed: Store, telemed_database_url: str, telemed_make: Make, telemed_size: ProofSize
) -> None:
    doctors, patients = people(telemed, telemed_make, doctors=3, patients=5)
    origin = dt.datetime.now(dt.UTC).replace(hour=12, minute=0, second=0, microsecond=0) + dt.timedelta(days=2)
    order = {
        "kind": "churn",
        "doctors": [str(doctor_id) for doctor_id in doctors],
        "patients": [str(patient_id) for patient_id in patients],
        "origin": origin.isoformat(),
        "seconds": telemed_size.seconds,
        "threads": 4,
    }
    with racers("sync", telemed_database_url) as race:
        answers = race.run([order | {"seed": process} for process in range(PROCESSES)])
    outcomes = sum((Counter(answer) for answer in answers), Counter[str]())
    assert overlapping_pairs(telemed) == 0
    assert outcomes["booked"] > 0
    assert outcomes["moved"] > 0
    assert outcomes["cancelled"] > 0
    assert set(outcomes) <= EXPECTED, outcomes
