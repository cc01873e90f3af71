"""Counters, asynchronous: the protocol, and its backends in Redis and in the memory of this process."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Final, Protocol
from uuid import UUID

from telemed_store._async._synchronization import call
from telemed_store._async.ephemeral.single_flight import AsyncSingleFlight
from telemed_store._async.redis_connections import AsyncRedisConnections
from telemed_store.database.arguments import checked_argument
from telemed_store.database.clock import Clock
from telemed_store.ephemeral.arguments import KeyName, checked_arguments
from telemed_store.ephemeral.counter_scripts import ADD, BEGIN, FILL, FORGET
from telemed_store.ephemeral.counters import TRIES, Amount, Begun, CounterBoard, CounterTimes, loaded
from telemed_store.ephemeral.lua import microseconds
from telemed_store.errors import ValidationFailed
from telemed_store.redis_client.keys import Keyspace

__all__ = ["AsyncCounterLoader", "AsyncCounters", "AsyncInProcessCounters", "AsyncRedisCounters"]

_LOADING_SECONDS: Final = 15.0
"""How long somebody waits for another who loads the same counter in this process."""


class AsyncCounterLoader(Protocol):
    """A function that reads counters from the rows that are their truth."""

    async def __call__(self, subject_ids: Sequence[UUID], /) -> Mapping[UUID, int]:
        """The counters of these ids, from 0; an id that is left out has 0."""
        ...


class AsyncCounters(Protocol):
    """Keeps numbers that mirror rows. The rows are the truth: what is missing here is loaded from them.

    Commit the change first and count it afterwards, such as by ``uow.after_commit``.

    Example:
        >>> async def unread(store: AsyncStore, user_id: UUID) -> int:
        ...     async def load(user_ids: Sequence[UUID]) -> Mapping[UUID, int]:
        ...         async with store.reader(Actor.user(user_id)) as read:
        ...             return {user_id: await read.messages.unread_total()}
        ...
        ...     store.counters.register("unread", load)
        ...     return await store.counters.get("unread", user_id)
    """

    def register(self, kind: str, loader: AsyncCounterLoader) -> None:
        """Say how counters of a kind are loaded; a later loader takes the place of an earlier one.

        Args:
            kind: What is counted, such as ``unread``.
            loader: Called with the ids whose counters are missing.

        Raises:
            ValidationFailed: An argument is not what it has to be.
        """
        ...

    async def increment(self, kind: str, subject_id: UUID, by: int = 1) -> int | None:
        """Count something that was committed.

        Returns:
            The counter; None: it is not there, and who asks for it next loads it.

        Raises:
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer; it was counted or not: `reset` it when that works again.
        """
        ...

    async def decrement(self, kind: str, subject_id: UUID, by: int = 1) -> int | None:
        """Count something off that was committed; never below 0.

        Returns:
            The counter; None: it is not there, and who asks for it next loads it.

        Raises:
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer; it was counted or not: `reset` it when that works again.
        """
        ...

    async def get(self, kind: str, subject_id: UUID) -> int:
        """One counter, loaded if it is missing.

        Raises:
            ValidationFailed: An argument is not what it has to be, or the kind has no loader.
            StoreError: The loader answered something else than it has to. What it raises itself reaches the caller.
            Unavailable: The backend does not answer.
        """
        ...

    async def get_many(self, kind: str, subject_ids: Sequence[UUID]) -> Mapping[UUID, int]:
        """Counters of many subjects; the missing ones are loaded by one call.

        Raises:
            ValidationFailed: An argument is not what it has to be, or the kind has no loader.
            StoreError: The loader answered something else than it has to. What it raises itself reaches the caller.
            Unavailable: The backend does not answer.
        """
        ...

    async def reset(self, kind: str, subject_id: UUID) -> None:
        """Forget a counter: who asks for it next loads it.

        Raises:
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer; it was forgotten or not.
        """
        ...


class _AsyncMirroredCounters(ABC):
    """What both backends have in common: how a missing counter is rebuilt. Where it lies is the backend's."""

    def __init__(self, times: CounterTimes) -> None:
        self._times = times
        self._loaders: dict[str, AsyncCounterLoader] = {}
        self._flight = AsyncSingleFlight()

    def register(self, kind: str, loader: AsyncCounterLoader) -> None:
        """See `AsyncCounters.register`."""
        kind = checked_argument("kind", KeyName, kind)
        if not callable(loader):
            raise ValidationFailed({"loader": "must be a function"})
        self._loaders[kind] = loader

    async def increment(self, kind: str, subject_id: UUID, by: int = 1) -> int | None:
        """See `AsyncCounters.increment`."""
        kind, subject_id, by = checked_arguments(kind=(KeyName, kind), subject_id=(UUID, subject_id), by=(Amount, by))
        return await self._add(kind, subject_id, by)

    async def decrement(self, kind: str, subject_id: UUID, by: int = 1) -> int | None:
        """See `AsyncCounters.decrement`."""
        kind, subject_id, by = checked_arguments(kind=(KeyName, kind), subject_id=(UUID, subject_id), by=(Amount, by))
        return await self._add(kind, subject_id, -by)

    async def get(self, kind: str, subject_id: UUID) -> int:
        """See `AsyncCounters.get`."""
        kind, subject_id = checked_arguments(kind=(KeyName, kind), subject_id=(UUID, subject_id))
        return (await self._read(kind, [subject_id]))[subject_id]

    async def get_many(self, kind: str, subject_ids: Sequence[UUID]) -> Mapping[UUID, int]:
        """See `AsyncCounters.get_many`."""
        kind, subject_ids = checked_arguments(kind=(KeyName, kind), subject_ids=(Sequence[UUID], subject_ids))
        return await self._read(kind, list(dict.fromkeys(subject_ids)))

    async def reset(self, kind: str, subject_id: UUID) -> None:
        """See `AsyncCounters.reset`."""
        kind, subject_id = checked_arguments(kind=(KeyName, kind), subject_id=(UUID, subject_id))
        await self._forget(kind, subject_id)

    async def _read(self, kind: str, subject_ids: Sequence[UUID]) -> Mapping[UUID, int]:
        loader = self._loaders.get(kind)
        if loader is None:
            raise ValidationFailed({"kind": "has no loader: register one first"})
        if not subject_ids:
            return {}
        found = dict(zip(subject_ids, await self._values(kind, subject_ids), strict=True))
        missing = sorted(subject_id for subject_id, value in found.items() if value is None)
        rebuilt = await self._rebuild(kind, missing, loader) if missing else {}
        return {subject_id: rebuilt[subject_id] if value is None else value for subject_id, value in found.items()}

    async def _rebuild(self, kind: str, missing: Sequence[UUID], loader: AsyncCounterLoader) -> dict[UUID, int]:
        places = [(kind, subject_id) for subject_id in missing]
        held = await self._flight.acquire(places, _LOADING_SECONDS)
        try:
            rebuilt: dict[UUID, int] = {}
            for _ in range(TRIES):
                begun = {each: await self._begin(kind, each) for each in missing}
                rebuilt |= {each: one.value for each, one in begun.items() if one.value is not None}
                missing = [each for each, one in begun.items() if one.value is None]
                if not missing:
                    break
                read = loaded(await call(loader, missing), missing)
                kept = {each: await self._fill(kind, each, begun[each].ticket, read[each]) for each in missing}
                rebuilt |= {each: read[each] if value is None else value for each, value in kept.items()}
                missing = [each for each, value in kept.items() if value is None]
                if not missing:
                    break
            return rebuilt
        finally:
            self._flight.release(held)

    @abstractmethod
    async def _values(self, kind: str, subject_ids: Sequence[UUID]) -> Sequence[int | None]: ...

    @abstractmethod
    async def _add(self, kind: str, subject_id: UUID, by: int) -> int | None: ...

    @abstractmethod
    async def _begin(self, kind: str, subject_id: UUID) -> Begun: ...

    @abstractmethod
    async def _fill(self, kind: str, subject_id: UUID, ticket: int, value: int) -> int | None: ...

    @abstractmethod
    async def _forget(self, kind: str, subject_id: UUID) -> None: ...


class AsyncRedisCounters(_AsyncMirroredCounters):
    """Counters in Redis, for all processes that share a namespace: an `AsyncCounters`.

    Args:
        redis: The connections.
        keyspace: The store's keys in Redis.
        times: How long a counter is kept.
    """

    def __init__(self, redis: AsyncRedisConnections, keyspace: Keyspace, times: CounterTimes) -> None:
        super().__init__(times)
        self._redis = redis
        self._keyspace = keyspace
        self._lifetime = microseconds(times.lifetime) // 1000
        self._settling = microseconds(times.settling) // 1000

    async def _values(self, kind: str, subject_ids: Sequence[UUID]) -> Sequence[int | None]:
        commands = [("GET", self._places(kind, subject_id)[0]) for subject_id in subject_ids]
        return [None if value is None else int(value) for value in await self._redis.pipeline(commands)]

    async def _add(self, kind: str, subject_id: UUID, by: int) -> int | None:
        answer = await self._redis.script(ADD, self._places(kind, subject_id), (by, self._settling))
        return None if answer is None else int(answer)

    async def _begin(self, kind: str, subject_id: UUID) -> Begun:
        value, _, ticket = self._places(kind, subject_id)
        number, begun = await self._redis.script(BEGIN, [value, ticket])
        return Begun(None if number < 0 else int(number), int(begun))

    async def _fill(self, kind: str, subject_id: UUID, ticket: int, value: int) -> int | None:
        arguments = (ticket, value, self._lifetime, self._settling)
        answer = await self._redis.script(FILL, self._places(kind, subject_id), arguments)
        return None if answer is None else int(answer)

    async def _forget(self, kind: str, subject_id: UUID) -> None:
        await self._redis.script(FORGET, self._places(kind, subject_id))

    def _places(self, kind: str, subject_id: UUID) -> list[str]:
        return [self._keyspace.key("counter", subject_id, kind, part) for part in ("value", "young", "ticket")]


class AsyncInProcessCounters(_AsyncMirroredCounters):
    """Counters in the memory of this process: an `AsyncCounters`.

    Args:
        clock: Tells the time.
        times: How long a counter is kept.
        board: What is kept already; two backends may share it.
    """

    def __init__(self, clock: Clock, times: CounterTimes, board: CounterBoard | None = None) -> None:
        super().__init__(times)
        self._clock = clock
        self._board = board or CounterBoard()

    async def _values(self, kind: str, subject_ids: Sequence[UUID]) -> Sequence[int | None]:
        return self._board.values(kind, subject_ids, self._clock.now())

    async def _add(self, kind: str, subject_id: UUID, by: int) -> int | None:
        return self._board.add((kind, subject_id), by, self._clock.now(), self._times)

    async def _begin(self, kind: str, subject_id: UUID) -> Begun:
        return self._board.begin((kind, subject_id), self._clock.now())

    async def _fill(self, kind: str, subject_id: UUID, ticket: int, value: int) -> int | None:
        return self._board.fill((kind, subject_id), ticket, value, self._clock.now(), self._times)

    async def _forget(self, kind: str, subject_id: UUID) -> None:
        self._board.forget((kind, subject_id), self._clock.now())
