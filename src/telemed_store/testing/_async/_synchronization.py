"""What tests do differently with tasks than with threads. The synchronous twin of this file is written by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

__all__ = ["at_once"]

T = TypeVar("T")


async def at_once(calls: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """Make calls at once; returns what each of them returned, in their order."""

    async def one(call: Callable[[], Awaitable[T]]) -> T:
        return await call()

    return list(await asyncio.gather(*map(one, calls)))
