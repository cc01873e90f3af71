# Generated from _async/availability.py by tools/sync.py. Do not edit.
"""Availability: windows, whole schedules, blocked dates, free slots."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from telemed_store._sync.frames import Frame, ReadFrame
from telemed_store.availability import cached_reads, operations
from telemed_store.availability.models import (
    AvailabilityWindow,
    AvailabilityWindowPatch,
    BlockedDates,
    BlockPatch,
    DoctorSetUp,
    FreeSlot,
    NewAvailabilityWindow,
    NewBlock,
    Schedule,
)
from telemed_store.database.paging import Page
from telemed_store.database.scoping import Scope

__all__ = ["Availability", "AvailabilityReads"]


class AvailabilityReads:
    """Reading availability. It is no personal data: every actor sees it, save the doctor's own remark on a block.

    When a *patient* is busy is: that somebody has an appointment is health data. So ``patient_id`` is for that patient, for doctors with
    a relationship (Q013 record) or an emergency reason, and for system jobs; a doctor's question leaves its access row, anybody else
    gets `NotPermitted` (C13, C14).
    """

    def __init__(self, frame: ReadFrame) -> None:
        self._frame = frame

    def free_slots(
        self,
        doctor_id: UUID,
        first_date: dt.date,
        last_date: dt.date,
        patient_id: UUID | None = None,
        duration: dt.timedelta | None = None,
    ) -> list[FreeSlot]:
        """What can be booked with a doctor on some local dates (Q040, Q041), in two statements.

        An offered slot lies inside one effective window, touches no active appointment of the doctor (nor of the patient), and
        starts later than now plus ``same_day_cutoff``. An inactive doctor has none. Whether the patient's profile lets them be booked at
        all is no question of time: `is_bookable` and booking ask that. A doctor who gives a patient's id costs one statement more.

        Args:
            doctor_id: The doctor's profile.
            first_date: First date in the doctor's zone.
            last_date: Last date, included whole; at most 31 days in all.
            patient_id: Leave out what overlaps this patient's appointments too.
            duration: Real length of a slot, at most one day; by default the setting ``appointment_duration``.

        Returns:
            The slots by start.

        Raises:
            ValidationFailed: The dates are out of order or more than 31, or the duration is not positive or longer than a day.
            NotFound: There is no such doctor, or no such patient.
            NotPermitted: The patient is another person, and the actor is neither a doctor with a relationship nor a system job.

        Example:
            >>> import datetime as dt
            >>> monday = dt.date(2030, 1, 7)
            >>> slots = mine.availability.free_slots(doctor_id, monday, monday)  # doctest: +SKIP
        """
        return self._frame.read_cached(
            cached_reads.FREE_SLOTS, doctor_id, first_date, last_date, patient_id=patient_id, duration=duration
        )

    def free_slots_of(
        self,
        doctor_ids: Sequence[UUID],
        date: dt.date,
        patient_id: UUID | None = None,
        duration: dt.timedelta | None = None,
    ) -> list[FreeSlot]:
        """What can be booked with several doctors on one date of each one's zone, in two statements.

        Args:
            doctor_ids: At most 50 profiles; unknown ones have no slots.
            date: The local date.
            patient_id: Leave out what overlaps this patient's appointments too.
            duration: Real length of a slot, at most one day; by default the setting ``appointment_duration``.

        Returns:
            The slots, by doctor in the order given, then by start.

        Raises:
            ValidationFailed: There are more than 50 doctors, or the duration is not positive or longer than a day.
            NotFound: There is no such patient.
            NotPermitted: The patient is another person, and the actor is neither a doctor with a relationship nor a system job.
        """
        return self._frame.read_consistent(
            operations.free_slots_of, doctor_ids, date, patient_id=patient_id, duration=duration
        )

    def is_bookable(
        self,
        doctor_id: UUID,
        starts_at: dt.datetime,
        ends_at: dt.datetime,
        location_id: UUID | None = None,
        patient_id: UUID | None = None,
    ) -> bool:
        """Whether booking would accept an interval at this moment (Q047): off the grid too, as long as a window holds it.

        It asks what booking asks: the doctor's status, the place, the window, who is busy; with a patient also whether their profile is
        complete and active, and that they are not the doctor. Three statements; one more to see a doctor's relationship with the patient.

        Raises:
            ValidationFailed: An instant carries no UTC offset, or the end is not after the start.
            NotFound: There is no such doctor, or no such patient.
            NotPermitted: The patient is another person, and the actor is neither a doctor with a relationship nor a system job.
        """
        return self._frame.read_consistent(
            operations.is_bookable, doctor_id, starts_at, ends_at, location_id=location_id, patient_id=patient_id
        )

    def set_up(self, doctor_id: UUID, limit: int | None = None) -> DoctorSetUp:
        """What a doctor has set up (Q043): locations, windows and blocks, the first ``limit`` (50, at most 200) of each.

        The blocks' ``reason`` is None unless the actor is that doctor or a system job.

        Raises:
            ValidationFailed: The limit is below 1.
            NotFound: There is no such doctor.
        """
        return self._frame.read_consistent(operations.set_up, doctor_id, limit=limit)

    def windows(
        self, scope: Scope[AvailabilityWindow] | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Page[AvailabilityWindow]:
        """Windows under a scope (Q051) such as ``WindowsOfDoctor(doctor_id) & OfKind("specific")``, by id; 10, at most 100.

        Raises:
            ValidationFailed: The limit is below 1.
            InvalidCursor: The cursor is not of this list, these filters and this actor.
        """
        return self._frame.read(operations.windows, scope, limit=limit, cursor=cursor)

    def recurring_windows(
        self, doctor_id: UUID, limit: int | None = None, cursor: str | None = None
    ) -> Page[AvailabilityWindow]:
        """A doctor's recurring windows by weekday and start; 50, at most 200.

        Raises:
            ValidationFailed: The limit is below 1.
            InvalidCursor: The cursor is not of this list, this doctor and this actor.
        """
        return self._frame.read(operations.recurring_windows, doctor_id, limit=limit, cursor=cursor)

    def specific_windows(
        self, doctor_id: UUID, limit: int | None = None, cursor: str | None = None
    ) -> Page[AvailabilityWindow]:
        """A doctor's specific windows from today on, by date and start; 50, at most 200.

        Raises:
            ValidationFailed: The limit is below 1.
            NotFound: There is no such doctor.
            InvalidCursor: The cursor is not of this list, this doctor and this actor.
        """
        return self._frame.read_consistent(operations.specific_windows, doctor_id, limit=limit, cursor=cursor)

    def windows_near(
        self, doctor_id: UUID, date: dt.date | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Page[AvailabilityWindow]:
        """A doctor's active specific windows within 30 days of a date, by default of today (Q046); 50, at most 200.

        Raises:
            ValidationFailed: The limit is below 1.
            NotFound: There is no such doctor.
            InvalidCursor: The cursor is not of this list, this doctor, these dates and this actor.
        """
        return self._frame.read_consistent(operations.windows_near, doctor_id, date=date, limit=limit, cursor=cursor)

    def window_conflicts(self, window: NewAvailabilityWindow, ignoring: UUID | None = None) -> list[AvailabilityWindow]:
        """The windows that a new one would overlap (Q044); advisory, `add_window` checks again."""
        return self._frame.read(operations.window_conflicts, window, ignoring=ignoring)

    def windows_by_ids(self, ids: Sequence[UUID]) -> list[AvailabilityWindow]:
        """Windows by their ids (Q045), at most 200, in the order given; unknown ones are left out.

        Raises:
            ValidationFailed: There are more than 200 ids.
        """
        return self._frame.read(operations.windows_by_ids, ids)

    def has_windows(self, doctor_id: UUID) -> bool:
        """Whether a doctor has any active window (Q045)."""
        return self._frame.read(operations.has_windows, doctor_id)

    def blocks(self, doctor_id: UUID, limit: int | None = None, cursor: str | None = None) -> Page[BlockedDates]:
        """A doctor's blocks that are not over, by first date; 50, at most 200.

        Their ``reason`` is None unless the actor is that doctor or a system job.

        Raises:
            ValidationFailed: The limit is below 1.
            NotFound: There is no such doctor.
            InvalidCursor: The cursor is not of this list, this doctor and this actor.
        """
        return self._frame.read_consistent(operations.blocks, doctor_id, limit=limit, cursor=cursor)

    def is_blocked(self, doctor_id: UUID, date: dt.date) -> bool:
        """Whether a block covers a local date of a doctor (Q045)."""
        return self._frame.read(operations.is_blocked, doctor_id, date)


class Availability(AvailabilityReads):
    """Changing availability. Every edit waits for bookings of that doctor, and they for it; bookings made before survive it."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self._frame: Frame = frame

    def add_window(self, new: NewAvailabilityWindow) -> AvailabilityWindow:
        """Add a window, in the doctor's zone.

        Raises:
            ValidationFailed: Names the wrong fields: kind and day do not agree, the window is shorter than ``window_min``, or the
                location is none of the doctor's active ones.
            NotFound: There is no such doctor.
            NotPermitted: The actor is neither that doctor nor a system job.
            AlreadyExists: An active window of that day overlaps it; ``existing_id`` says which.
        """
        return self._frame.write(operations.add_window, new)

    def update_window(self, id: UUID, patch: AvailabilityWindowPatch, *, expected_version: int) -> AvailabilityWindow:
        """Change what the patch names; the rest stays, the other edge too (D12).

        Raises:
            ValidationFailed: The window as changed would be invalid; names the fields.
            NotFound: There is no such window.
            NotPermitted: The actor is neither that doctor nor a system job.
            VersionConflict: It changed since it was read.
            AlreadyExists: An active window of that day overlaps it as changed.
            Conflict: It is a specific window in which an appointment has begun or is completed.
        """
        return self._frame.write(operations.update_window, id, patch, expected_version=expected_version)

    def remove_window(self, id: UUID, *, expected_version: int) -> None:
        """Remove a window; its appointments stay.

        Raises:
            NotFound: There is no such window.
            NotPermitted: The actor is neither that doctor nor a system job.
            VersionConflict: It changed since it was read.
            Conflict: It is a specific window in which an appointment has begun or is completed.
        """
        self._frame.write(operations.remove_window, id, expected_version=expected_version)

    def save_schedule(
        self, doctor_id: UUID, windows: Sequence[NewAvailabilityWindow], *, expected_version: int
    ) -> Schedule:
        """Make these the doctor's windows, all or none.

        Windows that are among them already stay as they are, new ones are added, others removed. Specific windows of past dates are
        history and stay, whether they are named or not.

        Args:
            doctor_id: The doctor's profile.
            windows: All recurring windows, and the specific ones from today on.
            expected_version: The version of the *schedule* as it was read: ``Schedule.version`` of the last save, or
                ``set_up(doctor_id).schedule_version``. It is 1 for a doctor who never had a window and grows with every window added,
                changed or removed, by whichever verb.

        Raises:
            ValidationFailed: Names every wrong field of every wrong item as ``windows.<place>.<field>``, places counted from 0.
            NotFound: There is no such doctor.
            NotPermitted: The actor is neither that doctor nor a system job.
            VersionConflict: A window was added, changed or removed since the schedule was read.
            Conflict: It would change a specific window in which an appointment has begun or is completed.
        """
        return self._frame.write(operations.save_schedule, doctor_id, windows, expected_version=expected_version)

    def block_dates(self, new: NewBlock) -> BlockedDates:
        """Block whole local dates, today or later where the doctor is. Appointments already booked survive (Q201).

        Raises:
            ValidationFailed: The block starts before today.
            NotFound: There is no such doctor.
            NotPermitted: The actor is neither that doctor nor a system job.
            AlreadyExists: Another block covers some of these dates; ``existing_id`` says which.
        """
        return self._frame.write(operations.block_dates, new)

    def update_block(self, id: UUID, patch: BlockPatch, *, expected_version: int) -> BlockedDates:
        """Change what the patch names; the rest stays.

        Raises:
            ValidationFailed: The dates are out of order, or a new first date lies before today.
            NotFound: There is no such block.
            NotPermitted: The actor is neither that doctor nor a system job.
            VersionConflict: It changed since it was read.
            AlreadyExists: Another block covers some of these dates.
        """
        return self._frame.write(operations.update_block, id, patch, expected_version=expected_version)

    def remove_block(self, id: UUID, *, expected_version: int) -> None:
        """Lift a block.

        Raises:
            NotFound: There is no such block.
            NotPermitted: The actor is neither that doctor nor a system job.
            VersionConflict: It changed since it was read.
        """
        self._frame.write(operations.remove_block, id, expected_version=expected_version)
