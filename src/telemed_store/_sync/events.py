# Generated from _async/events.py by tools/sync.py. Do not edit.
"""The log of domain events, for reading."""

from __future__ import annotations

from uuid import UUID

from telemed_store._sync.frames import ReadFrame
from telemed_store.events import operations
from telemed_store.events.models import RecordedEvent

__all__ = ["Events"]


class Events:
    """Domain events as they were recorded; for system actors."""

    def __init__(self, frame: ReadFrame) -> None:
        self._frame = frame

    def of_aggregate(self, aggregate_type: str, aggregate_id: UUID) -> list[RecordedEvent]:
        """The events of one aggregate (such as ``appointment``), in the order in which they happened.

        Raises:
            NotPermitted: The actor is not a system job.
        """
        return self._frame.read(operations.of_aggregate, aggregate_type, aggregate_id)
