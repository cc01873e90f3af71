# Generated from _async/messages/test_conversations.py by tools/sync.py. Do not edit.
"""Conversations: when they are made, who sees them, in what order, what they cost (domain §7; D21, D22)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from telemed_store import Actor, BoundStore, Store
from telemed_store.errors import InvalidCursor, NotPermitted
from telemed_store.messages.tables import conversation_participants, conversations
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


def test_a_conversation_without_message_and_appointment_is_hidden(telemed: Store, telemed_make: Make) -> None:
    doctor = telemed_make.doctor()
    booked = telemed_make.appointment(doctor.id)
    mine = telemed.acting_as(Actor.user(doctor.user_id))
    assert len(mine.messages.conversations().items) == 1
    telemed.acting_as(SYSTEM).appointments.delete(booked.id, expected_version=1)
    assert mine.messages.conversations().items == ()


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

    postgresql, sqlite = telemed_engine == "postgresql", telemed_engine == "sqlite"
    assert counted == {
        "send": 3 if postgresql else 7,
        "page": 1,
        "page of a doctor": 2,
        "conversations": 2,
        "unread_total": 1,
        "mark_read in part": 4 if postgresql else 5,
        "mark_read": 5 if sqlite else 4,
        "mark_read again": 1,
    }
