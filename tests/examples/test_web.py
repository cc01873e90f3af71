"""The web examples: what is answered is what is stored, and a COMMIT that fails reaches the client."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, Any
from uuid import UUID

import fastapi_app
import flask_app
import pytest
import pytest_asyncio
from fastapi import Depends, FastAPI
from fastapi_app import Mine, Move
from httpx import ASGITransport, AsyncClient

from telemed_store import (
    Actor,
    Appointment,
    AppointmentStatus,
    AsyncStore,
    AsyncUnitOfWork,
    CommitUncertain,
    Settings,
    Store,
    TransactionConflict,
)
from telemed_store.errors import StoreError
from telemed_store.testing import Faults, FrozenClock, Make


@pytest.fixture
def app(telemed_settings: Settings, telemed_clock: FrozenClock, telemed_faults: Faults) -> FastAPI:
    return fastapi_app.create_app(lambda: AsyncStore.open(settings=telemed_settings, clock=telemed_clock))


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncGenerator[AsyncClient]:
    """A client that sees what a server would send, whatever is raised afterwards."""
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
def visit(telemed_make: Make) -> Appointment:
    return telemed_make.appointment()


@pytest.fixture
def patient(telemed: Store, telemed_make: Make, visit: Appointment) -> dict[str, str]:
    """The headers of the patient's requests."""
    return {"X-User-Id": str(telemed.acting_as(telemed_make.actor).people.patient(visit.patient_id).user_id)}


@pytest.fixture
def move(telemed_make: Make, visit: Appointment) -> dict[str, Any]:
    """The request that moves the visit to the next free time."""
    starts_at = telemed_make.free_slot(visit.doctor_id, visit.patient_id).starts_at.isoformat()
    return {"starts_at": starts_at, "expected_version": visit.version, "remark": "asked by telephone"}


async def late_unit(mine: Mine) -> AsyncGenerator[AsyncUnitOfWork]:
    async with mine.unit_of_work() as uow:
        yield uow


async def moved_late(
    uow: Annotated[AsyncUnitOfWork, Depends(late_unit, scope="request")], appointment_id: UUID, wish: Move
) -> Appointment:
    return await uow.appointments.reschedule(appointment_id, wish.starts_at, expected_version=wish.expected_version)


def stored(telemed: Store, visit: Appointment) -> Appointment:
    return telemed.acting_as(Actor.system("test")).appointments.get(visit.id)


async def test_fastapi_books_moves_and_shows(
    client: AsyncClient, telemed: Store, telemed_make: Make, patient: dict[str, str], visit: Appointment, move: Any
) -> None:
    url = f"/appointments/{visit.id}"
    moved = await client.post(f"{url}/moves", json=move, headers=patient)
    assert moved.status_code == 200
    assert Appointment.model_validate_json(moved.content) == stored(telemed, visit)
    assert (await client.get(url, headers=patient)).json() == moved.json()
    days = {"first_date": "2030-01-08", "last_date": "2030-01-08"}
    slot = (await client.get(f"/doctors/{visit.doctor_id}/slots", params=days, headers=patient)).json()[-1]
    wanted = {"doctor_id": slot["doctor_id"], "patient_id": str(visit.patient_id), "starts_at": slot["starts_at"]}
    booked = [
        await client.post("/appointments", json=wanted, headers={**patient, "Idempotency-Key": "1"}) for _ in range(2)
    ]
    assert [each.status_code for each in booked] == [201, 201]
    assert booked[0].json() == booked[1].json()


async def test_fastapi_answers_every_refusal_with_its_status_and_code(
    client: AsyncClient, telemed_make: Make, patient: dict[str, str], visit: Appointment, move: Any
) -> None:
    url = f"/appointments/{visit.id}"
    stranger = {"X-User-Id": str(telemed_make.patient().user_id)}
    answers = [
        await client.get(url, headers=stranger),
        await client.post(f"{url}/moves", json={**move, "expected_version": 7}, headers=patient),
        await client.post(f"{url}/moves", json={**move, "remark": "x" * 1001}, headers=patient),
        await client.get(
            f"/doctors/{visit.doctor_id}/slots?first_date=2030-01-08&last_date=2031-01-08", headers=patient
        ),
    ]
    assert [(each.status_code, each.json().get("code")) for each in answers] == [
        (404, "not_found"),
        (409, "version_conflict"),
        (422, "validation_failed"),
        (422, "validation_failed"),
    ]


@pytest.mark.parametrize(("error", "status"), [(TransactionConflict, 409), (CommitUncertain, 503)], ids=str)
async def test_fastapi_tells_the_client_of_a_commit_that_fails(
    client: AsyncClient,
    telemed: Store,
    telemed_faults: Faults,
    patient: dict[str, str],
    visit: Appointment,
    move: Any,
    error: type[StoreError],
    status: int,
) -> None:
    telemed_faults.fail_next("commit", error)
    answer = await client.post(f"/appointments/{visit.id}/moves", json=move, headers=patient)
    assert (answer.status_code, answer.json()["code"]) == (status, error.code)
    assert stored(telemed, visit) == visit

    again = await client.post(f"/appointments/{visit.id}/moves", json=move, headers=patient)
    assert again.status_code == 200
    assert stored(telemed, visit).status is AppointmentStatus.RESCHEDULED


async def test_fastapi_with_the_default_scope_would_say_done_when_nothing_is_stored(
    app: FastAPI, client: AsyncClient, telemed: Store, telemed_faults: Faults, patient: Any, visit: Any, move: Any
) -> None:
    # What the example's scope="function" is there for.
    app.post("/wrong/{appointment_id}")(moved_late)
    telemed_faults.fail_next("commit", TransactionConflict)
    answer = await client.post(f"/wrong/{visit.id}", json=move, headers=patient)
    assert (answer.status_code, answer.json()["status"]) == (200, "rescheduled")
    assert stored(telemed, visit) == visit


def test_flask_books_moves_and_tells_of_a_commit_that_fails(
    telemed: Store, telemed_faults: Faults, telemed_make: Make, patient: dict[str, str], visit: Appointment, move: Any
) -> None:
    client = flask_app.create_app(telemed).test_client()
    url = f"/appointments/{visit.id}"
    telemed_faults.fail_next("commit", TransactionConflict)
    refused = client.post(f"{url}/moves", json=move, headers=patient)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "transaction_conflict")
    assert stored(telemed, visit) == visit

    moved = client.post(f"{url}/moves", json=move, headers=patient)
    assert Appointment.model_validate_json(moved.data) == stored(telemed, visit)
    assert client.get(url, headers=patient).get_json() == moved.get_json()
    slot = telemed_make.free_slot(visit.doctor_id, visit.patient_id)
    wanted = {
        "doctor_id": str(visit.doctor_id),
        "patient_id": str(visit.patient_id),
        "starts_at": slot.starts_at.isoformat(),
    }
    assert client.post("/appointments", json=wanted, headers=patient).status_code == 201
    late = client.post(f"{url}/moves", json={**move, "expected_version": "?"}, headers=patient)
    assert (late.status_code, list(late.get_json()["fields"])) == (422, ["expected_version"])
    assert client.get(url).status_code == 401
