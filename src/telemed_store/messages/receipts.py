"""When the messages of a page were delivered and read: matched from the page's marks, which are fetched once beside it.

A message's time is that of its receiver's first mark at or above its number (domain §7).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from telemed_store.messages.models import Message
from telemed_store.messages.statements import LARGEST_SEQ, Found

__all__ = ["timed"]

_NAMES: Final = tuple(Message.model_fields)
_CREATED, _SEQ, _SENDER = (_NAMES.index(name) for name in ("created_at", "seq", "sender_id"))
_STORED: Final = _NAMES.index("delivered_at")
"""Values of a message that stand in its own row; the two times are the last ones."""

Row = Sequence[Any]


def timed(written: Sequence[Row], doctor_user_id: UUID, found: Mapping[int, Sequence[Row]]) -> list[list[Any]]:
    """The values of messages in the order of the model's fields.

    Args:
        written: The messages.
        doctor_user_id: The conversation's doctor: what they wrote, the patient marks.
        found: The page's marks by what they are.
    """
    to_doctor = *_marks(found[Found.DELIVERED_TO_DOCTOR]), *_marks(found[Found.READ_BY_DOCTOR])
    to_patient = *_marks(found[Found.DELIVERED_TO_PATIENT]), *_marks(found[Found.READ_BY_PATIENT])
    messages: list[list[Any]] = []
    for row in written:
        delivered, delivered_at, read, read_at = to_patient if row[_SENDER] == doctor_user_id else to_doctor
        seq = row[_SEQ]
        messages.append([*row[:_STORED], delivered_at[bisect_left(delivered, seq)], read_at[bisect_left(read, seq)]])
    return messages


def _marks(rows: Sequence[Row]) -> tuple[list[int], list[Any]]:
    """Numbers, rising, and the times of the marks that reach up to them; above the last mark there is none."""
    rising = sorted(rows, key=itemgetter(_SEQ))
    return [*(row[_SEQ] for row in rising), LARGEST_SEQ], [*(row[_CREATED] for row in rising), None]
