"""Personal data is recorded as accessed before it is handed out, and a denial is recorded although it wrote nothing (C13)."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from telemed_store._async.store import AsyncStore
from telemed_store.audit.actor import Actor
from telemed_store.database.identity import new_id
from telemed_store.errors import NotFound, TransactionConflict, Unavailable, ValidationFailed

pytestmark = pytest.mark.asyncio
each_view = pytest.mark.telemed_settings(view_dedupe=dt.timedelta(0))

VIEWER = Actor.user(UUID(int=7), "203.0.113.7")
SUBJECT = UUID(int=8)
NOTE = UUID(int=9)


@each_view
@pytest.mark.parametrize("frame", ["store", "reader", "snapshot", "unit_of_work"])
async def test_an_access_is_recorded_on_every_frame(async_telemed: AsyncStore, ledger: Any, frame: str) -> None:
    mine = async_telemed.acting_as(VIEWER)
    if frame == "store":
        await mine.read(ledger.show, SUBJECT)
        await mine.read_consistent(ledger.show, SUBJECT)
    else:
        async with getattr(mine, frame)() as opened:
            await opened.read(ledger.show, SUBJECT)
            await opened.read_consistent(ledger.show, SUBJECT)

    assert ledger.accesses == [SUBJECT, SUBJECT]


@each_view
async def test_the_record_is_committed_when_the_rows_arrive(async_telemed: AsyncStore, ledger: Any) -> None:
    async with async_telemed.reader(VIEWER) as reader:
        await reader.read(ledger.show, SUBJECT)
        assert ledger.accesses == [SUBJECT]
    async with async_telemed.snapshot(VIEWER) as snapshot:
        await snapshot.read(ledger.show, SUBJECT)
        assert ledger.accesses == [SUBJECT, SUBJECT]


async def test_ones_own_data_and_system_jobs_leave_no_record(async_telemed: AsyncStore, ledger: Any) -> None:
    await async_telemed.acting_as(Actor.user(SUBJECT)).read(ledger.show, SUBJECT)
    await async_telemed.acting_as(Actor.system("tests")).read(ledger.show, SUBJECT)

    assert ledger.accesses == []


@pytest.mark.parametrize("frame", ["store", "reader", "snapshot"])
@pytest.mark.parametrize("fault", [TransactionConflict, "lost"])
async def test_what_cannot_be_recorded_is_not_shown(
    async_telemed: AsyncStore, ledger: Any, telemed_faults: Any, frame: str, fault: Any
) -> None:
    mine = async_telemed.acting_as(VIEWER)
    if fault == "lost":
        telemed_faults.lose_commit_reply()
    else:
        telemed_faults.fail_next("commit", fault)
    with pytest.raises(Unavailable) as caught:
        if frame == "store":
            await mine.read(ledger.show, SUBJECT)
        else:
            async with getattr(mine, frame)() as opened:
                await opened.read(ledger.show, SUBJECT)
    assert caught.value.__context__ is None

    assert await mine.read(ledger.show, SUBJECT) is not None


async def test_accesses_of_a_rolled_back_unit_are_recorded_again(async_telemed: AsyncStore, ledger: Any) -> None:
    with pytest.raises(LookupError):
        async with async_telemed.unit_of_work(VIEWER) as unit:
            await unit.read(ledger.show, SUBJECT)
            raise LookupError

    assert ledger.accesses == [SUBJECT]


async def test_accesses_of_a_rolled_back_savepoint_are_recorded_again(async_telemed: AsyncStore, ledger: Any) -> None:
    other = new_id()
    async with async_telemed.unit_of_work(VIEWER) as unit:
        await unit.read(ledger.show, other)
        with contextlib.suppress(LookupError):
            async with unit.savepoint():
                await unit.read(ledger.show, SUBJECT)
                raise LookupError

    assert ledger.accesses == [other, SUBJECT]


@pytest.mark.parametrize("frame", ["store", "reader", "snapshot", "unit_of_work"])
async def test_denied_access_is_recorded(async_telemed: AsyncStore, ledger: Any, frame: str) -> None:
    mine = async_telemed.acting_as(VIEWER)
    with pytest.raises(NotFound):
        if frame == "store":
            await mine.read(ledger.refuse, NOTE)
        else:
            async with getattr(mine, frame)() as opened:
                await opened.read(ledger.refuse, NOTE)

    assert ledger.denials == [("note", NOTE)]


async def test_a_swallowed_denial_is_recorded_after_the_commit(async_telemed: AsyncStore, ledger: Any) -> None:
    async with async_telemed.unit_of_work(VIEWER) as unit:
        with contextlib.suppress(NotFound):
            await unit.read(ledger.refuse, NOTE)
        await unit.write(ledger.write, "one")
        assert ledger.denials == []

    assert (ledger.written[0], ledger.denials) == ("one", [("note", NOTE)])


async def test_a_denial_survives_a_unit_undone_for_another_reason(async_telemed: AsyncStore, ledger: Any) -> None:
    with pytest.raises(TransactionConflict):
        async with async_telemed.unit_of_work(VIEWER) as unit:
            with contextlib.suppress(NotFound):
                await unit.read(ledger.refuse, NOTE)
            with contextlib.suppress(ValidationFailed):
                await unit.write(ledger.break_a_rule)

    assert ledger.denials == [("note", NOTE)]


async def test_a_denial_that_cannot_be_recorded_is_said(
    async_telemed: AsyncStore, ledger: Any, telemed_faults: Any
) -> None:
    telemed_faults.fail_next("commit", TransactionConflict)
    with pytest.raises(Unavailable):
        await async_telemed.acting_as(VIEWER).read(ledger.refuse, NOTE)

    assert ledger.denials == []


async def test_audit_success_only_after_commit(async_telemed: AsyncStore, ledger: Any) -> None:
    """An audit said success for what was rolled back: events vanish with their unit."""
    with pytest.raises(LookupError):
        async with async_telemed.unit_of_work(VIEWER) as unit:
            await unit.write(ledger.announce, "one")
            raise LookupError

    assert ledger.events == []


@pytest.mark.telemed_settings(view_dedupe=dt.timedelta(minutes=5))
async def test_repeated_views_merge_within_the_setting(
    async_telemed: AsyncStore, ledger: Any, telemed_clock: Any
) -> None:
    mine = async_telemed.acting_as(VIEWER)
    await mine.read(ledger.show, SUBJECT)
    await mine.read(ledger.show, SUBJECT)
    assert ledger.accesses == [SUBJECT]

    telemed_clock.step(dt.timedelta(minutes=6))
    await mine.read(ledger.show, SUBJECT)
    assert ledger.accesses == [SUBJECT, SUBJECT]
