"""The verbs of availability, gathered: windows and schedules, blocks, free slots and what booking asks, lists."""

from telemed_store.availability.blocks import block_dates, remove_block, update_block
from telemed_store.availability.lists import (
    blocks,
    has_windows,
    is_blocked,
    recurring_windows,
    set_up,
    specific_windows,
    window_conflicts,
    windows,
    windows_by_ids,
    windows_near,
)
from telemed_store.availability.slots import (
    Calendar,
    effective_interval,
    free_slots,
    free_slots_of,
    is_bookable,
    load_calendar,
)
from telemed_store.availability.windows import add_window, remove_window, rezone, save_schedule, update_window

__all__ = [
    "Calendar",
    "add_window",
    "block_dates",
    "blocks",
    "effective_interval",
    "free_slots",
    "free_slots_of",
    "has_windows",
    "is_blocked",
    "is_bookable",
    "load_calendar",
    "recurring_windows",
    "remove_block",
    "remove_window",
    "rezone",
    "save_schedule",
    "set_up",
    "specific_windows",
    "update_block",
    "update_window",
    "window_conflicts",
    "windows",
    "windows_by_ids",
    "windows_near",
]
