# Generated from _async/messages/test_changing.py by tools/sync.py. Do not edit.
"""Editing and deleting a message (domain §7)."""

from __future__ import annotations

import datetime as dt

import pytest

from telemed_store.errors import InvalidTransition, NotPermitted, VersionConflict
from telemed_store.messages.tables import message_revisions
from telemed_store.testing import FrozenClock

from .pair import Pair


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
    assert pair.patient.messages.undelivered().items == ()
    shown = pair.patient.messages.page(pair.conversation_id).items
    assert [(one.seq, one.body) for one in shown] == [(2, None), (1, None)]
    with pytest.raises(InvalidTransition):
        pair.doctor.messages.delete(first.id, 2)
    theirs = pair.says("patient")
    with pytest.raises(NotPermitted):
        pair.doctor.messages.delete(theirs.id, 1)
    assert [row.kind for row in pair.rows(message_revisions)] == ["delete", "delete"]
