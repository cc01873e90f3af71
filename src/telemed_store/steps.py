"""What upper areas add to lower areas' verbs, all of it, at a glance (design §2): each list is run in the verb's own transaction, in order."""

from __future__ import annotations

from typing import Final

from telemed_store.appointments.operations import Booked

__all__ = ["AFTER_BOOKING"]

AFTER_BOOKING: Final[tuple[Booked, ...]] = ()
"""After ``appointments.schedule`` wrote its rows."""
