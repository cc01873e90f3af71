"""The stores of the plugin work on every engine, on one database per test, at the clock's time."""

from __future__ import annotations

import datetime as dt

import pytest
from registering import new_patient

from telemed_store import Actor, AsyncStore, NotFound, Store
from telemed_store.testing.clock import PRESENT, FrozenClock

SYSTEM = Actor.system("tests")


def test_a_store_stores_at_the_frozen_time(telemed: Store, telemed_clock: FrozenClock) -> None:
    telemed_clock.step(dt.timedelta(minutes=5))
    patient = telemed.acting_as(SYSTEM).people.register_patient(new_patient(name="Ana", email="ana@example.org"))
    assert patient.created_at == PRESENT + dt.timedelta(minutes=5)


@pytest.mark.asyncio
async def test_both_worlds_share_one_database(telemed: Store, async_telemed: AsyncStore) -> None:
    patient = telemed.acting_as(SYSTEM).people.register_patient(new_patient(name="Ana", email="ana@example.org"))
    assert await async_telemed.acting_as(SYSTEM).people.patient(patient.id) == patient


@pytest.mark.parametrize("round_", [1, 2])
def test_no_test_sees_the_rows_of_another(telemed: Store, round_: int) -> None:
    people = telemed.acting_as(SYSTEM).people
    with pytest.raises(NotFound):
        people.user_by_email("ana@example.org")
    people.register_patient(new_patient(name="Ana", email="ana@example.org"))
    assert people.user_by_email("ana@example.org").name == "Ana"
