"""Faults strike where they are said to, through real drivers and servers, and the store answers as its contract says."""

from __future__ import annotations

import pytest
from registering import new_patient

from telemed_store import (
    Actor,
    AsyncStore,
    CommitUncertain,
    NotFound,
    Store,
    TransactionConflict,
    Unavailable,
    ValidationFailed,
)
from telemed_store.testing.faults import Faults

SYSTEM = Actor.system("tests")
ANA = new_patient(name="Ana", email="ana@example.org")


def exists(store: Store) -> bool:
    try:
        store.acting_as(SYSTEM).people.user_by_email("ana@example.org")
    except NotFound:
        return False
    return True


@pytest.mark.parametrize("point", ["execute", "commit"])
def test_a_conflict_in_a_unit_of_work_is_raised_and_nothing_is_written(
    telemed: Store, telemed_faults: Faults, point: str
) -> None:
    exists(telemed)
    telemed_faults.fail_next(point, TransactionConflict)  # type: ignore[arg-type]
    with pytest.raises(TransactionConflict), telemed.unit_of_work(SYSTEM) as unit:
        unit.people.register_patient(ANA)
    assert not exists(telemed)
    assert telemed_faults.pending == 0


def test_a_verb_is_repeated_over_as_many_conflicts_as_come(telemed: Store, telemed_faults: Faults) -> None:
    telemed_faults.fail_next("commit", TransactionConflict, times=2)
    telemed.acting_as(SYSTEM).people.register_patient(ANA)
    assert telemed_faults.pending == 0
    assert exists(telemed)


def test_a_commit_that_never_arrives_is_uncertain_and_undone(telemed: Store, telemed_faults: Faults) -> None:
    exists(telemed)
    telemed_faults.fail_next("commit", CommitUncertain)
    with pytest.raises(CommitUncertain):
        telemed.acting_as(SYSTEM).people.register_patient(ANA)
    assert not exists(telemed)


def test_a_commit_whose_reply_is_lost_is_uncertain_and_done(telemed: Store, telemed_faults: Faults) -> None:
    exists(telemed)
    telemed_faults.lose_commit_reply()
    with pytest.raises(CommitUncertain):
        telemed.acting_as(SYSTEM).people.register_patient(ANA)
    assert exists(telemed)


def test_a_statement_on_a_lost_connection_is_unavailable(telemed: Store, telemed_faults: Faults) -> None:
    telemed_faults.fail_next("execute", Unavailable)
    with pytest.raises(Unavailable), telemed.unit_of_work(SYSTEM) as unit:
        unit.people.register_patient(ANA)
    assert not exists(telemed)


def test_connecting_fails_even_with_a_warm_pool(telemed: Store, telemed_faults: Faults) -> None:
    exists(telemed)
    telemed_faults.fail_next("connect", Unavailable)
    with pytest.raises(Unavailable):
        exists(telemed)
    assert not exists(telemed)


def test_dropped_connections_are_gone_and_the_pool_recovers(telemed: Store, telemed_faults: Faults) -> None:
    def lose_it() -> None:
        with telemed.unit_of_work(SYSTEM) as unit:
            unit.people.register_patient(ANA)
            assert telemed_faults.drop_connection() >= 1
            unit.people.user_by_email("ana@example.org")

    with pytest.raises(Unavailable):
        lose_it()
    assert not exists(telemed)


@pytest.mark.asyncio
async def test_faults_strike_asynchronous_stores_too(async_telemed: AsyncStore, telemed_faults: Faults) -> None:
    people = async_telemed.acting_as(SYSTEM).people
    with pytest.raises(NotFound):
        await people.user_by_email("ana@example.org")
    telemed_faults.fail_next("execute", TransactionConflict)
    telemed_faults.fail_next("commit", TransactionConflict)
    telemed_faults.lose_commit_reply()
    with pytest.raises(CommitUncertain):
        await people.register_patient(ANA)
    assert (await people.user_by_email("ana@example.org")).name == "Ana"
    telemed_faults.fail_next("connect", Unavailable)
    with pytest.raises(Unavailable):
        await people.user_by_email("ana@example.org")

    async def lose_it() -> None:
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            assert telemed_faults.drop_connection() >= 1
            await unit.people.user_by_email("ana@example.org")

    with pytest.raises(Unavailable):
        await lose_it()
    telemed_faults.fail_next("commit", CommitUncertain)
    with pytest.raises(CommitUncertain):
        await people.register_patient(ANA.model_copy(update={"email": "bia@example.org"}))
    with pytest.raises(NotFound):
        await people.user_by_email("bia@example.org")
    assert telemed_faults.pending == 0


def test_impossible_faults_are_refused(telemed_faults: Faults) -> None:
    with pytest.raises(ValueError, match="leads to ValidationFailed"):
        telemed_faults.fail_next("commit", ValidationFailed)
