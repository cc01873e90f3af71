"""What can be decided without a database: the transition table, inputs, scopes."""

from __future__ import annotations

import datetime as dt

import pytest
from pydantic import ValidationError

from telemed_store import AppointmentPatch, AppointmentStatus, NewAppointment, new_id
from telemed_store.appointments.models import ACTIVE, OPEN, TRANSITIONS
from telemed_store.database.models import given
from telemed_store.database.scoping import shape
from telemed_store.scopes import ForDoctor, OnDates, StartingBetween, Upcoming, WithStatus

NOON = dt.datetime(2030, 1, 7, 12, tzinfo=dt.UTC)
Status = AppointmentStatus


def test_the_table_is_the_contracts() -> None:
    """D15, domain §4."""
    from_open = {Status.IN_PROGRESS, Status.CANCELLED, Status.RESCHEDULED, Status.NO_SHOW}
    assert {status: set(targets) for status, targets in TRANSITIONS.items()} == {
        Status.SCHEDULED: from_open,
        Status.RESCHEDULED: from_open,
        Status.IN_PROGRESS: {Status.COMPLETED},
        Status.COMPLETED: set(),
        Status.CANCELLED: set(),
        Status.NO_SHOW: set(),
    }
    assert set(OPEN) == {Status.SCHEDULED, Status.RESCHEDULED}
    assert set(ACTIVE) == {*OPEN, Status.IN_PROGRESS}
    with pytest.raises(TypeError):
        TRANSITIONS[Status.COMPLETED] = frozenset()  # type: ignore[index]


@pytest.mark.parametrize(
    "wrong",
    [
        {"starts_at": NOON.replace(tzinfo=None)},
        {"ends_at": NOON},
        {"ends_at": NOON - dt.timedelta(seconds=1)},
        {"zone": "Mars/Olympus"},
        {"notes": "n" * 1001},
        {"notes": "a\x00b"},
        {"status": "completed"},
        {"doctor_id": "doctor"},
    ],
)
def test_an_input_that_breaks_a_rule_cannot_be_built_and_quotes_nothing(wrong: dict[str, object]) -> None:
    right: dict[str, object] = {"doctor_id": new_id(), "patient_id": new_id(), "starts_at": NOON}

    with pytest.raises(ValidationError) as refused:
        NewAppointment(**right | wrong)  # type: ignore[arg-type]

    assert "input_value" not in str(refused.value)
    assert "nnn" not in str(refused.value)


def test_a_patch_knows_what_was_not_passed() -> None:
    """C12."""
    assert given(AppointmentPatch()) == {}
    assert given(AppointmentPatch(notes=None)) == {"notes": None}
    with pytest.raises(ValidationError):
        AppointmentPatch(starts_at=NOON)  # type: ignore[call-arg]


def test_one_statement_serves_all_values_of_a_scope() -> None:
    assert shape(ForDoctor(new_id()) & Upcoming()) == shape(ForDoctor(new_id()) & Upcoming())
    assert shape(WithStatus(Status.SCHEDULED)) == shape(WithStatus(Status.CANCELLED))
    assert shape(WithStatus(Status.SCHEDULED, Status.CANCELLED)) == shape(WithStatus(*Status))
    assert shape(StartingBetween(NOON)) != shape(StartingBetween(NOON, NOON))
    everywhere = OnDates("America/Sao_Paulo")
    assert shape(OnDates("America/Sao_Paulo", None, dt.date.max)) == shape(everywhere)
    assert shape(OnDates("America/Sao_Paulo", None, NOON.date())) != shape(everywhere)
