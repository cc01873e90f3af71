"""A Flask application on the synchronous store.

flask --app flask_app run
"""

from __future__ import annotations

from uuid import UUID

from flask import Flask, Response, abort, current_app, g, jsonify, request
from pydantic import AwareDatetime, BaseModel, ValidationError

from telemed_store import Actor, Appointment, AppointmentPatch, BoundStore, NewAppointment, Store, StoreError

__all__ = ["create_app"]


class Move(BaseModel):
    """A visit's new time, and the remark that tells why."""

    starts_at: AwareDatetime
    expected_version: int
    remark: str


def create_app(store: Store | None = None) -> Flask:
    """The application; all its threads share one store."""
    app = Flask(__name__)
    app.extensions["telemed_store"] = store or Store.open()
    app.before_request(know_the_actor)
    app.register_error_handler(StoreError, told)
    app.register_error_handler(ValidationError, malformed)
    app.post("/appointments")(book)
    app.get("/appointments/<uuid:appointment_id>")(appointment)
    app.post("/appointments/<uuid:appointment_id>/moves")(move)
    return app


def know_the_actor() -> None:
    """Who sent the request. Here a gateway in front has checked that; put your own authentication in its place."""
    store: Store = current_app.extensions["telemed_store"]
    try:
        user_id = UUID(request.headers.get("X-User-Id", ""))
    except ValueError:
        abort(401)
    g.mine = store.acting_as(Actor.user(user_id, ip=request.remote_addr))


def mine() -> BoundStore:
    """The store on behalf of whoever sent the request."""
    bound: BoundStore = g.mine
    return bound


def book() -> tuple[Response, int]:
    """One verb: its own unit of work, repeated on a conflict."""
    new = NewAppointment.model_validate_json(request.data)
    return shown(mine().appointments.schedule(new, request.headers.get("Idempotency-Key"))), 201


def appointment(appointment_id: UUID) -> Response:
    """One appointment that the actor may see."""
    return shown(mine().appointments.get(appointment_id))


def move(appointment_id: UUID) -> Response:
    """Two verbs. The block ends, and with it the transaction, before there is a response to send."""
    wish = Move.model_validate_json(request.data)
    with mine().unit_of_work() as uow:
        moved = uow.appointments.reschedule(appointment_id, wish.starts_at, expected_version=wish.expected_version)
        moved = uow.appointments.update(moved.id, AppointmentPatch(notes=wish.remark), expected_version=moved.version)
    return shown(moved)


def shown(appointment: Appointment) -> Response:
    """A model as JSON."""
    return Response(appointment.model_dump_json(), mimetype="application/json")


def told(error: StoreError) -> tuple[Response, int]:
    """Every error of the store: its status, its code, and what to do."""
    return jsonify(code=error.code, message=error.message), error.http_status


def malformed(error: ValidationError) -> tuple[Response, int]:
    """An input that pydantic refuses: which fields, never their values."""
    fields = {".".join(map(str, each["loc"])): each["msg"] for each in error.errors(include_input=False)}
    return jsonify(code="validation_failed", fields=fields), 422
