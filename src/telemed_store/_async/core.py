"""What all frames of one store share: settings, clock, keys, pools, cache, Redis, observers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import Connection

from telemed_store._async._synchronization import call, run_on, shielded
from telemed_store._async.cache.cache import AsyncCache
from telemed_store._async.pools import AsyncPools
from telemed_store._async.redis_connections import AsyncRedisConnections
from telemed_store.audit.actor import Actor
from telemed_store.audit.context import Access, Context, Denial, Journal
from telemed_store.audit.operations import write_accesses, write_denials
from telemed_store.crypto.key_store import KeyStore
from telemed_store.database.clock import Clock
from telemed_store.database.hooks import Hook
from telemed_store.database.paging import CursorCodec
from telemed_store.database.translation import DRIVER_ERRORS, translate
from telemed_store.errors import StoreError, Unavailable
from telemed_store.events.models import DomainEvent
from telemed_store.settings import Settings

__all__ = ["AsyncCore", "When"]

When = Literal["in_transaction", "after_commit"]
Observer = Callable[..., object]

logger = logging.getLogger("telemed_store")


@dataclass(slots=True)
class AsyncCore:
    """The wiring of one store; frames hold it, callers never see it."""

    settings: Settings
    clock: Clock
    keys: KeyStore
    cursors: CursorCodec
    pools: AsyncPools
    cache: AsyncCache
    redis: AsyncRedisConnections | None = None
    observers: dict[When, list[tuple[type[DomainEvent], Observer]]] = field(
        default_factory=lambda: {"in_transaction": [], "after_commit": []}
    )

    def context(self, actor: Actor, journal: Journal) -> Context:
        """The context of one operation, at this instant."""
        return Context(actor, self.settings, self.keys, self.cursors, journal, self.clock.now())

    def observers_of(self, event: DomainEvent, when: When) -> Iterable[Observer]:
        """Who asked to be told of such an event."""
        return (observer for kind, observer in self.observers[when] if isinstance(event, kind))

    async def write_notes(self, actor: Actor, accesses: list[Access], denials: list[Denial]) -> None:
        """Write accesses and denials in a short transaction of their own on the primary.

        Raises:
            Unavailable: They could not be written, so what they speak of must not be shown.
        """
        if not accesses and not denials:
            return
        context = self.context(actor, Journal())
        lease = await self.pools.acquire_write()
        try:
            await run_on(lease.connection, _write_notes, context, accesses, denials)
            await shielded(lease.connection.commit)
        except DRIVER_ERRORS as failure:
            error = translate(failure, self.pools.dialect_name)
            # SQLAlchemy takes a transaction whose COMMIT failed for ended: back in the pool it would still be open.
            await lease.connection.invalidate()
        else:
            return
        finally:
            await shielded(lease.give_back)
        # To somebody who reads, a conflict of the audit is as good as its absence.
        raise error if isinstance(error, Unavailable) else Unavailable(_UNAUDITED, cause=error.cause)

    async def write_late_notes(self, actor: Actor, accesses: list[Access], denials: list[Denial]) -> StoreError | None:
        """Write the notes of a frame that has ended; a failure is logged and returned, for the end cannot be undone."""
        try:
            await self.write_notes(actor, accesses, denials)
        except StoreError as failure:
            error = failure
        else:
            return None
        logger.error("denied or undone accesses of an ended frame could not be recorded: %s", error.code)
        return error

    async def run_hooks(self, hooks: list[Hook]) -> None:
        """Run hooks after the end of a unit of work: a failing one is logged and stops nothing (design §3.7)."""
        for hook in hooks:
            try:
                await call(hook.function, *hook.args, **hook.kwargs)
            except Exception as failure:  # noqa: BLE001 - whatever a caller's hook raises, the transaction is committed
                # The text of the failure is not ours and may quote health data: the log names its class only.
                logger.error(  # noqa: TRY400 - see above
                    "hook %s failed with %s; the transaction stays as it is", hook.name, type(failure).__name__
                )


_UNAUDITED = "The access could not be recorded, so nothing is shown: repeat this later."


def _write_notes(connection: Connection, context: Context, accesses: list[Access], denials: list[Denial]) -> None:
    write_accesses(connection, context, accesses)
    write_denials(connection, context, denials)
