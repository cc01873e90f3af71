"""Where what is short-lived is kept: Redis if it is set, else this process where that can be right, else a refusal."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from telemed_store import NewJob, SettingsError, Store, StoreError, new_id
from telemed_store._sync.ephemeral.counters import InProcessCounters, RedisCounters
from telemed_store._sync.ephemeral.in_process_locks import InProcessLocks
from telemed_store._sync.ephemeral.in_process_queues import InProcessQueues
from telemed_store._sync.ephemeral.presence import InProcessPresence, RedisPresence
from telemed_store._sync.ephemeral.rate_limits import InProcessRateLimits, RedisRateLimits
from telemed_store._sync.ephemeral.redis_locks import RedisLocks
from telemed_store._sync.ephemeral.redis_queues import RedisQueues
from telemed_store._sync.ephemeral.sessions import InProcessSessions, RedisSessions
from telemed_store.crypto import MasterKeys
from telemed_store.settings import Settings, load_settings

SERVER = "postgresql://user:secret@db.example/telemed"
NOBODY = "redis://127.0.0.1:1/0"
KEYS = MasterKeys.generate().to_setting()
IN_PROCESS = {
    "sessions": InProcessSessions,
    "counters": InProcessCounters,
    "rate_limits": InProcessRateLimits,
    "presence": InProcessPresence,
    "locks": InProcessLocks,
    "queues": InProcessQueues,
}
IN_REDIS = {
    "sessions": RedisSessions,
    "counters": RedisCounters,
    "rate_limits": RedisRateLimits,
    "presence": RedisPresence,
    "locks": RedisLocks,
    "queues": RedisQueues,
}
NAMES = list(IN_PROCESS)


def settings(**given: object) -> Settings:
    defaults: dict[str, object] = {"env": "test", "keys": KEYS, "redis_url": None, "database_url": SERVER}
    return load_settings(**(defaults | given))


def made(store: Store) -> dict[str, type]:
    return {name: type(getattr(store, name)) for name in NAMES}


def test_on_sqlite_it_is_this_process(tmp_path: Path) -> None:
    with Store.open(settings=settings(database_url=f"sqlite:///{tmp_path / 'x.db'}")) as store:
        assert made(store) == IN_PROCESS
        issued = store.sessions.create(new_id())
        assert store.sessions.get(issued.token) is not None
        assert store.sessions is store.sessions


def test_redis_decides_on_every_database_and_nothing_connects(tmp_path: Path) -> None:
    for url in (SERVER, f"sqlite:///{tmp_path / 'x.db'}"):
        with Store.open(settings=settings(database_url=url, redis_url=NOBODY)) as store:
            assert made(store) == IN_REDIS
    with Store.open(settings=settings(env="production", redis_url=NOBODY)) as store:
        assert made(store) == IN_REDIS


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("env", ["test", "production"])
def test_a_server_without_redis_is_refused_when_it_is_needed(name: str, env: str) -> None:
    with Store.open(settings=settings(env=env)) as store:
        assert store.settings.env == env  # opening it is not refused
        for _ in range(2):
            with pytest.raises(SettingsError, match=f"^TELEMED_STORE_REDIS_URL: .*`{name}`") as refused:
                getattr(store, name)
            assert refused.value.setting == "TELEMED_STORE_REDIS_URL"
            assert ("TELEMED_STORE_SINGLE_PROCESS" in str(refused.value)) == (env == "test")


def test_a_server_that_one_process_has_to_itself_may_do_without() -> None:
    with Store.open(settings=settings(single_process=True)) as store:
        assert made(store) == IN_PROCESS
    with pytest.raises(SettingsError, match="TELEMED_STORE_SINGLE_PROCESS"):
        Store.open(settings=settings(single_process=True, env="production"))


def test_a_wrong_redis_url_is_refused_at_once_and_not_quoted() -> None:
    with pytest.raises(SettingsError, match=r"^TELEMED_STORE_REDIS_URL: ") as refused:
        Store.open(settings=settings(redis_url="http://user:hunter2@example"))
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("redis_url", [None, NOBODY])
def test_a_closed_store_keeps_nothing(name: str, redis_url: str | None) -> None:
    store = Store.open(settings=settings(redis_url=redis_url, single_process=True))
    store.close()
    with pytest.raises(StoreError, match="closed"):
        getattr(store, name)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"session_lifetime": dt.timedelta(0)}, "SESSION_LIFETIME"),
        ({"session_lifetime": dt.timedelta(seconds=-1)}, "SESSION_LIFETIME"),
        ({"session_lifetime": dt.timedelta(days=400)}, "SESSION_LIFETIME"),
        ({"session_lifetime": "forever"}, "SESSION_LIFETIME"),
        ({"counter_lifetime": dt.timedelta(microseconds=1)}, "COUNTER_LIFETIME"),
        ({"presence_lease": dt.timedelta(seconds=30)}, "PRESENCE_HEARTBEAT"),
        ({"presence_heartbeat": dt.timedelta(seconds=90)}, "PRESENCE_HEARTBEAT"),
        ({"presence_lease": dt.timedelta(0)}, "PRESENCE_LEASE"),
        ({"queue_visibility": dt.timedelta(0)}, "QUEUE_VISIBILITY"),
    ],
)
def test_a_lifetime_that_makes_no_sense_is_refused_by_name(given: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(**given)
    assert refused.value.setting == f"TELEMED_STORE_{named}"


def test_the_settings_reach_the_backends(tmp_path: Path) -> None:
    given = settings(
        database_url=f"sqlite:///{tmp_path / 'x.db'}",
        session_lifetime=dt.timedelta(minutes=5),
        presence_lease=dt.timedelta(seconds=40),
        presence_heartbeat=dt.timedelta(seconds=10),
        queue_visibility=dt.timedelta(seconds=50),
    )
    with Store.open(settings=given) as store:
        session = store.sessions.create(new_id()).session
        assert session.expires_at - session.created_at == dt.timedelta(minutes=5)
        lease = store.presence.join(new_id(), new_id(), "PA_1")
        assert lease.expires_at - lease.renew_at == dt.timedelta(seconds=30)
        job = store.queues.enqueue(NewJob(name="export"))
        held = store.queues.reserve()
        assert held is not None
        assert dt.timedelta(seconds=50) <= held.expires_at - job.enqueued_at < dt.timedelta(seconds=80)


def test_two_stores_of_different_namespaces_share_nothing(telemed_redis_url: str, telemed_redis_namespace: str) -> None:
    patient = dt.timedelta(seconds=10)
    common = {"redis_url": telemed_redis_url, "redis_timeout": patient}
    with (
        Store.open(settings=settings(**common, redis_namespace=telemed_redis_namespace)) as one,
        Store.open(settings=settings(**common, redis_namespace=telemed_redis_namespace)) as same,
        Store.open(settings=settings(**common, redis_namespace=f"{telemed_redis_namespace}-2")) as other,
    ):
        token = one.sessions.create(new_id()).token
        assert same.sessions.get(token) is not None
        assert other.sessions.get(token) is None
