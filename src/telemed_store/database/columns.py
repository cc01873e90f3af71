"""The columns that most tables share, as mixins of their typed columns."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from sqlalchemy import Column, Integer, Named, TypedColumns

from telemed_store.database.types import Id, UtcDateTime

__all__ = ["AppendOnlyRow", "MutableRow", "SoftDeletable"]


class AppendOnlyRow(TypedColumns):
    """[A] of the contract: written once."""

    id: Named[UUID] = Column(Id(), primary_key=True)
    created_at: Named[dt.datetime] = Column(UtcDateTime(), nullable=False)


class MutableRow(TypedColumns):
    """[M] of the contract: ``version`` counts its updates (C3)."""

    id: Named[UUID] = Column(Id(), primary_key=True)
    version: Named[int] = Column(Integer, nullable=False)
    created_at: Named[dt.datetime] = Column(UtcDateTime(), nullable=False)
    updated_at: Named[dt.datetime] = Column(UtcDateTime(), nullable=False)


class SoftDeletable(TypedColumns):
    """SD of the contract: a deleted row stays, and frees its unique values."""

    deleted_at: Named[dt.datetime | None] = Column(UtcDateTime(), nullable=True)
