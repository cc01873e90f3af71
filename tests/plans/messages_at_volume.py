"""Conversations and messages at any volume: a steady doctor whose own stay the same while those of others grow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table

from telemed_store.messages.tables import (
    conversation_marks,
    conversation_participants,
    conversations,
    messages,
    user_counters,
)
from telemed_store.people.tables import users
from telemed_store.testing.clock import PRESENT

from .loading import fill

STEADY_CONVERSATIONS: Final = 120
LONG: Final = 200
"""Messages of the steady doctor's first conversation."""
EACH: Final = 50
"""Messages of every other conversation."""
READ: Final = EACH - 4
"""How far participants have read, in those whose last messages are new."""
_DOCTORS: Final = 200
_USERS, _CONVERSATIONS, _PARTICIPANTS, _MESSAGES, _COUNTERS, _MARKS = range(1, 7)
_SECOND: Final = dt.timedelta(seconds=1)

Row = dict[str, Any]


def _id(kind: int, number: int) -> UUID:
    return UUID(int=(0x01900000 + kind << 96) + 0x7000_8000_0000_0000_0000 + number)


STEADY_DOCTOR: Final = _id(_USERS, 0)
LONG_CONVERSATION: Final = _id(_CONVERSATIONS, 0)
LONG_PATIENT: Final = _id(_USERS, 1000)


def message_id(conversation: int, seq: int) -> UUID:
    """A message's id."""
    return _id(_MESSAGES, conversation * 10_000 + seq)


def conversations_for(count: int) -> int:
    """How many conversations hold about that many messages."""
    return count // EACH


def grow(url: str, had: int, wanted: int) -> None:
    """Conversations from ``had`` to ``wanted``, by COPY or LOAD DATA; the planner is told."""
    new = range(had, wanted)
    fill(url, [(table, rows(new)) for table, rows in _ROWS.items()])


def _people(conversation: int) -> tuple[int, int]:
    """The doctor and the patient of a conversation, as numbers: the first ones are the steady doctor's."""
    return 0 if conversation < STEADY_CONVERSATIONS else 1 + conversation % _DOCTORS, 1000 + conversation


def _length(conversation: int) -> int:
    return EACH if conversation else LONG


def _read(conversation: int) -> int:
    """How far both have read: in every third all is read."""
    return _length(conversation) - (0 if conversation % 3 else EACH - READ)


def _row(kind: int, number: int, **values: Any) -> Row:
    return {"id": _id(kind, number), "version": 1, "created_at": PRESENT, "updated_at": PRESENT, **values}


def _users(new: range) -> Iterator[Row]:
    doctors = range(_DOCTORS + 1) if not new.start else ()
    for number in (*doctors, *(_people(each)[1] for each in new)):
        yield _row(_USERS, number, name=f"User {number}", status="active", zone="UTC")


def _conversations(new: range) -> Iterator[Row]:
    for each in new:
        doctor, patient = _people(each)
        yield _row(
            _CONVERSATIONS,
            each,
            doctor_user_id=_id(_USERS, doctor),
            patient_user_id=_id(_USERS, patient),
            last_seq=_length(each),
            last_message_id=message_id(each, _length(each)),
        )


def _participants(new: range) -> Iterator[Row]:
    for each in new:
        for side, person in enumerate(_people(each)):
            yield _row(
                _PARTICIPANTS,
                2 * each + side,
                conversation_id=_id(_CONVERSATIONS, each),
                user_id=_id(_USERS, person),
                read_upto=_read(each),
                delivered_upto=_read(each),
                unread_count=(_length(each) - _read(each)) // 2,
                last_activity_at=PRESENT + each * _SECOND,
            )


def _turns(new: range) -> Iterator[tuple[int, int]]:
    """Conversations and numbers, in the order in which people wrote: a message's neighbours in the table are other people's."""
    for turn in range(EACH):
        for each in new:
            if each:
                yield each, turn + 1
            # The long one has its turn more often, never twice in a row.
            if not new.start and each % (len(new) * EACH // LONG) == 0:
                said = turn * (LONG // EACH) + each // (len(new) * EACH // LONG) + 1
                if said <= LONG:
                    yield 0, said


def _messages(new: range) -> Iterator[Row]:
    for each, seq in _turns(new):
        at = PRESENT + (seq * 100_000 + each) * _SECOND
        yield {
            "id": message_id(each, seq),
            "version": 1,
            "created_at": at,
            "updated_at": at,
            "conversation_id": _id(_CONVERSATIONS, each),
            "seq": seq,
            "sender_id": _id(_USERS, _people(each)[seq % 2]),
            "idempotency_key": f"key-{seq}",
            "request_digest": b"\xab" * 32,
            # Of those that are read here the bodies are blank, as after an erasure: there is no key to open others with.
            "body": b"\xcd" * 120 if each >= STEADY_CONVERSATIONS else None,
            "sent_at": at,
        }


def _marks(new: range) -> Iterator[Row]:
    """Each message is marked as delivered by its receiver, and every fourth of theirs as read."""
    for each, seq in _turns(new):
        kinds = (["delivered"] if each < STEADY_CONVERSATIONS else []) + (["read"] if seq % 8 in {0, 7} else [])
        for kind in kinds if seq <= _read(each) else ():
            yield {
                "id": _id(_MARKS, each * 100_000 + 10 * seq + len(kind) % 2),
                "created_at": PRESENT + (seq * 100_000 + each) * _SECOND,
                "conversation_id": _id(_CONVERSATIONS, each),
                "user_id": _id(_USERS, _people(each)[1 - seq % 2]),
                "kind": kind,
                "upto_seq": seq,
            }


def _counters(new: range) -> Iterator[Row]:
    doctors = range(_DOCTORS + 1) if not new.start else ()
    for number in (*doctors, *(_people(each)[1] for each in new)):
        yield _row(_COUNTERS, number, user_id=_id(_USERS, number), unread_messages=5, unread_notifications=0)


_ROWS: Final[dict[Table, Callable[[range], Iterator[Row]]]] = {
    users: _users,
    conversations: _conversations,
    conversation_participants: _participants,
    messages: _messages,
    conversation_marks: _marks,
    user_counters: _counters,
}
