# Generated from _async/messages.py by tools/sync.py. Do not edit.
"""What the verbs on messages return. Checked by mypy and pyright in strict mode, never run."""

from __future__ import annotations

from typing import assert_type
from uuid import UUID

from telemed_store import ConversationSummary, CounterReport, Message, NewMessage, Page, Reader, UnitOfWork


def reading(reader: Reader, some_id: UUID) -> None:
    assert_type(reader.messages.get(some_id), Message)
    assert_type(reader.messages.page(some_id, limit=50, before=7), Page[Message])
    assert_type(reader.messages.page(some_id, after=7), Page[Message])
    for message in reader.messages.iterate(some_id):
        assert_type(message, Message)
    assert_type(reader.messages.conversations(limit=20, cursor=None), Page[ConversationSummary])
    assert_type(reader.messages.unread_total(), int)
    assert_type(reader.messages.undelivered(limit=100, cursor=None), Page[Message])


def sending(uow: UnitOfWork, some_id: UUID, key: str) -> None:
    new = NewMessage(receiver_id=some_id, body="hello", idempotency_key=key, appointment_id=None, sender_id=None)
    assert_type(uow.messages.send(new), Message)
    assert_type(uow.messages.edit(some_id, "hallo", expected_version=1), Message)
    assert_type(uow.messages.delete(some_id, expected_version=2), Message)
    assert_type(uow.messages.mark_read(some_id, 7), int)
    assert_type(uow.messages.mark_delivered(some_id, upto_seq=7), int)
    assert_type(uow.messages.reconcile_counters(), CounterReport)
