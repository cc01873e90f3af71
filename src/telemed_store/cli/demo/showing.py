"""What the loaded store can answer: a doctor's next free slots, who wins one slot asked for twice at once, a year's agenda."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final
from uuid import UUID

from telemed_store import Actor, Appointment, BoundStore, FreeSlot, NewAppointment, Patient, Store
from telemed_store.cli.demo.accounting import LOADED, reason_of
from telemed_store.cli.demo.heatmap import count_by_weekday, draw_heatmap
from telemed_store.errors import SlotTaken, StoreError
from telemed_store.scopes import Upcoming

__all__ = ["SLOTS_SHOWN", "agenda", "draw_agenda", "next_free_slots", "race_for"]

SLOTS_SHOWN: Final = 6
DAYS_SEARCHED: Final = 14
BARRIER_SECONDS: Final = 30


def next_free_slots(mine: BoundStore, doctor_id: UUID, today: dt.date) -> list[FreeSlot]:
    """The first slots from tomorrow on."""
    first = today + dt.timedelta(days=1)
    last = first + dt.timedelta(days=DAYS_SEARCHED - 1)
    return mine.availability.free_slots(doctor_id, first, last)[:SLOTS_SHOWN]


def race_for(store: Store, mine: BoundStore, slots: list[FreeSlot], patients: list[Patient]) -> tuple[str, str]:
    """Let two patients, each as themselves and in a thread of their own, book the first slot at the same moment.

    Returns:
        What each of the two was answered: ``loaded``, or the reason of the refusal.

    Raises:
        StoreError: Nobody can race, not exactly one of them got the slot, or not exactly one event tells of it.
    """
    slot, rivals = _rivals(mine, slots, patients)
    together = threading.Barrier(len(rivals), timeout=BARRIER_SECONDS)

    def ask(rival: Patient) -> Appointment | SlotTaken:
        wanted = NewAppointment(doctor_id=slot.doctor_id, patient_id=rival.id, starts_at=slot.starts_at)
        themselves = store.acting_as(Actor.user(rival.user_id))
        together.wait()
        try:
            return themselves.appointments.schedule(wanted, idempotency_key="one-slot-twice")
        except SlotTaken as refusal:
            return refusal

    with ThreadPoolExecutor(max_workers=len(rivals)) as threads:
        first, second = threads.map(ask, rivals)
    booked = [answer for answer in (first, second) if isinstance(answer, Appointment)]
    if len(booked) != 1 or len(mine.events.of_aggregate("appointment", booked[0].id)) != 1:
        raise StoreError("One slot was booked twice, by nobody, or without its event: please report this.")
    return _outcome(first), _outcome(second)


def _rivals(
    mine: BoundStore, slots: list[FreeSlot], patients: list[Patient]
) -> tuple[FreeSlot, tuple[Patient, Patient]]:
    """The first slot, and two patients who could both win it: somebody who is elsewhere at that time could not."""
    for slot in slots[:1]:
        free = (
            one
            for one in patients
            if mine.availability.is_bookable(slot.doctor_id, slot.starts_at, slot.ends_at, patient_id=one.id)
        )
        first, second = next(free, None), next(free, None)
        if first is not None and second is not None:
            return slot, (first, second)
    raise StoreError("One slot for two patients takes a free slot and two patients: load more people.")


def _outcome(answer: Appointment | SlotTaken) -> str:
    return LOADED if isinstance(answer, Appointment) else reason_of(answer)


def agenda(mine: BoundStore) -> list[Appointment]:
    """Every appointment to come, read page by page."""
    found: list[Appointment] = []
    cursor: str | None = None
    while True:
        page = mine.appointments.list(Upcoming(), limit=100, cursor=cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


def draw_agenda(appointments: list[Appointment], path: Path) -> Path:
    """Draw when in the week the appointments start."""
    starts = [one.local_starts_at for one in appointments]
    title = f"{len(starts):,} appointments booked from {min(starts):%Y-%m-%d} to {max(starts):%Y-%m-%d}"
    return draw_heatmap(count_by_weekday(starts), title, path)
