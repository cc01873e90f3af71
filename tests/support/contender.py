"""One of two processes that want the same at once: run by `test_two_processes.py`, never by pytest. It answers in JSON."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from telemed_store import Conflict, CounterTimes, PresenceTimes, RateLimit
from telemed_store._sync.ephemeral.counters import RedisCounters
from telemed_store._sync.ephemeral.presence import RedisPresence
from telemed_store._sync.ephemeral.rate_limits import RedisRateLimits
from telemed_store._sync.ephemeral.sessions import RedisSessions
from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.crypto import MasterKeys, SqlKeyStore
from telemed_store.redis_client.keys import Keyspace
from telemed_store.redis_client.urls import parse_redis_url

THREADS = 4
LIMIT = RateLimit(name="contended", hits=37, period=dt.timedelta(hours=1))
SOMEBODY, ROOM = UUID(int=1), UUID(int=2)
HOUR = dt.timedelta(hours=1)


class Contender:
    """What one process does."""

    def __init__(self, url: str, namespace: str, keys: str) -> None:
        store = SqlKeyStore(MasterKeys.parse(keys))
        keyspace = Keyspace(namespace)
        self.redis = RedisConnections(parse_redis_url(url), 10.0)
        self.rows = f"{namespace}:rows"
        self.limits = RedisRateLimits(self.redis, keyspace, store)
        self.presence = RedisPresence(self.redis, keyspace, PresenceTimes())
        self.sessions = RedisSessions(self.redis, keyspace, store, HOUR)
        self.counters = RedisCounters(self.redis, keyspace, CounterTimes(lifetime=HOUR, settling=HOUR / 2))
        self.counters.register("unread", self.load)

    def load(self, subject_ids: Sequence[UUID]) -> Mapping[UUID, int]:
        return {SOMEBODY: int(self.redis.command("GET", self.rows) or 0)}

    def hit(self, rounds: int) -> int:
        """How many of so many hits were allowed."""
        return sum(self.limits.hit(LIMIT, "maria@example.com", "203.0.113.7").allowed for _ in range(rounds))

    def join(self, rounds: int) -> list[int]:
        """The epochs that it got."""
        return [self.presence.join(ROOM, SOMEBODY, "PA_1").epoch for _ in range(rounds)]

    def count(self, rounds: int) -> int:
        """How often a counter told less than what was committed and counted before."""
        lost = 0
        for number in range(rounds):
            self.redis.command("INCR", self.rows)
            self.counters.increment("unread", SOMEBODY)
            committed = int(self.redis.command("GET", f"{self.rows}:counted") or 0)
            lost += self.counters.get("unread", SOMEBODY) < committed
            self.redis.command("INCR", f"{self.rows}:counted")
            if number % 7 == 0:
                self.counters.reset("unread", SOMEBODY)
        return lost

    def log_in_and_out(self, rounds: int) -> int:
        """How many sessions were there although they had been ended."""
        tokens: list[Any] = []
        risen = 0
        for number in range(rounds):
            generation = self.sessions.generation(SOMEBODY)
            with contextlib.suppress(Conflict):  # all were ended since then
                tokens.append(self.sessions.create(SOMEBODY, generation=generation).token)
            for token in tokens[-4:]:
                self.sessions.get(token)
                self.sessions.touch(token)
            if number % 3 == 0:
                there = {session.id for session in self.sessions.list(SOMEBODY)}
                self.sessions.revoke_all(SOMEBODY)
                risen += len(there & {session.id for session in self.sessions.list(SOMEBODY)})
        return risen


def main() -> None:
    url, namespace, keys, processes, rounds = sys.argv[1:]
    contender = Contender(url, namespace, keys)
    contender.redis.command("INCR", f"{namespace}:ready")
    while int(contender.redis.command("GET", f"{namespace}:ready")) < int(processes):
        threading.Event().wait(0.01)
    works: dict[str, Callable[[int], Any]] = {
        "allowed": contender.hit,
        "epochs": contender.join,
        "lost": contender.count,
        "risen": contender.log_in_and_out,
    }
    answers: dict[str, list[Any]] = {}
    with ThreadPoolExecutor(THREADS) as pool:
        for name, work in works.items():
            answers[name] = list(pool.map(work, [int(rounds)] * THREADS))
    sys.stdout.write(json.dumps(answers))


if __name__ == "__main__":
    main()
