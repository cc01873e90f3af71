"""Conversations and messages at any volume, made by PostgreSQL itself: a steady doctor whose own stay the same while the others grow."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

STEADY_CONVERSATIONS: Final = 150
LONG: Final = 1_000
"""Messages of the steady doctor's first conversation."""
EACH: Final = 50
"""Messages of every other conversation."""
_USERS, _CONVERSATIONS, _PARTICIPANTS, _MESSAGES, _COUNTERS, _MARKS = range(1, 7)


def _id(kind: int, number: str) -> str:
    return f"('0190000{kind}-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"


def _known(kind: int, number: int) -> UUID:
    return UUID(f"0190000{kind}-0000-7000-8000-{number:012x}")


STEADY_DOCTOR: Final = _known(_USERS, 0)
LONG_CONVERSATION: Final = _known(_CONVERSATIONS, 0)

# Conversation c is between patient 1000 + c and a doctor: the first ones are the steady doctor's. A message's number is its turn, and
# turns go round: as in life, the neighbours of a message in the table are other people's.
_DOCTOR: Final = f"(CASE WHEN c < {STEADY_CONVERSATIONS} THEN 0 ELSE 1 + c % 200 END)"
_AT: Final = "timestamptz '2029-01-01 00:00Z' + ({}) * interval '1 second'"
_ROW: Final = "1, now(), now()"
_LENGTH: Final = f"(CASE WHEN c = 0 THEN {LONG} ELSE {EACH} END)"
_FILL: Final = (
    (
        f"INSERT INTO telemed.users (id, version, created_at, updated_at, name, status, zone)"
        f" SELECT {_id(_USERS, 'n')}, {_ROW}, 'User ' || n, 'active', 'UTC'"
        f" FROM (SELECT generate_series(0, 200) AS n UNION ALL SELECT generate_series(CAST(:first AS bigint), :last - 1) + 1000) u"
        " ON CONFLICT DO NOTHING"
    ),
    (
        "INSERT INTO telemed.conversations"
        " (id, version, created_at, updated_at, doctor_user_id, patient_user_id, last_seq, last_message_id)"
        f" SELECT {_id(_CONVERSATIONS, 'c')}, {_ROW}, {_id(_USERS, _DOCTOR)}, {_id(_USERS, '1000 + c')}, {_LENGTH},"
        f" {_id(_MESSAGES, f'c * 10000 + {_LENGTH}')} FROM generate_series(CAST(:first AS bigint), :last - 1) c"
    ),
    (
        "INSERT INTO telemed.conversation_participants (id, version, created_at, updated_at, conversation_id, user_id, read_upto,"
        f" delivered_upto, unread_count, last_activity_at) SELECT {_id(_PARTICIPANTS, '2 * c + side')}, {_ROW},"
        f" {_id(_CONVERSATIONS, 'c')}, {_id(_USERS, f'CASE side WHEN 0 THEN {_DOCTOR} ELSE 1000 + c END')}, 40, 40, {_LENGTH} / 2 - 20,"
        f" {_AT.format('c')} FROM generate_series(CAST(:first AS bigint), :last - 1) c, generate_series(0, 1) side"
    ),
    # Of those that are read here the bodies are blank, as after an erasure: there is no key to open others with.
    (
        "INSERT INTO telemed.messages (id, version, created_at, updated_at, conversation_id, seq, sender_id, idempotency_key,"
        f" request_digest, body, sent_at) SELECT {_id(_MESSAGES, 'c * 10000 + s')}, {_ROW}, {_id(_CONVERSATIONS, 'c')}, s,"
        f" {_id(_USERS, f'CASE s % 2 WHEN 0 THEN {_DOCTOR} ELSE 1000 + c END')}, 'key-' || s, decode(repeat('ab', 32), 'hex'),"
        f" CASE WHEN c < {STEADY_CONVERSATIONS} THEN NULL ELSE decode(repeat('cd', 120), 'hex') END, {_AT.format('s * 100000 + c')}"
        f" FROM generate_series(1, {LONG}) s, generate_series(CAST(:first AS bigint), :last - 1) c"
        f" WHERE s <= {_LENGTH} ORDER BY s * CASE WHEN c = 0 THEN {EACH / LONG} ELSE 1 END, c"
    ),
    (
        "INSERT INTO telemed.conversation_marks (id, created_at, conversation_id, user_id, kind, upto_seq)"
        f" SELECT {_id(_MARKS, 'c * 10 + s / 10')}, {_AT.format('c')}, {_id(_CONVERSATIONS, 'c')}, {_id(_USERS, '1000 + c')}, kind, s"
        " FROM generate_series(CAST(:first AS bigint), :last - 1) c, generate_series(10, 40, 10) s,"
        " unnest(ARRAY['read']) kind"
    ),
    (
        "INSERT INTO telemed.user_counters (id, version, created_at, updated_at, user_id, unread_messages, unread_notifications)"
        f" SELECT {_id(_COUNTERS, 'row_number() OVER ()')}, {_ROW}, id, 5, 0 FROM telemed.users ON CONFLICT DO NOTHING"
    ),
)


def conversations_for(messages: int) -> int:
    """How many conversations hold about that many messages."""
    return messages // EACH


def grow(connection: Connection, had: int, wanted: int) -> None:
    """Conversations from ``had`` to ``wanted``; the planner is told. Needs an AUTOCOMMIT connection of a superuser."""
    connection.exec_driver_sql(
        "SET session_replication_role = replica"
    )  # neither triggers nor foreign keys: they are not tested here
    connection.exec_driver_sql("SET statement_timeout = 0")
    for statement in _FILL:
        connection.execute(text(statement), {"first": had, "last": wanted})
    connection.exec_driver_sql("SET session_replication_role = origin")
    connection.exec_driver_sql("VACUUM (ANALYZE)")
