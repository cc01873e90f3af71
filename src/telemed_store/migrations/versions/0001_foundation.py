"""People, consents, availability, appointments, and the logs and keys beneath them."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

from telemed_store.database import types
from telemed_store.migrations.revisions import (
    create_native_objects,
    drop_tables,
    has_partial_indexes,
    prefix,
    prepare_schema,
    require_code,
    schema,
)

revision: Final = "0001_foundation"
down_revision: Final = None
branch_labels: Final = ("telemed_store",)
depends_on: Final = None

phase: Final = "expand"

# InnoDB has the transactions; nopad_bin compares text byte-wise, as the other engines do.
OPTIONS: Final = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_nopad_bin"))
}


def upgrade() -> None:
    """Apply."""
    prepare_schema()
    at = prefix()
    op.create_table(
        "access_origins",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.Column("user_agent", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_origins")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_table(
        "booking_guards",
        sa.Column("owner_id", types.Id(), nullable=False),
        sa.Column("n", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("pk_booking_guards")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_table(
        "domain_events",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("type", sa.String(length=50), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("aggregate_type", sa.String(length=30), nullable=False),
        sa.Column("aggregate_id", types.Id(), nullable=False),
        sa.Column("aggregate_version", sa.Integer(), nullable=False),
        sa.Column("occurred_at", types.UtcDateTime(), nullable=False),
        sa.Column("actor_kind", sa.String(length=6), nullable=False),
        sa.Column("actor_id", types.Id(), nullable=True),
        sa.Column("correlation_id", sa.String(length=64), nullable=False),
        sa.Column("causation_id", types.Id(), nullable=True),
        sa.Column("recipients", types.json_type(), nullable=False),
        sa.Column("payload", types.json_type(), nullable=False),
        sa.CheckConstraint("actor_kind IN ('user', 'system')", name=op.f("ck_domain_events_actor_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_domain_events")),
        sa.UniqueConstraint(
            "aggregate_type",
            "aggregate_id",
            "aggregate_version",
            name=op.f("uq_domain_events_aggregate_type_aggregate_id_aggregate_version"),
        ),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_table(
        "schema_compatibility",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("oldest_code_revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schema_compatibility")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_table(
        "search_words",
        sa.Column("table_name", sa.String(length=63), nullable=False),
        sa.Column(
            "word", sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("row_id", types.Id(), nullable=False),
        sa.PrimaryKeyConstraint("table_name", "word", "row_id", name=op.f("pk_search_words")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index(
        "ix_search_words_row_id", "search_words", ["row_id"], unique=False, schema=schema(), if_not_exists=True
    )
    op.create_table(
        "specializations",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_specializations")),
        sa.UniqueConstraint("name_key", name=op.f("uq_specializations_name_key")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_table(
        "subject_keys",
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("key_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wrapped_key", types.Ciphertext(), nullable=True),
        sa.Column("kek_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("shredded_at", types.UtcDateTime(), nullable=True),
        sa.CheckConstraint("purpose IN ('identity', 'chart', 'messages')", name=op.f("ck_subject_keys_purpose")),
        sa.CheckConstraint("(wrapped_key IS NULL) = (shredded_at IS NOT NULL)", name=op.f("ck_subject_keys_shredded")),
        sa.CheckConstraint("key_number >= 1", name=op.f("ck_subject_keys_key_number")),
        sa.PrimaryKeyConstraint("subject_id", "purpose", "key_number", name=op.f("pk_subject_keys")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_table(
        "users",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("deleted_at", types.UtcDateTime(), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("email_verified_at", types.UtcDateTime(), nullable=True),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("status", sa.String(length=9), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("anonymised_at", types.UtcDateTime(), nullable=True),
        sa.CheckConstraint("status IN ('active', 'inactive', 'suspended', 'blocked')", name=op.f("ck_users_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    if has_partial_indexes():
        op.create_index(
            "uq_users_email",
            "users",
            ["email"],
            unique=True,
            postgresql_where=sa.text("deleted_at IS NULL"),
            sqlite_where=sa.text("deleted_at IS NULL"),
            schema=schema(),
            if_not_exists=True,
        )
    op.create_table(
        "audit_logs",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("user_id", types.Id(), nullable=True),
        sa.Column("actor_kind", sa.String(length=6), nullable=False),
        sa.Column("action", sa.String(length=50), nullable=False),
        sa.Column("resource_type", sa.String(length=50), nullable=True),
        sa.Column("resource_id", types.Id(), nullable=True),
        sa.Column("origin_id", types.Id(), nullable=True),
        sa.Column("correlation_id", sa.String(length=64), nullable=False),
        sa.Column("details", types.json_type(), nullable=False),
        sa.CheckConstraint("actor_kind IN ('user', 'system')", name=op.f("ck_audit_logs_actor_kind")),
        sa.ForeignKeyConstraint(["origin_id"], [f"{at}access_origins.id"], name=op.f("fk_audit_logs_origin_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_logs")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index(
        "ix_audit_logs_origin_id", "audit_logs", ["origin_id"], unique=False, schema=schema(), if_not_exists=True
    )
    op.create_index(
        "ix_audit_logs_user_id_created_at_id",
        "audit_logs",
        ["user_id", "created_at", "id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_table(
        "consents",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("text_version", sa.String(length=50), nullable=False),
        sa.Column("text_sha256", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("description", sa.String(length=1000), nullable=True),
        sa.Column("granted_at", types.UtcDateTime(), nullable=False),
        sa.Column("granted_by", types.Id(), nullable=False),
        sa.Column("revoked_at", types.UtcDateTime(), nullable=True),
        sa.Column("origin_id", types.Id(), nullable=True),
        sa.CheckConstraint("channel IN ('signed', 'recorded', 'click')", name=op.f("ck_consents_channel")),
        sa.CheckConstraint(
            "type IN ('telemedicine', 'video_recording', 'data_processing', 'marketing', 'data_sharing_lab')",
            name=op.f("ck_consents_type"),
        ),
        sa.CheckConstraint("length(text_sha256) = 64", name=op.f("ck_consents_text_sha256")),
        sa.CheckConstraint("revoked_at >= granted_at", name=op.f("ck_consents_revoked_at")),
        sa.ForeignKeyConstraint(["granted_by"], [f"{at}users.id"], name=op.f("fk_consents_granted_by")),
        sa.ForeignKeyConstraint(["origin_id"], [f"{at}access_origins.id"], name=op.f("fk_consents_origin_id")),
        sa.ForeignKeyConstraint(["user_id"], [f"{at}users.id"], name=op.f("fk_consents_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index(
        "ix_consents_granted_by", "consents", ["granted_by"], unique=False, schema=schema(), if_not_exists=True
    )
    op.create_index(
        "ix_consents_origin_id", "consents", ["origin_id"], unique=False, schema=schema(), if_not_exists=True
    )
    op.create_index(
        "ix_consents_user_id_granted_at_id",
        "consents",
        ["user_id", "granted_at", "id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    if has_partial_indexes():
        op.create_index(
            "uq_consents_active",
            "consents",
            ["user_id", "type"],
            unique=True,
            postgresql_where=sa.text("revoked_at IS NULL"),
            sqlite_where=sa.text("revoked_at IS NULL"),
            schema=schema(),
            if_not_exists=True,
        )
    op.create_table(
        "data_access_logs",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("accessor_id", types.Id(), nullable=False),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("data_type", sa.String(length=14), nullable=False),
        sa.Column("resource_id", types.Id(), nullable=True),
        sa.Column("action", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("accessed_fields", types.json_type(), nullable=False),
        sa.Column("origin_id", types.Id(), nullable=True),
        sa.Column("correlation_id", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "action IN ('view', 'export', 'download', 'delete', 'update')", name=op.f("ck_data_access_logs_action")
        ),
        sa.CheckConstraint(
            "data_type IN ('medical_record', 'personal_data', 'consultation', 'prescription', 'examination', 'document', 'message')",
            name=op.f("ck_data_access_logs_data_type"),
        ),
        sa.ForeignKeyConstraint(["origin_id"], [f"{at}access_origins.id"], name=op.f("fk_data_access_logs_origin_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_access_logs")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index(
        "ix_data_access_logs_origin_id",
        "data_access_logs",
        ["origin_id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_index(
        "ix_data_access_logs_subject_id_accessor_id_created_at",
        "data_access_logs",
        ["subject_id", "accessor_id", "created_at"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_index(
        "ix_data_access_logs_subject_id_created_at_id",
        "data_access_logs",
        ["subject_id", "created_at", "id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_table(
        "doctors",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("deleted_at", types.UtcDateTime(), nullable=True),
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("cbo", sa.String(length=6), nullable=True),
        sa.Column("biography", sa.Text(), nullable=True),
        sa.Column("languages", types.json_type(), nullable=False),
        sa.Column("license_expiry_date", sa.Date(), nullable=True),
        sa.Column("status", sa.String(length=9), nullable=False),
        sa.Column("signature_enrolment", sa.String(length=14), nullable=False),
        sa.Column("consultation_fee", types.FixedPoint(8, 2), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "length(cbo) = 6 AND replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(cbo, '0', ''), '1', ''), '2', ''), '3', ''), '4', ''), '5', ''), '6', ''), '7', ''), '8', ''), '9', '') = ''",
            name=op.f("ck_doctors_cbo"),
        ),
        sa.CheckConstraint(
            "signature_enrolment IN ('not_integrated', 'pending', 'active', 'expired', 'revoked')",
            name=op.f("ck_doctors_signature_enrolment"),
        ),
        sa.CheckConstraint("status IN ('active', 'inactive', 'suspended')", name=op.f("ck_doctors_status")),
        sa.CheckConstraint("consultation_fee >= 0", name=op.f("ck_doctors_consultation_fee")),
        sa.ForeignKeyConstraint(["user_id"], [f"{at}users.id"], name=op.f("fk_doctors_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_doctors")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index(
        "ix_doctors_status_created_at_id",
        "doctors",
        ["status", "created_at", "id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    if has_partial_indexes():
        op.create_index(
            "uq_doctors_user_id",
            "doctors",
            ["user_id"],
            unique=True,
            postgresql_where=sa.text("deleted_at IS NULL"),
            sqlite_where=sa.text("deleted_at IS NULL"),
            schema=schema(),
            if_not_exists=True,
        )
    op.create_table(
        "outbox",
        sa.Column("event_id", types.Id(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", types.UtcDateTime(), nullable=False),
        sa.Column("parked_at", types.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], [f"{at}domain_events.id"], name=op.f("fk_outbox_event_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_outbox")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index(
        "ix_outbox_next_attempt_at_event_id",
        "outbox",
        ["next_attempt_at", "event_id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_table(
        "patients",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("deleted_at", types.UtcDateTime(), nullable=True),
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("gender", sa.String(length=6), nullable=True),
        sa.Column("date_of_birth", sa.Date(), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("mother_name", sa.String(length=255), nullable=True),
        sa.Column("emergency_contact", sa.String(length=100), nullable=True),
        sa.Column("emergency_phone", sa.String(length=20), nullable=True),
        sa.Column("medical_history", types.Ciphertext(), nullable=True),
        sa.Column("allergies", types.Ciphertext(), nullable=True),
        sa.Column("current_medications", types.Ciphertext(), nullable=True),
        sa.Column("blood_type", sa.String(length=3), nullable=True),
        sa.Column("height_cm", sa.SmallInteger(), nullable=True),
        sa.Column("weight_kg", types.FixedPoint(5, 2), nullable=True),
        sa.Column("insurance_provider", sa.String(length=100), nullable=True),
        sa.Column("insurance_number", sa.String(length=50), nullable=True),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("last_consultation_at", types.UtcDateTime(), nullable=True),
        sa.Column("chart_name", types.Ciphertext(), nullable=True),
        sa.CheckConstraint(
            "blood_type IN ('A+', 'A-', 'B+', 'B-', 'AB+', 'AB-', 'O+', 'O-')", name=op.f("ck_patients_blood_type")
        ),
        sa.CheckConstraint("gender IN ('male', 'female', 'other')", name=op.f("ck_patients_gender")),
        sa.CheckConstraint("status IN ('active', 'inactive', 'blocked')", name=op.f("ck_patients_status")),
        sa.CheckConstraint("height_cm > 0", name=op.f("ck_patients_height_cm")),
        sa.CheckConstraint("weight_kg > 0", name=op.f("ck_patients_weight_kg")),
        sa.ForeignKeyConstraint(["user_id"], [f"{at}users.id"], name=op.f("fk_patients_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index(
        "ix_patients_date_of_birth_id",
        "patients",
        ["date_of_birth", "id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_index(
        "ix_patients_last_consultation_at_id",
        "patients",
        ["last_consultation_at", "id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_index(
        "ix_patients_status_id", "patients", ["status", "id"], unique=False, schema=schema(), if_not_exists=True
    )
    if has_partial_indexes():
        op.create_index(
            "uq_patients_user_id",
            "patients",
            ["user_id"],
            unique=True,
            postgresql_where=sa.text("deleted_at IS NULL"),
            sqlite_where=sa.text("deleted_at IS NULL"),
            schema=schema(),
            if_not_exists=True,
        )
    op.create_table(
        "user_identifiers",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("deleted_at", types.UtcDateTime(), nullable=True),
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("system", sa.String(length=255), nullable=False),
        sa.Column("value", types.Ciphertext(), nullable=False),
        sa.Column("value_index", types.Digest(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], [f"{at}users.id"], name=op.f("fk_user_identifiers_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_identifiers")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index(
        "ix_user_identifiers_user_id",
        "user_identifiers",
        ["user_id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    if has_partial_indexes():
        op.create_index(
            "uq_user_identifiers_one",
            "user_identifiers",
            ["user_id", "system"],
            unique=True,
            postgresql_where=sa.text("system IN ('cpf', 'cns') AND deleted_at IS NULL"),
            sqlite_where=sa.text("system IN ('cpf', 'cns') AND deleted_at IS NULL"),
            schema=schema(),
            if_not_exists=True,
        )
    if has_partial_indexes():
        op.create_index(
            "uq_user_identifiers_value_index_system",
            "user_identifiers",
            ["value_index", "system"],
            unique=True,
            postgresql_where=sa.text("deleted_at IS NULL"),
            sqlite_where=sa.text("deleted_at IS NULL"),
            schema=schema(),
            if_not_exists=True,
        )
    op.create_table(
        "user_identities",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], [f"{at}users.id"], name=op.f("fk_user_identities_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_identities")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_user_identities_issuer_subject")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index(
        "ix_user_identities_user_id", "user_identities", ["user_id"], unique=False, schema=schema(), if_not_exists=True
    )
    op.create_table(
        "blocked_dates",
        sa.Column("deleted_at", types.UtcDateTime(), nullable=True),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("doctor_id", types.Id(), nullable=False),
        sa.Column("first_date", sa.Date(), nullable=False),
        sa.Column("last_date", sa.Date(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint("last_date >= first_date", name=op.f("ck_blocked_dates_valid_range")),
        sa.ForeignKeyConstraint(["doctor_id"], [f"{at}doctors.id"], name=op.f("fk_blocked_dates_doctor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocked_dates")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index(
        "ix_blocked_dates_doctor_id_last_date_first_date_id",
        "blocked_dates",
        ["doctor_id", "last_date", "first_date", "id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_table(
        "doctor_registrations",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("deleted_at", types.UtcDateTime(), nullable=True),
        sa.Column("doctor_id", types.Id(), nullable=False),
        sa.Column("authority", sa.String(length=20), nullable=False),
        sa.Column("region", sa.String(length=10), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["doctor_id"], [f"{at}doctors.id"], name=op.f("fk_doctor_registrations_doctor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_doctor_registrations")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index(
        "ix_doctor_registrations_doctor_id",
        "doctor_registrations",
        ["doctor_id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    if has_partial_indexes():
        op.create_index(
            "uq_doctor_registrations_number_region_authority",
            "doctor_registrations",
            ["number", "region", "authority"],
            unique=True,
            postgresql_where=sa.text("deleted_at IS NULL"),
            sqlite_where=sa.text("deleted_at IS NULL"),
            schema=schema(),
            if_not_exists=True,
        )
    if has_partial_indexes():
        op.create_index(
            "uq_doctor_registrations_primary",
            "doctor_registrations",
            ["doctor_id"],
            unique=True,
            postgresql_where=sa.text("is_primary AND deleted_at IS NULL"),
            sqlite_where=sa.text("is_primary AND deleted_at IS NULL"),
            schema=schema(),
            if_not_exists=True,
        )
    op.create_table(
        "doctor_specializations",
        sa.Column("doctor_id", types.Id(), nullable=False),
        sa.Column("specialization_id", types.Id(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("position BETWEEN 1 AND 5", name=op.f("ck_doctor_specializations_position")),
        sa.ForeignKeyConstraint(["doctor_id"], [f"{at}doctors.id"], name=op.f("fk_doctor_specializations_doctor_id")),
        sa.ForeignKeyConstraint(
            ["specialization_id"], [f"{at}specializations.id"], name=op.f("fk_doctor_specializations_specialization_id")
        ),
        sa.PrimaryKeyConstraint("doctor_id", "specialization_id", name=op.f("pk_doctor_specializations")),
        sa.UniqueConstraint("doctor_id", "position", name=op.f("uq_doctor_specializations_doctor_id_position")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index(
        "ix_doctor_specializations_specialization_id",
        "doctor_specializations",
        ["specialization_id", "doctor_id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_table(
        "service_locations",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("deleted_at", types.UtcDateTime(), nullable=True),
        sa.Column("doctor_id", types.Id(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "type = 'teleconsultation' OR address IS NOT NULL", name=op.f("ck_service_locations_address")
        ),
        sa.CheckConstraint(
            "type IN ('teleconsultation', 'office', 'hospital', 'clinic')", name=op.f("ck_service_locations_type")
        ),
        sa.ForeignKeyConstraint(["doctor_id"], [f"{at}doctors.id"], name=op.f("fk_service_locations_doctor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_locations")),
        sa.UniqueConstraint("id", "doctor_id", name=op.f("uq_service_locations_id_doctor_id")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index(
        "ix_service_locations_doctor_id_name_id",
        "service_locations",
        ["doctor_id", "name", "id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_table(
        "appointments",
        sa.Column("deleted_at", types.UtcDateTime(), nullable=True),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("doctor_id", types.Id(), nullable=False),
        sa.Column("patient_id", types.Id(), nullable=False),
        sa.Column("location_id", types.Id(), nullable=True),
        sa.Column("starts_at", types.UtcDateTime(), nullable=False),
        sa.Column("ends_at", types.UtcDateTime(), nullable=False),
        sa.Column("local_starts_at", types.WallClock(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=11), nullable=False),
        sa.Column("access_code", sa.String(length=8), nullable=False),
        sa.Column("origin", sa.String(length=8), nullable=False),
        sa.Column("idempotency_actor", sa.String(length=107), nullable=True),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column("request_digest", types.Digest(), nullable=True),
        sa.Column("availability_override", sa.String(length=500), nullable=True),
        sa.Column("notes", sa.String(length=1000), nullable=True),
        sa.Column("created_by", types.Id(), nullable=False),
        sa.Column("started_at", types.UtcDateTime(), nullable=True),
        sa.Column("ended_at", types.UtcDateTime(), nullable=True),
        sa.Column("completion_kind", sa.String(length=11), nullable=True),
        sa.Column("cancelled_at", types.UtcDateTime(), nullable=True),
        sa.Column("cancelled_by", types.Id(), nullable=True),
        sa.Column("cancellation_reason", sa.String(length=500), nullable=True),
        sa.Column("no_show_at", types.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "(cancelled_at IS NOT NULL) = (status = 'cancelled')", name=op.f("ck_appointments_cancelled_when")
        ),
        sa.CheckConstraint(
            "(completion_kind IS NOT NULL) = (status = 'completed')", name=op.f("ck_appointments_completion_kind_when")
        ),
        sa.CheckConstraint("(ended_at IS NOT NULL) = (status = 'completed')", name=op.f("ck_appointments_ended_when")),
        sa.CheckConstraint(
            "(no_show_at IS NOT NULL) = (status = 'no_show')", name=op.f("ck_appointments_no_show_when")
        ),
        sa.CheckConstraint(
            "(started_at IS NOT NULL) = (status IN ('in_progress', 'completed'))",
            name=op.f("ck_appointments_started_when"),
        ),
        sa.CheckConstraint(
            "completion_kind IN ('finalized', 'auto_closed', 'imported')", name=op.f("ck_appointments_completion_kind")
        ),
        sa.CheckConstraint("origin IN ('booked', 'imported')", name=op.f("ck_appointments_origin")),
        sa.CheckConstraint(
            "status IN ('scheduled', 'rescheduled', 'in_progress', 'completed', 'cancelled', 'no_show')",
            name=op.f("ck_appointments_status"),
        ),
        sa.CheckConstraint(
            "(idempotency_key IS NULL) = (request_digest IS NULL) AND (idempotency_key IS NULL) = (idempotency_actor IS NULL)",
            name=op.f("ck_appointments_idempotency_whole"),
        ),
        sa.CheckConstraint(
            "cancelled_at IS NOT NULL OR (cancelled_by IS NULL AND cancellation_reason IS NULL)",
            name=op.f("ck_appointments_cancelled_how"),
        ),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_appointments_ended_after_start")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_appointments_valid_interval")),
        sa.ForeignKeyConstraint(["cancelled_by"], [f"{at}users.id"], name=op.f("fk_appointments_cancelled_by")),
        sa.ForeignKeyConstraint(["created_by"], [f"{at}users.id"], name=op.f("fk_appointments_created_by")),
        sa.ForeignKeyConstraint(["doctor_id"], [f"{at}doctors.id"], name=op.f("fk_appointments_doctor_id")),
        sa.ForeignKeyConstraint(
            ["location_id", "doctor_id"],
            [f"{at}service_locations.id", f"{at}service_locations.doctor_id"],
            name=op.f("fk_appointments_location_id_doctor_id"),
        ),
        sa.ForeignKeyConstraint(["patient_id"], [f"{at}patients.id"], name=op.f("fk_appointments_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
        sa.UniqueConstraint("access_code", name="uq_appointments_access_code"),
        sa.UniqueConstraint("id", "doctor_id", "patient_id", name=op.f("uq_appointments_id_doctor_id_patient_id")),
        sa.UniqueConstraint(
            "idempotency_actor", "idempotency_key", name="uq_appointments_idempotency_actor_idempotency_key"
        ),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index(
        "ix_appointments_cancelled_by",
        "appointments",
        ["cancelled_by"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_index(
        "ix_appointments_created_by", "appointments", ["created_by"], unique=False, schema=schema(), if_not_exists=True
    )
    op.create_index(
        "ix_appointments_doctor_id_ends_at",
        "appointments",
        ["doctor_id", "ends_at"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_index(
        "ix_appointments_doctor_id_patient_id_starts_at_id",
        "appointments",
        ["doctor_id", "patient_id", "starts_at", "id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_index(
        "ix_appointments_doctor_id_starts_at_id",
        "appointments",
        ["doctor_id", "starts_at", "id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_index(
        "ix_appointments_doctor_id_status_starts_at_id",
        "appointments",
        ["doctor_id", "status", "starts_at", "id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_index(
        "ix_appointments_location_id_doctor_id",
        "appointments",
        ["location_id", "doctor_id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_index(
        "ix_appointments_patient_id_ends_at",
        "appointments",
        ["patient_id", "ends_at"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_index(
        "ix_appointments_patient_id_starts_at_id",
        "appointments",
        ["patient_id", "starts_at", "id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_index(
        "ix_appointments_patient_id_status_starts_at_id",
        "appointments",
        ["patient_id", "status", "starts_at", "id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_index(
        "ix_appointments_starts_at_id",
        "appointments",
        ["starts_at", "id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_index(
        "ix_appointments_status_starts_at_id",
        "appointments",
        ["status", "starts_at", "id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_table(
        "availability_windows",
        sa.Column("deleted_at", types.UtcDateTime(), nullable=True),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("doctor_id", types.Id(), nullable=False),
        sa.Column("location_id", types.Id(), nullable=True),
        sa.Column("kind", sa.String(length=9), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=True),
        sa.Column("specific_date", sa.Date(), nullable=True),
        sa.Column("start_minute", sa.SmallInteger(), nullable=False),
        sa.Column("end_minute", sa.SmallInteger(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'recurring') = (weekday IS NOT NULL)", name=op.f("ck_availability_windows_recurring_by_weekday")
        ),
        sa.CheckConstraint(
            "(kind = 'specific') = (specific_date IS NOT NULL)", name=op.f("ck_availability_windows_specific_by_date")
        ),
        sa.CheckConstraint("kind IN ('recurring', 'specific')", name=op.f("ck_availability_windows_kind")),
        sa.CheckConstraint("end_minute > start_minute", name=op.f("ck_availability_windows_valid_interval")),
        sa.CheckConstraint("end_minute BETWEEN 1 AND 1440", name=op.f("ck_availability_windows_end_minute")),
        sa.CheckConstraint("start_minute BETWEEN 0 AND 1439", name=op.f("ck_availability_windows_start_minute")),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_availability_windows_weekday")),
        sa.ForeignKeyConstraint(["doctor_id"], [f"{at}doctors.id"], name=op.f("fk_availability_windows_doctor_id")),
        sa.ForeignKeyConstraint(
            ["location_id", "doctor_id"],
            [f"{at}service_locations.id", f"{at}service_locations.doctor_id"],
            name=op.f("fk_availability_windows_location_id_doctor_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_availability_windows")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index(
        "ix_availability_windows_doctor_id_id",
        "availability_windows",
        ["doctor_id", "id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_index(
        "ix_availability_windows_doctor_id_specific_date_start_minute_id",
        "availability_windows",
        ["doctor_id", "specific_date", "start_minute", "id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_index(
        "ix_availability_windows_location_id_doctor_id",
        "availability_windows",
        ["location_id", "doctor_id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_table(
        "appointment_logs",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("appointment_id", types.Id(), nullable=False),
        sa.Column("actor_id", types.Id(), nullable=True),
        sa.Column("actor_kind", sa.String(length=6), nullable=False),
        sa.Column("event", sa.String(length=14), nullable=False),
        sa.Column("payload", types.json_type(), nullable=False),
        sa.CheckConstraint("actor_kind IN ('user', 'system')", name=op.f("ck_appointment_logs_actor_kind")),
        sa.CheckConstraint(
            "event IN ('created', 'rescheduled', 'started', 'completed', 'cancelled', 'no_show', 'updated', 'deleted', 'addendum_added')",
            name=op.f("ck_appointment_logs_event"),
        ),
        sa.ForeignKeyConstraint(
            ["appointment_id"], [f"{at}appointments.id"], name=op.f("fk_appointment_logs_appointment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment_logs")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index(
        "ix_appointment_logs_appointment_id_created_at_id",
        "appointment_logs",
        ["appointment_id", "created_at", "id"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )
    op.create_table(
        "appointment_reminders",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("appointment_id", types.Id(), nullable=False),
        sa.Column("starts_at", types.UtcDateTime(), nullable=False),
        sa.Column("offset_minutes", sa.Integer(), nullable=False),
        sa.Column("sent_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], [f"{at}appointments.id"], name=op.f("fk_appointment_reminders_appointment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment_reminders")),
        sa.UniqueConstraint(
            "appointment_id",
            "starts_at",
            "offset_minutes",
            name=op.f("uq_appointment_reminders_appointment_id_starts_at_offset_minutes"),
        ),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    create_native_objects(
        "domain_events",
        "users",
        "audit_logs",
        "consents",
        "data_access_logs",
        "doctors",
        "patients",
        "user_identifiers",
        "blocked_dates",
        "doctor_registrations",
        "appointments",
        "availability_windows",
        "appointment_logs",
        "appointment_reminders",
    )
    require_code(1)


def downgrade() -> None:
    """Undo."""
    drop_tables(
        "appointment_reminders",
        "appointment_logs",
        "availability_windows",
        "appointments",
        "service_locations",
        "doctor_specializations",
        "doctor_registrations",
        "blocked_dates",
        "user_identities",
        "user_identifiers",
        "patients",
        "outbox",
        "doctors",
        "data_access_logs",
        "consents",
        "audit_logs",
        "users",
        "subject_keys",
        "specializations",
        "search_words",
        "schema_compatibility",
        "domain_events",
        "booking_guards",
        "access_origins",
    )
