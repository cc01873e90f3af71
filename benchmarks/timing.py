"""Who is timed, and how: in turns, one call at a time, the median call counts."""

from __future__ import annotations

import asyncio
import gc
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Any


@dataclass
class Contender:
    """One way of doing a verb.

    Attributes:
        name: As the table calls it; ``bare`` is what the others of its world are compared with.
        world: ``sync`` or ``async``: of the first the call is a function, of the second a coroutine function.
        call: Does it once.
    """

    name: str
    world: str
    call: Callable[[], Any] | Callable[[], Awaitable[Any]]
    nanoseconds: list[int] = field(default_factory=list)

    def run(self, calls: int, loop: asyncio.Runner, *, noted: bool) -> None:
        """Do it a few times in a row."""
        taken = loop.run(_each_async(self.call, calls)) if self.world == "async" else _each(self.call, calls)
        if noted:
            self.nanoseconds += taken

    def milliseconds(self, quantile: float) -> float:
        """The call that took longer than this share of all; 0.5: the median."""
        return sorted(self.nanoseconds)[int(quantile * len(self.nanoseconds))] / 1e6


def take_turns(contenders: list[Contender], loop: asyncio.Runner, *, rounds: int, calls: int) -> None:
    """Time them in turns, in another order each round, after a round that does not count."""
    for contender in contenders:
        contender.run(warm_up(calls), loop, noted=False)
    for number in range(rounds):
        gc.collect()
        # Who comes after whom changes: the server's process and the caches are warm for one that uses what its forerunner used.
        for contender in random.Random(number).sample(contenders, len(contenders)):
            contender.run(calls, loop, noted=True)


def warm_up(calls: int) -> int:
    """Calls of the round that does not count: drivers prepare a statement when they have seen it a few times."""
    return 1 if calls == 1 else max(calls, 8)


def _each(call: Callable[[], Any], calls: int) -> list[int]:
    taken = []
    for _ in range(calls):
        began = perf_counter_ns()
        call()
        taken.append(perf_counter_ns() - began)
    return taken


async def _each_async(call: Callable[[], Awaitable[Any]], calls: int) -> list[int]:
    taken = []
    for _ in range(calls):
        began = perf_counter_ns()
        await call()
        taken.append(perf_counter_ns() - began)
    return taken
