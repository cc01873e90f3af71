"""``telemed-store queues``: what an operator sees of the queues, and does to dead letters."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from typer.testing import CliRunner

from telemed_store import NewJob
from telemed_store._sync.ephemeral.redis_queues import RedisQueues
from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.cli.app import app
from telemed_store.ephemeral.queues import BackOff, Job
from telemed_store.redis_client.keys import Keyspace
from telemed_store.redis_client.urls import parse_redis_url

TICK = dt.timedelta(milliseconds=1)


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["queues", *arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def queues(telemed_redis_url: str, telemed_redis_namespace: str, monkeypatch: pytest.MonkeyPatch) -> RedisQueues:
    monkeypatch.setenv("TELEMED_STORE_REDIS_URL", telemed_redis_url)
    monkeypatch.setenv("TELEMED_STORE_REDIS_NAMESPACE", telemed_redis_namespace)
    monkeypatch.setenv("TELEMED_STORE_REDIS_TIMEOUT", "PT10S")
    return RedisQueues(
        RedisConnections(parse_redis_url(telemed_redis_url), 10.0), Keyspace(telemed_redis_namespace), dt.timedelta(1)
    )


def kill(queues: RedisQueues) -> Job:
    job = queues.enqueue(NewJob(name="export.chart", ids={"number": 7}, queue="documents"))
    for _ in range(BackOff.DEFAULT.most_tries):
        held = queues.reserve("documents", wait=dt.timedelta(seconds=10))
        assert held is not None
        queues.retry(held, after=TICK)
    return job


def test_the_queues_and_their_dead_letters_are_shown(queues: RedisQueues) -> None:
    job = kill(queues)
    queues.enqueue(NewJob(name="ring", queue="high"))

    high, default, _low, documents = json.loads(run("list", "--json")[1])
    assert (high["queue"], high["ready"], high["oldest_seconds"] >= 0) == ("high", 1, True)
    assert (default["queue"], default["ready"], default["oldest_seconds"]) == ("default", 0, None)
    assert (documents["queue"], documents["dead"]) == ("documents", 1)
    assert run("list", "high")[1].split()[:7] == ["queue", "ready", "delayed", "reserved", "dead", "oldest", "high"]
    (letter,) = json.loads(run("dead", "documents", "--json")[1])
    assert (letter["job"]["id"], letter["tries"]) == (str(job.id), 4)
    assert f"{job.id} export.chart number=7 4" in " ".join(run("dead", "documents")[1].split())


def test_dead_letters_are_requeued_and_purged(queues: RedisQueues) -> None:
    jobs = [kill(queues) for _ in range(3)]

    assert run("requeue", "documents", str(jobs[0].id)) == (0, "requeued: 1\n", "")
    code, _, said = run("requeue", "documents", str(jobs[0].id))
    assert (code, said.count("dead letter")) == (1, 1)
    assert run("purge", "documents", str(jobs[1].id)) == (0, "purged: 1\n", "")
    assert run("requeue", "documents", "--all") == (0, "requeued: 1\n", "")
    assert run("purge", "documents", "--all") == (0, "purged: 0\n", "")
    assert run("purge", "documents")[0] == 2
    assert queues.depth("documents").ready == 2


def test_without_redis_there_is_nothing_to_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TELEMED_STORE_REDIS_URL", raising=False)
    code, _, said = run("list")

    assert code == 3
    assert "TELEMED_STORE_REDIS_URL" in said
