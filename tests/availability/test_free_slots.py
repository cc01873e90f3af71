from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
import sqlalchemy as sa
from test_windows import on, weekly
from worlds import MONDAY, World

from telemed_store.availability import operations
from telemed_store.availability.models import NewBlock
from telemed_store.availability.scopes import AvailableOn, OfKind, WindowsBetween, WindowsOfDoctor
from telemed_store.database.identity import new_id
from telemed_store.database.scoping import conditions, parameters
from telemed_store.errors import InvalidCursor, NotFound, ValidationFailed
from telemed_store.people.operations import locations
from telemed_store.people.tables import doctors, service_locations
from telemed_store.settings import Settings

UTC = dt.UTC
NEXT_MONDAY = MONDAY + dt.timedelta(days=7)
HALF_HOUR = dt.timedelta(minutes=30)


def at(hour: int, minute: int = 0, date: dt.date = NEXT_MONDAY) -> dt.datetime:
    """São Paulo's wall clock in January 2030, three hours behind UTC."""
    return dt.datetime(date.year, date.month, date.day, hour + 3, minute, tzinfo=UTC)


def test_slots_of_a_window_are_on_the_grid_and_in_the_doctors_clock(world: World) -> None:
    doctor = world.doctor()
    place = world.location(doctor)
    world.do(operations.add_window, weekly(doctor, start=480, end=550, location_id=place))
    slots = world.do(operations.free_slots, doctor, NEXT_MONDAY, NEXT_MONDAY)
    assert [(s.starts_at, s.ends_at) for s in slots] == [(at(8), at(8, 30)), (at(8, 30), at(9))]
    assert slots[0].local_starts_at == dt.datetime.fromisoformat("2030-01-14T08:00")
    assert (slots[0].zone, slots[0].location_id, slots[0].doctor_id) == ("America/Sao_Paulo", place, doctor)


def test_step_and_duration_follow_settings_and_argument(world: World) -> None:
    doctor = world.doctor()
    world.do(operations.add_window, weekly(doctor, start=480, end=570))
    hours = world.do(operations.free_slots, doctor, NEXT_MONDAY, NEXT_MONDAY, duration=dt.timedelta(minutes=60))
    assert [s.starts_at for s in hours] == [at(8)]
    world.settings = Settings(slot_step=dt.timedelta(minutes=15))
    dense = world.do(operations.free_slots, doctor, NEXT_MONDAY, NEXT_MONDAY, duration=dt.timedelta(minutes=60))
    assert [s.starts_at for s in dense] == [at(8), at(8, 15), at(8, 30)]


def test_same_day_slots_start_after_the_cutoff(world: World) -> None:
    doctor = world.doctor()
    world.do(operations.add_window, weekly(doctor, start=480, end=630))
    world.now = at(9, 0, MONDAY) - dt.timedelta(minutes=5)
    slots = world.do(operations.free_slots, doctor, MONDAY, MONDAY)
    assert slots[0].starts_at == at(9, 30, MONDAY)


def test_d06_any_overlap_off_grid_too_removes_a_slot(world: World) -> None:
    doctor = world.doctor()
    world.do(operations.add_window, weekly(doctor, start=480, end=600))
    world.appointment(doctor, at(8, 10), minutes=25)
    slots = world.do(operations.free_slots, doctor, NEXT_MONDAY, NEXT_MONDAY)
    assert [s.starts_at for s in slots] == [at(9), at(9, 30)]


@pytest.mark.parametrize(("status", "free"), [("scheduled", 3), ("in_progress", 3), ("cancelled", 4), ("completed", 4)])
def test_only_active_appointments_are_busy_time(world: World, status: str, free: int) -> None:
    doctor = world.doctor()
    world.do(operations.add_window, weekly(doctor, start=480, end=600))
    world.appointment(doctor, at(8), status=status)
    assert len(world.do(operations.free_slots, doctor, NEXT_MONDAY, NEXT_MONDAY)) == free


def test_busy_time_of_the_patient_counts_when_given(world: World) -> None:
    doctor, patient = world.doctor(), world.patient()
    world.do(operations.add_window, weekly(doctor, start=480, end=600))
    world.appointment(world.doctor(), at(8), patient=patient)
    assert len(world.do(operations.free_slots, doctor, NEXT_MONDAY, NEXT_MONDAY)) == 4
    assert len(world.do(operations.free_slots, doctor, NEXT_MONDAY, NEXT_MONDAY, patient_id=patient)) == 3


def test_blocks_and_specific_windows_decide_the_date(world: World) -> None:
    doctor = world.doctor()
    world.do(operations.add_window, weekly(doctor, start=480, end=600))
    world.do(operations.add_window, on(doctor, NEXT_MONDAY, 840, 900))
    world.do(operations.block_dates, NewBlock(doctor_id=doctor, first_date=NEXT_MONDAY + dt.timedelta(days=7)))
    slots = world.do(operations.free_slots, doctor, NEXT_MONDAY, NEXT_MONDAY + dt.timedelta(days=14))
    days = [(s.local_starts_at.day, s.local_starts_at.hour) for s in slots]
    assert sorted(set(days)) == [(14, 14), (28, 8), (28, 9)]


def test_free_slots_and_booking_agree(world: World) -> None:
    """D05: what is offered is bookable, and what lies outside the windows is not."""
    doctor = world.doctor()
    world.do(operations.add_window, weekly(doctor, start=480, end=600))
    world.appointment(doctor, at(8, 30))
    offered = world.do(operations.free_slots, doctor, NEXT_MONDAY, NEXT_MONDAY)
    assert all(world.do(operations.is_bookable, doctor, s.starts_at, s.ends_at) for s in offered)
    assert world.do(operations.is_bookable, doctor, at(9, 7), at(9, 37))
    assert not world.do(operations.is_bookable, doctor, at(8, 45), at(9, 15))
    assert not world.do(operations.is_bookable, doctor, at(9, 45), at(10, 15))
    assert world.do(operations.effective_interval, doctor, at(9), at(9, 30)).window.start_minute == 480
    assert world.do(operations.effective_interval, doctor, at(9, 45), at(10, 15)) is None


def test_a_closed_location_offers_nothing_and_cannot_be_booked(world: World) -> None:
    doctor = world.doctor()
    place = world.location(doctor)
    world.do(operations.add_window, weekly(doctor, location_id=place))
    with world.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE {}service_locations SET is_active = {}".format(
                *(("telemed.", "false") if world.engine.dialect.name == "postgresql" else ("", "0"))
            )
        )
    assert world.do(operations.free_slots, doctor, NEXT_MONDAY, NEXT_MONDAY) == []
    assert not world.do(operations.is_bookable, doctor, at(9), at(9, 30), location_id=place)
    assert world.do(operations.effective_interval, doctor, at(9), at(9, 30), None) is None


def test_an_inactive_doctor_offers_nothing(world: World) -> None:
    doctor = world.doctor(status="inactive")
    world.do(operations.add_window, weekly(doctor))
    assert world.do(operations.free_slots, doctor, NEXT_MONDAY, NEXT_MONDAY) == []


def test_dst_afternoon_starts_and_weekly_window_keeps_wall_clock(world: World) -> None:
    """A Monday window at 14:00 in New York starts at 14:00 on the wall in every week of the year."""
    doctor = world.doctor(zone="America/New_York")
    world.do(operations.add_window, weekly(doctor, start=840, end=900))
    first = dt.date(2030, 3, 4)
    slots = world.do(operations.free_slots, doctor, first, first + dt.timedelta(days=14))
    assert {s.local_starts_at.hour for s in slots} == {14}
    assert [s.starts_at.hour for s in slots[::2]] == [19, 18, 18]


def test_d05_the_day_of_25_hours_holds_no_appointment_of_25_hours(world: World) -> None:
    """Booking takes none longer than a day, however long the window is."""
    doctor = world.doctor(zone="America/New_York")
    longest = dt.date(2030, 11, 3)
    world.do(operations.add_window, on(doctor, longest, 0, 1440))
    starts_at = dt.datetime(2030, 11, 3, 4, tzinfo=UTC)
    assert world.do(operations.is_bookable, doctor, starts_at, starts_at + dt.timedelta(hours=24))
    assert not world.do(operations.is_bookable, doctor, starts_at, starts_at + dt.timedelta(hours=25))


def test_more_than_31_days_or_a_wrong_order_is_refused(world: World) -> None:
    doctor = world.doctor()
    world.do(operations.free_slots, doctor, MONDAY, MONDAY + dt.timedelta(days=30))
    for last in (MONDAY + dt.timedelta(days=31), MONDAY - dt.timedelta(days=1)):
        with pytest.raises(ValidationFailed) as refused:
            world.do(operations.free_slots, doctor, MONDAY, last)
        assert set(refused.value.fields) == {"last_date"}
    with pytest.raises(ValidationFailed):
        world.do(operations.free_slots, doctor, MONDAY, MONDAY, duration=dt.timedelta(0))
    with pytest.raises(NotFound):
        world.do(operations.free_slots, new_id(), MONDAY, MONDAY)


def test_q040_several_doctors_in_the_order_given_and_at_most_fifty(world: World) -> None:
    doctors = [world.doctor() for _ in range(3)]
    for doctor in doctors:
        world.do(operations.add_window, weekly(doctor, start=480, end=540))
    asked = [doctors[2], new_id(), doctors[0], doctors[2]]
    slots = world.do(operations.free_slots_of, asked, NEXT_MONDAY)
    assert [slot.doctor_id for slot in slots] == [doctors[2], doctors[2], doctors[0], doctors[0]]
    with pytest.raises(ValidationFailed):
        world.do(operations.free_slots_of, [new_id() for _ in range(51)], MONDAY)


def test_q043_set_up_shows_every_part_in_order(world: World) -> None:
    doctor = world.doctor()
    for name in ("Zona Sul", "Centro"):
        world.location(doctor, name=name)
    world.location(doctor, name="Fechado", is_active=False)
    for new in (
        weekly(doctor, 3),
        weekly(doctor, 1),
        on(doctor, NEXT_MONDAY),
        on(doctor, MONDAY - dt.timedelta(days=1)),
    ):
        world.do(operations.add_window, new)
    world.do(operations.block_dates, NewBlock(doctor_id=doctor, first_date=NEXT_MONDAY))
    found = world.do(operations.set_up, doctor)
    assert [place.name for place in found.locations.items] == ["Centro", "Zona Sul"]
    assert [window.weekday for window in found.recurring.items] == [1, 3]
    assert [window.specific_date for window in found.specific.items] == [NEXT_MONDAY]
    assert [block.first_date for block in found.blocks.items] == [NEXT_MONDAY]
    first = world.do(operations.set_up, doctor, limit=1)
    assert [part.has_more for part in (first.locations, first.recurring, first.specific, first.blocks)] == [
        True,
        True,
        False,
        False,
    ]
    rest = world.do(locations, doctor, cursor=first.locations.next_cursor)
    assert [place.name for place in first.locations.items + rest.items] == ["Centro", "Zona Sul"]


def test_lists_page_without_gap_or_repeat_and_refuse_foreign_cursors(world: World) -> None:
    doctor = world.doctor()
    for day in range(1, 8):
        world.do(operations.add_window, weekly(doctor, day))
    seen, cursor = [], None
    while True:
        page = world.do(operations.recurring_windows, doctor, limit=3, cursor=cursor)
        seen += [window.weekday for window in page.items]
        cursor = page.next_cursor
        if not page.has_more:
            break
    assert seen == [1, 2, 3, 4, 5, 6, 7]
    first = world.do(operations.recurring_windows, doctor, limit=3)
    with pytest.raises(InvalidCursor):
        world.do(operations.recurring_windows, world.doctor(), limit=3, cursor=first.next_cursor)


def test_q044_q045_q046_and_scopes(world: World) -> None:
    doctor = world.doctor()
    assert not world.do(operations.has_windows, doctor)
    weekly_one = world.do(operations.add_window, weekly(doctor))
    near = world.do(operations.add_window, on(doctor, MONDAY + dt.timedelta(days=30)))
    far = world.do(operations.add_window, on(doctor, MONDAY + dt.timedelta(days=31)))
    assert world.do(operations.has_windows, doctor)
    assert world.do(operations.window_conflicts, weekly(doctor, start=700, end=800)) == [weekly_one]
    assert world.do(operations.window_conflicts, weekly(doctor), ignoring=weekly_one.id) == []
    assert world.do(operations.windows_near, doctor).items == (near,)
    of = WindowsOfDoctor(doctor)
    kind = OfKind(near.kind)
    assert world.do(operations.windows, of).items == (weekly_one, near, far)
    assert world.do(operations.windows, of & kind).items == (near, far)
    until = WindowsBetween(last_date=near.specific_date)
    assert world.do(operations.windows, of & until).items == (near,)


def test_d05_search_and_free_slots_agree_on_the_date(world: World) -> None:
    recurring, specific, blocked, idle, open_, shut, displaced, half_shut, unmoved = (world.doctor() for _ in range(9))
    suspended = world.doctor(status="suspended")
    world.do(operations.add_window, weekly(suspended))
    world.do(operations.add_window, weekly(recurring))
    world.do(operations.add_window, on(specific, NEXT_MONDAY))
    world.do(operations.add_window, weekly(blocked))
    world.do(operations.block_dates, NewBlock(doctor_id=blocked, first_date=NEXT_MONDAY))
    world.do(operations.add_window, weekly(open_, location_id=world.location(open_)))
    for doctor in (shut, displaced, half_shut):
        place = world.location(doctor)
        when = weekly(doctor, location_id=place) if doctor == shut else on(doctor, NEXT_MONDAY, location_id=place)
        world.do(operations.add_window, when)
        gone = {"deleted_at": world.now} if doctor == half_shut else {"is_active": False}
        with world.engine.begin() as connection:
            connection.execute(sa.update(service_locations).where(service_locations.c.id == place).values(gone))
    world.do(operations.add_window, weekly(displaced))
    world.do(operations.add_window, on(half_shut, NEXT_MONDAY, start=780, end=900))
    world.do(operations.add_window, weekly(unmoved))
    world.do(operations.add_window, on(unmoved, NEXT_MONDAY, is_active=False))
    doctor_ids = [recurring, specific, blocked, idle, open_, shut, displaced, half_shut, unmoved, suspended]
    offered = {recurring, specific, open_, half_shut, unmoved}
    assert {slot.doctor_id for slot in world.do(operations.free_slots_of, doctor_ids, NEXT_MONDAY)} == offered
    for date in (NEXT_MONDAY, NEXT_MONDAY + dt.timedelta(days=1), NEXT_MONDAY + dt.timedelta(days=7)):
        offering = {slot.doctor_id for slot in world.do(operations.free_slots_of, doctor_ids, date)}
        assert found_on(world, date, doctor_ids) == offering


def found_on(world: World, date: dt.date, doctor_ids: list[UUID]) -> set[UUID]:
    scope = AvailableOn(date)
    statement = sa.select(doctors.c.id).where(doctors.c.id.in_(doctor_ids), *conditions(scope))
    with world.engine.begin() as connection:
        return set(connection.execute(statement, parameters(scope, world.now)).scalars())


def test_d05_search_finds_nobody_whose_clock_skips_the_whole_window(world: World) -> None:
    """On that date two in the morning does not exist in New York, nor midnight in Havana; in São Paulo both do."""
    date = dt.date(2030, 3, 10)
    skipped, dated, displaced, longer, later = (world.doctor(zone="America/New_York") for _ in range(5))
    early, elsewhere = world.doctor(zone="America/Havana"), world.doctor(zone="America/Sao_Paulo")
    asked = [skipped, dated, displaced, longer, later, early, elsewhere]
    sunday = date.isoweekday()
    for doctor, start, end in ((skipped, 120, 180), (early, 0, 60), (displaced, 600, 720), (longer, 120, 210)):
        world.do(operations.add_window, weekly(doctor, sunday, start, end))
    for doctor, start, end in ((dated, 120, 180), (displaced, 120, 180), (later, 180, 240), (elsewhere, 120, 180)):
        world.do(operations.add_window, on(doctor, date, start, end))
    offering = {slot.doctor_id for slot in world.do(operations.free_slots_of, asked, date)}
    assert found_on(world, date, asked) == offering == {longer, later, elsewhere}
    assert found_on(world, date + dt.timedelta(days=7), asked) == {skipped, early, displaced, longer}
