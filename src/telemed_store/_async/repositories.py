"""The repositories on every frame, named by what they hold; only their read half on frames that only read."""

from __future__ import annotations

from typing import Final

from telemed_store._async.appointments import AsyncAppointmentReads, AsyncAppointments
from telemed_store._async.availability import AsyncAvailability, AsyncAvailabilityReads
from telemed_store._async.consents import AsyncConsentReads, AsyncConsents
from telemed_store._async.events import AsyncEvents
from telemed_store._async.frames import AsyncFrame, AsyncReadFrame
from telemed_store._async.messages import AsyncMessageReads, AsyncMessages
from telemed_store._async.people import AsyncPeople
from telemed_store._async.people_reads import AsyncPeopleReads

__all__ = ["AsyncReadRepositories", "AsyncRepositories"]


class AsyncReadRepositories:
    """The read half of every repository."""

    def __init__(self, frame: AsyncReadFrame) -> None:
        self.people: Final = AsyncPeopleReads(frame)
        self.consents: Final = AsyncConsentReads(frame)
        self.availability: Final = AsyncAvailabilityReads(frame)
        self.appointments: Final = AsyncAppointmentReads(frame)
        self.messages: Final = AsyncMessageReads(frame)
        self.events: Final = AsyncEvents(frame)


class AsyncRepositories:
    """Every repository, whole."""

    def __init__(self, frame: AsyncFrame) -> None:
        self.people: Final = AsyncPeople(frame)
        self.consents: Final = AsyncConsents(frame)
        self.availability: Final = AsyncAvailability(frame)
        self.appointments: Final = AsyncAppointments(frame)
        self.messages: Final = AsyncMessages(frame)
        self.events: Final = AsyncEvents(frame)
