"""A value of a wrong Python type is told by a typed error, and an actor is always somebody (C8, C13)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from telemed_store import Actor, ActorKind, NewAppointment, Store, ValidationFailed, new_id


def test_an_id_that_is_no_uuid_is_refused_without_its_value(telemed: Store) -> None:
    wrong: Any = "canary"
    with pytest.raises(ValidationFailed) as refused:
        telemed.acting_as(Actor.system("test")).events.of_aggregate("appointment", wrong)
    assert "canary" not in str(refused.value)
    assert refused.value.__context__ is None


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": ActorKind.SYSTEM},
        {"kind": ActorKind.USER},
        {"kind": ActorKind.USER, "id": UUID(int=1), "name": "job"},
        {"kind": ActorKind.SYSTEM, "name": "job", "id": UUID(int=1)},
    ],
)
def test_an_actor_is_always_somebody(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Actor(**fields)


def test_an_instant_beyond_the_calendar_is_refused_when_the_input_is_built() -> None:
    early = dt.datetime.min.replace(tzinfo=dt.timezone(dt.timedelta(hours=14)))
    with pytest.raises(ValidationError):
        NewAppointment(doctor_id=new_id(), patient_id=new_id(), starts_at=early)
