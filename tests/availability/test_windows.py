from __future__ import annotations

import datetime as dt
import threading
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from worlds import MONDAY, World

from telemed_store.audit.context import Denial
from telemed_store.availability import operations
from telemed_store.availability.models import AvailabilityWindowPatch, BlockPatch, NewAvailabilityWindow, NewBlock
from telemed_store.availability.tables import availability_windows, blocked_dates
from telemed_store.database.identity import new_id
from telemed_store.database.translation import DRIVER_ERRORS, translate
from telemed_store.errors import (
    AlreadyExists,
    Conflict,
    NotFound,
    NotPermitted,
    StoreError,
    ValidationFailed,
    VersionConflict,
)

UTC = dt.UTC


def weekly(doctor_id: UUID, weekday: int = 1, start: int = 480, end: int = 720, **more: Any) -> NewAvailabilityWindow:
    return NewAvailabilityWindow(doctor_id=doctor_id, weekday=weekday, start_minute=start, end_minute=end, **more)


def on(doctor_id: UUID, date: dt.date, start: int = 480, end: int = 720, **more: Any) -> NewAvailabilityWindow:
    return NewAvailabilityWindow(doctor_id=doctor_id, specific_date=date, start_minute=start, end_minute=end, **more)


def live(world: World, table: sa.Table, doctor_id: UUID) -> int:
    statement = sa.select(sa.func.count()).where(table.c.doctor_id == doctor_id, table.c.deleted_at.is_(None))
    with world.engine.begin() as connection:
        return connection.execute(statement).scalar_one()


def test_a_window_carries_the_doctors_zone(world: World) -> None:
    doctor = world.doctor(zone="America/Manaus")
    window = world.do(operations.add_window, weekly(doctor))
    stored = world.do(operations.windows_by_ids, [window.id])
    assert stored == [window]
    assert (window.zone, window.version, window.starts, window.ends) == ("America/Manaus", 1, "08:00", "12:00")


def test_overlapping_window_is_refused_and_names_the_other(world: World) -> None:
    doctor = world.doctor()
    first = world.do(operations.add_window, weekly(doctor))
    with pytest.raises(AlreadyExists) as refused:
        world.do(operations.add_window, weekly(doctor, start=719, end=800))
    assert refused.value.existing_id == first.id


def test_adjacent_windows_and_other_days_are_accepted(world: World) -> None:
    doctor = world.doctor()
    for new in (weekly(doctor), weekly(doctor, start=720, end=800), weekly(doctor, 2), on(doctor, MONDAY)):
        world.do(operations.add_window, new)
    world.do(operations.add_window, weekly(doctor, is_active=False))
    assert live(world, availability_windows, doctor) == 5


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"start_minute": 600, "end_minute": 600}, "end_minute"),
        ({"start_minute": 600, "end_minute": 659}, "end_minute"),
        ({"weekday": None}, "weekday"),
        ({"specific_date": MONDAY}, "weekday"),
        ({"location_id": new_id()}, "location_id"),
    ],
)
def test_invalid_window_names_its_field(world: World, wrong: dict[str, Any], field: str) -> None:
    doctor = world.doctor()
    new = NewAvailabilityWindow(**{"doctor_id": doctor, "weekday": 1, "start_minute": 480, "end_minute": 720, **wrong})
    with pytest.raises(ValidationFailed) as refused:
        world.do(operations.add_window, new)
    assert field in refused.value.fields


def test_location_of_another_doctor_or_a_closed_one_is_refused(world: World) -> None:
    doctor = world.doctor()
    for place in (world.location(world.doctor()), world.location(doctor, is_active=False)):
        with pytest.raises(ValidationFailed) as refused:
            world.do(operations.add_window, weekly(doctor, location_id=place))
        assert set(refused.value.fields) == {"location_id"}


def test_unknown_doctor_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        world.do(operations.add_window, weekly(new_id()))
    with pytest.raises(NotFound):
        world.do(operations.block_dates, NewBlock(doctor_id=new_id(), first_date=MONDAY))


def test_d12_changing_one_edge_keeps_the_other(world: World) -> None:
    window = world.do(operations.add_window, weekly(world.doctor()))
    patch = AvailabilityWindowPatch(end_minute=780)
    changed = world.do(operations.update_window, window.id, patch, expected_version=1)
    assert (changed.start_minute, changed.end_minute, changed.version) == (480, 780, 2)
    assert world.do(operations.windows_by_ids, [window.id]) == [changed]


def test_d12_the_kept_edge_is_checked_with_the_changed_one(world: World) -> None:
    window = world.do(operations.add_window, weekly(world.doctor()))
    with pytest.raises(ValidationFailed):
        world.do(operations.update_window, window.id, AvailabilityWindowPatch(start_minute=700), expected_version=1)


def test_stale_version_is_refused_with_the_current_one(world: World) -> None:
    window = world.do(operations.add_window, weekly(world.doctor()))
    world.do(operations.update_window, window.id, AvailabilityWindowPatch(end_minute=780), expected_version=1)
    with pytest.raises(VersionConflict) as refused:
        world.do(operations.remove_window, window.id, expected_version=1)
    assert refused.value.current == 2


def test_removed_window_is_gone_and_frees_its_time(world: World) -> None:
    doctor = world.doctor()
    window = world.do(operations.add_window, weekly(doctor))
    world.do(operations.remove_window, window.id, expected_version=1)
    with pytest.raises(NotFound):
        world.do(operations.remove_window, window.id, expected_version=2)
    world.do(operations.add_window, weekly(doctor))


@pytest.mark.parametrize("status", ["in_progress", "completed"])
def test_specific_window_with_a_begun_appointment_is_frozen(world: World, status: str) -> None:
    doctor = world.doctor()
    window = world.do(operations.add_window, on(doctor, MONDAY))
    world.appointment(doctor, dt.datetime(2030, 1, 7, 11, 0, tzinfo=UTC), status=status)
    with pytest.raises(Conflict):
        world.do(operations.update_window, window.id, AvailabilityWindowPatch(end_minute=800), expected_version=1)
    with pytest.raises(Conflict):
        world.do(operations.remove_window, window.id, expected_version=1)
    with pytest.raises(Conflict):
        world.do(operations.save_schedule, doctor, [], expected_version=2)


def test_specific_window_with_a_scheduled_appointment_may_change(world: World) -> None:
    doctor = world.doctor()
    window = world.do(operations.add_window, on(doctor, MONDAY))
    world.appointment(doctor, dt.datetime(2030, 1, 7, 13, 0, tzinfo=UTC))
    world.do(operations.remove_window, window.id, expected_version=1)


def test_save_schedule_keeps_what_is_the_same_and_replaces_the_rest(world: World) -> None:
    doctor = world.doctor()
    kept = world.do(operations.add_window, weekly(doctor))
    world.do(operations.add_window, weekly(doctor, 2))
    saved = world.do(
        operations.save_schedule, doctor, [weekly(doctor), weekly(doctor, 3), on(doctor, MONDAY)], expected_version=3
    )
    assert saved.windows[0] == kept
    assert [(w.weekday, w.specific_date) for w in saved.windows] == [(1, None), (3, None), (None, MONDAY)]
    assert saved.version == 6
    assert world.do(operations.set_up, doctor).schedule_version == 6
    again = world.do(
        operations.save_schedule, doctor, [weekly(doctor), weekly(doctor, 3), on(doctor, MONDAY)], expected_version=6
    )
    assert again == saved


def test_save_schedule_leaves_past_dates_alone(world: World) -> None:
    doctor = world.doctor()
    past = world.do(operations.add_window, on(doctor, MONDAY - dt.timedelta(days=7)))
    world.do(operations.save_schedule, doctor, [], expected_version=2)
    assert world.do(operations.windows_by_ids, [past.id]) == [past]


def test_d12_save_schedule_reports_every_invalid_item_and_saves_none(world: World) -> None:
    doctor = world.doctor()
    items = [
        weekly(doctor),
        weekly(doctor, 2, 600, 600),
        weekly(doctor, 1, 700, 800),
        weekly(world.doctor(), 4),
        weekly(doctor, 5, location_id=new_id()),
    ]
    with pytest.raises(ValidationFailed) as refused:
        world.do(operations.save_schedule, doctor, items, expected_version=1)
    assert set(refused.value.fields) == {
        "windows.1.end_minute",
        "windows.2.start_minute",
        "windows.3.doctor_id",
        "windows.4.location_id",
    }
    assert live(world, availability_windows, doctor) == 0


def test_save_schedule_refuses_a_schedule_that_changed_meanwhile(world: World) -> None:
    doctor = world.doctor()
    world.do(operations.add_window, weekly(doctor))
    with pytest.raises(VersionConflict) as refused:
        world.do(operations.save_schedule, doctor, [weekly(doctor, 2)], expected_version=1)
    assert refused.value.current == 2


def test_save_schedule_takes_the_same_statements_for_any_number_of_windows(world: World) -> None:
    counts = []
    for days in (1, 7):
        doctor = world.doctor()
        with world.counting() as seen:
            world.do(
                operations.save_schedule, doctor, [weekly(doctor, day + 1) for day in range(days)], expected_version=1
            )
        counts.append(len([s for s in seen if not s.startswith("BEGIN")]))
    assert counts[0] == counts[1] <= 7


def test_block_covers_its_dates_and_refuses_an_overlap(world: World) -> None:
    doctor = world.doctor()
    block = world.do(
        operations.block_dates, NewBlock(doctor_id=doctor, first_date=MONDAY, last_date=dt.date(2030, 1, 9))
    )
    assert world.do(operations.is_blocked, doctor, dt.date(2030, 1, 9))
    assert not world.do(operations.is_blocked, doctor, dt.date(2030, 1, 10))
    with pytest.raises(AlreadyExists) as refused:
        world.do(operations.block_dates, NewBlock(doctor_id=doctor, first_date=dt.date(2030, 1, 9)))
    assert refused.value.existing_id == block.id
    world.do(operations.block_dates, NewBlock(doctor_id=doctor, first_date=dt.date(2030, 1, 10)))


def test_block_starts_today_or_later_where_the_doctor_is(world: World) -> None:
    world.now = dt.datetime(2030, 1, 8, 2, 0, tzinfo=UTC)
    here, there = world.doctor(), world.doctor(zone="Asia/Tokyo")
    world.do(operations.block_dates, NewBlock(doctor_id=here, first_date=MONDAY))
    with pytest.raises(ValidationFailed) as refused:
        world.do(operations.block_dates, NewBlock(doctor_id=there, first_date=MONDAY))
    assert set(refused.value.fields) == {"first_date"}


def test_block_is_changed_and_lifted(world: World) -> None:
    doctor = world.doctor()
    block = world.do(operations.block_dates, NewBlock(doctor_id=doctor, first_date=MONDAY, reason="congress"))
    longer = world.do(operations.update_block, block.id, BlockPatch(last_date=dt.date(2030, 1, 8)), expected_version=1)
    assert (longer.first_date, longer.reason, longer.version) == (MONDAY, "congress", 2)
    assert world.do(operations.blocks, doctor).items == (longer,)
    with pytest.raises(ValidationFailed):
        world.do(operations.update_block, block.id, BlockPatch(last_date=dt.date(2030, 1, 1)), expected_version=2)
    with pytest.raises(VersionConflict):
        world.do(operations.remove_block, block.id, expected_version=1)
    world.do(operations.remove_block, block.id, expected_version=2)
    assert not world.do(operations.is_blocked, doctor, MONDAY)


def test_rezone_rewrites_windows_and_blocks_and_keeps_the_wall_clock(world: World) -> None:
    doctor = world.doctor()
    window = world.do(operations.add_window, weekly(doctor))
    world.do(operations.block_dates, NewBlock(doctor_id=doctor, first_date=MONDAY))
    world.do(operations.rezone, doctor, "Europe/Lisbon")
    moved = world.do(operations.windows_by_ids, [window.id])[0]
    assert (moved.zone, moved.start_minute, moved.end_minute, moved.version) == ("Europe/Lisbon", 480, 720, 2)
    assert world.do(operations.blocks, doctor).items[0].zone == "Europe/Lisbon"


def _race(world: World, work: Any, attempts: int = 6) -> list[Any]:
    outcomes: list[Any] = []
    together = threading.Barrier(attempts)

    def attempt() -> None:
        together.wait()
        try:
            outcomes.append(work())
        except StoreError as refusal:
            outcomes.append(refusal)
        except DRIVER_ERRORS as failure:
            outcomes.append(translate(failure, world.engine.dialect.name))

    threads = [threading.Thread(target=attempt) for _ in range(attempts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.parametrize("what", ["window", "block"])
def test_d13_concurrent_identical_creations_leave_one_row(world: World, what: str) -> None:
    doctor = world.doctor()
    work, table = {
        "window": (lambda: world.do(operations.add_window, weekly(doctor)), availability_windows),
        "block": (
            lambda: world.do(operations.block_dates, NewBlock(doctor_id=doctor, first_date=MONDAY)),
            blocked_dates,
        ),
    }[what]
    outcomes = _race(world, work)
    assert live(world, table, doctor) == 1
    assert sum(isinstance(outcome, AlreadyExists) for outcome in outcomes) == 5


@pytest.mark.parametrize("what", ["window", "block"])
def test_d13_the_database_alone_refuses_raw_overlaps_with_the_same_error(world: World, what: str) -> None:
    doctor = world.doctor()
    common = {"doctor_id": doctor, "zone": "UTC"}
    table, values = {
        "window": (
            availability_windows,
            {"kind": "recurring", "weekday": 1, "start_minute": 0, "end_minute": 60, "is_active": True},
        ),
        "block": (blocked_dates, {"first_date": MONDAY, "last_date": MONDAY}),
    }[what]
    outcomes = _race(world, lambda: world.insert(table, **common, **values), attempts=2)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AlreadyExists", "UUID"]


def _writes(doctor: UUID, window: UUID, block: UUID) -> dict[str, tuple[tuple[Any, ...], dict[str, int]]]:
    """Every writing verb with arguments that would succeed, in an order in which all of them can."""
    later = MONDAY + dt.timedelta(days=9)
    return {
        "add_window": ((weekly(doctor, 3),), {}),
        "update_window": ((window, AvailabilityWindowPatch(end_minute=780)), {"expected_version": 1}),
        "remove_window": ((window,), {"expected_version": 2}),
        "save_schedule": ((doctor, [weekly(doctor, 5)]), {"expected_version": 5}),
        "block_dates": ((NewBlock(doctor_id=doctor, first_date=later),), {}),
        "update_block": ((block, BlockPatch(reason="congress")), {"expected_version": 1}),
        "remove_block": ((block,), {"expected_version": 2}),
    }


def test_c14_only_the_doctor_or_a_system_job_changes_a_calendar(world: World) -> None:
    doctor, colleague = world.doctor(), world.doctor()
    window = world.do(operations.add_window, weekly(doctor))
    block = world.do(operations.block_dates, NewBlock(doctor_id=doctor, first_date=MONDAY))
    stranger = world.user_of(colleague)
    for verb, (args, kwargs) in _writes(doctor, window.id, block.id).items():
        world.denials.clear()
        with pytest.raises(NotPermitted):
            world.do_as(stranger, getattr(operations, verb), *args, **kwargs)
        assert world.denials == [Denial("doctor", doctor)], verb
    assert world.do(operations.windows_by_ids, [window.id]) == [window]
    assert (live(world, availability_windows, doctor), live(world, blocked_dates, doctor)) == (1, 1)
    world.denials.clear()
    for verb, (args, kwargs) in _writes(doctor, window.id, block.id).items():
        world.do_as(world.user_of(doctor), getattr(operations, verb), *args, **kwargs)
    assert world.denials == []


def test_a_blocks_reason_is_for_the_doctor_and_system_jobs_only(world: World) -> None:
    doctor = world.doctor()
    block = world.do(operations.block_dates, NewBlock(doctor_id=doctor, first_date=MONDAY, reason="surgery of my own"))
    unseen = block.model_copy(update={"reason": None})
    assert world.do(operations.blocks, doctor).items == (block,)
    assert world.do(operations.set_up, doctor).blocks.items == (block,)
    for user_id, seen in ((world.user_of(doctor), block), (world.user(), unseen)):
        assert world.do_as(user_id, operations.blocks, doctor).items == (seen,)
        assert world.do_as(user_id, operations.set_up, doctor).blocks.items == (seen,)
