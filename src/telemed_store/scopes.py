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
from telemed_store.database.scoping import Scope

__all__ = [
    "ForDoctor",
    "ForPatient",
    "IncludingDeleted",
    "Linkable",
    "OnDates",
    "Past",
    "Scope",
    "StartingBetween",
    "ThisWeek",
    "Today",
    "Upcoming",
    "WithStatus",
]
