"""What stands in each error. Checked by mypy and pyright in strict mode, never run."""

from __future__ import annotations

from typing import assert_type
from uuid import UUID

from telemed_store import errors


def every_error(error: errors.StoreError) -> None:
    assert_type(error.message, str)
    assert_type(error.code, str)
    assert_type(error.http_status, int)
    assert_type(error.cause, errors.Cause | None)
    if error.cause is not None:
        assert_type(error.cause.driver, str)
        assert_type(error.cause.code, str | None)
        assert_type(error.cause.constraint, str | None)


def errors_with_fields_of_their_own(error: errors.StoreError) -> None:
    match error:
        case errors.ValidationFailed():
            assert_type(error.fields, dict[str, str])
        case errors.NotFound():
            assert_type(error.what, str)
        case errors.ConsentRequired():
            assert_type(error.consent_type, str)
        case errors.SlotTaken():
            assert_type(error.side, str | None)
        case errors.VersionConflict():
            assert_type(error.current, int)
        case errors.AlreadyExists():
            assert_type(error.what, str)
            assert_type(error.field, str | None)
            assert_type(error.existing_id, UUID | None)
        case errors.InvalidTransition():
            assert_type(error.current, str)
            assert_type(error.requested, str)
        case errors.SettingsError():
            assert_type(error.setting, str | None)
        case _:
            pass


def an_error_is_caught_by_what_the_caller_does_next() -> None:
    conflicts: list[errors.Conflict] = [
        errors.SlotTaken("doctor"),
        errors.OutsideAvailability(),
        errors.VersionConflict(2),
        errors.AlreadyExists("user", field="email"),
        errors.IdempotencyConflict(),
        errors.InvalidTransition("completed", "cancelled"),
        errors.RecordSealed(),
        errors.SignedImmutable(),
        errors.LeaseLost(),
    ]
    refusals: list[errors.NotPermitted] = [errors.NoRelationship(), errors.ConsentRequired("telemedicine")]
    others: list[errors.StoreError] = [
        errors.TransactionConflict(),
        errors.InvalidCursor(),
        errors.Unavailable(),
        errors.CommitUncertain(),
        errors.SchemaMismatch(),
        errors.DecryptionFailed(),
        errors.BlobMissing(),
        errors.BlobCorrupt(),
    ]
    every: tuple[errors.StoreError, ...] = (*conflicts, *refusals, *others)
    assert every
