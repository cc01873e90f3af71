"""The log of domain events, for reading."""

from __future__ import annotations

from uuid import UUID

from telemed_store._async.frames import AsyncReadFrame
from telemed_store.events import operations
from telemed_store.events.models import RecordedEvent

__all__ = ["AsyncEvents"]


class AsyncEvents:
    """Domain events as they were recorded; for system actors."""

    def __init__(self, frame: AsyncReadFrame) -> None:
        self._frame = frame

    async def of_aggregate(self, aggregate_type: str, aggregate_id: UUID) -> list[RecordedEvent]:
        """The events of one aggregate (such as ``appointment``), in the order in which they happened.

        Raises:
            NotPermitted: The actor is not a system job.
        """
        return await self._frame.read(operations.of_aggregate, aggregate_type, aggregate_id)
