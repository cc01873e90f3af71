# Generated from _async/ephemeral/test_sessions.py by tools/sync.py. Do not edit.
"""Sessions: both backends pass the conformance suite; what lies in Redis opens nothing and tells nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from uuid import uuid4

import pytest

from telemed_store._sync.ephemeral.sessions import InProcessSessions, RedisSessions, Sessions
from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.crypto import KeyStore, MasterKeys, SqlKeyStore
from telemed_store.ephemeral.sessions import MOST_SESSIONS, SessionShelf
from telemed_store.redis_client.keys import Keyspace
from telemed_store.testing._sync.conformance.sessions import SessionsConformance
from telemed_store.testing.clock import FrozenClock

MakeSessions = Callable[[dt.timedelta], Sessions]


class _Bounded(SessionsConformance):
    def test_one_session_too_many_ends_the_one_that_was_not_used_for_longest(self, sessions: Sessions) -> None:
        user = uuid4()
        issued = [sessions.create(user) for _ in range(MOST_SESSIONS)]
        self.outlast(dt.timedelta(0))
        assert sessions.touch(issued[0].token)
        sessions.create(user)

        assert sessions.get(issued[0].token) is not None
        assert sessions.get(issued[1].token) is None
        assert len(sessions.list(user)) == MOST_SESSIONS


class TestInProcess(_Bounded):
    @pytest.fixture
    def make_sessions(self, telemed_clock: FrozenClock, key_store: KeyStore) -> MakeSessions:
        self.clock = telemed_clock
        shelf = SessionShelf()
        return lambda lifetime: InProcessSessions(telemed_clock, key_store, lifetime, shelf)


class TestInRedis(_Bounded):
    @pytest.fixture
    def make_sessions(self, redis: RedisConnections, keyspace: Keyspace, key_store: KeyStore) -> MakeSessions:
        return lambda lifetime: RedisSessions(redis, keyspace, key_store, lifetime)

    def test_keys_and_values_tell_nothing_and_expire(
        self, sessions: Sessions, redis: RedisConnections, keyspace: Keyspace
    ) -> None:
        user = uuid4()
        issued = sessions.create(user, {"name": "Maria Souza"})
        sessions.revoke_all(user, keep=issued.session.id)
        names = ("sealed", "times", "ends", "generation")
        keys = sorted(redis.command("KEYS", f"{keyspace.namespace}:*"))
        tag, _, secret = issued.token.get_secret_value().partition(".")

        assert keys == sorted(keyspace.key("sessions", tag, name).encode() for name in names)
        held = b"".join(keys)
        for key in keys:
            assert 0 < redis.command("PTTL", key) <= 24 * 3600 * 1000
            held += redis.command("DUMP", key)
        for told in (secret.encode(), str(user).encode(), user.hex.encode(), user.bytes, b"Maria", b"name"):
            assert told not in held

    def test_ciphertext_swap_is_refused(self, sessions: Sessions, redis: RedisConnections, keyspace: Keyspace) -> None:
        user = uuid4()
        mine, admins = sessions.create(user), sessions.create(user, {"role": "admin"})
        sealed = keyspace.key("sessions", mine.token.get_secret_value().partition(".")[0], "sealed")
        one, other = redis.command("HKEYS", sealed)
        first, second = redis.command("HMGET", sealed, one, other)
        redis.command("HSET", sealed, one, second, other, first)

        assert sessions.get(mine.token) is None
        assert sessions.get(admins.token) is None
        assert sessions.list(user) == []

    def test_other_keys_open_nothing(self, sessions: Sessions, redis: RedisConnections, keyspace: Keyspace) -> None:
        issued = sessions.create(uuid4())
        others = RedisSessions(redis, keyspace, SqlKeyStore(MasterKeys.generate()), self.LONG)

        assert others.get(issued.token) is None
        assert others.list(issued.session.user_id) == []
