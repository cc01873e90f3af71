"""Where accesses and account events are kept: append-only, for ever (domain §10)."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, Named, String, Table

from telemed_store.audit.actor import ActorKind
from telemed_store.audit.context import AccessAction, DataType
from telemed_store.database.columns import AppendOnlyRow
from telemed_store.database.metadata import METADATA, TABLE_OPTIONS
from telemed_store.database.native import append_only
from telemed_store.database.types import ClosedList, Id, closed_list, json_type

__all__ = ["access_origins", "audit_logs", "data_access_logs"]


class AccessOriginColumns(AppendOnlyRow):
    ip: Named[str | None] = Column(String(45), nullable=True)
    user_agent: Named[str | None] = Column(String(500), nullable=True)


class DataAccessLogColumns(AppendOnlyRow):
    # Logs outlive accounts and name people of any kind: plain ids, no foreign keys to users.
    accessor_id: Named[UUID] = Column(Id(), nullable=False)
    subject_id: Named[UUID] = Column(Id(), nullable=False)
    data_type: Named[DataType] = Column(ClosedList(DataType), nullable=False)
    resource_id: Named[UUID | None] = Column(Id(), nullable=True)
    action: Named[AccessAction] = Column(ClosedList(AccessAction), nullable=False)
    reason: Named[str | None] = Column(String(500), nullable=True)
    accessed_fields: Named[list[str]] = Column(json_type(), nullable=False)
    origin_id: Named[UUID | None] = Column(Id(), ForeignKey("telemed.access_origins.id"), nullable=True)
    correlation_id: Named[str] = Column(String(64), nullable=False)


class AuditLogColumns(AppendOnlyRow):
    user_id: Named[UUID | None] = Column(Id(), nullable=True)
    actor_kind: Named[ActorKind] = Column(ClosedList(ActorKind), nullable=False)
    action: Named[str] = Column(String(50), nullable=False)
    resource_type: Named[str | None] = Column(String(50), nullable=True)
    resource_id: Named[UUID | None] = Column(Id(), nullable=True)
    origin_id: Named[UUID | None] = Column(Id(), ForeignKey("telemed.access_origins.id"), nullable=True)
    correlation_id: Named[str] = Column(String(64), nullable=False)
    details: Named[dict[str, Any]] = Column(json_type(), nullable=False)


access_origins: Final = Table("access_origins", METADATA, AccessOriginColumns, **TABLE_OPTIONS)

data_access_logs: Final = Table(
    "data_access_logs",
    METADATA,
    DataAccessLogColumns,
    closed_list("data_type", DataType),
    closed_list("action", AccessAction),
    # Q121 and the merging of repeated views: the accesses of one subject, the newest first.
    Index("ix_data_access_logs_subject_id_accessor_id_created_at", "subject_id", "accessor_id", "created_at"),
    Index("ix_data_access_logs_subject_id_created_at_id", "subject_id", "created_at", "id"),
    Index("ix_data_access_logs_origin_id", "origin_id"),
    **TABLE_OPTIONS,
)

audit_logs: Final = Table(
    "audit_logs",
    METADATA,
    AuditLogColumns,
    closed_list("actor_kind", ActorKind),
    # Q123: the account events of one user, the newest first.
    Index("ix_audit_logs_user_id_created_at_id", "user_id", "created_at", "id"),
    Index("ix_audit_logs_origin_id", "origin_id"),
    **TABLE_OPTIONS,
)

append_only(data_access_logs)
append_only(audit_logs)
