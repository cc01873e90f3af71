"""``consents``: one row per grant. At most one is active per user and type; only its revocation is ever added to it (D48)."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Named, Table

from telemed_store.consents.models import ConsentChannel, ConsentType
from telemed_store.database.columns import MutableRow
from telemed_store.database.metadata import METADATA, TABLE_OPTIONS
from telemed_store.database.native import (
    NativeObject,
    declare,
    mariadb_trigger,
    postgresql_trigger,
    sqlite_trigger,
    unique_while,
)
from telemed_store.database.translation import register
from telemed_store.database.types import ClosedList, Id, ShortText, UtcDateTime, closed_list
from telemed_store.errors import AlreadyExists, Conflict

__all__ = ["consents"]


class ConsentColumns(MutableRow):
    user_id: Named[UUID] = Column(Id(), ForeignKey("telemed.users.id"), nullable=False)
    type: Named[ConsentType] = Column(ClosedList(ConsentType), nullable=False)
    text_version: Named[str] = Column(ShortText(50), nullable=False)
    text_sha256: Named[str] = Column(ShortText(64), nullable=False)
    channel: Named[ConsentChannel] = Column(ClosedList(ConsentChannel), nullable=False)
    description: Named[str | None] = Column(ShortText(1000), nullable=True)
    granted_at: Named[dt.datetime] = Column(UtcDateTime(), nullable=False)
    granted_by: Named[UUID] = Column(Id(), ForeignKey("telemed.users.id"), nullable=False)
    revoked_at: Named[dt.datetime | None] = Column(UtcDateTime(), nullable=True)
    origin_id: Named[UUID | None] = Column(Id(), ForeignKey("telemed.access_origins.id"), nullable=True)


consents: Final = Table(
    "consents",
    METADATA,
    ConsentColumns,
    closed_list("type", ConsentType),
    closed_list("channel", ConsentChannel),
    CheckConstraint("length(text_sha256) = 64", name="text_sha256"),
    CheckConstraint("revoked_at >= granted_at", name="revoked_at"),
    # Q120: a user's consents, the newest first.
    Index("ix_consents_user_id_granted_at_id", "user_id", "granted_at", "id"),
    Index("ix_consents_granted_by", "granted_by"),
    Index("ix_consents_origin_id", "origin_id"),
    **TABLE_OPTIONS,
)

ACTIVE_CONSENT: Final = unique_while(
    consents, "user_id", "type", condition="revoked_at IS NULL", name="uq_consents_active"
)
KEPT: Final = "tr_consents_kept"

_FIXED: Final = (
    "id",
    "created_at",
    "user_id",
    "type",
    "text_version",
    "text_sha256",
    "channel",
    "description",
    "granted_at",
    "granted_by",
    "origin_id",
)


def _changed(differs: str) -> str:
    facts = " OR ".join(differs.format(column) for column in _FIXED)
    return f"OLD.revoked_at IS NOT NULL OR NEW.revoked_at IS NULL OR {facts}"


_REFUSE_POSTGRESQL = f"RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = '{KEPT}', CONSTRAINT = '{KEPT}';"
_REFUSE_MARIADB = f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{KEPT}';"
_REFUSE_SQLITE = f"SELECT RAISE(ABORT, '{KEPT}');"

declare(
    consents,
    *postgresql_trigger(
        KEPT,
        "consents",
        "BEFORE UPDATE OR DELETE FOR EACH ROW",
        f"IF TG_OP = 'UPDATE' AND NOT ({_changed('NEW.{0} IS DISTINCT FROM OLD.{0}')}) THEN RETURN NEW; END IF;"
        f" {_REFUSE_POSTGRESQL}",
    ),
    NativeObject(
        f"{KEPT}_truncate",
        "consents",
        "postgresql",
        "trigger",
        f"CREATE TRIGGER {KEPT}_truncate BEFORE TRUNCATE ON {{schema}}consents"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {{schema}}{KEPT}()",
        f"DROP TRIGGER IF EXISTS {KEPT}_truncate ON {{schema}}consents",
    ),
    NativeObject(
        "guard_consents",
        "consents",
        "mysql",
        "table",
        # TRUNCATE fires no trigger; InnoDB refuses it for a table that a foreign key refers to.
        "CREATE TABLE guard_consents (id BINARY(16) NOT NULL PRIMARY KEY,"
        " CONSTRAINT fk_guard_consents FOREIGN KEY (id) REFERENCES consents (id)) ENGINE=InnoDB",
        "DROP TABLE IF EXISTS guard_consents",
    ),
    mariadb_trigger(
        f"{KEPT}_update",
        "consents",
        "BEFORE UPDATE",
        f"IF {_changed('NOT (NEW.{0} <=> OLD.{0})')} THEN {_REFUSE_MARIADB} END IF;",
    ),
    mariadb_trigger(f"{KEPT}_delete", "consents", "BEFORE DELETE", _REFUSE_MARIADB),
    sqlite_trigger(
        f"{KEPT}_update", "consents", "BEFORE UPDATE", _REFUSE_SQLITE, condition=_changed("NEW.{0} IS NOT OLD.{0}")
    ),
    sqlite_trigger(f"{KEPT}_delete", "consents", "BEFORE DELETE", _REFUSE_SQLITE),
    sqlite_trigger(
        f"{KEPT}_replace",
        "consents",
        "BEFORE INSERT",
        _REFUSE_SQLITE,
        condition="EXISTS (SELECT 1 FROM consents WHERE id = NEW.id)",
    ),
)

register(ACTIVE_CONSENT, lambda cause: AlreadyExists("consent", field="type", cause=cause))
register(
    KEPT, lambda cause: Conflict("A consent is kept as it was given: revoke it, or grant another one.", cause=cause)
)
