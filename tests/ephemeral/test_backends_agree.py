"""Queues in the process and in Redis are two programs with one meaning: whatever is done to both, they answer alike."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from telemed_store import LeaseLost, NewJob, NotFound, Reservation
from telemed_store._sync.ephemeral.in_process_queues import InProcessQueues
from telemed_store._sync.ephemeral.queues import Queues
from telemed_store._sync.ephemeral.redis_queues import RedisQueues
from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.redis_client.keys import Keyspace
from telemed_store.redis_client.urls import parse_redis_url
from telemed_store.testing.clock import FrozenClock

BRIEF, LONG = dt.timedelta(milliseconds=1), dt.timedelta(hours=1)


class Side:
    """One backend, and what its user holds; what is answered names jobs by the number that both sides gave them."""

    def __init__(self, queues: Queues, now: Callable[[], dt.datetime]) -> None:
        self.queues = queues
        self.now = now
        self.held: list[Reservation] = []

    def do(self, verb: str, number: int, place: int) -> Any:
        try:
            return getattr(self, verb)(number, place)
        except (LeaseLost, NotFound) as refusal:
            return refusal.code

    def enqueue(self, number: int, place: int) -> Any:
        key = f"key:{place}" if place < 3 else None
        return number_of(self.queues.enqueue(NewJob(name="export", ids={"number": number}, dedupe_key=key)))

    def enqueue_later(self, number: int, place: int) -> Any:
        at = self.now() + (BRIEF if place % 2 else LONG)
        return number_of(self.queues.enqueue(NewJob(name="export", ids={"number": number}, at=at)))

    def reserve(self, _number: int, place: int) -> Any:
        held = self.queues.reserve(visibility=BRIEF if place % 3 == 0 else LONG)
        if held is None:
            return None
        self.held.append(held)
        return number_of(held.job), held.tries

    def ack(self, _number: int, place: int) -> Any:
        return self.queues.ack(self.one(place)) if self.held else None

    def retry(self, _number: int, place: int) -> Any:
        return self.queues.retry(self.one(place), after=BRIEF) is None if self.held else None

    def extend(self, _number: int, place: int) -> Any:
        return self.queues.extend(self.one(place), LONG).tries if self.held else None

    def requeue(self, _number: int, place: int) -> Any:
        dead = sorted(self.queues.dead_letters(), key=lambda letter: number_of(letter.job))
        return self.queues.requeue("default", dead[place % len(dead)].job.id) if dead else None

    def purge(self, _number: int, place: int) -> Any:
        return self.queues.purge("default") if place == 0 else None

    def one(self, place: int) -> Reservation:
        """Often the newest reservation, sometimes an old one that others took over."""
        return self.held[-1 - place % min(4, len(self.held))]

    def state(self) -> Any:
        depth = self.queues.depth()
        dead = sorted((number_of(letter.job), letter.tries) for letter in self.queues.dead_letters())
        return depth.ready, depth.delayed, depth.reserved, depth.dead, depth.oldest_age is None, dead


def number_of(job: Any) -> int:
    number = job.ids["number"]
    assert isinstance(number, int)
    return number


@pytest.fixture
def redis(telemed_redis_url: str) -> Iterator[RedisConnections]:
    connections = RedisConnections(parse_redis_url(telemed_redis_url), 10.0)
    yield connections
    connections.close()


@pytest.mark.telemed_size(steps=(400, 5_000))
def test_two_backends_answer_alike_whatever_is_done(
    redis: RedisConnections, telemed_redis_namespace: str, telemed_size: Any
) -> None:
    clock, draw = FrozenClock(), random.Random("backends")
    here = Side(InProcessQueues(clock, LONG), clock.now)
    there = Side(RedisQueues(redis, Keyspace(telemed_redis_namespace), LONG), lambda: dt.datetime.now(dt.UTC))
    verbs = ["enqueue", "enqueue", "enqueue_later", "reserve", "reserve", "reserve", "ack", "retry", "retry", "extend"]
    seen: set[Any] = set()
    for step in range(telemed_size.steps):
        verb, place = draw.choice([*verbs, "requeue", "purge"]), draw.randrange(12)
        answers = [side.do(verb, step, place) for side in (here, there)]
        assert answers[0] == answers[1], (step, verb, place)
        # What is brief is over before the next step.
        clock.step(3 * BRIEF)
        time.sleep((3 * BRIEF).total_seconds())
        assert here.state() == there.state(), (step, verb, place)
        seen.add((verb, answers[0] if isinstance(answers[0], str | bool | None) else "..."))

    # Otherwise nothing was compared.
    assert {("ack", "lease_lost"), ("ack", None), ("retry", True), ("retry", False), ("retry", "lease_lost")} < seen
    assert {("extend", "..."), ("reserve", "..."), ("requeue", None), ("purge", "...")} < seen
