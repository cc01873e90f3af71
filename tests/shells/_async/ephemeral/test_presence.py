"""Presence: both backends pass the conformance suite; epochs grow whatever Redis forgets."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import uuid4

import pytest

from telemed_store._async.ephemeral.presence import AsyncInProcessPresence, AsyncPresence, AsyncRedisPresence
from telemed_store._async.redis_connections import AsyncRedisConnections
from telemed_store.ephemeral.presence import PresenceBoard, PresenceTimes
from telemed_store.redis_client.keys import Keyspace
from telemed_store.testing._async.conformance.presence import AsyncPresenceConformance
from telemed_store.testing.clock import FrozenClock

pytestmark = pytest.mark.asyncio

MakePresence = Callable[[PresenceTimes], AsyncPresence]


class TestInProcess(AsyncPresenceConformance):
    @pytest.fixture
    def make_presence(self, telemed_clock: FrozenClock) -> MakePresence:
        self.clock = telemed_clock
        board = PresenceBoard()
        return lambda times: AsyncInProcessPresence(telemed_clock, times, board)


class TestInRedis(AsyncPresenceConformance):
    @pytest.fixture
    def make_presence(self, redis: AsyncRedisConnections, keyspace: Keyspace) -> MakePresence:
        return partial(AsyncRedisPresence, redis, keyspace)

    async def test_epochs_grow_although_redis_forgot_everything(
        self, presence: AsyncPresence, redis: AsyncRedisConnections, keyspace: Keyspace
    ) -> None:
        room, user = uuid4(), uuid4()
        before = await presence.join(room, user, "PA_1")
        keys = await redis.command("KEYS", f"{keyspace.namespace}:*")
        assert len(keys) == 2
        for key in keys:
            assert await redis.command("PTTL", key) > 0
            await redis.command("DEL", key)

        assert (await presence.join(room, user, "PA_2")).epoch > before.epoch

    async def test_epochs_grow_although_the_clock_of_redis_stepped_back(
        self, presence: AsyncPresence, redis: AsyncRedisConnections, keyspace: Keyspace
    ) -> None:
        room, user = uuid4(), uuid4()
        ahead = (await presence.join(room, user, "PA_1")).epoch + 3_600_000_000
        await redis.command("SET", keyspace.key("presence", room, "epoch"), ahead)

        assert [(await presence.join(room, user, "PA_2")).epoch for _ in range(2)] == [ahead + 1, ahead + 2]
