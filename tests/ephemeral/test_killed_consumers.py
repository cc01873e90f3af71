"""Whatever consumers die of, no job is lost, and none is given to another before its time (D24, D25)."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from telemed_store._sync.ephemeral.redis_queues import RedisQueues
from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.ephemeral.queues import NewJob
from telemed_store.redis_client.keys import Keyspace
from telemed_store.redis_client.urls import parse_redis_url

CONSUMERS = Path(__file__).with_name("consumers.py")
DEADLINE = 900


@pytest.fixture
def redis(telemed_redis_url: str) -> Iterator[RedisConnections]:
    connections = RedisConnections(parse_redis_url(telemed_redis_url), 10.0)
    yield connections
    connections.close()


@pytest.mark.slow
@pytest.mark.telemed_size(jobs=(1_000, 10_000))
def test_jobs_of_killed_consumers_are_neither_lost_nor_given_out_too_early(
    redis: RedisConnections, telemed_redis_url: str, telemed_redis_namespace: str, telemed_size: Any
) -> None:
    queues = RedisQueues(redis, Keyspace(telemed_redis_namespace), dt.timedelta(minutes=3))
    jobs = {str(queues.enqueue(NewJob(name="export", ids={"number": n})).id) for n in range(telemed_size.jobs)}

    killed = subprocess.run(
        [sys.executable, str(CONSUMERS), telemed_redis_url, telemed_redis_namespace, "seed"],
        stdout=subprocess.PIPE,
        timeout=DEADLINE,
        check=True,
    ).stdout

    done = {
        job.decode(): int(times) for job, times in redis.command("HGETALL", f"{telemed_redis_namespace}:done").items()
    }
    dead = {str(letter.job.id) for letter in queues.dead_letters()}
    assert set(done) | dead == jobs
    # Whoever was killed four times at the same job, which is as good as never.
    assert len(dead) <= 1

    given: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for line in redis.command("LRANGE", f"{telemed_redis_namespace}:given", 0, -1):
        job, begins, ends = line.decode().split()
        given[job].append((int(begins), int(ends)))
    again = [times for times in given.values() if len(times) > 1]
    assert all(
        ends <= begins
        for times in again
        for (_, ends), (begins, _) in zip(sorted(times), sorted(times)[1:], strict=False)
    )

    # Otherwise nothing was proved.
    assert int(killed) > len(jobs) / 100
    assert len(again) > 5
    assert redis.command("XLEN", Keyspace(telemed_redis_namespace).key("queue", "default", "stream")) == 0
