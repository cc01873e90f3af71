# Generated from _async/repositories.py by tools/sync.py. Do not edit.
"""The repositories on every frame, named by what they hold; only their read half on frames that only read."""

from __future__ import annotations

from typing import Final

from telemed_store._sync.appointments import AppointmentReads, Appointments
from telemed_store._sync.availability import Availability, AvailabilityReads
from telemed_store._sync.consents import ConsentReads, Consents
from telemed_store._sync.events import Events
from telemed_store._sync.frames import Frame, ReadFrame
from telemed_store._sync.messages import MessageReads, Messages
from telemed_store._sync.people import People
from telemed_store._sync.people_reads import PeopleReads

__all__ = ["ReadRepositories", "Repositories"]


class ReadRepositories:
    """The read half of every repository."""

    def __init__(self, frame: ReadFrame) -> None:
        self.people: Final = PeopleReads(frame)
        self.consents: Final = ConsentReads(frame)
        self.availability: Final = AvailabilityReads(frame)
        self.appointments: Final = AppointmentReads(frame)
        self.messages: Final = MessageReads(frame)
        self.events: Final = Events(frame)


class Repositories:
    """Every repository, whole."""

    def __init__(self, frame: Frame) -> None:
        self.people: Final = People(frame)
        self.consents: Final = Consents(frame)
        self.availability: Final = Availability(frame)
        self.appointments: Final = Appointments(frame)
        self.messages: Final = Messages(frame)
        self.events: Final = Events(frame)
