# Generated from _async/messages/test_sending.py by tools/sync.py. Do not edit.
"""Sending: whom to, what, once for ever (domain §7; D17, D23)."""

from __future__ import annotations

import datetime as dt

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select

from telemed_store import Actor, NewMessage, Store, new_id
from telemed_store.audit.tables import audit_logs
from telemed_store.errors import IdempotencyConflict, NoRelationship, NotPermitted, ValidationFailed
from telemed_store.events.tables import domain_events
from telemed_store.messages.tables import messages
from telemed_store.testing import FrozenClock, Make

from .pair import SYSTEM, Pair


@pytest.mark.parametrize(
    "body",
    [" spaces kept \r\n", "👩‍⚕️🏥", "\u202e\u05e9\u05dc\u05d5\u05dd\u202c", "e\u0301\u0323 ≠ ẹ́", "'; --\\", "x" * 5000],
)
def test_a_body_returns_exactly_as_it_was_sent(pair: Pair, body: str) -> None:
    sent = pair.says("doctor", body)

    assert sent.body == body
    (read,) = pair.patient.messages.page(pair.conversation_id).items
    assert read == sent == pair.doctor.messages.get(sent.id)


@pytest.mark.parametrize("body", ["", "x" * 5001, "a\x00b", "a\ud800b"])
def test_a_body_that_cannot_be_kept_is_refused(pair: Pair, body: str) -> None:
    with pytest.raises(ValidationError):
        NewMessage(receiver_id=pair.patient_id, body=body, idempotency_key="k")
    sent = pair.says("doctor")
    with pytest.raises(ValidationFailed) as refused:
        pair.doctor.messages.edit(sent.id, body, 1)
    assert set(refused.value.fields) == {"body"}
    assert pair.doctor.messages.get(sent.id) == sent


def test_send_is_idempotent_after_25h(pair: Pair, telemed_clock: FrozenClock) -> None:
    """D23: the same key and content is the same message for ever; with other content it is refused."""
    sent = pair.says("doctor", "once", idempotency_key="k")
    telemed_clock.step(dt.timedelta(hours=25))

    assert pair.says("doctor", "once", idempotency_key="k") == sent
    with pytest.raises(IdempotencyConflict):
        pair.says("doctor", "twice", idempotency_key="k")
    mine = pair.says("patient", "once", idempotency_key="k")
    assert mine.seq == 2
    assert len(pair.rows(messages)) == len(pair.rows(domain_events, type="MessageSent")) == 2


def test_a_repeated_send_is_answered_after_the_last_appointment_is_gone(telemed: Store, telemed_make: Make) -> None:
    """D23: who does not know whether a message arrived is told so for ever; a new one is refused."""
    doctor, patient = telemed_make.doctor(), telemed_make.patient()
    booked = telemed_make.appointment(doctor.id, patient.id)
    mine = telemed.acting_as(Actor.user(doctor.user_id))
    new = NewMessage(receiver_id=patient.user_id, body="hello", idempotency_key="1", appointment_id=booked.id)
    sent = mine.messages.send(new)
    telemed.acting_as(SYSTEM).appointments.delete(booked.id, expected_version=1)

    assert mine.messages.send(new) == sent
    with pytest.raises(IdempotencyConflict):
        mine.messages.send(new.model_copy(update={"body": "other"}))
    with pytest.raises(NoRelationship):
        mine.messages.send(new.model_copy(update={"idempotency_key": "2"}))


def test_only_people_with_an_appointment_write_to_each_other(pair: Pair, telemed: Store, telemed_make: Make) -> None:
    stranger = telemed_make.patient()
    for receiver in (stranger.user_id, new_id()):
        with pytest.raises(NoRelationship):
            pair.says("doctor", receiver_id=receiver)
    with pytest.raises(ValidationFailed, match="receiver_id"):
        pair.says("doctor", receiver_id=pair.doctor_id)
    denied = pair.rows(audit_logs, action="access_denied")
    assert stranger.user_id in {row.resource_id for row in denied}


def test_a_cancelled_appointment_relates_and_a_deleted_one_does_not(telemed: Store, telemed_make: Make) -> None:
    doctor, patient = telemed_make.doctor(), telemed_make.patient()
    booked = telemed_make.appointment(doctor.id, patient.id)
    system = telemed.acting_as(SYSTEM)
    mine = telemed.acting_as(Actor.user(doctor.user_id))
    new = NewMessage(receiver_id=patient.user_id, body="hello", idempotency_key="1")
    system.appointments.cancel(booked.id, expected_version=1)
    assert len(mine.messages.conversations().items) == 1
    mine.messages.send(new)

    system.appointments.delete(booked.id, expected_version=2)
    with pytest.raises(NoRelationship):
        mine.messages.send(new.model_copy(update={"idempotency_key": "2"}))
    assert len(mine.messages.conversations().items) == 1  # what was written stays to be read


def test_a_user_sends_in_nobody_elses_name_and_a_job_names_the_sender(pair: Pair) -> None:
    with pytest.raises(NotPermitted):
        pair.says("doctor", sender_id=pair.patient_id, receiver_id=pair.doctor_id)
    system = pair.store.acting_as(SYSTEM)
    new = NewMessage(receiver_id=pair.patient_id, body="hello", idempotency_key="k")
    with pytest.raises(ValidationFailed, match="sender_id"):
        system.messages.send(new)
    sent = system.messages.send(new.model_copy(update={"sender_id": pair.doctor_id}))
    assert sent.sender_id == pair.doctor_id
    assert system.messages.page(pair.conversation_id).items == (sent,)


def test_a_message_names_an_appointment_of_the_same_two_people_only(pair: Pair, telemed_make: Make) -> None:
    other = telemed_make.appointment()
    with pytest.raises(ValidationFailed, match="appointment_id"):
        pair.says("doctor", appointment_id=other.id)
    assert pair.rows(messages) == []


def test_rolled_back_messages_leave_no_gap(pair: Pair) -> None:
    with pytest.raises(ZeroDivisionError):
        with pair.doctor.unit_of_work() as uow:
            uow.messages.send(NewMessage(receiver_id=pair.patient_id, body="lost", idempotency_key="k"))
            raise ZeroDivisionError
    assert pair.says("doctor").seq == 1
    with pair.store.unit_of_work(SYSTEM) as uow:
        assert uow.connection.execute(select(func.count()).select_from(messages)).scalar_one() == 1


def test_events_tell_of_sending_and_reading_and_hold_no_body(pair: Pair) -> None:
    sent = pair.says("doctor", "a secret")
    pair.patient.messages.mark_read(pair.conversation_id, 1)
    told = [row for row in pair.rows(domain_events) if row.type in {"MessageSent", "MessagesRead"}]

    assert [(row.type, row.aggregate_type, row.aggregate_version) for row in told] == [
        ("MessageSent", "conversation", 2),
        ("MessagesRead", "conversation_participant", 3),
    ]
    assert told[0].payload["message_id"] == str(sent.id)
    assert told[1].payload["upto_seq"] == 1
    assert "secret" not in str([row.payload for row in told])
