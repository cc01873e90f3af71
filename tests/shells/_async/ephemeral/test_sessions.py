"""Sessions: both backends pass the conformance suite; what lies in Redis opens nothing and tells nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from uuid import uuid4

import pytest

from telemed_store._async.ephemeral.sessions import AsyncInProcessSessions, AsyncRedisSessions, AsyncSessions
from telemed_store._async.redis_connections import AsyncRedisConnections
from telemed_store.crypto import KeyStore, MasterKeys, SqlKeyStore
from telemed_store.ephemeral.sessions import MOST_SESSIONS, SessionShelf
from telemed_store.redis_client.keys import Keyspace
from telemed_store.testing._async.conformance.sessions import AsyncSessionsConformance
from telemed_store.testing.clock import FrozenClock

pytestmark = pytest.mark.asyncio

MakeSessions = Callable[[dt.timedelta], AsyncSessions]


class _Bounded(AsyncSessionsConformance):
    async def test_one_session_too_many_ends_the_one_that_was_not_used_for_longest(
        self, sessions: AsyncSessions
    ) -> None:
        user = uuid4()
        issued = [await sessions.create(user) for _ in range(MOST_SESSIONS)]
        await self.outlast(dt.timedelta(0))
        assert await sessions.touch(issued[0].token)
        await sessions.create(user)

        assert await sessions.get(issued[0].token) is not None
        assert await sessions.get(issued[1].token) is None
        assert len(await sessions.list(user)) == MOST_SESSIONS


class TestInProcess(_Bounded):
    @pytest.fixture
    def make_sessions(self, telemed_clock: FrozenClock, key_store: KeyStore) -> MakeSessions:
        self.clock = telemed_clock
        shelf = SessionShelf()
        return lambda lifetime: AsyncInProcessSessions(telemed_clock, key_store, lifetime, shelf)


class TestInRedis(_Bounded):
    @pytest.fixture
    def make_sessions(self, redis: AsyncRedisConnections, keyspace: Keyspace, key_store: KeyStore) -> MakeSessions:
        return lambda lifetime: AsyncRedisSessions(redis, keyspace, key_store, lifetime)

    async def test_keys_and_values_tell_nothing_and_expire(
        self, sessions: AsyncSessions, redis: AsyncRedisConnections, keyspace: Keyspace
    ) -> None:
        user = uuid4()
        issued = await sessions.create(user, {"name": "Maria Souza"})
        await sessions.revoke_all(user, keep=issued.session.id)
        names = ("sealed", "times", "ends", "generation")
        keys = sorted(await redis.command("KEYS", f"{keyspace.namespace}:*"))
        tag, _, secret = issued.token.get_secret_value().partition(".")

        assert keys == sorted(keyspace.key("sessions", tag, name).encode() for name in names)
        held = b"".join(keys)
        for key in keys:
            assert 0 < await redis.command("PTTL", key) <= 24 * 3600 * 1000
            held += await redis.command("DUMP", key)
        for told in (secret.encode(), str(user).encode(), user.hex.encode(), user.bytes, b"Maria", b"name"):
            assert told not in held

    async def test_ciphertext_swap_is_refused(
        self, sessions: AsyncSessions, redis: AsyncRedisConnections, keyspace: Keyspace
    ) -> None:
        user = uuid4()
        mine, admins = await sessions.create(user), await sessions.create(user, {"role": "admin"})
        sealed = keyspace.key("sessions", mine.token.get_secret_value().partition(".")[0], "sealed")
        one, other = await redis.command("HKEYS", sealed)
        first, second = await redis.command("HMGET", sealed, one, other)
        await redis.command("HSET", sealed, one, second, other, first)

        assert await sessions.get(mine.token) is None
        assert await sessions.get(admins.token) is None
        assert await sessions.list(user) == []

    async def test_other_keys_open_nothing(
        self, sessions: AsyncSessions, redis: AsyncRedisConnections, keyspace: Keyspace
    ) -> None:
        issued = await sessions.create(uuid4())
        others = AsyncRedisSessions(redis, keyspace, SqlKeyStore(MasterKeys.generate()), self.LONG)

        assert await others.get(issued.token) is None
        assert await others.list(issued.session.user_id) == []
