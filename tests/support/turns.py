"""Actors that go one step at a time, in an order that the test decides: tasks in one world, threads in the other, the same words in both.

An actor stops where it says so, and waits there until the test lets it go on. So one alone runs at any moment, and a schedule gives the
same interleaving in every run.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from typing import Any

SECONDS = 60.0

_actor: ContextVar[Any] = ContextVar("actor", default=None)


class _Actor:
    """What is common to tasks and threads."""

    def __init__(self) -> None:
        self.ended = False
        self.result: Any = None
        self.failure: BaseException | None = None


class _Task(_Actor):
    def __init__(self) -> None:
        super().__init__()
        self.resumed = asyncio.Semaphore(0)
        self.stopped = asyncio.Semaphore(0)
        self.task: asyncio.Task[None] | None = None


class AsyncTurns:
    """Actors that are tasks."""

    async def start(self, work: Callable[[], Awaitable[Any]]) -> _Task:
        """A new actor, which stands before its first step."""
        actor = _Task()

        async def run() -> None:
            _actor.set(actor)
            try:
                await self.stop()
                actor.result = await work()
            except BaseException as failure:  # noqa: BLE001 - told by `end`
                actor.failure = failure
            actor.ended = True
            actor.stopped.release()

        actor.task = asyncio.create_task(run())
        await actor.stopped.acquire()
        return actor

    async def stop(self) -> None:
        """The end of a step; nothing to whoever is no actor."""
        actor = _actor.get()
        if actor is not None:
            actor.stopped.release()
            await actor.resumed.acquire()

    async def go(self, actor: _Task) -> None:
        """One step of an actor; nothing if it has ended."""
        if not actor.ended:
            actor.resumed.release()
            await asyncio.wait_for(actor.stopped.acquire(), SECONDS)

    async def end(self, actor: _Task) -> Any:
        """The rest of an actor's steps; what it returned."""
        while not actor.ended:
            await self.go(actor)
        if actor.failure is not None:
            raise actor.failure
        return actor.result


class _Thread(_Actor):
    def __init__(self) -> None:
        super().__init__()
        self.resumed = threading.Semaphore(0)
        self.stopped = threading.Semaphore(0)


class Turns:
    """Actors that are threads."""

    def start(self, work: Callable[[], Any]) -> _Thread:
        """A new actor, which stands before its first step."""
        actor = _Thread()

        def run() -> None:
            _actor.set(actor)
            try:
                self.stop()
                actor.result = work()
            except BaseException as failure:  # noqa: BLE001 - told by `end`
                actor.failure = failure
            actor.ended = True
            actor.stopped.release()

        threading.Thread(target=run, daemon=True).start()
        actor.stopped.acquire()
        return actor

    def stop(self) -> None:
        """The end of a step; nothing to whoever is no actor."""
        actor = _actor.get()
        if actor is not None:
            actor.stopped.release()
            actor.resumed.acquire()

    def go(self, actor: _Thread) -> None:
        """One step of an actor; nothing if it has ended."""
        if not actor.ended:
            actor.resumed.release()
            assert actor.stopped.acquire(timeout=SECONDS)

    def end(self, actor: _Thread) -> Any:
        """The rest of an actor's steps; what it returned."""
        while not actor.ended:
            self.go(actor)
        if actor.failure is not None:
            raise actor.failure
        return actor.result


def orders(*lengths: int) -> list[Sequence[int]]:
    """All ways to merge actors with so many steps each, as the numbers of whose turn it is."""
    if not any(lengths):
        return [()]
    found: list[Sequence[int]] = []
    for number, left in enumerate(lengths):
        if left:
            rest = [*lengths[:number], left - 1, *lengths[number + 1 :]]
            found += [(number, *order) for order in orders(*rest)]
    return found
