"""A drawn calendar, made in a store by verbs: its doctor, places, windows, block and appointments, and what the verbs then say of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NoReturn
from uuid import UUID

from drawn_calendars import ANNEX, OFFICE, DrawnCalendar, Hours, Span, Verdict

from telemed_store import (
    Appointment,
    AsyncBoundStore,
    AsyncStore,
    AsyncUnitOfWork,
    Doctor,
    FreeSlot,
    NewAppointment,
    NewAvailabilityWindow,
    NewBlock,
    OutsideAvailability,
    Patient,
    ServiceLocationPatch,
    SlotTaken,
    ValidationFailed,
)
from telemed_store.testing._async.make import AsyncMake
from telemed_store.testing.clock import FrozenClock


class _Undone(Exception):
    """Undoes what was tried."""


def _undo() -> NoReturn:
    raise _Undone


class Practice:
    """What the law is tried on. Attributes are there once `open` has run."""

    def __init__(self, store: AsyncStore, make: AsyncMake, clock: FrozenClock, drawn: DrawnCalendar) -> None:
        self.drawn = drawn
        self.mine: AsyncBoundStore = store.acting_as(make.actor)
        self._make = make
        self._clock = clock
        self.doctor: Doctor
        self.patient: Patient
        self.places: dict[str | None, UUID | None]
        self.own: Appointment

    async def open(self, specialization: UUID) -> None:
        """Make everything a day before the first date, then let it be the calendar's now."""
        drawn = self.drawn
        self._clock.set(drawn.reading.at(drawn.dates[0], 0) - dt.timedelta(days=1))
        self.doctor = await self._make.doctor(zone=drawn.zone, specializations=(specialization,))
        self.patient, others = await self._make.patient(), await self._make.patient()
        office = await self._make.service_location(self.doctor.id, name=OFFICE)
        annex = await self._make.service_location(self.doctor.id, name=ANNEX)
        self.places = {None: None, OFFICE: office.id, ANNEX: annex.id}
        async with self.mine.unit_of_work() as uow:
            await uow.availability.save_schedule(
                self.doctor.id, [self._window(hours) for hours in drawn.hours], expected_version=1
            )
            first, last = drawn.blocked
            await uow.availability.block_dates(NewBlock(doctor_id=self.doctor.id, first_date=first, last_date=last))
            await uow.people.update_location(annex.id, ServiceLocationPatch(is_active=False), expected_version=1)
            colleague = await uow.people.register_doctor(self._make.new_doctor())
            for span in drawn.of_doctor:
                await self._put(uow, self.doctor.id, others.id, span)
            for span in drawn.of_patient:
                await self._put(uow, colleague.id, self.patient.id, span)
            self.own = await self._put(uow, self.doctor.id, self.patient.id, drawn.of_both)
        self._clock.set(drawn.now)

    async def free_slots(self, **changes: Any) -> list[FreeSlot]:
        """What is offered on all the dates."""
        return await self.mine.availability.free_slots(
            self.doctor.id, self.drawn.dates[0], self.drawn.dates[-1], **changes
        )

    def expected(self, slots: Sequence[tuple[dt.datetime, dt.datetime, dt.datetime, str | None]]) -> list[FreeSlot]:
        """Drawn slots as the doctor's free slots."""
        return [
            FreeSlot(
                doctor_id=self.doctor.id,
                starts_at=start,
                ends_at=end,
                local_starts_at=local_start,
                zone=self.drawn.zone,
                location_id=self.places[place],
            )
            for start, end, local_start, place in slots
        ]

    async def tried(self, uow: AsyncUnitOfWork, start: dt.datetime, length: int, place: str | None) -> Verdict:
        """What booking says, undone."""
        new = NewAppointment(
            doctor_id=self.doctor.id,
            patient_id=self.patient.id,
            starts_at=start,
            ends_at=start + dt.timedelta(minutes=length),
            location_id=self.places[place],
        )
        try:
            async with uow.savepoint():
                await uow.appointments.schedule(new)
                _undo()
        except (_Undone, OutsideAvailability, SlotTaken, ValidationFailed) as outcome:
            return _verdict(outcome)

    async def tried_to_move(self, uow: AsyncUnitOfWork, start: dt.datetime) -> Verdict:
        """What rescheduling the doctor's and the patient's own appointment says, undone."""
        try:
            async with uow.savepoint():
                await uow.appointments.reschedule(self.own.id, starts_at=start, expected_version=self.own.version)
                _undo()
        except (_Undone, OutsideAvailability, SlotTaken, ValidationFailed) as outcome:
            return _verdict(outcome)

    async def is_bookable(self, uow: AsyncUnitOfWork, start: dt.datetime, length: int, place: str | None) -> bool:
        """What the question says (Q047)."""
        return await uow.availability.is_bookable(
            self.doctor.id, start, start + dt.timedelta(minutes=length), self.places[place], self.patient.id
        )

    def _window(self, hours: Hours) -> NewAvailabilityWindow:
        recurring = isinstance(hours.day, int)
        return NewAvailabilityWindow(
            doctor_id=self.doctor.id,
            weekday=hours.day if isinstance(hours.day, int) else None,
            specific_date=None if recurring else hours.day,
            start_minute=hours.start,
            end_minute=hours.end,
            location_id=self.places[hours.place],
            is_active=hours.is_active,
        )

    async def _put(self, uow: AsyncUnitOfWork, doctor_id: UUID, patient_id: UUID, span: Span) -> Appointment:
        new = NewAppointment(doctor_id=doctor_id, patient_id=patient_id, starts_at=span.start, ends_at=span.end)
        return await uow.appointments.schedule(new, override_availability="so that time is taken")


def _verdict(outcome: Exception) -> Verdict:
    if isinstance(outcome, ValidationFailed):
        return {"starts_at": "past", "location_id": "closed"}[next(iter(outcome.fields))]
    return {_Undone: "booked", OutsideAvailability: "outside", SlotTaken: "taken"}[type(outcome)]
