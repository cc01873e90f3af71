# Generated from _async/redis_connections.py by tools/sync.py. Do not edit.
"""The connections to Redis of one store: made on first use, for this process and this event loop, and closed with the store.

Fail-fast (design §3.17): a call that does not get its answer within the time limit raises `Unavailable`. Nothing is repeated here, for
only the caller knows whether its command may run twice.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Protocol, TypeVar

from telemed_store._sync._synchronization import is_gone, pool_owner
from telemed_store.errors import StoreError
from telemed_store.redis_client.failures import redis_errors, translate_redis, unknown_script
from telemed_store.redis_client.scripts import Script
from telemed_store.redis_client.urls import RedisAddress

__all__ = ["RedisConnections"]

T = TypeVar("T")
Argument = str | bytes | int | float


class _Client(Protocol):
    """What is used of redis-py, whose own annotations leave much unsaid."""

    def execute_command(self, *parts: Argument) -> Any: ...
    def pipeline(self, **options: Any) -> Any: ...
    def close(self) -> None: ...


# A forked child must not touch its parent's connections, not even to close them: it keeps its copies here, unused, for ever.
_INHERITED: list[object] = []


class RedisConnections:
    """Runs commands and scripts. Threads, forks and event loops are safe: each process and each loop gets its own connections.

    Args:
        address: Where Redis is.
        timeout: Seconds for connecting, and again for each answer.
    """

    def __init__(self, address: RedisAddress, timeout: float) -> None:
        self._address = address
        self._timeout = timeout
        self._process = os.getpid()
        self._by_owner: dict[object, _Client] = {}
        self._closed = False

    def command(self, *parts: Argument) -> Any:
        """Run one command; texts come back as bytes.

        Raises:
            Unavailable: No answer within the time limit.
        """

        def run(client: _Client) -> Any:
            return client.execute_command(*parts)

        return self._translated(run)

    def pipeline(self, commands: Sequence[Sequence[Argument]]) -> list[Any]:
        """Run commands in one round trip (on a Cluster: one per node), one after the other and not as one step.

        Raises:
            Unavailable: No answer within the time limit; each command may have run or not.
        """

        def run(client: _Client) -> list[Any]:
            # A Cluster has no transactions over several nodes: `transaction` is for one server alone.
            pipe = client.pipeline() if self._address.kind == "cluster" else client.pipeline(transaction=False)
            for command in commands:
                pipe.execute_command(*command)
            return list(pipe.execute())

        return self._translated(run)

    def script(self, script: Script, keys: Sequence[str], arguments: Sequence[Argument] = ()) -> Any:
        """Run a script as one step.

        Args:
            script: What to run.
            keys: The keys it touches, all with one hash tag.
            arguments: Its other arguments.

        Raises:
            Unavailable: No answer within the time limit; it ran as a whole or not at all.
        """

        def run(client: _Client) -> Any:
            try:
                return client.execute_command("EVALSHA", script.digest, len(keys), *keys, *arguments)
            except unknown_script():
                return client.execute_command("EVAL", script.text, len(keys), *keys, *arguments)

        return self._translated(run)

    def within(self, timeout: float) -> RedisConnections:
        """Connections of their own to the same Redis, with another time limit in seconds; whoever asks closes them."""
        return RedisConnections(self._address, timeout)

    def close(self) -> None:
        """Close the connections of this event loop; those of other loops end with them."""
        self._closed = True
        self._forget_parents()
        client = self._by_owner.pop(pool_owner(), None)
        self._by_owner.clear()
        if client is not None:
            client.close()
            # A client of a master that Sentinels name leaves the connections to them open.
            pool: Any = getattr(client, "connection_pool", None)
            for asked in getattr(getattr(pool, "sentinel_manager", None), "sentinels", ()):
                asked.close()

    def _translated(self, run: Callable[[_Client], T]) -> T:
        if self._closed:
            raise StoreError("This store is closed: open a new one.")
        try:
            return run(self._client())
        except redis_errors() as failure:
            error = translate_redis(failure)
        raise error

    def _client(self) -> _Client:
        self._forget_parents()
        owner = pool_owner()
        client = self._by_owner.get(owner)
        if client is None:
            # Each step on the dictionary is one of its own methods: threads may come here at once.
            for other in [other for other in list(self._by_owner) if is_gone(other)]:
                self._by_owner.pop(other, None)
            client = self._by_owner.setdefault(owner, _open(self._address, self._timeout))
        return client

    def _forget_parents(self) -> None:
        if os.getpid() != self._process:
            _INHERITED.append(self._by_owner)
            self._by_owner = {}
            self._process = os.getpid()


def _open(address: RedisAddress, timeout: float) -> _Client:
    """A client of redis-py, imported on use (design §3.19)."""
    redis: Any = import_module("redis")
    retry: Any = import_module("redis.retry").Retry
    no_backoff: Any = import_module("redis.backoff").NoBackoff
    options: dict[str, Any] = {
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        "legacy_responses": False,
        "retry": retry(no_backoff(), 0),
    }
    url = address.url.get_secret_value()
    client: _Client
    if address.kind == "server":
        client = redis.Redis.from_url(url, **options)
        return client
    # The Sentinels, or the Cluster's nodes, say where to go: of the URL the rest is kept, such as the account and TLS.
    rest = dict(import_module("redis.connection").parse_url(url))
    tls = rest.pop("connection_class", None) is not None
    options |= {name: value for name, value in rest.items() if name not in {"host", "port"}} | {"ssl": tls}
    if address.kind == "sentinel":
        asked = {name: options[name] for name in ("socket_timeout", "socket_connect_timeout", "retry", "ssl")}
        sentinel: Any = import_module("redis.sentinel").Sentinel
        client = sentinel(address.hosts, sentinel_kwargs=asked, **options).master_for(address.service)
        return client
    cluster: Any = import_module("redis.cluster")
    # Once more, after asking who holds the slot now: a node that failed over has not run the command.
    options["retry"] = retry(no_backoff(), 1)
    client = cluster.RedisCluster(
        startup_nodes=[cluster.ClusterNode(host, port) for host, port in address.hosts], **options
    )
    return client
