"""Consents: granting, revoking, reading."""

from __future__ import annotations

from uuid import UUID

from telemed_store._async.frames import AsyncFrame, AsyncReadFrame
from telemed_store.consents import operations
from telemed_store.consents.models import Consent, ConsentType, NewConsent
from telemed_store.database.paging import Page

__all__ = ["AsyncConsentReads", "AsyncConsents"]


class AsyncConsentReads:
    """Reading consents, for the person concerned, doctors with a relationship and jobs of the system; reads by others are recorded."""

    def __init__(self, frame: AsyncReadFrame) -> None:
        self._frame = frame

    async def active(self, user_id: UUID, type: ConsentType) -> Consent | None:
        """The user's active consent of this type, or None.

        Raises:
            NotPermitted: The actor may not see this person's data.
        """
        return await self._frame.read_consistent(operations.active, user_id, type)

    async def list(self, user_id: UUID, limit: int | None = None, cursor: str | None = None) -> Page[Consent]:
        """A user's consents, active and ended ones, the newest first (Q120); 20 per page, 100 at most.

        Raises:
            NotPermitted: The actor may not see this person's data.
            ValidationFailed: ``limit`` is below 1.
            InvalidCursor: The cursor is of another list, another user or another actor.
        """
        return await self._frame.read_consistent(operations.list_of_user, user_id, limit, cursor)


class AsyncConsents(AsyncConsentReads):
    """Granting and revoking. A person decides for themself alone; jobs of the system record anybody's decision."""

    def __init__(self, frame: AsyncFrame) -> None:
        super().__init__(frame)
        self._frame: AsyncFrame = frame

    async def grant(self, new: NewConsent) -> Consent:
        """Record a consent. An active one of the same type ends with it; of concurrent grants one stays active (D48).

        Raises:
            ValidationFailed: ``user_id`` names nobody.
            NotPermitted: The actor is another person.

        Example:
            >>> async def agree(mine: AsyncBoundStore, user_id: UUID, digest: str) -> Consent:
            ...     new = NewConsent(
            ...         user_id=user_id, type="telemedicine", text_version="2026-1", text_sha256=digest, channel="click"
            ...     )
            ...     return await mine.consents.grant(new)
        """
        return await self._frame.write(operations.grant, new)

    async def revoke(self, user_id: UUID, type: ConsentType) -> Consent:
        """End the active consent of this type; what was granted stays as it was.

        Raises:
            NotFound: There is no active one.
            NotPermitted: The actor is another person.
        """
        return await self._frame.write(operations.revoke, user_id, type)
