"""``python -m benchmarks.queues``: a job enqueued, reserved and acknowledged, beside the same three round trips of bare redis-py.

Bare is a stream with a consumer group as its manual shows it: XADD, XREADGROUP, and XACK with XDEL in one pipeline. It knows no time at which a job
comes back, no tries, no delay, no dead letters, no owner and no key that makes two jobs one.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import sys
from statistics import median
from typing import Any

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from benchmarks.awake import awake_cores
from benchmarks.timing import Contender, take_turns
from telemed_store import AsyncQueues, NewJob, Queues, new_id
from telemed_store._async.ephemeral.redis_queues import AsyncRedisQueues
from telemed_store._async.redis_connections import AsyncRedisConnections
from telemed_store._sync.ephemeral.redis_queues import RedisQueues
from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.redis_client.keys import Keyspace
from telemed_store.redis_client.urls import parse_redis_url
from telemed_store.testing.servers.discovery import Absent
from telemed_store.testing.servers.valkey import ValkeyServer, find_valkey

TIMEOUT = 5.0
VISIBILITY = dt.timedelta(minutes=3)
ROUNDS, CALLS = 30, 100
STREAM, GROUP = "bare", "workers"
PAYLOAD = b'{"id":"01a21b6b-ec9f-7359-affa-2f0df5c40699","name":"export.chart","ids":{"patient":"01a21b6b-ec9f-7359-affa-2f0df5c40699"}}'


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.queues", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs, of which the one in the middle counts (5)")
    parser.add_argument(
        "--quantile", type=float, default=0.5, help="0.5 is the median; on a busy machine 0.1 says more"
    )
    asked = parser.parse_args()
    program = find_valkey()
    if isinstance(program, Absent):
        raise SystemExit(program.reason)
    found: dict[tuple[str, str], list[float]] = {}
    with awake_cores(), ValkeyServer.start(program) as server, asyncio.Runner() as loop:
        for number in range(asked.runs):
            print(f"run {number + 1}", file=sys.stderr, flush=True)
            server.client().flushall()
            contenders = [*bare(server.url), *ours(server.url)]
            take_turns(contenders, loop, rounds=ROUNDS, calls=CALLS)
            for each in contenders:
                found.setdefault((each.world, each.name), []).append(each.milliseconds(asked.quantile))
    for world in ("sync", "async"):
        ratios = [mine / theirs for mine, theirs in zip(found[world, "queues"], found[world, "bare"], strict=True)]
        jobs = {name: 1000 / median(found[world, name]) for name in ("bare", "queues")}
        print(
            f"{world}: {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) times bare redis-py;"
            f" {jobs['queues']:.0f} jobs a second one after the other, bare {jobs['bare']:.0f}"
        )


def ours(url: str) -> list[Contender]:
    """The package, whole: a job is checked, given an id, kept, reserved for a time and acknowledged by its owner."""
    keyspace = Keyspace("bench")
    queues: Queues = RedisQueues(RedisConnections(parse_redis_url(url), TIMEOUT), keyspace, VISIBILITY)
    async_queues: AsyncQueues = AsyncRedisQueues(
        AsyncRedisConnections(parse_redis_url(url), TIMEOUT), keyspace, VISIBILITY
    )
    patient = new_id()

    def once() -> None:
        queues.enqueue(NewJob(name="export.chart", ids={"patient": patient}))
        held = queues.reserve()
        assert held is not None
        queues.ack(held)

    async def once_async() -> None:
        await async_queues.enqueue(NewJob(name="export.chart", ids={"patient": patient}))
        held = await async_queues.reserve()
        assert held is not None
        await async_queues.ack(held)

    return [Contender("queues", "sync", once), Contender("queues", "async", once_async)]


def bare(url: str) -> list[Contender]:
    """The same three round trips, without what a queue needs besides."""
    client: Any = redis.Redis.from_url(url, socket_timeout=TIMEOUT, retry=Retry(NoBackoff(), 0))
    async_client: Any = redis.asyncio.Redis.from_url(url, socket_timeout=TIMEOUT, retry=AsyncRetry(NoBackoff(), 0))
    client.xgroup_create(STREAM, GROUP, "0", mkstream=True)

    def once() -> None:
        client.xadd(STREAM, {"job": PAYLOAD})
        entry = _entry(client.xreadgroup(GROUP, "one", {STREAM: ">"}, count=1))
        with client.pipeline(transaction=False) as pipe:
            pipe.xack(STREAM, GROUP, entry)
            pipe.xdel(STREAM, entry)
            pipe.execute()

    async def once_async() -> None:
        await async_client.xadd(STREAM, {"job": PAYLOAD})
        entry = _entry(await async_client.xreadgroup(GROUP, "one", {STREAM: ">"}, count=1))
        async with async_client.pipeline(transaction=False) as pipe:
            pipe.xack(STREAM, GROUP, entry)
            pipe.xdel(STREAM, entry)
            await pipe.execute()

    return [Contender("bare", "sync", once), Contender("bare", "async", once_async)]


def _entry(answer: Any) -> Any:
    """The id of the one entry that was read, whichever protocol brought it."""
    streams = list(answer.values()) if isinstance(answer, dict) else [entries for _, entries in answer]
    entries = streams[0]
    first = entries[0]
    return first[0][0] if isinstance(first, list) and isinstance(first[0], tuple | list) else first[0]


if __name__ == "__main__":
    main()
