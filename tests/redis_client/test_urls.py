"""A Redis URL is understood, or refused by the name of its setting and never by its value."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from telemed_store.errors import SettingsError
from telemed_store.redis_client.keys import Keyspace
from telemed_store.redis_client.urls import parse_redis_url

SERVERS = [
    "redis://cache",
    "redis://:secret@cache:6380/2",
    "rediss://me:secret@cache/0?ssl_cert_reqs=none",
    "unix:///run/r.sock?db=1",
]


@pytest.mark.parametrize("url", SERVERS)
def test_a_url_of_one_server_is_left_to_redis_py(url: str) -> None:
    address = parse_redis_url(SecretStr(url))

    assert (address.kind, address.url.get_secret_value(), address.hosts) == ("server", url, ())


def test_sentinels_name_a_master() -> None:
    address = parse_redis_url("rediss+sentinel://me:secret@a,b:26380,[::1]:5/telemed/3?ssl_cert_reqs=none")

    assert address.kind == "sentinel"
    assert address.hosts == (("a", 26379), ("b", 26380), ("::1", 5))
    assert address.service == "telemed"
    assert address.url.get_secret_value() == "rediss://me:secret@a:26379/3?ssl_cert_reqs=none"


def test_a_cluster_is_asked_through_any_of_its_nodes() -> None:
    address = parse_redis_url("redis+cluster://a:7000,b")

    assert (address.kind, address.hosts, address.service) == ("cluster", (("a", 7000), ("b", 6379)), "")
    assert address.url.get_secret_value() == "redis://a:7000/"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "redis:",
        "redis://",
        "http://secret/0",
        "redis://secret\x00/0",
        "redis://secret\ud800/0",
        "redis+sentinel://secret",
        "redis+sentinel://secret/service/zero",
        "redis+sentinel://,secret/service",
        "redis+cluster://secret/1",
        "redis+cluster://secret:port",
        "redis+other://secret",
    ],
)
def test_what_is_no_redis_url_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        parse_redis_url(url)

    assert refusal.value.setting == "TELEMED_STORE_REDIS_URL"
    assert "secret" not in str(refusal.value)


def test_an_account_never_shows() -> None:
    assert "secret" not in repr(parse_redis_url("redis+cluster://me:secret@a,b"))


def test_all_keys_of_a_subject_lie_on_one_node() -> None:
    keys = Keyspace("telemed")

    assert keys.key("queue", "default", "pending") == "telemed:v1:queue:{default}:pending"
    assert keys.key("queue", "default") == "telemed:v1:queue:{default}"
