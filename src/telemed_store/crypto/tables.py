"""``subject_keys``: one row per data key. Which keys a person has, wrapped, and which key-encryption key opens them."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Integer, Named, PrimaryKeyConstraint, Table, TypedColumns

from telemed_store.crypto.data_keys import Purpose
from telemed_store.crypto.master_keys import LONGEST_KEY_ID
from telemed_store.database.metadata import METADATA, TABLE_OPTIONS
from telemed_store.database.types import Ciphertext, ClosedList, Id, ShortText, UtcDateTime, closed_list

__all__ = ["SUBJECT_KEYS", "SubjectKeyColumns"]


class SubjectKeyColumns(TypedColumns):
    """Columns of ``subject_keys``."""

    # No foreign key to `users`: keys lie below people, are made before the rows they protect, and outlive an
    # erased account.
    subject_id: Named[UUID] = Column(Id())
    purpose: Named[Purpose] = Column(ClosedList(Purpose))
    # What stands as key id in the ciphertexts; rotating a data key adds a row with the next number.
    key_number: Named[int] = Column(Integer, autoincrement=False)
    # NULL once the key is destroyed: its ciphertexts stay closed. The row stays, so that its number is never
    # given out again.
    wrapped_key: Named[bytes | None] = Column(Ciphertext())
    # Lets a job find the rows that a retired key-encryption key still wraps.
    kek_id: Named[str] = Column(ShortText(LONGEST_KEY_ID))
    created_at: Named[dt.datetime] = Column(UtcDateTime())
    shredded_at: Named[dt.datetime | None] = Column(UtcDateTime())


SUBJECT_KEYS: Final = Table(
    "subject_keys",
    METADATA,
    SubjectKeyColumns,
    PrimaryKeyConstraint("subject_id", "purpose", "key_number"),
    closed_list("purpose", Purpose),
    CheckConstraint("key_number >= 1", name="key_number"),
    CheckConstraint("(wrapped_key IS NULL) = (shredded_at IS NOT NULL)", name="shredded"),
    **TABLE_OPTIONS,
)
