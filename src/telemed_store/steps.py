"""What upper areas add to lower areas' verbs, all of it, at a glance (design §2): each step runs in the verb's own transaction, in order."""

from __future__ import annotations

from typing import Final

from telemed_store.appointments import queries, relationships
from telemed_store.appointments.importing import Imported
from telemed_store.appointments.operations import Booked
from telemed_store.availability import busy, windows
from telemed_store.messages import making
from telemed_store.people import extension_points as people

__all__ = ["AFTER_BOOKING", "AFTER_IMPORT"]

AFTER_BOOKING: Final[tuple[Booked, ...]] = (making.after_booking,)
"""After ``appointments.schedule`` wrote its rows."""

AFTER_IMPORT: Final[tuple[Imported, ...]] = (making.after_import,)
"""After ``appointments.import_completed`` wrote its rows."""

# Free slots and window edits ask which time is taken, and what has begun.
busy.wire(busy.AppointmentSteps(busy_between=queries.busy_between, begun_between=queries.begun_between))

# A doctor sees the patients with whom there is an appointment that was not cancelled.
people.MAY_VIEW_PATIENT[:] = [relationships.may_view_patient]

# A doctor's windows and blocks carry the doctor's zone.
people.DOCTOR_ZONE_CHANGED[:] = [windows.rezone]

# Nobody vanishes from an appointment that is still to take place.
people.BEFORE_DELETION[:] = [queries.refuse_deletion_while_booked]
