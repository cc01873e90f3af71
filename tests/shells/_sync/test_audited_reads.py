# Generated from _async/test_audited_reads.py by tools/sync.py. Do not edit.
"""Personal data is recorded as accessed before it is handed out, and a denial is recorded although it wrote nothing (C13)."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.database.identity import new_id
from telemed_store.errors import NotFound, TransactionConflict, Unavailable, ValidationFailed

each_view = pytest.mark.telemed_settings(view_dedupe=dt.timedelta(0))

VIEWER = Actor.user(UUID(int=7), "203.0.113.7")
SUBJECT = UUID(int=8)
NOTE = UUID(int=9)


@each_view
@pytest.mark.parametrize("frame", ["store", "reader", "snapshot", "unit_of_work"])
def test_an_access_is_recorded_on_every_frame(telemed: Store, ledger: Any, frame: str) -> None:
    mine = telemed.acting_as(VIEWER)
    if frame == "store":
        mine.read(ledger.show, SUBJECT)
        mine.read_consistent(ledger.show, SUBJECT)
    else:
        with getattr(mine, frame)() as opened:
            opened.read(ledger.show, SUBJECT)
            opened.read_consistent(ledger.show, SUBJECT)

    assert ledger.accesses == [SUBJECT, SUBJECT]


@each_view
def test_the_record_is_committed_when_the_rows_arrive(telemed: Store, ledger: Any) -> None:
    with telemed.reader(VIEWER) as reader:
        reader.read(ledger.show, SUBJECT)
        assert ledger.accesses == [SUBJECT]
    with telemed.snapshot(VIEWER) as snapshot:
        snapshot.read(ledger.show, SUBJECT)
        assert ledger.accesses == [SUBJECT, SUBJECT]


def test_ones_own_data_and_system_jobs_leave_no_record(telemed: Store, ledger: Any) -> None:
    telemed.acting_as(Actor.user(SUBJECT)).read(ledger.show, SUBJECT)
    telemed.acting_as(Actor.system("tests")).read(ledger.show, SUBJECT)

    assert ledger.accesses == []


@pytest.mark.parametrize("frame", ["store", "reader", "snapshot"])
@pytest.mark.parametrize("fault", [TransactionConflict, "lost"])
def test_what_cannot_be_recorded_is_not_shown(
    telemed: Store, ledger: Any, telemed_faults: Any, frame: str, fault: Any
) -> None:
    mine = telemed.acting_as(VIEWER)
    if fault == "lost":
        telemed_faults.lose_commit_reply()
    else:
        telemed_faults.fail_next("commit", fault)
    with pytest.raises(Unavailable) as caught:
        if frame == "store":
            mine.read(ledger.show, SUBJECT)
        else:
            with getattr(mine, frame)() as opened:
                opened.read(ledger.show, SUBJECT)
    assert caught.value.__context__ is None

    assert mine.read(ledger.show, SUBJECT) is not None


def test_accesses_of_a_rolled_back_unit_are_recorded_again(telemed: Store, ledger: Any) -> None:
    with pytest.raises(LookupError):
        with telemed.unit_of_work(VIEWER) as unit:
            unit.read(ledger.show, SUBJECT)
            raise LookupError

    assert ledger.accesses == [SUBJECT]


def test_accesses_of_a_rolled_back_savepoint_are_recorded_again(telemed: Store, ledger: Any) -> None:
    other = new_id()
    with telemed.unit_of_work(VIEWER) as unit:
        unit.read(ledger.show, other)
        with contextlib.suppress(LookupError):
            with unit.savepoint():
                unit.read(ledger.show, SUBJECT)
                raise LookupError

    assert ledger.accesses == [other, SUBJECT]


@pytest.mark.parametrize("frame", ["store", "reader", "snapshot", "unit_of_work"])
def test_denied_access_is_recorded(telemed: Store, ledger: Any, frame: str) -> None:
    mine = telemed.acting_as(VIEWER)
    with pytest.raises(NotFound):
        if frame == "store":
            mine.read(ledger.refuse, NOTE)
        else:
            with getattr(mine, frame)() as opened:
                opened.read(ledger.refuse, NOTE)

    assert ledger.denials == [("note", NOTE)]


def test_a_swallowed_denial_is_recorded_after_the_commit(telemed: Store, ledger: Any) -> None:
    with telemed.unit_of_work(VIEWER) as unit:
        with contextlib.suppress(NotFound):
            unit.read(ledger.refuse, NOTE)
        unit.write(ledger.write, "one")
        assert ledger.denials == []

    assert (ledger.written[0], ledger.denials) == ("one", [("note", NOTE)])


def test_a_denial_survives_a_unit_undone_for_another_reason(telemed: Store, ledger: Any) -> None:
    with pytest.raises(TransactionConflict):
        with telemed.unit_of_work(VIEWER) as unit:
            with contextlib.suppress(NotFound):
                unit.read(ledger.refuse, NOTE)
            with contextlib.suppress(ValidationFailed):
                unit.write(ledger.break_a_rule)

    assert ledger.denials == [("note", NOTE)]


def test_a_denial_that_cannot_be_recorded_is_said(telemed: Store, ledger: Any, telemed_faults: Any) -> None:
    telemed_faults.fail_next("commit", TransactionConflict)
    with pytest.raises(Unavailable):
        telemed.acting_as(VIEWER).read(ledger.refuse, NOTE)

    assert ledger.denials == []


def test_audit_success_only_after_commit(telemed: Store, ledger: Any) -> None:
    """An audit said success for what was rolled back: events vanish with their unit."""
    with pytest.raises(LookupError):
        with telemed.unit_of_work(VIEWER) as unit:
            unit.write(ledger.announce, "one")
            raise LookupError

    assert ledger.events == []


@pytest.mark.telemed_settings(view_dedupe=dt.timedelta(minutes=5))
def test_repeated_views_merge_within_the_setting(telemed: Store, ledger: Any, telemed_clock: Any) -> None:
    mine = telemed.acting_as(VIEWER)
    mine.read(ledger.show, SUBJECT)
    mine.read(ledger.show, SUBJECT)
    assert ledger.accesses == [SUBJECT]

    telemed_clock.step(dt.timedelta(minutes=6))
    mine.read(ledger.show, SUBJECT)
    assert ledger.accesses == [SUBJECT, SUBJECT]
