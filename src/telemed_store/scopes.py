"""Every scope: the small named filters that lists take, combined with ``&``."""

from telemed_store.appointments.scopes import (
    ForDoctor,
    ForPatient,
    IncludingDeleted,
    Linkable,
    OnDates,
    Past,
    StartingBetween,
    ThisWeek,
    Today,
    Upcoming,
    WithStatus,
)
from telemed_store.availability.scopes import AvailableOn, OfKind, WindowsBetween, WindowsOfDoctor, WithWindows
from telemed_store.database.scoping import Scope

__all__ = [
    "AvailableOn",
    "ForDoctor",
    "ForPatient",
    "IncludingDeleted",
    "Linkable",
    "OfKind",
    "OnDates",
    "Past",
    "Scope",
    "StartingBetween",
    "ThisWeek",
    "Today",
    "Upcoming",
    "WindowsBetween",
    "WindowsOfDoctor",
    "WithStatus",
    "WithWindows",
]
