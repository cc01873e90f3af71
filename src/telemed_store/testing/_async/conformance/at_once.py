"""Calls that are made at once: tasks here, threads in the synchronous twin, which is written by hand too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

__all__ = ["at_once"]

T = TypeVar("T")


async def at_once(calls: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """What each of the calls returned, in their order."""

    async def one(call: Callable[[], Awaitable[T]]) -> T:
        return await call()

    return list(await asyncio.gather(*map(one, calls)))
