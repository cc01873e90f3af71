"""Sessions, counters, limits and presence while Redis does not answer, and after it came back empty."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from telemed_store._async.ephemeral.counters import AsyncRedisCounters
from telemed_store._async.ephemeral.presence import AsyncRedisPresence
from telemed_store._async.ephemeral.rate_limits import AsyncRedisRateLimits
from telemed_store._async.ephemeral.sessions import AsyncRedisSessions
from telemed_store._async.redis_connections import AsyncRedisConnections
from telemed_store.crypto import KeyStore
from telemed_store.ephemeral.counters import CounterTimes
from telemed_store.ephemeral.presence import PresenceTimes
from telemed_store.ephemeral.rate_limits import LOGIN_LIMIT
from telemed_store.errors import LeaseLost, Unavailable
from telemed_store.redis_client.keys import Keyspace
from telemed_store.redis_client.urls import parse_redis_url
from telemed_store.testing.servers.valkey import ValkeyServer, find_valkey

pytestmark = pytest.mark.asyncio

LIMIT = 0.2
SOMEBODY, ROOM = uuid4(), uuid4()
Call = Callable[[], Awaitable[Any]]


async def load(subject_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    return dict.fromkeys(subject_ids, 7)


async def test_nobody_waits_longer_than_the_limit_and_all_works_again_by_itself(key_store: KeyStore) -> None:
    program = find_valkey()
    assert isinstance(program, Path), program.reason
    with ValkeyServer.start(program) as server:
        redis, keyspace = AsyncRedisConnections(parse_redis_url(server.url), LIMIT), Keyspace("test")
        sessions = AsyncRedisSessions(redis, keyspace, key_store, dt.timedelta(hours=1))
        counters = AsyncRedisCounters(redis, keyspace, CounterTimes())
        counters.register("unread", load)
        limits = AsyncRedisRateLimits(redis, keyspace, key_store)
        presence = AsyncRedisPresence(redis, keyspace, PresenceTimes())
        token = (await sessions.create(SOMEBODY)).token
        lease = await presence.join(ROOM, SOMEBODY, "PA_1")
        await counters.get("unread", SOMEBODY)
        calls: list[Call] = [
            lambda: sessions.create(SOMEBODY),
            lambda: sessions.get(token),
            lambda: sessions.revoke_all(SOMEBODY),
            lambda: sessions.list(SOMEBODY),
            lambda: counters.get("unread", SOMEBODY),
            lambda: counters.increment("unread", SOMEBODY),
            lambda: limits.hit(LOGIN_LIMIT, "maria@example.com", "203.0.113.7"),
            lambda: limits.clear(LOGIN_LIMIT, "maria@example.com", "203.0.113.7"),
            lambda: presence.join(ROOM, SOMEBODY, "PA_1"),
            lambda: presence.heartbeat(lease),
            lambda: presence.leave(lease),
            lambda: presence.mark_online(SOMEBODY),
            lambda: presence.mark_typing(ROOM, SOMEBODY),
        ]
        secret = token.get_secret_value()

        server.pause()
        await _is_unavailable(calls[:1] + calls[4:5] + calls[6:7] + calls[9:10], secret)
        began = time.monotonic()
        assert not (await presence.present(ROOM)).is_known
        assert time.monotonic() - began < 2.0
        server.resume()
        assert (await limits.check(LOGIN_LIMIT, "somebody", "else")).allowed
        server.kill()
        await _is_unavailable(calls, secret)
        for answer in (
            await presence.present(ROOM),
            await presence.online([SOMEBODY]),
            await presence.typing(ROOM),
        ):
            assert not answer.is_known
        assert not (await presence.present(ROOM)).is_empty
        server.restart()

        # It is empty now: nobody is logged in, no lease is held, and what mirrors rows is loaded from them.
        assert await sessions.get(token) is None
        assert (await presence.present(ROOM)).is_empty
        with pytest.raises(LeaseLost):
            await presence.heartbeat(lease)
        assert (await presence.join(ROOM, SOMEBODY, "PA_2")).epoch > lease.epoch
        assert await counters.get("unread", SOMEBODY) == 7
        assert (await limits.hit(LOGIN_LIMIT, "maria@example.com", "203.0.113.7")).remaining == 4
        await redis.close()


async def _is_unavailable(calls: Sequence[Call], secret: str) -> None:
    for call in calls:
        began = time.monotonic()
        with pytest.raises(Unavailable) as refusal:
            await call()
        assert time.monotonic() - began < 2.0
        assert secret not in f"{refusal.value!r} {refusal.value.__cause__!r} {refusal.value.__context__!r}"
