"""A FastAPI application on the asynchronous store: one store per process, one actor per request, an error that is always told.

uvicorn --factory fastapi_app:create_app
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI, Header, Request
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, ValidationError

from telemed_store import (
    Actor,
    Appointment,
    AppointmentPatch,
    AsyncBoundStore,
    AsyncStore,
    AsyncUnitOfWork,
    FreeSlot,
    NewAppointment,
    StoreError,
    ValidationFailed,
)

__all__ = ["create_app"]


def current_actor(request: Request, x_user_id: Annotated[UUID, Header()]) -> Actor:
    """Who sent the request. Here a gateway in front has checked that; put your own authentication in its place."""
    return Actor.user(
        x_user_id,
        ip=request.client.host if request.client else None,
        user_agent=request.headers.get("user-agent"),
        correlation_id=request.headers.get("x-request-id"),
    )


def bound_store(request: Request, actor: Annotated[Actor, Depends(current_actor)]) -> AsyncBoundStore:
    """The store on behalf of whoever sent the request: for reads, and for a single verb."""
    store: AsyncStore = request.app.state.store
    return store.acting_as(actor)


Mine = Annotated[AsyncBoundStore, Depends(bound_store)]


async def unit_of_work(mine: Mine) -> AsyncGenerator[AsyncUnitOfWork]:
    """Several verbs, one transaction, which ends when the endpoint returns."""
    async with mine.unit_of_work() as uow:
        yield uow


# scope="function": the unit commits before the response is sent, so a COMMIT that fails is an error to the client too. With the
# default, "request", it would commit after the client has read "200 OK".
Unit = Annotated[AsyncUnitOfWork, Depends(unit_of_work, scope="function")]


class Move(BaseModel):
    """A visit's new time, and the remark that tells why."""

    starts_at: AwareDatetime
    expected_version: int
    remark: str


def create_app(open_store: Callable[[], AsyncStore] = AsyncStore.open) -> FastAPI:
    """The application; the store is opened when it starts and closed when it ends."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with open_store() as store:
            app.state.store = store
            yield

    app = FastAPI(title="Consultations", lifespan=lifespan)
    app.add_exception_handler(StoreError, told)
    app.add_exception_handler(ValidationError, malformed)
    app.get("/doctors/{doctor_id}/slots")(slots)
    app.post("/appointments", status_code=201)(book)
    app.get("/appointments/{appointment_id}")(appointment)
    app.post("/appointments/{appointment_id}/moves")(move)
    return app


async def slots(mine: Mine, doctor_id: UUID, first_date: dt.date, last_date: dt.date) -> list[FreeSlot]:
    """What is free."""
    return await mine.availability.free_slots(doctor_id, first_date, last_date)


async def book(mine: Mine, new: NewAppointment, idempotency_key: Annotated[str, Header()]) -> Appointment:
    """One verb: its own unit of work, repeated on a conflict, and safe for the client to repeat with the same key."""
    return await mine.appointments.schedule(new, idempotency_key=idempotency_key)


async def appointment(mine: Mine, appointment_id: UUID) -> Appointment:
    """One appointment that the actor may see."""
    return await mine.appointments.get(appointment_id)


async def move(uow: Unit, appointment_id: UUID, wish: Move) -> Appointment:
    """Two verbs: both are stored, or none."""
    moved = await uow.appointments.reschedule(appointment_id, wish.starts_at, expected_version=wish.expected_version)
    return await uow.appointments.update(moved.id, AppointmentPatch(notes=wish.remark), expected_version=moved.version)


async def told(_request: Request, error: Exception) -> JSONResponse:
    """Every error of the store as a response: its status, its code, and what to do. No message quotes an input."""
    assert isinstance(error, StoreError)
    told = {"code": error.code, "message": error.message}
    if isinstance(error, ValidationFailed):
        return JSONResponse({**told, "fields": error.fields}, error.http_status)
    return JSONResponse(told, error.http_status)


async def malformed(_request: Request, error: Exception) -> JSONResponse:
    """An input of the store's that an endpoint could not build: which fields, never their values."""
    assert isinstance(error, ValidationError)
    fields = {".".join(map(str, each["loc"])): each["msg"] for each in error.errors(include_input=False)}
    return JSONResponse({"code": ValidationFailed.code, "fields": fields}, ValidationFailed.http_status)
