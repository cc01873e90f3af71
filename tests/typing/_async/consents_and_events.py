"""What the verbs on consents and events return. Checked by mypy and pyright in strict mode, never run."""

from __future__ import annotations

from typing import assert_type
from uuid import UUID

from telemed_store import AsyncReader, AsyncUnitOfWork, Consent, ConsentType, NewConsent, Page, RecordedEvent


async def reading(reader: AsyncReader, some_id: UUID) -> None:
    assert_type(await reader.consents.active(some_id, ConsentType.TELEMEDICINE), Consent | None)
    assert_type(await reader.consents.list(some_id, limit=20, cursor=None), Page[Consent])
    assert_type(await reader.events.of_aggregate("appointment", some_id), list[RecordedEvent])


async def changing(uow: AsyncUnitOfWork, some_id: UUID, new: NewConsent) -> None:
    assert_type(await uow.consents.grant(new), Consent)
    assert_type(await uow.consents.revoke(some_id, ConsentType.TELEMEDICINE), Consent)
