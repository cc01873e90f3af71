"""Consents as callers see them, and the events of granting and revoking (domain §10, §11)."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AfterValidator, Field

from telemed_store.database.models import Input, PlainText, StoredModel
from telemed_store.events.models import DomainEvent

__all__ = ["Consent", "ConsentChannel", "ConsentGranted", "ConsentRevoked", "ConsentType", "NewConsent"]


class ConsentType(StrEnum):
    """What a consent is for."""

    TELEMEDICINE = "telemedicine"
    VIDEO_RECORDING = "video_recording"
    DATA_PROCESSING = "data_processing"
    MARKETING = "marketing"
    DATA_SHARING_LAB = "data_sharing_lab"


class ConsentChannel(StrEnum):
    """How a consent was given."""

    SIGNED = "signed"
    RECORDED = "recorded"
    CLICK = "click"


class Consent(StoredModel):
    """One consent as it was given.

    Attributes:
        text_version: Which version of the text was agreed to.
        text_sha256: SHA-256 of that text, 64 hexadecimal digits.
        granted_by: The user who recorded it; the user concerned where a job of the system did.
        revoked_at: When it ended; None while it is active.
        origin_id: Where address and client of the request stand.
    """

    id: UUID
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    user_id: UUID
    type: ConsentType
    text_version: str
    text_sha256: str
    channel: ConsentChannel
    description: str | None
    granted_at: dt.datetime
    granted_by: UUID
    revoked_at: dt.datetime | None
    origin_id: UUID | None


class NewConsent(Input):
    """A consent to record.

    Attributes:
        text_version: Which version of the text was agreed to.
        text_sha256: SHA-256 of that text, 64 hexadecimal digits.
    """

    user_id: UUID
    type: ConsentType
    text_version: Annotated[PlainText, Field(min_length=1, max_length=50)]
    text_sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$"), AfterValidator(str.lower)]
    channel: ConsentChannel
    description: Annotated[PlainText, Field(max_length=1000)] | None = None


class _ConsentEvent(DomainEvent):
    aggregate_type: ClassVar[str] = "consent"

    user_id: UUID
    type: ConsentType
    text_version: str


class ConsentGranted(_ConsentEvent):
    """A user consented to something."""


class ConsentRevoked(_ConsentEvent):
    """A user took a consent back."""
