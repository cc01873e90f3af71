"""What of availability is kept in the cache. It is stale with the doctor's time, as every verb says that changes it.

The tag of that stands where the lowest of these verbs do: `people.caching.DOCTOR_TIME`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from telemed_store.availability.calendar import Busy
from telemed_store.availability.slots import Calendar
from telemed_store.cache.keys import Entry

__all__ = ["FREE_SLOTS", "DoctorDays"]


@dataclass(frozen=True, slots=True)
class DoctorDays:
    """What the free slots of a doctor's dates follow from, whoever asks for however long a slot, at whatever moment.

    Attributes:
        calendar: Windows and blocks, as far as the dates need them.
        busy: When the doctor is busy on the dates.
    """

    calendar: Calendar
    busy: tuple[Busy, ...]


FREE_SLOTS: Final = Entry("free_slots", DoctorDays, dt.timedelta(seconds=60))
"""A doctor's days by doctor, first and last date in the doctor's zone."""
