# Generated from _async/ephemeral/counters.py by tools/sync.py. Do not edit.
"""Counters, synchronous: the protocol, and its backends in Redis and in the memory of this process."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Final, Protocol
from uuid import UUID

from telemed_store._sync._synchronization import call
from telemed_store._sync.ephemeral.single_flight import SingleFlight
from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.database.arguments import checked_argument
from telemed_store.database.clock import Clock
from telemed_store.ephemeral.arguments import KeyName, checked_arguments
from telemed_store.ephemeral.counter_scripts import ADD, BEGIN, FILL, FORGET
from telemed_store.ephemeral.counters import TRIES, Amount, Begun, CounterBoard, CounterTimes, loaded
from telemed_store.ephemeral.lua import microseconds
from telemed_store.errors import ValidationFailed
from telemed_store.redis_client.keys import Keyspace

__all__ = ["CounterLoader", "Counters", "InProcessCounters", "RedisCounters"]

_LOADING_SECONDS: Final = 15.0
"""How long somebody waits for another who loads the same counter in this process."""


class CounterLoader(Protocol):
    """A function that reads counters from the rows that are their truth."""

    def __call__(self, subject_ids: Sequence[UUID], /) -> Mapping[UUID, int]:
        """The counters of these ids, from 0; an id that is left out has 0."""
        ...


class Counters(Protocol):
    """Keeps numbers that mirror rows. The rows are the truth: what is missing here is loaded from them.

    Commit the change first and count it afterwards, such as by ``uow.after_commit``.

    Example:
        >>> def unread(store: Store, user_id: UUID) -> int:
        ...     def load(user_ids: Sequence[UUID]) -> Mapping[UUID, int]:
        ...         with store.reader(Actor.user(user_id)) as read:
        ...             return {user_id: read.messages.unread_total()}
        ...
        ...     store.counters.register("unread", load)
        ...     return store.counters.get("unread", user_id)
    """

    def register(self, kind: str, loader: CounterLoader) -> None:
        """Say how counters of a kind are loaded; a later loader takes the place of an earlier one.

        Args:
            kind: What is counted, such as ``unread``.
            loader: Called with the ids whose counters are missing.

        Raises:
            ValidationFailed: An argument is not what it has to be.
        """
        ...

    def increment(self, kind: str, subject_id: UUID, by: int = 1) -> int | None:
        """Count something that was committed.

        Returns:
            The counter; None: it is not there, and who asks for it next loads it.

        Raises:
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer; it was counted or not: `reset` it when that works again.
        """
        ...

    def decrement(self, kind: str, subject_id: UUID, by: int = 1) -> int | None:
        """Count something off that was committed; never below 0.

        Returns:
            The counter; None: it is not there, and who asks for it next loads it.

        Raises:
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer; it was counted or not: `reset` it when that works again.
        """
        ...

    def get(self, kind: str, subject_id: UUID) -> int:
        """One counter, loaded if it is missing.

        Raises:
            ValidationFailed: An argument is not what it has to be, or the kind has no loader.
            StoreError: The loader answered something else than it has to. What it raises itself reaches the caller.
            Unavailable: The backend does not answer.
        """
        ...

    def get_many(self, kind: str, subject_ids: Sequence[UUID]) -> Mapping[UUID, int]:
        """Counters of many subjects; the missing ones are loaded by one call.

        Raises:
            ValidationFailed: An argument is not what it has to be, or the kind has no loader.
            StoreError: The loader answered something else than it has to. What it raises itself reaches the caller.
            Unavailable: The backend does not answer.
        """
        ...

    def reset(self, kind: str, subject_id: UUID) -> None:
        """Forget a counter: who asks for it next loads it.

        Raises:
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer; it was forgotten or not.
        """
        ...


class _MirroredCounters(ABC):
    """What both backends have in common: how a missing counter is rebuilt. Where it lies is the backend's."""

    def __init__(self, times: CounterTimes) -> None:
        self._times = times
        self._loaders: dict[str, CounterLoader] = {}
        self._flight = SingleFlight()

    def register(self, kind: str, loader: CounterLoader) -> None:
        """See `Counters.register`."""
        kind = checked_argument("kind", KeyName, kind)
        if not callable(loader):
            raise ValidationFailed({"loader": "must be a function"})
        self._loaders[kind] = loader

    def increment(self, kind: str, subject_id: UUID, by: int = 1) -> int | None:
        """See `Counters.increment`."""
        kind, subject_id, by = checked_arguments(kind=(KeyName, kind), subject_id=(UUID, subject_id), by=(Amount, by))
        return self._add(kind, subject_id, by)

    def decrement(self, kind: str, subject_id: UUID, by: int = 1) -> int | None:
        """See `Counters.decrement`."""
        kind, subject_id, by = checked_arguments(kind=(KeyName, kind), subject_id=(UUID, subject_id), by=(Amount, by))
        return self._add(kind, subject_id, -by)

    def get(self, kind: str, subject_id: UUID) -> int:
        """See `Counters.get`."""
        kind, subject_id = checked_arguments(kind=(KeyName, kind), subject_id=(UUID, subject_id))
        return self._read(kind, [subject_id])[subject_id]

    def get_many(self, kind: str, subject_ids: Sequence[UUID]) -> Mapping[UUID, int]:
        """See `Counters.get_many`."""
        kind, subject_ids = checked_arguments(kind=(KeyName, kind), subject_ids=(Sequence[UUID], subject_ids))
        return self._read(kind, list(dict.fromkeys(subject_ids)))

    def reset(self, kind: str, subject_id: UUID) -> None:
        """See `Counters.reset`."""
        kind, subject_id = checked_arguments(kind=(KeyName, kind), subject_id=(UUID, subject_id))
        self._forget(kind, subject_id)

    def _read(self, kind: str, subject_ids: Sequence[UUID]) -> Mapping[UUID, int]:
        loader = self._loaders.get(kind)
        if loader is None:
            raise ValidationFailed({"kind": "has no loader: register one first"})
        if not subject_ids:
            return {}
        found = dict(zip(subject_ids, self._values(kind, subject_ids), strict=True))
        missing = sorted(subject_id for subject_id, value in found.items() if value is None)
        rebuilt = self._rebuild(kind, missing, loader) if missing else {}
        return {subject_id: rebuilt[subject_id] if value is None else value for subject_id, value in found.items()}

    def _rebuild(self, kind: str, missing: Sequence[UUID], loader: CounterLoader) -> dict[UUID, int]:
        places = [(kind, subject_id) for subject_id in missing]
        held = self._flight.acquire(places, _LOADING_SECONDS)
        try:
            rebuilt: dict[UUID, int] = {}
            for _ in range(TRIES):
                begun = {each: self._begin(kind, each) for each in missing}
                rebuilt |= {each: one.value for each, one in begun.items() if one.value is not None}
                missing = [each for each, one in begun.items() if one.value is None]
                if not missing:
                    break
                read = loaded(call(loader, missing), missing)
                kept = {each: self._fill(kind, each, begun[each].ticket, read[each]) for each in missing}
                rebuilt |= {each: read[each] if value is None else value for each, value in kept.items()}
                missing = [each for each, value in kept.items() if value is None]
                if not missing:
                    break
            return rebuilt
        finally:
            self._flight.release(held)

    @abstractmethod
    def _values(self, kind: str, subject_ids: Sequence[UUID]) -> Sequence[int | None]: ...

    @abstractmethod
    def _add(self, kind: str, subject_id: UUID, by: int) -> int | None: ...

    @abstractmethod
    def _begin(self, kind: str, subject_id: UUID) -> Begun: ...

    @abstractmethod
    def _fill(self, kind: str, subject_id: UUID, ticket: int, value: int) -> int | None: ...

    @abstractmethod
    def _forget(self, kind: str, subject_id: UUID) -> None: ...


class RedisCounters(_MirroredCounters):
    """Counters in Redis, for all processes that share a namespace: a `Counters`.

    Args:
        redis: The connections.
        keyspace: The store's keys in Redis.
        times: How long a counter is kept.
    """

    def __init__(self, redis: RedisConnections, keyspace: Keyspace, times: CounterTimes) -> None:
        super().__init__(times)
        self._redis = redis
        self._keyspace = keyspace
        self._lifetime = microseconds(times.lifetime) // 1000
        self._settling = microseconds(times.settling) // 1000

    def _values(self, kind: str, subject_ids: Sequence[UUID]) -> Sequence[int | None]:
        commands = [("GET", self._places(kind, subject_id)[0]) for subject_id in subject_ids]
        return [None if value is None else int(value) for value in self._redis.pipeline(commands)]

    def _add(self, kind: str, subject_id: UUID, by: int) -> int | None:
        answer = self._redis.script(ADD, self._places(kind, subject_id), (by, self._settling))
        return None if answer is None else int(answer)

    def _begin(self, kind: str, subject_id: UUID) -> Begun:
        value, _, ticket = self._places(kind, subject_id)
        number, begun = self._redis.script(BEGIN, [value, ticket])
        return Begun(None if number < 0 else int(number), int(begun))

    def _fill(self, kind: str, subject_id: UUID, ticket: int, value: int) -> int | None:
        arguments = (ticket, value, self._lifetime, self._settling)
        answer = self._redis.script(FILL, self._places(kind, subject_id), arguments)
        return None if answer is None else int(answer)

    def _forget(self, kind: str, subject_id: UUID) -> None:
        self._redis.script(FORGET, self._places(kind, subject_id))

    def _places(self, kind: str, subject_id: UUID) -> list[str]:
        return [self._keyspace.key("counter", subject_id, kind, part) for part in ("value", "young", "ticket")]


class InProcessCounters(_MirroredCounters):
    """Counters in the memory of this process: a `Counters`.

    Args:
        clock: Tells the time.
        times: How long a counter is kept.
        board: What is kept already; two backends may share it.
    """

    def __init__(self, clock: Clock, times: CounterTimes, board: CounterBoard | None = None) -> None:
        super().__init__(times)
        self._clock = clock
        self._board = board or CounterBoard()

    def _values(self, kind: str, subject_ids: Sequence[UUID]) -> Sequence[int | None]:
        return self._board.values(kind, subject_ids, self._clock.now())

    def _add(self, kind: str, subject_id: UUID, by: int) -> int | None:
        return self._board.add((kind, subject_id), by, self._clock.now(), self._times)

    def _begin(self, kind: str, subject_id: UUID) -> Begun:
        return self._board.begin((kind, subject_id), self._clock.now())

    def _fill(self, kind: str, subject_id: UUID, ticket: int, value: int) -> int | None:
        return self._board.fill((kind, subject_id), ticket, value, self._clock.now(), self._times)

    def _forget(self, kind: str, subject_id: UUID) -> None:
        self._board.forget((kind, subject_id), self._clock.now())
