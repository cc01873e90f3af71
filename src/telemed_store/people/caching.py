"""What of people is kept in the cache, and under which tags; every verb that makes some of it stale says so with ``Context.changed``."""

from __future__ import annotations

import datetime as dt
from typing import Final

from telemed_store.cache.keys import Entry, TagKind
from telemed_store.people.models import Doctor, SpecializationCount, User

__all__ = ["DOCTOR", "DOCTOR_TIME", "PROFILES", "SPECIALIZATIONS", "SPECIALIZATION_LIST", "USER"]

_MINUTE: Final = dt.timedelta(seconds=60)

# Neither has a version to hold a late fill against: both show columns of other rows, which move without the row of their id.
DOCTOR: Final = Entry("doctor", Doctor, _MINUTE, phi=True)
"""A doctor's profile by id, with the user's name and the primary CRM."""

USER: Final = Entry("user", User, _MINUTE, phi=True)
"""A user by id, with the ids of their profiles."""

SPECIALIZATIONS: Final = Entry("specializations", tuple[SpecializationCount, ...], dt.timedelta(hours=6))
"""The first specializations by name, by how many are asked for."""

SPECIALIZATION_LIST: Final = TagKind("specialization_list").tag()
"""Every specialization, and who has them: names, and how many active doctors there are of each."""

DOCTOR_TIME: Final = TagKind("doctor_time")
"""When one doctor can be booked: status, zone and places here; windows, blocks and appointments in the areas above."""

PROFILES: Final = TagKind("profiles").tag()
"""Which profiles were deleted: their users see no appointments of theirs any more. Seldom enough to have one tag for all."""
