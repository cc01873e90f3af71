"""The fault proxy: each fault happens exactly where it is asked for, on an echo server and on PostgreSQL."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from telemed_store.errors import Unavailable
from telemed_store.testing.servers.discovery import Absent, Engine, find
from telemed_store.testing.servers.postgresql import PostgresServer
from telemed_store.testing.servers.proxy import Direction, FaultProxy, Moment


class Echo(socketserver.BaseRequestHandler):
    """Sends back what it gets; `seen` is everything all connections sent."""

    seen = bytearray()

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            while data := self.request.recv(65536):
                Echo.seen += data
                self.request.sendall(data)


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    Echo.seen.clear()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            with FaultProxy("127.0.0.1", server.server_address[1]) as proxy:
                yield proxy
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def client(proxy: FaultProxy) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as connection:
        connection.sendall(b"hello")
        assert connection.recv(100) == b"hello"
        yield connection


def received_until_reset(client: socket.socket) -> bytes:
    """What arrives before the reset; an orderly end fails the test."""
    received = b""
    while True:
        try:
            data = client.recv(100)
        except ConnectionResetError:
            return received
        assert data, "the connection ended in good order instead of being cut"
        received += data


def test_delay_holds_every_byte_back(proxy: FaultProxy, client: socket.socket) -> None:
    proxy.delay(0.1)
    begun = time.monotonic()
    client.sendall(b"x")
    assert client.recv(100) == b"x"
    assert time.monotonic() - begun >= 0.2


@pytest.mark.parametrize("direction", list(Direction))
def test_cut_after_passes_exactly_n_bytes(proxy: FaultProxy, client: socket.socket, direction: Direction) -> None:
    proxy.cut_after(3, direction)
    client.sendall(b"abcdef")
    received = received_until_reset(client)
    proxy.wait_cut()
    if direction is Direction.TO_CLIENT:
        assert received == b"abc"
        assert bytes(Echo.seen) == b"helloabcdef"
    else:
        assert b"abc".startswith(received)
        assert bytes(Echo.seen) in {b"hello", b"helloabc"}, "a reset may overtake bytes on their way to the server"


def test_cut_resets_what_is_open_and_lets_new_connections_in(proxy: FaultProxy, client: socket.socket) -> None:
    proxy.cut()
    assert received_until_reset(client) == b""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as second:
        second.sendall(b"again")
        assert second.recv(100) == b"again"


def test_half_close_ends_one_direction_only(proxy: FaultProxy, client: socket.socket) -> None:
    proxy.half_close()
    assert client.recv(100) == b""
    client.sendall(b"still going")
    deadline = time.monotonic() + 5
    while bytes(Echo.seen) != b"hellostill going" and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    assert bytes(Echo.seen) == b"hellostill going"


def test_blackhole_swallows_and_restore_ends_it(proxy: FaultProxy, client: socket.socket) -> None:
    proxy.blackhole()
    client.sendall(b"lost")
    client.settimeout(0.2)
    with pytest.raises(TimeoutError):
        client.recv(100)
    assert bytes(Echo.seen) == b"hello"
    proxy.restore()
    client.settimeout(5)
    client.sendall(b"found")
    assert client.recv(100) == b"found"


def test_a_pattern_is_found_across_packets(proxy: FaultProxy, client: socket.socket) -> None:
    proxy.cut_on(b"COMMIT", Moment.BEFORE_FORWARDING)
    client.sendall(b"xCOM")
    assert client.recv(100) == b"xCOM"
    client.sendall(b"MITy")
    received_until_reset(client)
    assert bytes(Echo.seen) == b"helloxCOM"


def test_a_fault_that_never_happens_is_reported(proxy: FaultProxy) -> None:
    proxy.cut_on(b"COMMIT", Moment.BEFORE_REPLY)
    with pytest.raises(Unavailable, match="no connection was cut"):
        proxy.wait_cut(0.05)


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    source = find(Engine.POSTGRESQL)
    if isinstance(source, Absent):
        pytest.skip(source.reason)
    with PostgresServer.share(source) as server:
        yield server


@pytest.mark.parametrize(("moment", "stored"), [(Moment.BEFORE_FORWARDING, 0), (Moment.BEFORE_REPLY, 1)])
def test_commit_in_flight_is_lost_on_the_side_asked_for(postgres: PostgresServer, moment: Moment, stored: int) -> None:
    url = postgres.create_database(f"commit_{stored}")
    with psycopg.connect(url, autocommit=True) as direct:
        direct.execute("CREATE TABLE note (id int)")
        with FaultProxy.before(url) as proxy:
            proxy.cut_on(b"COMMIT", moment)
            with pytest.raises(psycopg.OperationalError), psycopg.connect(proxy.url(url)) as through:
                through.execute("INSERT INTO note VALUES (1)")
            proxy.wait_cut()
        # The server ends the transaction of a connection that was reset; until then the row's fate is open.
        assert await_backends_gone(direct) == 0
        row: tuple[Any, ...] | None = direct.execute("SELECT count(*) FROM note").fetchone()
    assert row == (stored,)
    postgres.drop_database(f"commit_{stored}")


def await_backends_gone(direct: psycopg.Connection[Any]) -> int:
    """Other backends of this database, once there are none or five seconds have passed."""
    statement = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    deadline = time.monotonic() + 5
    while True:
        row: tuple[int] | None = direct.execute(statement).fetchone()
        if row == (0,) or time.monotonic() > deadline:
            return row[0] if row else -1
        threading.Event().wait(0.01)
