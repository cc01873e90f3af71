"""Each kind of bad input, once: the error is typed and names the field, and nothing is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from bad_values import Values
from edge_values import ANCHOR
from public_verbs import verbs
from pydantic import ValidationError
from registering import new_patient

from telemed_store import (
    Actor,
    AppointmentPatch,
    AsyncStore,
    AvailabilityWindowPatch,
    BlockPatch,
    Conflict,
    InvalidCursor,
    InvalidTransition,
    NewAppointment,
    NewAvailabilityWindow,
    NewConsent,
    NewDoctor,
    NewRegistration,
    NotFound,
    UserPatch,
    ValidationFailed,
    VersionConflict,
    new_id,
)
from telemed_store.scopes import AgedBetween, FeeBetween, LastSeenBetween, OnDates, StartingBetween, WindowsBetween
from telemed_store.testing._async.make import AsyncMake

from .stored import digest

pytestmark = pytest.mark.asyncio

SYSTEM = Actor.system("tests")
DAY = ANCHOR.date()
HOUR = dt.timedelta(hours=1)
LATE = dt.datetime(9999, 12, 31, 23, 59, tzinfo=dt.UTC)

Call = Callable[[], Awaitable[Any]]


async def test_a_verb_names_the_wrong_field_and_writes_nothing(
    async_telemed: AsyncStore, async_telemed_make: AsyncMake, values: Values
) -> None:
    mine, ids, make = async_telemed.acting_as(SYSTEM), values.ids, async_telemed_make
    visits, calendar, people, consents = mine.appointments, mine.availability, mine.people, mine.consents
    visit, doctor = ids["appointment"], ids["doctor"]
    other = await make.doctor()
    foreign = (await make.service_location(other.id)).id
    booking = make.new_appointment(doctor, ids["patient"])
    window = make.new_availability_window(doctor)

    def move(starts_at: dt.datetime, ends_at: dt.datetime | None = None, **more: Any) -> Awaitable[Any]:
        return visits.reschedule(visit, starts_at, ends_at, expected_version=1, **more)

    def book(**changes: Any) -> Awaitable[Any]:
        return visits.schedule(NewAppointment(**(dict(booking) | changes)))

    wrong: list[tuple[str, Call]] = [
        # Naive, reversed, empty, huge.
        ("starts_at", lambda: move(ANCHOR.replace(tzinfo=None))),
        ("ends_at", lambda: visits.overlapping(ANCHOR, ANCHOR.replace(tzinfo=None), doctor_id=doctor)),
        ("starts_at", lambda: calendar.is_bookable(doctor, ANCHOR.replace(tzinfo=None), ANCHOR)),
        ("ends_at", lambda: move(ANCHOR + HOUR, ANCHOR)),
        ("ends_at", lambda: visits.overlapping(ANCHOR, ANCHOR - HOUR, doctor_id=doctor)),
        ("ends_at", lambda: calendar.is_bookable(doctor, ANCHOR, ANCHOR - HOUR)),
        ("last_date", lambda: calendar.free_slots(doctor, DAY, DAY - dt.timedelta(days=1))),
        ("last_date", lambda: calendar.update_block(ids["block"], BlockPatch(last_date=DAY), expected_version=1)),
        ("end_minute", lambda: _edge(calendar, ids["window"], end_minute=1)),
        ("last_date", lambda: visits.list(OnDates("UTC", DAY, DAY - dt.timedelta(days=1)))),
        ("until", lambda: visits.list(StartingBetween(ANCHOR, ANCHOR - HOUR))),
        ("last_date", lambda: calendar.windows(WindowsBetween(DAY, DAY - dt.timedelta(days=1)))),
        ("before", lambda: people.patients(LastSeenBetween(ANCHOR, ANCHOR))),
        ("oldest", lambda: people.patients(AgedBetween(60, 18))),
        ("highest", lambda: people.doctors(FeeBetween(200, 100))),  # type: ignore[arg-type]
        ("ends_at", lambda: move(ANCHOR, ANCHOR)),
        ("ends_at", lambda: calendar.is_bookable(doctor, ANCHOR, ANCHOR)),
        ("end_minute", lambda: calendar.add_window(_with(window, end_minute=window.start_minute))),
        ("duration", lambda: calendar.free_slots(doctor, DAY, DAY, duration=dt.timedelta(0))),
        ("duration", lambda: calendar.free_slots(doctor, DAY, DAY, duration=dt.timedelta(microseconds=1))),
        ("duration", lambda: calendar.free_slots(doctor, DAY, DAY, duration=dt.timedelta.max)),
        ("ends_at", lambda: move(ANCHOR, ANCHOR + 25 * HOUR)),
        ("ends_at", lambda: book(ends_at=LATE)),
        ("starts_at", lambda: book(starts_at=LATE, ends_at=None)),
        ("last_date", lambda: calendar.free_slots(doctor, DAY, DAY + dt.timedelta(days=31))),
        ("date", lambda: calendar.free_slots_of([doctor], dt.date.max)),
        # Unknown ids, and ids of others.
        ("doctor_id", lambda: book(doctor_id=new_id())),
        ("patient_id", lambda: book(patient_id=new_id())),
        ("location_id", lambda: book(location_id=new_id())),
        ("location_id", lambda: book(location_id=foreign)),
        ("location_id", lambda: visits.update(visit, AppointmentPatch(location_id=foreign), expected_version=1)),
        ("location_id", lambda: calendar.add_window(_with(window, location_id=foreign))),
        ("location_id", lambda: _edge(calendar, ids["window"], location_id=foreign)),
        ("windows.0.doctor_id", lambda: _save(calendar, doctor, _with(window, doctor_id=other.id))),
        ("doctor_id", lambda: people.add_location(make.new_service_location(new_id()))),
        ("user_id", lambda: consents.grant(make.new_consent(new_id()))),
        ("user_id", lambda: people.register_patient(new_patient(user_id=new_id()))),
        ("specializations", lambda: people.register_doctor(make.new_doctor(specializations=(new_id(),)))),
        # Oversized.
        ("idempotency_key", lambda: visits.schedule(booking, "k" * 201)),
        ("override_availability", lambda: move(ANCHOR, override_availability="o" * 501)),
        ("reason", lambda: visits.cancel(visit, "r" * 501, expected_version=1)),
        ("name", lambda: people.add_specialization("n" * 101)),
        ("text", lambda: people.search_doctors(text="t" * 1001)),
        ("ids", lambda: people.locations_by_ids([new_id() for _ in range(101)])),
        ("ids", lambda: calendar.windows_by_ids([new_id() for _ in range(201)])),
        ("doctor_ids", lambda: calendar.free_slots_of([new_id() for _ in range(51)], DAY)),
        ("visits", lambda: visits.import_completed([make.new_imported_visit(doctor, ids["patient"])] * 5001)),
        ("limit", lambda: visits.list(limit=0)),
        ("limit", lambda: visits.list(limit=10**30)),
        ("expected_version", lambda: visits.cancel(visit, expected_version=True)),
        # Numbers of registers.
        ("value", lambda: people.by_identifier("cpf", "529.982.247-24")),
        ("value", lambda: people.by_identifier("CNS", "215593468710019")),
        ("region", lambda: people.by_registration("crm", "ZZ", "123456")),
        ("number", lambda: people.by_registration("crm", "SP", "1")),
    ]
    before = await digest(mine)
    for field, call in wrong:
        with pytest.raises(ValidationFailed) as refused:
            await call()
        assert set(refused.value.fields) == {field}
    assert await digest(mine) == before


def _with(window: NewAvailabilityWindow, **changes: Any) -> NewAvailabilityWindow:
    return NewAvailabilityWindow(**(dict(window) | changes))


def _edge(calendar: Any, window_id: Any, **changes: Any) -> Awaitable[Any]:
    return calendar.update_window(window_id, AvailabilityWindowPatch(**changes), expected_version=1)  # type: ignore[no-any-return]


def _save(calendar: Any, doctor_id: Any, window: NewAvailabilityWindow) -> Awaitable[Any]:
    return calendar.save_schedule(doctor_id, [window], expected_version=8)  # type: ignore[no-any-return]


async def test_a_stale_version_is_a_version_conflict_in_every_verb_that_takes_one(
    async_telemed: AsyncStore, values: Values
) -> None:
    mine = async_telemed.acting_as(SYSTEM)
    before = await digest(mine)
    versioned = [verb for verb in verbs(mine) if "expected_version" in verb.hints]
    for verb in versioned:
        arguments = {name: values.argument(verb, name, hint) for name, hint in verb.hints.items()}
        for stale in (99, 0, -1, 2**63 - 1):
            with pytest.raises(VersionConflict) as refused:
                await verb.of(mine)(**arguments | {"expected_version": stale})
            assert refused.value.current in {1, 8}, str(verb)
    assert len(versioned) > 20
    assert await digest(mine) == before


async def test_an_id_that_nobody_has_is_not_found_in_every_verb_about_one_row(
    async_telemed: AsyncStore, values: Values
) -> None:
    mine = async_telemed.acting_as(SYSTEM)
    before = await digest(mine)
    about_one = [verb for verb in verbs(mine) if "id" in verb.hints]
    for verb in about_one:
        arguments = {name: values.argument(verb, name, hint) for name, hint in verb.hints.items()}
        with pytest.raises(NotFound):
            await verb.of(mine)(**arguments | {"id": new_id()})
    assert len(about_one) > 20
    assert await digest(mine) == before


async def test_whatever_is_no_cursor_is_an_invalid_cursor_in_every_list(
    async_telemed: AsyncStore, values: Values
) -> None:
    """bad_cursor_is_a_clear_error."""
    # Conversations are persons' own: a job has none.
    patient, job = (async_telemed.acting_as(each) for each in (Actor.user(values.ids["user"]), SYSTEM))
    lists = [verb for verb in verbs(job) if "cursor" in verb.hints]
    for verb in lists:
        arguments = {name: values.argument(verb, name, hint) for name, hint in verb.hints.items()}
        for wrong in ("", "\x00", "\ud800", "x" * 1000, 5, True, b"AAAA", [], object()):
            with pytest.raises(InvalidCursor):
                await verb.of(patient if verb.repository == "messages" else job)(**arguments | {"cursor": wrong})
    assert len(lists) > 15


async def test_a_change_that_the_status_does_not_allow_writes_nothing(
    async_telemed: AsyncStore, values: Values
) -> None:
    mine = async_telemed.acting_as(SYSTEM)
    visit = values.ids["appointment"]
    before = await digest(mine)
    with pytest.raises(InvalidTransition) as refused:
        await mine.appointments.complete(visit, expected_version=1)
    assert (refused.value.current, refused.value.requested) == ("scheduled", "completed")
    with pytest.raises(Conflict):
        await mine.people.delete_doctor(values.ids["doctor"], expected_version=1)
    assert await digest(mine) == before


@pytest.mark.telemed_engines("sqlite")  # none is asked
async def test_an_input_names_the_wrong_field(values: Values) -> None:
    row = {"doctor_id": new_id(), "patient_id": new_id(), "starts_at": ANCHOR}
    wrong: list[tuple[str, Callable[[], Any]]] = [
        ("starts_at", lambda: NewAppointment(**row | {"starts_at": ANCHOR.replace(tzinfo=None)})),
        ("zone", lambda: NewAppointment(**row | {"zone": "Mars/Olympus"})),
        ("zone", lambda: UserPatch(zone="../../etc/passwd")),
        ("zone", lambda: OnDates(zone="America/Sao Paulo")),
        ("cpf", lambda: new_patient(name="Rui", cpf="529.982.247-24")),
        ("cpf", lambda: new_patient(name="Rui", cpf="00000000000")),
        ("cns", lambda: new_patient(name="Rui", cns="215593468710019")),
        ("crm_number", lambda: NewDoctor(name="Ana", crm_number="1", crm_state="SP")),
        ("crm_state", lambda: NewDoctor(name="Ana", crm_number="123456", crm_state="ZZ")),
        ("number", lambda: NewRegistration(authority="crm", region="SP", number="1")),
        ("name", lambda: new_patient(name="a\x00b")),
        ("name", lambda: new_patient(name="\ud800")),
        ("name", lambda: new_patient(name="n" * 256)),
        ("medical_history", lambda: new_patient(name="Rui", medical_history="m" * 20_001)),
        ("text_sha256", lambda: NewConsent(**dict(values.inputs.new_consent(new_id())) | {"text_sha256": "ab"})),
    ]
    for field, build in wrong:
        with pytest.raises(ValidationError) as refused:
            build()
        assert [error["loc"][0] for error in refused.value.errors()] == [field]
