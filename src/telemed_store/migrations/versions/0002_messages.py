"""Conversations, their messages, marks and counters; a conversation for every pair that has an appointment."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

from telemed_store.database import types
from telemed_store.migrations.revisions import (
    create_native_objects,
    drop_tables,
    execute_native,
    family_here,
    prefix,
    schema,
)

revision: Final = "0002_messages"
down_revision: Final = "0001_foundation"
branch_labels: Final = None
depends_on: Final = None

phase: Final = "expand"

# InnoDB has the transactions; nopad_bin compares text byte-wise, as the other engines do.
OPTIONS: Final = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_nopad_bin"))
}

# A version 7 UUID made by the database: 48 bits of milliseconds, then version, variant and random bits. Only here: this one statement
# stands for many rows, and it must also work where the migration is written down as SQL.
NEW_ID: Final = {
    "postgresql": "(lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'"
    " || substr(replace(gen_random_uuid()::text, '-', ''), 14, 19))::uuid",
    "mysql": "UNHEX(CONCAT(LPAD(HEX(FLOOR(UNIX_TIMESTAMP(NOW(3)) * 1000)), 12, '0'), '7',"
    " SUBSTR(SHA2(CONCAT(UUID(), RAND()), 256), 1, 3), '8', SUBSTR(SHA2(CONCAT(UUID(), RAND()), 256), 1, 15)))",
    # Before 3.41 SQLite cannot turn digits into bytes: random ones, whose order nobody relies on.
    "sqlite": "randomblob(16)",
}
NOW: Final = {
    "postgresql": "now()",
    "mysql": "UTC_TIMESTAMP(6)",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000+00:00'",
}
SAME_PAIR: Final = "c.doctor_user_id = d.user_id AND c.patient_user_id = p.user_id"
APPOINTMENTS: Final = (
    "{schema}appointments a JOIN {schema}doctors d ON d.id = a.doctor_id JOIN {schema}patients p ON p.id = a.patient_id"
)


def make_conversations() -> None:
    """Make the conversation of every pair that has an appointment; its activity is the first booking."""
    engine = family_here()
    new_id, now = NEW_ID[engine], NOW[engine]
    execute_native(
        "INSERT INTO {schema}conversations (id, version, created_at, updated_at, doctor_user_id, patient_user_id, last_seq)"
        f" SELECT {new_id}, 1, {now}, {now}, pair.doctor, pair.patient, 0 FROM (SELECT DISTINCT d.user_id AS doctor, p.user_id AS patient"
        # No verb books somebody with themselves; a row that a host wrote so must not stop the migration.
        f" FROM {APPOINTMENTS} WHERE a.deleted_at IS NULL AND d.user_id <> p.user_id"
        f" AND NOT EXISTS (SELECT 1 FROM {{schema}}conversations c WHERE {SAME_PAIR})) AS pair"
    )
    first = f"(SELECT MIN(a.created_at) FROM {APPOINTMENTS} WHERE a.deleted_at IS NULL AND {SAME_PAIR})"
    for side in ("doctor_user_id", "patient_user_id"):
        execute_native(
            "INSERT INTO {schema}conversation_participants (id, version, created_at, updated_at, conversation_id, user_id,"
            " read_upto, delivered_upto, unread_count, last_activity_at)"
            f" SELECT {new_id}, 1, c.created_at, c.updated_at, c.id, c.{side}, 0, 0, 0, COALESCE({first}, c.created_at)"
            " FROM {schema}conversations c WHERE NOT EXISTS (SELECT 1 FROM {schema}conversation_participants o"
            f" WHERE o.conversation_id = c.id AND o.user_id = c.{side})"
        )


def upgrade() -> None:
    """Apply."""
    at = prefix()
    op.create_table(
        "conversations",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("doctor_user_id", types.Id(), nullable=False),
        sa.Column("patient_user_id", types.Id(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("last_message_id", types.Id(), nullable=True),
        sa.CheckConstraint("(last_seq = 0) = (last_message_id IS NULL)", name=op.f("ck_conversations_last_message")),
        sa.CheckConstraint("doctor_user_id <> patient_user_id", name=op.f("ck_conversations_two_people")),
        sa.CheckConstraint("last_seq >= 0", name=op.f("ck_conversations_last_seq")),
        sa.ForeignKeyConstraint(["doctor_user_id"], [f"{at}users.id"], name=op.f("fk_conversations_doctor_user_id")),
        sa.ForeignKeyConstraint(["patient_user_id"], [f"{at}users.id"], name=op.f("fk_conversations_patient_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint(
            "doctor_user_id", "patient_user_id", name="uq_conversations_doctor_user_id_patient_user_id"
        ),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index(
        "ix_conversations_patient_user_id",
        "conversations",
        ["patient_user_id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_table(
        "user_counters",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("unread_messages", sa.Integer(), nullable=False),
        sa.Column("unread_notifications", sa.Integer(), nullable=False),
        sa.CheckConstraint("unread_messages >= 0", name=op.f("ck_user_counters_unread_messages")),
        sa.CheckConstraint("unread_notifications >= 0", name=op.f("ck_user_counters_unread_notifications")),
        sa.ForeignKeyConstraint(["user_id"], [f"{at}users.id"], name=op.f("fk_user_counters_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_counters")),
        sa.UniqueConstraint("user_id", name=op.f("uq_user_counters_user_id")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_table(
        "conversation_participants",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("conversation_id", types.Id(), nullable=False),
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("read_upto", sa.Integer(), nullable=False),
        sa.Column("delivered_upto", sa.Integer(), nullable=False),
        sa.Column("unread_count", sa.Integer(), nullable=False),
        sa.Column("last_activity_at", types.UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "read_upto >= 0 AND read_upto <= delivered_upto",
            name=op.f("ck_conversation_participants_read_is_delivered"),
        ),
        sa.CheckConstraint("unread_count >= 0", name=op.f("ck_conversation_participants_unread_count")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], [f"{at}conversations.id"], name=op.f("fk_conversation_participants_conversation_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], [f"{at}users.id"], name=op.f("fk_conversation_participants_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_participants")),
        sa.UniqueConstraint(
            "conversation_id", "user_id", name=op.f("uq_conversation_participants_conversation_id_user_id")
        ),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index(
        "ix_conversation_participants_user_id_last_activity_at_id",
        "conversation_participants",
        ["user_id", "last_activity_at", "id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_table(
        "conversation_marks",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("conversation_id", types.Id(), nullable=False),
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("kind", sa.String(length=9), nullable=False),
        sa.Column("upto_seq", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('delivered', 'read')", name=op.f("ck_conversation_marks_kind")),
        sa.CheckConstraint("upto_seq >= 1", name=op.f("ck_conversation_marks_upto_seq")),
        sa.ForeignKeyConstraint(
            ["conversation_id", "user_id"],
            [f"{at}conversation_participants.conversation_id", f"{at}conversation_participants.user_id"],
            name=op.f("fk_conversation_marks_conversation_id_user_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_marks")),
        sa.UniqueConstraint(
            "conversation_id",
            "user_id",
            "kind",
            "upto_seq",
            name=op.f("uq_conversation_marks_conversation_id_user_id_kind_upto_seq"),
        ),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_table(
        "messages",
        sa.Column("deleted_at", types.UtcDateTime(), nullable=True),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("conversation_id", types.Id(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("sender_id", types.Id(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=False),
        sa.Column("request_digest", types.Digest(), nullable=False),
        sa.Column("body", types.Ciphertext(), nullable=True),
        sa.Column("appointment_id", types.Id(), nullable=True),
        sa.Column("sent_at", types.UtcDateTime(), nullable=False),
        sa.Column("edited_at", types.UtcDateTime(), nullable=True),
        sa.CheckConstraint("deleted_at IS NULL OR body IS NULL", name=op.f("ck_messages_tombstone_has_no_body")),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_messages_seq")),
        sa.ForeignKeyConstraint(["appointment_id"], [f"{at}appointments.id"], name=op.f("fk_messages_appointment_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id", "sender_id"],
            [f"{at}conversation_participants.conversation_id", f"{at}conversation_participants.user_id"],
            name=op.f("fk_messages_conversation_id_sender_id"),
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"], [f"{at}conversations.id"], name=op.f("fk_messages_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint(
            "conversation_id",
            "sender_id",
            "idempotency_key",
            name="uq_messages_conversation_id_sender_id_idempotency_key",
        ),
        sa.UniqueConstraint("conversation_id", "seq", name=op.f("uq_messages_conversation_id_seq")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index(
        "ix_messages_appointment_id", "messages", ["appointment_id"], unique=False, schema=schema(), if_not_exists=True
    )
    op.create_index(
        "ix_messages_sender_id_sent_at_id",
        "messages",
        ["sender_id", "sent_at", "id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_table(
        "message_revisions",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("message_id", types.Id(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("old_body", types.Ciphertext(), nullable=True),
        sa.Column("by", types.Id(), nullable=False),
        sa.CheckConstraint("kind IN ('edit', 'delete')", name=op.f("ck_message_revisions_kind")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_message_revisions_number")),
        sa.ForeignKeyConstraint(["by"], [f"{at}users.id"], name=op.f("fk_message_revisions_by")),
        sa.ForeignKeyConstraint(["message_id"], [f"{at}messages.id"], name=op.f("fk_message_revisions_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_revisions")),
        sa.UniqueConstraint("message_id", "number", name=op.f("uq_message_revisions_message_id_number")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index(
        "ix_message_revisions_by", "message_revisions", ["by"], unique=False, schema=schema(), if_not_exists=True
    )
    create_native_objects(
        "conversations", "conversation_participants", "conversation_marks", "messages", "message_revisions"
    )
    make_conversations()


def downgrade() -> None:
    """Undo."""
    drop_tables(
        "message_revisions",
        "messages",
        "conversation_marks",
        "conversation_participants",
        "user_counters",
        "conversations",
    )
