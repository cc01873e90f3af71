"""What of appointments is kept in the cache; every verb that makes some of it stale says so with ``Context.changed``."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from telemed_store.appointments.models import Appointment
from telemed_store.cache.keys import Entry
from telemed_store.database.models import StoredModel

__all__ = ["APPOINTMENT", "SharedAppointment"]


class SharedAppointment(StoredModel):
    """An appointment and who may see it, whoever looks.

    Attributes:
        viewers: The users of its doctor and its patient, without those whose profile was deleted.
        patient_user_id: The user of its patient, whose data it is.
    """

    appointment: Appointment
    viewers: tuple[UUID, ...]
    patient_user_id: UUID


APPOINTMENT: Final = Entry("appointment", SharedAppointment, dt.timedelta(seconds=60), phi=True)
"""An appointment by id."""
