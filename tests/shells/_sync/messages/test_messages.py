# Generated from _async/messages/test_messages.py by tools/sync.py. Do not edit.
"""Conversations and messages, through the shells, on every engine (domain §7; D17, D21 to D23, D44)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import delete, func, select, update

from telemed_store import Actor, BoundStore, NewMessage, Store, new_id
from telemed_store.audit.tables import audit_logs, data_access_logs
from telemed_store.errors import (
    Conflict,
    DecryptionFailed,
    IdempotencyConflict,
    InvalidCursor,
    InvalidTransition,
    NoRelationship,
    NotFound,
    NotPermitted,
    StoreError,
    ValidationFailed,
    VersionConflict,
)
from telemed_store.events.tables import domain_events
from telemed_store.messages.tables import (
    conversation_marks,
    conversation_participants,
    conversations,
    message_revisions,
    messages,
    user_counters,
)
from telemed_store.testing import FrozenClock, Make, StatementCounter

from .pair import SYSTEM, Pair, pair_of


def test_the_first_booking_of_two_people_makes_their_conversation_and_no_other_does(
    telemed: Store, telemed_make: Make
) -> None:
    doctor, patient = telemed_make.doctor(), telemed_make.patient()
    pair = pair_of(telemed, telemed_make, doctor, patient)
    telemed_make.appointment(doctor.id, patient.id)
    telemed_make.imported_visit(doctor.id, patient.id)

    assert len(pair.rows(conversations)) == 1
    assert {row.user_id for row in pair.rows(conversation_participants)} == {doctor.user_id, patient.user_id}
    assert pair.doctor.messages.page(pair.conversation_id).items == ()


def test_an_import_makes_the_conversations_of_its_pairs(telemed: Store, telemed_make: Make) -> None:
    doctor, patients = telemed_make.doctor(), [telemed_make.patient() for _ in range(3)]
    visits = [telemed_make.new_imported_visit(doctor.id, each.id) for each in (*patients, patients[0])]
    telemed.acting_as(SYSTEM).appointments.import_completed(visits)

    mine = telemed.acting_as(Actor.user(doctor.user_id))
    peers = {one.peer_id for one in mine.messages.conversations().items}
    assert peers == {each.user_id for each in patients}


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


def test_a_conversation_without_message_and_appointment_is_hidden(telemed: Store, telemed_make: Make) -> None:
    doctor = telemed_make.doctor()
    booked = telemed_make.appointment(doctor.id)
    mine = telemed.acting_as(Actor.user(doctor.user_id))
    assert len(mine.messages.conversations().items) == 1
    telemed.acting_as(SYSTEM).appointments.delete(booked.id, expected_version=1)
    assert mine.messages.conversations().items == ()


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


def test_pages_go_down_from_the_newest_and_up_from_a_number(pair: Pair) -> None:
    for number in range(1, 8):
        pair.says("doctor" if number % 2 else "patient", str(number))
    read = pair.patient.messages

    def seqs(**asked: Any) -> tuple[list[int], bool]:
        page = read.page(pair.conversation_id, **asked)
        assert page.next_cursor == (str(page.items[-1].seq) if page.has_more else None)
        return [message.seq for message in page.items], page.has_more

    assert seqs() == ([7, 6, 5, 4, 3, 2, 1], False)
    assert seqs(limit=3) == ([7, 6, 5], True)
    assert seqs(limit=3, before=5) == ([4, 3, 2], True)
    assert seqs(limit=3, before=4) == ([3, 2, 1], False)
    assert seqs(limit=3, after=2) == ([3, 4, 5], True)
    assert seqs(limit=3, after=4) == ([5, 6, 7], False)
    assert seqs(after=7) == ([], False)
    assert [message.seq for message in read.iterate(pair.conversation_id)] == list(range(1, 8))
    with pytest.raises(ValidationFailed):
        seqs(before=3, after=1)
    with pytest.raises(ValidationFailed, match="limit"):
        seqs(limit=0)


def test_page_never_shows_other_conversations(pair: Pair, telemed: Store, telemed_make: Make) -> None:
    """D21: neither to a stranger nor to a participant of another one; the refusal is recorded."""
    other = pair_of(telemed, telemed_make)
    ours, theirs = pair.says("doctor"), other.says("doctor")
    for mine in (other.doctor, other.patient, telemed.acting_as(Actor.user(new_id()))):
        for ask in (
            lambda verbs: verbs.page(pair.conversation_id),
            lambda verbs: verbs.page(pair.conversation_id, after=0),
            lambda verbs: verbs.get(ours.id),
            lambda verbs: verbs.mark_read(pair.conversation_id, 1),
            lambda verbs: verbs.edit(ours.id, "x", 1),
        ):
            with pytest.raises(NotFound):
                ask(mine.messages)
    assert [one.id for one in other.patient.messages.page(other.conversation_id).items] == [theirs.id]
    assert {row.resource_id for row in pair.rows(audit_logs)} >= {pair.conversation_id, ours.id}


def test_a_doctors_reading_is_an_access_to_the_patient_and_a_patients_is_none(pair: Pair) -> None:
    pair.says("patient")
    pair.patient.messages.page(pair.conversation_id)
    pair.patient.messages.conversations()
    assert pair.rows(data_access_logs, accessor_id=pair.patient_id) == []
    pair.doctor.messages.page(pair.conversation_id)
    pair.doctor.messages.page(pair.conversation_id)  # within view_dedupe
    (row,) = pair.rows(data_access_logs, accessor_id=pair.doctor_id)
    assert (row.subject_id, row.data_type, row.resource_id) == (pair.patient_id, "message", pair.conversation_id)


def test_read_mark_never_moves_back(pair: Pair, telemed_clock: FrozenClock) -> None:
    for _ in range(4):
        pair.says("doctor")
    mine = pair.patient.messages
    assert mine.mark_read(pair.conversation_id, 3) == 3
    assert mine.mark_read(pair.conversation_id, 1) == 0
    assert mine.mark_delivered(pair.conversation_id, 2) == 0
    telemed_clock.step(dt.timedelta(minutes=1))
    assert mine.mark_read(pair.conversation_id, 10**6) == 1

    (own,) = pair.rows(conversation_participants, user_id=pair.patient_id)
    assert (own.read_upto, own.delivered_upto, own.unread_count) == (4, 4, 0)
    for broken in (0, -1):
        with pytest.raises(ValidationFailed, match="upto_seq"):
            mine.mark_read(pair.conversation_id, broken)


def test_read_implies_delivered_and_both_times_are_those_of_the_first_mark_above(
    pair: Pair, telemed_clock: FrozenClock
) -> None:
    for _ in range(3):
        pair.says("doctor")
    start = telemed_clock.now()
    mine = pair.patient.messages
    mine.mark_delivered(pair.conversation_id, 2)
    telemed_clock.step(dt.timedelta(minutes=1))
    mine.mark_read(pair.conversation_id, 1)
    telemed_clock.step(dt.timedelta(minutes=1))
    mine.mark_read(pair.conversation_id, 3)
    minute = dt.timedelta(minutes=1)

    shown = pair.doctor.messages.page(pair.conversation_id, after=0).items
    assert [(one.delivered_at, one.read_at) for one in shown] == [
        (start, start + minute),
        (start, start + 2 * minute),
        (start + 2 * minute, start + 2 * minute),
    ]


def test_receipts_storage_is_bounded(pair: Pair) -> None:
    for _ in range(12):
        pair.says("doctor")
    pair.patient.messages.mark_read(pair.conversation_id, 12)
    assert len(pair.rows(conversation_marks)) == 2


def test_unread_counts_are_exact_and_ones_own_messages_never_count(
    pair: Pair, telemed: Store, telemed_make: Make
) -> None:
    for who in ("doctor", "doctor", "patient", "doctor"):
        pair.says(who)
    assert pair.patient.messages.unread_total() == 3
    assert pair.doctor.messages.unread_total() == 1
    assert pair.patient.messages.mark_read(pair.conversation_id, 2) == 2
    assert pair.patient.messages.mark_read(pair.conversation_id, 3) == 0
    assert pair.patient.messages.unread_total() == 1
    assert [one.seq for one in pair.patient.messages.undelivered().items] == [4]
    (summary,) = pair.patient.messages.conversations().items
    assert (summary.unread_count, summary.read_upto, summary.last_seq) == (1, 3, 4)
    assert (summary.peer_id, summary.last_message and summary.last_message.seq) == (pair.doctor_id, 4)


def test_a_message_is_edited_until_it_reaches_the_receiver_and_its_former_body_is_kept(
    pair: Pair, telemed_clock: FrozenClock
) -> None:
    sent = pair.says("doctor", "frist")
    telemed_clock.step(dt.timedelta(seconds=5))
    edited = pair.doctor.messages.edit(sent.id, "first", 1)
    assert (edited.body, edited.version, edited.edited_at) == ("first", 2, telemed_clock.now())
    assert pair.patient.messages.get(sent.id) == edited
    with pytest.raises(VersionConflict) as stale:
        pair.doctor.messages.edit(sent.id, "late", 1)
    assert stale.value.current == 2
    with pytest.raises(NotPermitted):
        pair.patient.messages.edit(sent.id, "mine", 2)

    pair.patient.messages.mark_delivered(pair.conversation_id, 1)
    with pytest.raises(InvalidTransition):
        pair.doctor.messages.edit(sent.id, "too late", 2)
    (kept,) = pair.rows(message_revisions)
    assert (kept.number, kept.kind, kept.by) == (1, "edit", pair.doctor_id)
    assert b"frist" not in kept.old_body


def test_a_deleted_message_leaves_a_tombstone_and_counts_no_more(pair: Pair) -> None:
    first, second = pair.says("doctor", "a"), pair.says("doctor", "b")
    pair.patient.messages.mark_read(pair.conversation_id, 1)
    for message in (first, second):
        gone = pair.doctor.messages.delete(message.id, 1)
        assert (gone.body, gone.seq, gone.deleted_at is None) == (None, message.seq, False)
    assert pair.patient.messages.unread_total() == 0
    shown = pair.patient.messages.page(pair.conversation_id).items
    assert [(one.seq, one.body) for one in shown] == [(2, None), (1, None)]
    with pytest.raises(InvalidTransition):
        pair.doctor.messages.delete(first.id, 2)
    theirs = pair.says("patient")
    with pytest.raises(NotPermitted):
        pair.doctor.messages.delete(theirs.id, 1)
    assert [row.kind for row in pair.rows(message_revisions)] == ["delete", "delete"]


def test_conversations_come_by_their_last_activity_page_by_page(
    telemed: Store, telemed_make: Make, telemed_clock: FrozenClock
) -> None:
    doctor = telemed_make.doctor()
    pairs = [pair_of(telemed, telemed_make, doctor) for _ in range(5)]
    for pair in (pairs[3], pairs[1]):
        telemed_clock.step(dt.timedelta(minutes=1))
        pair.says("patient")
    mine: BoundStore = pairs[0].doctor
    first = mine.messages.conversations(limit=2)
    assert [one.id for one in first.items] == [pairs[1].conversation_id, pairs[3].conversation_id]
    seen = list(first.items)
    page = first
    while page.next_cursor:
        page = mine.messages.conversations(limit=2, cursor=page.next_cursor)
        seen += page.items
    assert len({one.id for one in seen}) == len(seen) == 5
    with pytest.raises(InvalidCursor):
        pairs[1].patient.messages.conversations(cursor=first.next_cursor)
    with pytest.raises(NotPermitted):
        telemed.acting_as(SYSTEM).messages.conversations()


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


def test_d44_a_raw_scan_finds_no_body(pair: Pair) -> None:
    sent = pair.says("doctor", "CANARY-BODY")
    pair.doctor.messages.edit(sent.id, "CANARY-BODY-2", 1)
    for table in (messages, message_revisions, domain_events):
        assert "CANARY" not in str([tuple(row) for row in pair.rows(table)])


def test_ciphertext_swap_is_refused(pair: Pair) -> None:
    one, other = pair.says("doctor", "one"), pair.says("doctor", "other")
    stored = {row.id: row.body for row in pair.rows(messages)}
    with pair.store.unit_of_work(SYSTEM) as uow:
        uow.connection.execute(update(messages).where(messages.c.id == one.id).values(body=stored[other.id]))
    with pytest.raises(DecryptionFailed):
        pair.patient.messages.get(one.id)


def test_the_database_refuses_marks_that_move_back_and_messages_that_change_place(pair: Pair) -> None:
    sent = pair.says("doctor")
    pair.patient.messages.mark_read(pair.conversation_id, 1)
    gone = pair.doctor.messages.delete(pair.says("doctor").id, 1)
    own = conversation_participants.c.user_id == pair.patient_id
    for statement in (
        update(conversation_participants).where(own).values(read_upto=0),
        update(conversation_participants).where(own).values(delivered_upto=0, read_upto=0),
        update(conversation_participants).where(own).values(read_upto=2),
        update(conversation_participants).where(own).values(delivered_upto=3),
        update(conversation_participants).where(own).values(unread_count=-1),
        update(conversations).values(last_seq=1),
        update(conversations).values(last_seq=4),
        update(messages).where(messages.c.id == sent.id).values(seq=9),
        update(messages).where(messages.c.id == sent.id).values(sender_id=pair.patient_id),
        update(messages).where(messages.c.id == gone.id).values(deleted_at=None),
        update(messages).where(messages.c.id == gone.id).values(body=b"x"),
        update(conversation_marks).values(upto_seq=9),
        delete(conversation_marks),
        update(message_revisions).values(number=9),
        delete(message_revisions),
    ):
        with pytest.raises(Exception) as refused:  # noqa: PT011 - the driver's own, on the host's connection
            with pair.store.unit_of_work(SYSTEM) as uow:
                uow.connection.execute(statement)
        assert not isinstance(refused.value, StoreError) or isinstance(refused.value, Conflict), str(statement)
    assert len(pair.rows(conversation_marks)) == 2


def test_statement_counts(pair: Pair, telemed_engine: str, telemed_statements: StatementCounter) -> None:
    pair.says("doctor")
    pair.says("patient")
    pair.doctor.messages.page(pair.conversation_id)  # its access row counts for the next five minutes
    counted: dict[str, int] = {}

    def count(name: str, call: Any) -> None:
        with telemed_statements() as seen:
            call()
        counted[name] = seen.count

    count("send", lambda: pair.says("doctor"))
    pair.says("doctor")
    count("page", lambda: pair.patient.messages.page(pair.conversation_id))
    count("page of a doctor", lambda: pair.doctor.messages.page(pair.conversation_id))
    count("conversations", pair.doctor.messages.conversations)
    count("unread_total", pair.doctor.messages.unread_total)
    count("mark_read in part", lambda: pair.patient.messages.mark_read(pair.conversation_id, 3))
    count("mark_read", lambda: pair.patient.messages.mark_read(pair.conversation_id, 4))
    count("mark_read again", lambda: pair.patient.messages.mark_read(pair.conversation_id, 4))

    whole = 4 if telemed_engine == "mariadb" else 5
    assert counted == {
        "send": 8,
        "page": 1,
        "page of a doctor": 2,
        "conversations": 2,
        "unread_total": 1,
        "mark_read in part": 5,
        "mark_read": whole,
        "mark_read again": 1,
    }


def test_recomputing_the_counters_finds_nothing_and_repairs_what_others_broke(pair: Pair) -> None:
    for _ in range(3):
        pair.says("doctor")
    system = pair.store.acting_as(SYSTEM)
    clean = system.messages.reconcile_counters()
    assert (clean.conversations, clean.participants_corrected, clean.users_corrected) == (1, 0, 0)

    with pair.store.unit_of_work(SYSTEM) as uow:
        uow.connection.execute(update(conversation_participants).values(unread_count=7))
        uow.connection.execute(delete(user_counters))
    found = system.messages.reconcile_counters()
    assert (found.participants_corrected, found.users_corrected) == (2, 1)
    assert pair.patient.messages.unread_total() == 3
    assert system.messages.reconcile_counters().participants_corrected == 0
    with pytest.raises(NotPermitted):
        pair.doctor.messages.reconcile_counters()


def test_rolled_back_messages_leave_no_gap(pair: Pair) -> None:
    with pytest.raises(ZeroDivisionError):
        with pair.doctor.unit_of_work() as uow:
            uow.messages.send(NewMessage(receiver_id=pair.patient_id, body="lost", idempotency_key="k"))
            raise ZeroDivisionError
    assert pair.says("doctor").seq == 1
    with pair.store.unit_of_work(SYSTEM) as uow:
        assert uow.connection.execute(select(func.count()).select_from(messages)).scalar_one() == 1
