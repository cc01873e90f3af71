"""What the verbs on availability return. Checked by mypy and pyright in strict mode, never run."""

from __future__ import annotations

import datetime as dt
from typing import assert_type
from uuid import UUID

from telemed_store import (
    AsyncReader,
    AsyncUnitOfWork,
    AvailabilityWindow,
    AvailabilityWindowPatch,
    BlockedDates,
    BlockPatch,
    DoctorSetUp,
    FreeSlot,
    NewAvailabilityWindow,
    NewBlock,
    Page,
    Schedule,
    WindowKind,
)
from telemed_store.scopes import OfKind, WindowsOfDoctor


async def free_time(reader: AsyncReader, some_id: UUID, day: dt.date, instant: dt.datetime) -> None:
    availability = reader.availability
    half_an_hour = dt.timedelta(minutes=30)
    assert_type(
        await availability.free_slots(some_id, day, day, patient_id=some_id, duration=half_an_hour), list[FreeSlot]
    )
    assert_type(await availability.free_slots_of([some_id], day), list[FreeSlot])
    assert_type(await availability.is_bookable(some_id, instant, instant + half_an_hour, location_id=None), bool)
    assert_type(await availability.has_windows(some_id), bool)
    assert_type(await availability.is_blocked(some_id, day), bool)


async def reading(reader: AsyncReader, some_id: UUID, day: dt.date, window: NewAvailabilityWindow) -> None:
    availability = reader.availability
    assert_type(await availability.set_up(some_id), DoctorSetUp)
    recurring = WindowsOfDoctor(some_id) & OfKind(WindowKind.RECURRING)
    assert_type(await availability.windows(recurring, limit=10, cursor=None), Page[AvailabilityWindow])
    assert_type(await availability.recurring_windows(some_id), Page[AvailabilityWindow])
    assert_type(await availability.specific_windows(some_id), Page[AvailabilityWindow])
    assert_type(await availability.windows_near(some_id, day), Page[AvailabilityWindow])
    assert_type(await availability.window_conflicts(window, ignoring=some_id), list[AvailabilityWindow])
    assert_type(await availability.windows_by_ids([some_id]), list[AvailabilityWindow])
    assert_type(await availability.blocks(some_id), Page[BlockedDates])


async def changing(uow: AsyncUnitOfWork, some_id: UUID, window: NewAvailabilityWindow, block: NewBlock) -> None:
    availability = uow.availability
    assert_type(await availability.add_window(window), AvailabilityWindow)
    later = AvailabilityWindowPatch(end_minute=1080)
    assert_type(await availability.update_window(some_id, later, expected_version=1), AvailabilityWindow)
    assert_type(await availability.remove_window(some_id, expected_version=1), None)
    assert_type(await availability.save_schedule(some_id, [window], expected_version=1), Schedule)
    assert_type(await availability.block_dates(block), BlockedDates)
    assert_type(await availability.update_block(some_id, BlockPatch(reason=None), expected_version=1), BlockedDates)
    assert_type(await availability.remove_block(some_id, expected_version=1), None)
