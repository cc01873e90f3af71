"""What availability asks of the area above it: which time is taken.

Appointments stand above availability and import it, never the reverse. So the two questions that free slots and window edits ask
about appointments are answered by functions that `telemed_store.steps` passes to `wire`, once, at import.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlalchemy import Connection

from telemed_store.audit.context import Context
from telemed_store.errors import StoreError

__all__ = ["AppointmentSteps", "BegunSource", "BusySource", "BusyTime", "TakenTime", "appointment_steps", "wire"]


class TakenTime(Protocol):
    """The half-open interval of an appointment."""

    @property
    def starts_at(self) -> dt.datetime:
        """First instant taken."""
        ...

    @property
    def ends_at(self) -> dt.datetime:
        """First instant free again."""
        ...


class BusyTime(TakenTime, Protocol):
    """The interval of an appointment and whose time it takes."""

    @property
    def doctor_id(self) -> UUID:
        """The doctor's profile."""
        ...

    @property
    def patient_id(self) -> UUID:
        """The patient's profile."""
        ...


BusySource = Callable[
    [Connection, Context, Sequence[UUID], Sequence[UUID], dt.datetime, dt.datetime], Iterable[BusyTime]
]
"""``(connection, context, doctor_ids, patient_ids, from, to)``: the active, not deleted appointments of any of these doctors or
patients that touch ``[from, to)``, in one statement (Q007-Q009)."""

BegunSource = Callable[[Connection, Context, UUID, dt.datetime, dt.datetime], Iterable[TakenTime]]
"""``(connection, context, doctor_id, from, to)``: the doctor's in_progress and completed, not deleted appointments that touch
``[from, to)``, in one statement."""


@dataclass(frozen=True, slots=True)
class AppointmentSteps:
    """The answers of the appointments area.

    Attributes:
        busy_between: Which time is taken.
        begun_between: Which appointments freeze a specific window.
    """

    busy_between: BusySource
    begun_between: BegunSource


_wired: list[AppointmentSteps] = []


def wire(steps: AppointmentSteps) -> None:
    """Say who answers; a later call replaces an earlier one."""
    _wired[:] = [steps]


def appointment_steps() -> AppointmentSteps:
    """Who answers."""
    if not _wired:
        raise StoreError("Nobody says which time is taken: import telemed_store.steps, which wires the areas together.")
    return _wired[0]
