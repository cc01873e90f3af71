# Generated from _async/consents_and_events.py by tools/sync.py. Do not edit.
"""What the verbs on consents and events return. Checked by mypy and pyright in strict mode, never run."""

from __future__ import annotations

from typing import assert_type
from uuid import UUID

from telemed_store import Consent, ConsentType, NewConsent, Page, Reader, RecordedEvent, UnitOfWork


def reading(reader: Reader, some_id: UUID) -> None:
    assert_type(reader.consents.active(some_id, ConsentType.TELEMEDICINE), Consent | None)
    assert_type(reader.consents.list(some_id, limit=20, cursor=None), Page[Consent])
    assert_type(reader.events.of_aggregate("appointment", some_id), list[RecordedEvent])


def changing(uow: UnitOfWork, some_id: UUID, new: NewConsent) -> None:
    assert_type(uow.consents.grant(new), Consent)
    assert_type(uow.consents.revoke(some_id, ConsentType.TELEMEDICINE), Consent)
