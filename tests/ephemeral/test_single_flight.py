"""Who waits for another's work and gives up, by cancellation or at the time limit, keeps nobody from it afterwards."""

from __future__ import annotations

import asyncio
import threading

import pytest

from telemed_store._async.ephemeral.single_flight import AsyncSingleFlight
from telemed_store._sync.ephemeral.single_flight import SingleFlight

LONG = 30.0


async def test_a_cancelled_waiter_holds_nothing() -> None:
    flight = AsyncSingleFlight()
    held = await flight.acquire(["b"], LONG)
    waiting = asyncio.ensure_future(flight.acquire(["a", "b", "c"], LONG))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    flight.release(held)

    async with asyncio.timeout(LONG):
        flight.release(await flight.acquire(["a", "b", "c"], LONG))
    assert flight._places == {}


async def test_tasks_of_another_event_loop_have_places_of_their_own() -> None:
    flight = AsyncSingleFlight()
    held = await flight.acquire(["a"], LONG)

    async def elsewhere() -> None:
        async with asyncio.timeout(LONG):
            flight.release(await flight.acquire(["a"], LONG))

    await asyncio.to_thread(asyncio.run, elsewhere())
    flight.release(held)
    assert flight._places == {}


def test_who_waited_for_the_whole_limit_goes_on_without_the_place() -> None:
    flight = SingleFlight()
    held = flight.acquire(["a"], LONG)
    late: list[object] = []
    thread = threading.Thread(target=lambda: late.extend(flight.acquire(["a", "b"], 0.01)))
    thread.start()
    thread.join()

    assert len(late) == 1
    flight.release(late)
    flight.release(held)
    assert flight._places == {}
