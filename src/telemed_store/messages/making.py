"""Conversations come to be with the first appointment of a doctor and a patient: steps of booking and importing (see ``steps.py``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from telemed_store.appointments.models import Appointment
from telemed_store.audit.context import Context
from telemed_store.database.identity import new_id
from telemed_store.database.sending import fetch
from telemed_store.messages import statements as sql

__all__ = ["after_booking", "after_import", "rows_of"]


def after_booking(
    connection: Connection, context: Context, _appointment: Appointment, doctor_user_id: UUID, patient_user_id: UUID
) -> None:
    """Make the pair's conversation with its first appointment: one statement, three the first time."""
    pair = {"doctor_user_id": doctor_user_id, "patient_user_id": patient_user_id}
    if fetch(connection, sql.CONVERSATION_EXISTS, pair).first() is None:
        _insert(connection, context, [(doctor_user_id, patient_user_id)])


def after_import(connection: Connection, context: Context, pairs: Iterable[tuple[UUID, UUID]]) -> None:
    """Make the conversations of imported pairs that have none, in three statements at most."""
    wanted = set(pairs)
    users = {
        "doctor_user_ids": sorted({doctor for doctor, _ in wanted}),
        "patient_user_ids": sorted({patient for _, patient in wanted}),
    }
    there = {tuple(row) for row in connection.execute(sql.PAIRS_WITH_CONVERSATION, users)}
    # In order, so that two imports of the same people wait for each other instead of deadlocking.
    if missing := sorted(wanted - there):
        _insert(connection, context, missing)


def _insert(connection: Connection, context: Context, pairs: list[tuple[UUID, UUID]]) -> None:
    conversations, participants = rows_of(pairs, context.now())
    connection.execute(sql.INSERT_CONVERSATION, conversations)
    connection.execute(sql.INSERT_PARTICIPANT, participants)


def rows_of(pairs: Iterable[tuple[UUID, UUID]], now: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of new conversations and of their participants."""
    row = {"version": 1, "created_at": now, "updated_at": now}
    conversations = [
        {
            **row,
            "id": new_id(),
            "doctor_user_id": doctor_user_id,
            "patient_user_id": patient_user_id,
            "last_seq": 0,
            "last_message_id": None,
        }
        for doctor_user_id, patient_user_id in pairs
    ]
    participants = [
        {
            **row,
            "id": new_id(),
            "conversation_id": conversation["id"],
            "user_id": conversation[side],
            "read_upto": 0,
            "delivered_upto": 0,
            "unread_count": 0,
            "last_activity_at": now,
        }
        for conversation in conversations
        for side in ("doctor_user_id", "patient_user_id")
    ]
    return conversations, participants
