# Generated from _async/ephemeral/test_presence.py by tools/sync.py. Do not edit.
"""Presence: both backends pass the conformance suite; epochs grow whatever Redis forgets."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import uuid4

import pytest

from telemed_store._sync.ephemeral.presence import InProcessPresence, Presence, RedisPresence
from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.ephemeral.presence import PresenceBoard, PresenceTimes
from telemed_store.redis_client.keys import Keyspace
from telemed_store.testing._sync.conformance.presence import PresenceConformance
from telemed_store.testing.clock import FrozenClock

MakePresence = Callable[[PresenceTimes], Presence]


class TestInProcess(PresenceConformance):
    @pytest.fixture
    def make_presence(self, telemed_clock: FrozenClock) -> MakePresence:
        self.clock = telemed_clock
        board = PresenceBoard()
        return lambda times: InProcessPresence(telemed_clock, times, board)


class TestInRedis(PresenceConformance):
    @pytest.fixture
    def make_presence(self, redis: RedisConnections, keyspace: Keyspace) -> MakePresence:
        return partial(RedisPresence, redis, keyspace)

    def test_epochs_grow_although_redis_forgot_everything(
        self, presence: Presence, redis: RedisConnections, keyspace: Keyspace
    ) -> None:
        room, user = uuid4(), uuid4()
        before = presence.join(room, user, "PA_1")
        keys = redis.command("KEYS", f"{keyspace.namespace}:*")
        assert len(keys) == 2
        for key in keys:
            assert redis.command("PTTL", key) > 0
            redis.command("DEL", key)

        assert presence.join(room, user, "PA_2").epoch > before.epoch

    def test_epochs_grow_although_the_clock_of_redis_stepped_back(
        self, presence: Presence, redis: RedisConnections, keyspace: Keyspace
    ) -> None:
        room, user = uuid4(), uuid4()
        ahead = presence.join(room, user, "PA_1").epoch + 3_600_000_000
        redis.command("SET", keyspace.key("presence", room, "epoch"), ahead)

        assert [presence.join(room, user, "PA_2").epoch for _ in range(2)] == [ahead + 1, ahead + 2]
