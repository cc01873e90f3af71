"""Blocking dates, changing and lifting blocks; each takes the doctor's guard first. Bookings survive a new block (Q201)."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from telemed_store.audit.context import Context
from telemed_store.availability.models import BlockedDates, BlockPatch, NewBlock
from telemed_store.availability.statements import (
    BLOCK_BY_ID,
    BLOCK_OWNER,
    INSERT_BLOCK,
    OVERLAPPING_BLOCKS,
    REMOVE_BLOCK,
    UPDATE_BLOCK,
    to_block,
)
from telemed_store.availability.tables import OVERLAPPING_BLOCK
from telemed_store.availability.windows import NO_ID, doctor_facts
from telemed_store.database.arguments import OwnId
from telemed_store.database.identity import new_id
from telemed_store.database.local_time import day_of, zone
from telemed_store.database.models import given
from telemed_store.errors import AlreadyExists, NotFound, ValidationFailed, VersionConflict
from telemed_store.people.caching import DOCTOR_TIME
from telemed_store.people.guards import lock_guards
from telemed_store.people.rows import check_owner

__all__ = ["block_dates", "remove_block", "update_block"]

_TOO_EARLY: Final = "must be today or later where the doctor is"


def block_dates(connection: Connection, context: Context, new: NewBlock) -> BlockedDates:
    """Four statements: guard, doctor, overlap, insert."""
    lock_guards(connection, [new.doctor_id], [])
    facts = doctor_facts(connection, new.doctor_id)
    check_owner(context, "doctor", new.doctor_id, facts.user_id)
    if new.first_date < facts.today(context.now()):
        raise ValidationFailed({"first_date": _TOO_EARLY})
    _require_no_overlap(connection, new.doctor_id, new.first_date, new.last_date, NO_ID)
    now = context.now()
    block = BlockedDates(
        id=new_id(),
        version=1,
        created_at=now,
        updated_at=now,
        deleted_at=None,
        doctor_id=new.doctor_id,
        first_date=new.first_date,
        last_date=new.last_date,
        zone=facts.zone,
        reason=new.reason,
    )
    connection.execute(INSERT_BLOCK, {name: getattr(block, name) for name in BlockedDates.model_fields})
    context.changed(DOCTOR_TIME.tag(new.doctor_id))
    return block


def update_block(
    connection: Connection, context: Context, block_id: OwnId, patch: BlockPatch, *, expected_version: int
) -> BlockedDates:
    """Five statements: owner, guard, block, overlap, update."""
    block = _guarded(connection, context, block_id, expected_version)
    changed = block.model_copy(update=given(patch))
    if changed == block:
        return block
    now = context.now()
    if changed.last_date < changed.first_date:
        raise ValidationFailed({"last_date": "must not lie before first_date"})
    if changed.first_date != block.first_date and changed.first_date < day_of(now, zone(block.zone)):
        raise ValidationFailed({"first_date": _TOO_EARLY})
    _require_no_overlap(connection, block.doctor_id, changed.first_date, changed.last_date, block.id)
    values = {f"new_{name}": getattr(changed, name) for name in ("first_date", "last_date", "reason")}
    parameters = {"b_id": block.id, "expected_version": expected_version, "now": now, **values}
    if connection.execute(UPDATE_BLOCK, parameters).rowcount != 1:
        raise VersionConflict(block.version + 1)
    context.changed(DOCTOR_TIME.tag(block.doctor_id))
    return changed.model_copy(update={"version": block.version + 1, "updated_at": now})


def remove_block(connection: Connection, context: Context, block_id: OwnId, *, expected_version: int) -> None:
    """Four statements: owner, guard, block, update."""
    block = _guarded(connection, context, block_id, expected_version)
    parameters = {"b_id": block.id, "expected_version": expected_version, "now": context.now()}
    if connection.execute(REMOVE_BLOCK, parameters).rowcount != 1:
        raise VersionConflict(block.version + 1)
    context.changed(DOCTOR_TIME.tag(block.doctor_id))


def _guarded(connection: Connection, context: Context, block_id: UUID, expected_version: int) -> BlockedDates:
    """The block at the version the caller saw, under its doctor's guard; another doctor's is refused before it is locked (C14)."""
    owner = connection.execute(BLOCK_OWNER, {"id": block_id}).one_or_none()
    if owner is None:
        raise NotFound("block")
    check_owner(context, "doctor", owner.doctor_id, owner.user_id)
    lock_guards(connection, [owner.doctor_id], [])
    row = connection.execute(BLOCK_BY_ID, {"id": block_id}).one_or_none()
    if row is None:
        raise NotFound("block")
    block = to_block(row)
    if block.version != expected_version:
        raise VersionConflict(block.version)
    return block


def _require_no_overlap(
    connection: Connection, doctor_id: UUID, first_date: dt.date, last_date: dt.date, ignored_id: UUID
) -> None:
    parameters = {"doctor_id": doctor_id, "first_date": first_date, "last_date": last_date, "ignored_id": ignored_id}
    overlapped = connection.execute(OVERLAPPING_BLOCKS, parameters).scalars().first()
    if overlapped is not None:
        raise AlreadyExists(OVERLAPPING_BLOCK, existing_id=overlapped)
