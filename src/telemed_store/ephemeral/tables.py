"""Where the database remembers the highest fence of each lock, because Redis may forget it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Named, String, Table, TypedColumns

from telemed_store.database.metadata import METADATA, TABLE_OPTIONS

__all__ = ["lock_fences"]


class LockFenceColumns(TypedColumns):
    name: Named[str] = Column(String(200), primary_key=True)
    fence: Named[int] = Column(BigInteger, nullable=False)


lock_fences: Final = Table("lock_fences", METADATA, LockFenceColumns, **TABLE_OPTIONS)
