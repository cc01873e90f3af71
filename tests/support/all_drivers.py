"""One scenario for both worlds and every driver of an engine: calls that go on at one moment, and what each came to.

A scenario is written with ``await``. An asynchronous store's calls run in one event loop; of a synchronous store each call has a
thread, and a loop, of its own, in which nothing else could be kept waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy.engine import make_url

from telemed_store._async.store import AsyncStore
from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor

ASYNC_DRIVERS = {
    "sqlite": ("sqlite",),
    "postgresql": ("postgresql", "postgresql+psycopg"),
    "mariadb": ("mariadb",),
}
"""What the URL of an asynchronous store says, per engine: our choice of a driver, and the other one."""

SYSTEM = Actor.system("tests")
WAIT_SECONDS = 60.0


async def done(result: Any) -> Any:
    """The result of a verb of either world."""
    return await result if inspect.isawaitable(result) else result


@contextlib.asynccontextmanager
async def entered(frame: Any) -> AsyncIterator[Any]:
    """A frame of either world."""
    if hasattr(frame, "__aenter__"):
        async with frame as opened:
            yield opened
    else:
        with frame as opened:
            yield opened


class Moment:
    """What calls wait for: each awaits it when it is ready; then the test lets something happen, and all go on."""

    def __init__(self) -> None:
        self._ready = threading.Semaphore(0)
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        self.began = 0.0

    async def __call__(self) -> None:
        event = asyncio.Event()
        self._waiting.append((asyncio.get_running_loop(), event))
        self._ready.release()
        await event.wait()

    def come(self, calls: int, happen: Callable[[], object]) -> None:
        for _ in range(calls):
            assert self._ready.acquire(timeout=WAIT_SECONDS), "a call is not ready"
        happen()
        self.began = time.monotonic()
        for loop, event in self._waiting:
            loop.call_soon_threadsafe(event.set)


class World:
    """A store with one driver, and where its calls run."""

    def __init__(self, name: str, open_store: Callable[[], Any]) -> None:
        self.name = name
        self.store = open_store()
        self.unused = open_store()
        self.mine = self.store.acting_as(SYSTEM)
        self._threads = ThreadPoolExecutor(24)
        self._loop = asyncio.new_event_loop() if isinstance(self.store, AsyncStore) else None
        if self._loop is not None:
            self._threads.submit(self._loop.run_forever)

    def submit(self, call: Coroutine[Any, Any, Any]) -> Future[Any]:
        if self._loop is None:
            return self._threads.submit(asyncio.run, call)
        return asyncio.run_coroutine_threadsafe(call, self._loop)

    def close(self) -> None:
        for store in (self.store, self.unused):
            self.submit(done(store.close())).result(WAIT_SECONDS) if self._loop else store.close()
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._threads.shutdown()
        if self._loop is not None:
            self._loop.close()


Call = Callable[[World, Moment], Coroutine[Any, Any, object]]


@contextlib.contextmanager
def worlds(engine: str, url: str, settings_for: Callable[[str], Any]) -> Iterator[list[World]]:
    """One world per driver of this engine, the synchronous one first."""
    opened: list[World] = []
    with contextlib.ExitStack() as stack:
        for name in (None, *ASYNC_DRIVERS[engine]):
            theirs = url if name is None else make_url(url).set(drivername=name).render_as_string(hide_password=False)
            opener = partial((Store if name is None else AsyncStore).open, settings=settings_for(theirs))
            opened.append(World(f"async {name}" if name else "sync", opener))
            stack.callback(opened[-1].close)
        yield opened


@dataclass
class Outcomes:
    """What calls came to.

    Attributes:
        of: Per call and world the name of its error, or ``done``.
        seconds: How long it took from the moment on.
    """

    of: dict[tuple[str, str], str] = field(default_factory=dict)
    seconds: dict[tuple[str, str], float] = field(default_factory=dict)

    def slower_than(self, limit: float) -> dict[tuple[str, str], float]:
        return {call: seconds for call, seconds in self.seconds.items() if seconds > limit}

    def other_than(self, *expected: str) -> dict[tuple[str, str], str]:
        return {call: outcome for call, outcome in self.of.items() if outcome not in expected}


def run_all(opened: list[World], calls: Mapping[str, Call], happen: Callable[[], object] = lambda: None) -> Outcomes:
    """Run each call, which awaits its moment once, in every world; ``happen`` when all are ready."""
    outcomes, moment = Outcomes(), Moment()

    async def run(world: World, name: str) -> None:
        try:
            await calls[name](world, moment)
        except Exception as failure:  # noqa: BLE001 - whatever it is, the test judges it
            outcome = type(failure).__name__
        else:
            outcome = "done"
        outcomes.of[name, world.name] = outcome
        outcomes.seconds[name, world.name] = time.monotonic() - moment.began

    running = [world.submit(run(world, name)) for world in opened for name in calls]
    moment.come(len(running), happen)
    for each in running:
        each.result(WAIT_SECONDS)
    return outcomes
