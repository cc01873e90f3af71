"""Every error a caller of telemed_store can meet: one tree, importable from here and from ``telemed_store``.

Each class says in its docstring what the caller should do. The first paragraph of the docstring is the default message. Typed
fields carry what a program needs; ``code`` and ``http_status`` carry what a web service needs. No message quotes an input value:
texts may end up in logs, and values may be health data.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

__all__ = [
    "AlreadyExists",
    "BlobCorrupt",
    "BlobMissing",
    "Cause",
    "CommitUncertain",
    "Conflict",
    "ConsentRequired",
    "DecryptionFailed",
    "IdempotencyConflict",
    "InvalidCursor",
    "InvalidTransition",
    "LeaseLost",
    "NoRelationship",
    "NotFound",
    "NotPermitted",
    "OutsideAvailability",
    "RecordSealed",
    "SchemaMismatch",
    "SettingsError",
    "SignedImmutable",
    "SlotTaken",
    "StoreError",
    "TransactionConflict",
    "Unavailable",
    "ValidationFailed",
    "VersionConflict",
]


@dataclass(frozen=True, slots=True)
class Cause:
    """What the database driver reported, without the values it quoted.

    Attributes:
        driver: Class name of the driver's error.
        code: SQLSTATE, error number or result code, as text.
        constraint: Name of the violated constraint, if there is one.
    """

    driver: str
    code: str | None = None
    constraint: str | None = None


class StoreError(Exception):
    """The store could not do what was asked.

    Base of every error that this package raises. Catch it to catch them all.
    """

    code: ClassVar[str] = "store_error"
    http_status: ClassVar[int] = 500

    def __init__(self, message: str | None = None, *, cause: Cause | None = None) -> None:
        self.message: str = message or default_message(type(self))
        self.cause = cause
        super().__init__(self.message)


def default_message(error: type[StoreError]) -> str:
    """The first paragraph of the class's docstring, on one line."""
    return " ".join((inspect.getdoc(error) or error.__name__).split("\n\n", 1)[0].split()).replace("``", "`")


class ValidationFailed(StoreError):
    """The input breaks a rule: correct the named fields and call again.

    Attributes:
        fields: Field name to reason. Reasons never quote the value.
    """

    code = "validation_failed"
    http_status = 422

    def __init__(self, fields: Mapping[str, str], *, cause: Cause | None = None) -> None:
        self.fields: dict[str, str] = dict(fields)
        listed = "; ".join(f"{name}: {reason}" for name, reason in self.fields.items())
        super().__init__(f"Correct these fields and call again: {listed}.", cause=cause)


class NotFound(StoreError):
    """There is no such row, or it is not visible to you: check the id and the actor.

    Attributes:
        what: The kind of thing that was looked for, such as ``appointment``.
    """

    code = "not_found"
    http_status = 404

    def __init__(self, what: str = "row", *, cause: Cause | None = None) -> None:
        self.what = what
        super().__init__(f"No such {what} is visible to this actor: check the id and who is acting.", cause=cause)


class NotPermitted(StoreError):
    """This actor may not do this: act as the person concerned, or as a named system job."""

    code = "not_permitted"
    http_status = 403


class NoRelationship(NotPermitted):
    """Doctor and patient have no appointment that would allow this: book one first, or give an emergency reason."""

    code = "no_relationship"


class ConsentRequired(NotPermitted):
    """The patient has not given the consent this needs: ask for it, record it with ``consents.grant`` and repeat.

    Attributes:
        consent_type: The consent that is missing, such as ``telemedicine``.
    """

    code = "consent_required"

    def __init__(self, consent_type: str, *, cause: Cause | None = None) -> None:
        self.consent_type = consent_type
        super().__init__(
            f"The patient's active consent `{consent_type}` is required: record it with consents.grant and repeat.",
            cause=cause,
        )


class Conflict(StoreError):
    """The request contradicts what is stored: read the current state and decide again."""

    code = "conflict"
    http_status = 409


class SlotTaken(Conflict):
    """Somebody else holds this time: offer another free slot.

    Attributes:
        side: Whose time is taken: ``doctor`` or ``patient``, or None where the engine does not say.
    """

    code = "slot_taken"

    def __init__(self, side: str | None = None, *, cause: Cause | None = None) -> None:
        self.side = side
        whose = f"The {side} already has" if side else "There already is"
        super().__init__(f"{whose} an appointment overlapping this time: offer another free slot.", cause=cause)


class OutsideAvailability(Conflict):
    """The time lies outside the doctor's availability: offer a free slot, or pass ``override_availability`` with a reason."""

    code = "outside_availability"


class VersionConflict(Conflict):
    """The row changed since you read it: read it again, re-apply your change and repeat with the current version.

    Attributes:
        current: The version the row has now.
    """

    code = "version_conflict"

    def __init__(self, current: int, *, cause: Cause | None = None) -> None:
        self.current = current
        super().__init__(
            f"The row is at version {current} by now: read it again, re-apply your change and repeat.", cause=cause
        )


class AlreadyExists(Conflict):
    """Such a row exists already: use the existing one.

    Attributes:
        existing_id: Id of the row that is there, where it may be told.
        field: The field whose value is taken, where one field decides.
    """

    code = "already_exists"

    def __init__(
        self,
        what: str = "row",
        *,
        field: str | None = None,
        existing_id: UUID | None = None,
        cause: Cause | None = None,
    ) -> None:
        self.what = what
        self.field = field
        self.existing_id = existing_id
        by = f" with the same {field}" if field else ""
        super().__init__(f"There already is a {what}{by}: use the existing one, or correct the input.", cause=cause)


class IdempotencyConflict(Conflict):
    """The idempotency key was used before with other content: use a new key for a new request."""

    code = "idempotency_conflict"


class InvalidTransition(Conflict):
    """The present status does not allow this change: read the row and offer what its status allows.

    Attributes:
        current: The status the row has now.
        requested: The status that was asked for.
    """

    code = "invalid_transition"

    def __init__(self, current: str, requested: str, *, cause: Cause | None = None) -> None:
        self.current = current
        self.requested = requested
        super().__init__(
            f"A row in status `{current}` cannot become `{requested}`: read it and offer what its status allows.",
            cause=cause,
        )


class RecordSealed(Conflict):
    """The record was sealed when its appointment was completed: add an addendum or a correction instead."""

    code = "record_sealed"


class SignedImmutable(Conflict):
    """The document is signed: issue a superseding one instead."""

    code = "signed_immutable"


class LeaseLost(Conflict):
    """The lease or lock expired before it was renewed: stop the work it protected and acquire it anew."""

    code = "lease_lost"


class TransactionConflict(StoreError):
    """Another transaction got in the way and nothing was written: repeat the whole unit of work, or use ``run``."""

    code = "transaction_conflict"
    http_status = 409


class InvalidCursor(StoreError):
    """The cursor does not belong to this list, these filters and this actor: start again from the first page."""

    code = "invalid_cursor"
    http_status = 400


class Unavailable(StoreError):
    """The database or a backend does not answer: nothing was written by this call; repeat it later."""

    code = "unavailable"
    http_status = 503


class CommitUncertain(StoreError):
    """The connection was lost while COMMIT was in flight: read the state before repeating, or repeat with the same key."""

    code = "commit_uncertain"
    http_status = 503


class SchemaMismatch(StoreError):
    """Database schema and code do not fit: run ``telemed-store migrate up``, or install a release that fits the schema."""

    code = "schema_mismatch"
    http_status = 503


class SettingsError(StoreError):
    """The settings are incomplete or contradict each other: correct the named one and start again.

    Attributes:
        setting: The setting concerned, such as ``TELEMED_STORE_KEYS``.
    """

    code = "settings_error"

    def __init__(self, message: str | None = None, *, setting: str | None = None, cause: Cause | None = None) -> None:
        self.setting = setting
        super().__init__(f"{setting}: {message}" if setting and message else message, cause=cause)


class DecryptionFailed(StoreError):
    """A ciphertext does not open with its key and place: it was moved, damaged, or its key is gone. Restore it."""

    code = "decryption_failed"


class BlobMissing(StoreError):
    """The stored file's object is not there: restore it from a backup; the row keeps its place."""

    code = "blob_missing"
    http_status = 404


class BlobCorrupt(StoreError):
    """The stored file's object is not what was written: restore it from a backup."""

    code = "blob_corrupt"
