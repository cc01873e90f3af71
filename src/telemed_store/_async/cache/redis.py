"""The cache in Redis: shared by all processes on one database. One round trip to look, one to fill, one to drop."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

from telemed_store._async.redis_connections import Argument, AsyncRedisConnections
from telemed_store.cache.keys import CacheKey, Stale, Tag
from telemed_store.cache.looking import Looked, Ticket
from telemed_store.cache.redis_scripts import DROP_KEY, DROP_TAG, FILL, HELD, KEPT_MILLISECONDS, OPEN, REACHED
from telemed_store.errors import Unavailable
from telemed_store.redis_client.circuit import Circuit
from telemed_store.redis_client.keys import Keyspace

__all__ = ["AsyncRedisCache"]

T = TypeVar("T")

_GENERATION_MILLISECONDS: Final = 86_400_000
_BATCH: Final = 500


class AsyncRedisCache:
    """Keeps values in Redis (or Valkey): one server, a master behind Sentinels, or a Cluster.

    A server that does not answer is left alone for a while: `Unavailable` then costs nothing.
    """

    def __init__(self, connections: AsyncRedisConnections, keyspace: Keyspace, *, pause: float) -> None:
        """Use connections that somebody else closes.

        Args:
            connections: To Redis.
            keyspace: How keys are named.
            pause: Seconds for which a server that did not answer is left alone.
        """
        self._connections = connections
        self._keys = keyspace
        self._circuit = Circuit(pause)

    def is_shared(self) -> bool:
        """Every process on this database sees it."""
        return True

    async def look(self, key: CacheKey, tags: Sequence[Tag]) -> Looked | None:
        """See ``AsyncCacheBackend.look``."""
        record, generations = self._record(key), [self._epoch(), *map(self._generation, tags)]
        commands: list[Sequence[Argument]] = [
            ("HGET", record, "t"),
            ("GET", f"{record}:value"),
            *(("GET", each) for each in generations),
        ]
        token, value, *found = await self._pipeline(commands)
        if token is None or None in found:
            # Made anew at random: what was filled under a former one is as good as nothing.
            anew: list[Sequence[Argument]] = [
                ("SET", each, _random(), "NX", *(() if each == self._epoch() else ("PX", _GENERATION_MILLISECONDS)))
                for each, known in zip(generations, found, strict=True)
                if known is None
            ]
            await self._pipeline([*anew, ("EVAL", OPEN.text, 1, record, _random(), KEPT_MILLISECONDS)])
            token, value, *found = await self._pipeline(commands)
        if token is None or None in found or any(each.startswith(HELD) for each in (token, *found)):
            return None
        ticket = Ticket(token.decode(), tuple(each.decode() for each in found))
        if value is None:
            return Looked(ticket)
        filled_under, _, payload = value.partition(b"\n")
        return Looked(ticket, payload if filled_under == _joined(ticket) else None)

    async def fill(
        self,
        key: CacheKey,
        tags: Sequence[Tag],
        ticket: Ticket,
        *,
        version: int,
        payload: bytes,
        lifetime: dt.timedelta,
    ) -> bool:
        """See ``AsyncCacheBackend.fill``. A value says what it was filled under: whoever looks at one of another generation sees nothing."""
        record, milliseconds = self._record(key), _milliseconds(lifetime)
        value = _joined(ticket) + b"\n" + payload
        filling: list[Argument] = [
            *("EVAL", FILL.text, 2, record, f"{record}:value"),
            *(ticket.token, _random(), version, value, milliseconds, max(milliseconds, KEPT_MILLISECONDS)),
        ]
        generations = [self._epoch(), *map(self._generation, tags)]
        filled, *found = await self._pipeline([filling, *(("GET", each) for each in generations)])
        return bool(filled) and found == [each.encode() for each in ticket.generations]

    async def drop(self, stale: Sequence[Stale], *, hold: dt.timedelta) -> None:
        """See ``AsyncCacheBackend.drop``. What has the id of a row is dropped once, however often it is asked for."""
        commands = [self._dropping(each, _milliseconds(hold) if hold else 0) for each in stale]
        for start in range(0, len(commands), _BATCH):
            # Once more if there is no answer: what is lost here other processes hear of when somebody heals, and that is later.
            await self._pipeline(commands[start : start + _BATCH], tries=2)

    async def clear(self) -> None:
        """See ``AsyncCacheBackend.clear``."""
        await self._pipeline([("SET", self._epoch(), _random()), ("DEL", self._healed())])

    async def position(self) -> str | None:
        """See ``AsyncCacheBackend.position``."""
        found = (await self._pipeline([("GET", self._healed())]))[0]
        return None if found is None else str(found.decode())

    async def reached(self, position: str) -> None:
        """See ``AsyncCacheBackend.reached``."""
        await self._guarded(lambda: self._connections.script(REACHED, [self._healed()], [position]))

    async def close(self) -> None:
        """The connections are not ours to close."""

    def _dropping(self, stale: Stale, hold: int) -> Sequence[Argument]:
        # Whole scripts: a pipeline that names them by digest would fail as a whole where the server has forgotten one.
        id = "" if stale.id is None else stale.id.hex  # noqa: A001 - of its row
        if isinstance(stale.what, Tag):
            name = self._generation(stale.what)
            return ("EVAL", DROP_TAG.text, 2, name, f"{name}:done", id, KEPT_MILLISECONDS, _random(), hold)
        name = self._record(stale.what)
        keys = (name, f"{name}:done", f"{name}:value")
        return ("EVAL", DROP_KEY.text, 3, *keys, id, KEPT_MILLISECONDS, _random(), stale.version, hold)

    async def _pipeline(self, commands: Sequence[Sequence[Argument]], *, tries: int = 1) -> list[Any]:
        return await self._guarded(lambda: self._connections.pipeline(commands), tries)

    async def _guarded(self, call: Callable[[], Awaitable[T]], tries: int = 1) -> T:
        if not self._circuit.allows():
            raise Unavailable("Redis did not answer a moment ago and is left alone.")
        while True:
            tries -= 1
            try:
                answer = await call()
            except Unavailable:
                if tries == 0:
                    self._circuit.failed()
                    raise
            except Exception:
                self._circuit.failed()
                raise
            else:
                self._circuit.succeeded()
                return answer

    def _record(self, key: CacheKey) -> str:
        return self._keys.key("cache", key)

    def _generation(self, tag: Tag) -> str:
        return self._keys.key("cache-tag", tag)

    def _epoch(self) -> str:
        return self._keys.key("cache-epoch", "all")

    def _healed(self) -> str:
        return self._keys.key("cache-healed", "all")


def _joined(ticket: Ticket) -> bytes:
    return ",".join(ticket.generations).encode()


def _random() -> str:
    return secrets.token_hex(8)


def _milliseconds(duration: dt.timedelta) -> int:
    return max(1, round(duration.total_seconds() * 1000))
