"""Locks: a protocol, and what its two backends have in common."""

from __future__ import annotations

import contextlib
import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Protocol

from telemed_store._async._synchronization import shielded, sleep
from telemed_store.database.retry import pauses
from telemed_store.ephemeral.arguments import KeyName, Lifetime, checked_arguments
from telemed_store.ephemeral.locks import Lock
from telemed_store.ephemeral.ownership import Wait
from telemed_store.errors import Conflict, LeaseLost, StoreError

__all__ = ["AsyncAskingLocks", "AsyncLocks"]

_LARGEST_PAUSE: Final = 0.25
_HELD: Final = "Somebody else holds this lock: repeat this later, or wait longer."


class AsyncLocks(Protocol):
    """Locks with an owner, an end and a fence. They save work; what must not happen twice is guarded by ``uow.fence(lock)``.

    A lock is asked for by name: a few parts of ASCII letters, digits and ``. _ -``, separated by colons, with ids and never with anything of a
    person's. The names of the contract are those of `NamedLock`.

    Example:
        >>> async def provision(store: AsyncStore, appointment_id: UUID) -> None:
        ...     async with store.locks.hold(*NamedLock.provision(appointment_id)) as lock:
        ...         async with store.unit_of_work(Actor.system("provisioning")) as uow:
        ...             await uow.fence(lock)
        ...             ...
    """

    async def acquire(self, name: str, ttl: dt.timedelta, *, wait: dt.timedelta | None = None) -> Lock | None:
        """Acquire a lock.

        Args:
            name: What is locked.
            ttl: How long it is held unless it is extended, from 1 ms to 366 days.
            wait: How long to ask again while somebody else holds it, at most an hour; None: ask once.

        Returns:
            The lock, or None: somebody else holds it.

        Raises:
            ValidationFailed: An argument is refused.
            Unavailable: The backend does not answer. The lock may be taken all the same, until ``ttl`` is over.
        """
        ...

    def hold(
        self, name: str, ttl: dt.timedelta, *, wait: dt.timedelta | None = None
    ) -> AbstractAsyncContextManager[Lock]:
        """Hold a lock for a block of code: acquired on entering it, released on leaving it.

        Args:
            name: What is locked.
            ttl: How long it is held unless the block extends it.
            wait: How long to ask again while somebody else holds it; None: ask once.

        Raises:
            Conflict: Somebody else holds it.
            LeaseLost: The block ended without an exception, and took longer than the lock was held.
            ValidationFailed: An argument is refused.
            Unavailable: The backend does not answer.
        """
        ...

    async def extend(self, lock: Lock, ttl: dt.timedelta) -> Lock:
        """Hold a lock for ``ttl`` from now on; owner and fence stay.

        Raises:
            LeaseLost: It expired, even if nobody else took it.
            ValidationFailed: An argument is refused.
            Unavailable: The backend does not answer.
        """
        ...

    async def release(self, lock: Lock) -> None:
        """Let others have it.

        Raises:
            LeaseLost: It expired, or was released before: somebody else may have worked meanwhile.
            ValidationFailed: The argument is no lock.
            Unavailable: The backend does not answer. The lock ends at its time at the latest.
        """
        ...


class AsyncAskingLocks(ABC):
    """Locks whose backend is asked, and asked again while somebody waits: after 10 ms, then seldomer, up to four times a second."""

    async def acquire(self, name: str, ttl: dt.timedelta, *, wait: dt.timedelta | None = None) -> Lock | None:
        """See ``AsyncLocks.acquire``."""
        name, ttl, wait = checked_arguments(name=(KeyName, name), ttl=(Lifetime, ttl), wait=(Wait | None, wait))
        between = pauses(0.0 if wait is None else wait.total_seconds(), largest_bound=_LARGEST_PAUSE)
        while (lock := await self._acquire(name, ttl)) is None:
            pause = next(between, None)
            if pause is None:
                return None
            await sleep(pause)
        return lock

    def hold(
        self, name: str, ttl: dt.timedelta, *, wait: dt.timedelta | None = None
    ) -> AbstractAsyncContextManager[Lock]:
        """See ``AsyncLocks.hold``."""
        return self._hold(name, ttl, wait)

    @asynccontextmanager
    async def _hold(self, name: str, ttl: dt.timedelta, wait: dt.timedelta | None) -> AsyncGenerator[Lock]:
        lock = await self.acquire(name, ttl, wait=wait)
        if lock is None:
            raise Conflict(_HELD)
        try:
            yield lock
        except BaseException:
            # What the block raised is what its caller has to hear.
            with contextlib.suppress(StoreError):
                await shielded(self.release, lock)
            raise
        await shielded(self.release, lock)

    async def extend(self, lock: Lock, ttl: dt.timedelta) -> Lock:
        """See ``AsyncLocks.extend``."""
        lock, ttl = checked_arguments(lock=(Lock, lock), ttl=(Lifetime, ttl))
        expires_at = await self._extend(lock, ttl)
        if expires_at is None:
            raise LeaseLost
        return lock.model_copy(update={"expires_at": expires_at})

    async def release(self, lock: Lock) -> None:
        """See ``AsyncLocks.release``."""
        (lock,) = checked_arguments(lock=(Lock, lock))
        if not await self._release(lock):
            raise LeaseLost

    @abstractmethod
    async def _acquire(self, name: str, ttl: dt.timedelta) -> Lock | None:
        """The lock, if nobody holds it."""

    @abstractmethod
    async def _extend(self, lock: Lock, ttl: dt.timedelta) -> dt.datetime | None:
        """When it now ends; None: it is lost."""

    @abstractmethod
    async def _release(self, lock: Lock) -> bool:
        """Whether it was still held."""
