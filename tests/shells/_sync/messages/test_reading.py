# Generated from _async/messages/test_reading.py by tools/sync.py. Do not edit.
"""Pages of a conversation, who reads them, and when a message was delivered and read (domain §7; D21)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from telemed_store import Actor, Store, new_id
from telemed_store.audit.tables import audit_logs, data_access_logs
from telemed_store.errors import NotFound, ValidationFailed
from telemed_store.messages.tables import conversation_marks, conversation_participants
from telemed_store.testing import FrozenClock, Make

from .pair import Pair, pair_of


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


def test_a_page_tells_the_same_times_as_each_message_itself(pair: Pair, telemed_clock: FrozenClock) -> None:
    """Wherever it begins and ends: marks that cover it from far above, from within, of one side only, of none."""
    sent = [pair.says("doctor" if number in {1, 2, 3, 7, 8, 12} else "patient") for number in range(1, 13)]
    for side, delivered, read in (
        (pair.patient, 2, 1),
        (pair.doctor, 5, 4),
        (pair.patient, 8, 3),
        (pair.doctor, 11, 11),
    ):
        telemed_clock.step(dt.timedelta(minutes=1))
        side.messages.mark_delivered(pair.conversation_id, delivered)
        telemed_clock.step(dt.timedelta(minutes=1))
        side.messages.mark_read(pair.conversation_id, read)
    read_ = pair.patient.messages
    alone = [read_.get(message.id) for message in sent]
    assert len({(one.delivered_at, one.read_at) for one in alone}) == 8

    for limit in (1, 4, 12):
        for beyond in range(14):
            above = read_.page(pair.conversation_id, limit, after=beyond)
            assert list(above.items) == alone[beyond : beyond + limit]
            below = read_.page(pair.conversation_id, limit, before=beyond)
            assert list(below.items) == alone[: max(beyond - 1, 0)][::-1][:limit]
    assert list(read_.page(pair.conversation_id, 5).items) == alone[::-1][:5]
    for asked in ({"before": 2**62}, {"before": -1}, {"after": 2**62}, {"after": -(2**62)}):
        shown = read_.page(pair.conversation_id, **asked).items
        assert len(shown) == (12 if asked in ({"before": 2**62}, {"after": -(2**62)}) else 0)


def test_receipts_storage_is_bounded(pair: Pair) -> None:
    for _ in range(12):
        pair.says("doctor")
    pair.patient.messages.mark_read(pair.conversation_id, 12)
    assert len(pair.rows(conversation_marks)) == 2
