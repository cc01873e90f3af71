"""Consumers of a queue that die at any moment: run by `test_killed_consumers.py`, never by pytest.

One process forks some, kills one of them at random again and again (SIGKILL) and forks another, until the queue has nothing left. Each consumer
notes in Redis what it was given, before the work, and what it did, before it says so.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import sys
import time
from typing import NoReturn

from telemed_store._sync.ephemeral.redis_queues import RedisQueues
from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.ephemeral.ownership import microseconds
from telemed_store.redis_client.keys import Keyspace
from telemed_store.redis_client.urls import parse_redis_url

CONSUMERS = 4
TIMEOUT = 10.0
VISIBILITY = dt.timedelta(milliseconds=300)
WORK_SECONDS = 0.004


class Consumers:
    """The processes and their Redis."""

    def __init__(self, url: str, namespace: str) -> None:
        self.redis = RedisConnections(parse_redis_url(url), TIMEOUT)
        self.queues = RedisQueues(self.redis, Keyspace(namespace), VISIBILITY)
        self.given, self.done = f"{namespace}:given", f"{namespace}:done"
        self.alive: list[int] = []

    def run(self, seed: str) -> int:
        """Returns how many were killed at work."""
        draw, killed = random.Random(seed), 0
        self.alive = [self.fork() for _ in range(CONSUMERS)]
        while self.left():
            time.sleep(draw.uniform(0.01, 0.06))
            self.end(draw.choice(self.alive))
            killed += 1
            self.alive.append(self.fork())
        for one in list(self.alive):
            self.end(one)
        return killed

    def left(self) -> int:
        depth = self.queues.depth()
        return depth.ready + depth.delayed + depth.reserved

    def fork(self) -> int:
        return os.fork() or self.consume()

    def end(self, one: int) -> None:
        os.kill(one, signal.SIGKILL)
        os.waitpid(one, 0)
        self.alive.remove(one)

    def consume(self) -> NoReturn:
        draw = random.Random(os.getpid())
        while True:
            held = self.queues.reserve(wait=dt.timedelta(seconds=5))
            if held is None:
                continue
            ends = microseconds(held.expires_at)
            self.redis.command("RPUSH", self.given, f"{held.job.id} {ends - microseconds(VISIBILITY)} {ends}")
            time.sleep(draw.uniform(0, WORK_SECONDS))
            self.redis.command("HINCRBY", self.done, str(held.job.id), 1)
            self.queues.ack(held)


if __name__ == "__main__":
    sys.stdout.write(f"{Consumers(*sys.argv[1:3]).run(sys.argv[3])}\n")
