"""What callers see of availability: windows, blocked dates, free slots, and what may be said about them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import MISSING, Field, model_validator

from telemed_store.availability.calendar import WindowKind
from telemed_store.database.models import Input, PlainText, StoredModel
from telemed_store.database.paging import Page
from telemed_store.people.models import ServiceLocation

__all__ = [
    "AvailabilityWindow",
    "AvailabilityWindowPatch",
    "BlockPatch",
    "BlockedDates",
    "DoctorSetUp",
    "FreeSlot",
    "NewAvailabilityWindow",
    "NewBlock",
    "Schedule",
    "WindowKind",
]

Weekday = Annotated[int, Field(ge=1, le=7)]
StartMinute = Annotated[int, Field(ge=0, le=1439)]
EndMinute = Annotated[int, Field(ge=1, le=1440)]
Reason = Annotated[PlainText, Field(max_length=500)]


def hours_and_minutes(minute: int) -> str:
    """Local minutes after midnight as a clock shows them: 510 is ``08:30``, 1440 is ``24:00``."""
    hours, minutes = divmod(minute, 60)
    return f"{hours:02}:{minutes:02}"


def _kind(said: dict[str, Any]) -> WindowKind:
    return WindowKind.RECURRING if said["specific_date"] is None else WindowKind.SPECIFIC


class AvailabilityWindow(StoredModel):
    """A stretch of wall clock in which a doctor can be booked, every week or on one date.

    Attributes:
        location_id: The only location it is for; None means any active location of the doctor.
        weekday: ISO weekday, 1 (Monday) to 7, of a recurring window.
        specific_date: Local date of a specific window.
        start_minute: Local minutes after midnight, 0 to 1439.
        end_minute: Local minutes after midnight, not included, 1 to 1440.
        zone: The doctor's IANA zone.
        is_active: Whether it counts.
    """

    id: UUID
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    deleted_at: dt.datetime | None
    doctor_id: UUID
    location_id: UUID | None
    kind: WindowKind
    weekday: int | None
    specific_date: dt.date | None
    start_minute: int
    end_minute: int
    zone: str
    is_active: bool

    @property
    def starts(self) -> str:
        """The start as HH:MM."""
        return hours_and_minutes(self.start_minute)

    @property
    def ends(self) -> str:
        """The end as HH:MM; ``24:00`` is the end of the day."""
        return hours_and_minutes(self.end_minute)


class NewAvailabilityWindow(Input):
    """A window to add. Give a weekday or a date, never both; the kind follows from it where it is not said.

    Attributes:
        doctor_id: The doctor's profile.
        kind: ``recurring`` with a weekday, ``specific`` with a date.
        weekday: ISO weekday, 1 (Monday) to 7.
        specific_date: Local date in the doctor's zone.
        start_minute: Local minutes after midnight, 0 to 1439.
        end_minute: Local minutes after midnight, 1 to 1440, later than the start.
        location_id: One of the doctor's active locations; None means any of them.
        is_active: Whether it counts from now on.

    Example:
        >>> from uuid import UUID
        >>> doctor = UUID("0195fb2c-4f6c-7c3a-8b1e-0d2f5a6b7c8d")
        >>> NewAvailabilityWindow(doctor_id=doctor, weekday=1, start_minute=8 * 60, end_minute=12 * 60).kind
        <WindowKind.RECURRING: 'recurring'>
    """

    doctor_id: UUID
    weekday: Weekday | None = None
    specific_date: dt.date | None = None
    kind: WindowKind = Field(default_factory=_kind)
    start_minute: StartMinute
    end_minute: EndMinute
    location_id: UUID | None = None
    is_active: bool = True


class AvailabilityWindowPatch(Input):
    """What changes in a window; what is not passed stays, the other edge too (D12). Its kind never changes.

    Attributes:
        weekday: ISO weekday of a recurring window.
        specific_date: Local date of a specific window.
        start_minute: Local minutes after midnight, 0 to 1439.
        end_minute: Local minutes after midnight, 1 to 1440.
        location_id: One of the doctor's active locations; None means any of them.
        is_active: Whether it counts.
    """

    weekday: Weekday | MISSING = MISSING
    specific_date: dt.date | MISSING = MISSING
    start_minute: StartMinute | MISSING = MISSING
    end_minute: EndMinute | MISSING = MISSING
    location_id: UUID | MISSING | None = MISSING
    is_active: bool | MISSING = MISSING


class Schedule(StoredModel):
    """A doctor's windows as one thing.

    Attributes:
        version: Grows by one with each window that is added, changed or removed; what ``save_schedule`` expects.
        windows: Recurring ones by weekday and start, then specific ones from today on by date and start.
    """

    doctor_id: UUID
    version: int
    windows: tuple[AvailabilityWindow, ...]


class BlockedDates(StoredModel):
    """Local dates on which a doctor sees nobody, both ends included.

    Attributes:
        zone: The doctor's IANA zone.
        reason: For the doctor's own eyes: None for every actor but the doctor and system jobs.
    """

    id: UUID
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    deleted_at: dt.datetime | None
    doctor_id: UUID
    first_date: dt.date
    last_date: dt.date
    zone: str
    reason: str | None


class NewBlock(Input):
    """Dates to block.

    Attributes:
        doctor_id: The doctor's profile.
        first_date: First blocked local date, today or later in the doctor's zone.
        last_date: Last blocked local date, included; by default the first.
        reason: At most 500 characters.
    """

    doctor_id: UUID
    first_date: dt.date
    last_date: dt.date = Field(default_factory=lambda said: said["first_date"])
    reason: Reason | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_date < self.first_date:
            raise ValueError("last_date must not lie before first_date")
        return self


class BlockPatch(Input):
    """What changes in a block; what is not passed stays.

    Attributes:
        first_date: First blocked local date; a new one is today or later in the doctor's zone.
        last_date: Last blocked local date, included.
        reason: At most 500 characters.
    """

    first_date: dt.date | MISSING = MISSING
    last_date: dt.date | MISSING = MISSING
    reason: Reason | MISSING | None = MISSING


class FreeSlot(StoredModel):
    """A time that can be booked with a doctor.

    Attributes:
        starts_at: Start, UTC.
        ends_at: End, UTC, not included.
        local_starts_at: Start as the doctor's wall clock shows it, naive.
        zone: IANA name of that clock's zone.
        location_id: The only location it can be booked for; None means any active location of the doctor.
    """

    doctor_id: UUID
    starts_at: dt.datetime
    ends_at: dt.datetime
    local_starts_at: dt.datetime
    zone: str
    location_id: UUID | None


class DoctorSetUp(StoredModel):
    """What a doctor has set up (Q043), the first page of each part.

    Attributes:
        schedule_version: What ``save_schedule`` expects.
        locations: Active ones, by name; ``people.locations`` reads on.
        recurring: Recurring windows, inactive ones too, by weekday and start.
        specific: Specific windows from today on, inactive ones too, by date and start.
        blocks: Blocks that are not over, by first date.
    """

    doctor_id: UUID
    zone: str
    schedule_version: int
    locations: Page[ServiceLocation]
    recurring: Page[AvailabilityWindow]
    specific: Page[AvailabilityWindow]
    blocks: Page[BlockedDates]
