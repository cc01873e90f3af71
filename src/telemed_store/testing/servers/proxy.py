"""A TCP proxy in front of a server that loses connections at the moment a test chooses.

One thread runs an event loop; every method may be called from any other thread and returns when its effect has begun.
"Cut" means a reset (RST) on both sides: neither side can mistake it for an orderly end. Byte patterns are looked for in
what the client sends, and are found across packet borders; a connection must therefore be unencrypted.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import socket
import struct
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from telemed_store.errors import Unavailable

__all__ = ["Direction", "FaultProxy", "Moment"]

_CHUNK: Final = 65536
_CONTROL_SECONDS: Final = 10.0
_RESET: Final = struct.pack("ii", 1, 0)
T = TypeVar("T")


class Direction(enum.Enum):
    """Which way bytes flow."""

    TO_SERVER = "to server"
    TO_CLIENT = "to client"


class Moment(enum.Enum):
    """When a connection is cut, seen from the packet that holds the pattern."""

    BEFORE_FORWARDING = "the server never sees it"
    BEFORE_REPLY = "the server has answered it, the client never learns"


@dataclass(slots=True)
class _Trigger:
    pattern: bytes
    moment: Moment


@dataclass(slots=True)
class _Budget:
    direction: Direction
    left: int


@dataclass(eq=False, slots=True)
class _Link:
    """One client's connection and its counterpart."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    tail: bytes = b""
    cut_at_reply: bool = False
    alive: bool = True

    def cut(self) -> None:
        self.alive = False
        for side in (self.client, self.server):
            with contextlib.suppress(OSError):
                side.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            side.transport.abort()


@dataclass(slots=True)
class _Faults:
    """What is wrong with the network now; belongs to the loop's thread."""

    delay: float = 0.0
    blackhole: bool = False
    trigger: _Trigger | None = None
    budget: _Budget | None = None
    links: set[_Link] = field(default_factory=set[_Link])


class FaultProxy:
    """Listens on a free port of 127.0.0.1 and forwards to one server. Use it in a `with` block.

    Args:
        host: The server's host.
        port: The server's port.

    Attributes:
        port: Where clients connect, on 127.0.0.1.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._faults = _Faults()
        self._cut = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)
        self._thread.start()
        self._server = self._call(asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_CHUNK))
        self.port: int = self._server.sockets[0].getsockname()[1]

    @classmethod
    def before(cls, url: str) -> Self:
        """A proxy in front of the server that a database URL names."""
        from sqlalchemy.engine import make_url

        parsed = make_url(url)
        default = 3306 if parsed.get_backend_name() in {"mysql", "mariadb"} else 5432
        return cls(parsed.host or "127.0.0.1", parsed.port or default)

    def url(self, url: str) -> str:
        """The same database URL, by way of this proxy."""
        from sqlalchemy.engine import make_url

        return make_url(url).set(host="127.0.0.1", port=self.port).render_as_string(hide_password=False)

    def delay(self, seconds: float) -> None:
        """Forward everything this much later, in both directions."""
        self._set(delay=seconds)

    def blackhole(self) -> None:
        """Swallow everything in both directions and keep the connections open; new ones connect and hear nothing."""
        self._set(blackhole=True)

    def cut_after(self, count: int, direction: Direction = Direction.TO_CLIENT) -> None:
        """Cut the connection over which the count-th byte from now flows, right after that byte; once."""
        self._set(budget=_Budget(direction, count))

    def cut_on(self, pattern: bytes, moment: Moment) -> None:
        """Cut the connection on which a client sends these bytes, such as ``b"COMMIT"``; once.

        With `Moment.BEFORE_REPLY` the server's answer is awaited and withheld, so the server has certainly acted.
        """
        self._set(trigger=_Trigger(pattern, moment))

    def cut(self) -> None:
        """Cut every connection now; new ones work."""

        async def cut_all() -> None:
            for link in list(self._faults.links):
                self._end(link)

        self._call(cut_all())

    def half_close(self, direction: Direction = Direction.TO_CLIENT) -> None:
        """End one direction of every connection in good order (FIN); the other goes on."""

        async def close_half() -> None:
            for link in self._faults.links:
                (link.client if direction is Direction.TO_CLIENT else link.server).write_eof()

        self._call(close_half())

    def restore(self) -> None:
        """Take back every fault for bytes to come; what was cut or swallowed stays so."""
        self._set(delay=0.0, blackhole=False, trigger=None, budget=None)

    def wait_cut(self, seconds: float = 10.0) -> None:
        """Wait until a connection has been cut since the last fault was set.

        Raises:
            Unavailable: It did not happen in time.
        """
        if not self._cut.wait(seconds):
            raise Unavailable(f"no connection was cut within {seconds:g} s: was the fault's moment ever reached?")

    def close(self) -> None:
        """Cut everything and stop listening."""
        if self._loop.is_closed():
            return

        async def shut() -> None:
            self._server.close()
            for link in list(self._faults.links):
                link.cut()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

        self._call(shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CONTROL_SECONDS)
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_CONTROL_SECONDS)

    def _set(self, **faults: Any) -> None:
        async def apply() -> None:
            self._cut.clear()
            for name, value in faults.items():
                setattr(self._faults, name, value)

        self._call(apply())

    def _end(self, link: _Link) -> None:
        link.cut()
        self._cut.set()

    async def _accept(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._connect(from_client, to_client)
        finally:
            self._tasks.discard(task)

    async def _connect(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        try:
            from_server, to_server = await asyncio.open_connection(*self._target, limit=_CHUNK)
        except OSError:
            to_client.transport.abort()
            return
        link = _Link(to_client, to_server)
        self._faults.links.add(link)
        try:
            await asyncio.gather(
                self._pump(link, from_client, to_server, Direction.TO_SERVER),
                self._pump(link, from_server, to_client, Direction.TO_CLIENT),
            )
        finally:
            self._faults.links.discard(link)
            for side in (to_client, to_server):
                side.close()

    async def _pump(
        self, link: _Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: Direction
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                if self._faults.delay:
                    await asyncio.sleep(self._faults.delay)
                if self._faults.blackhole:
                    continue
                passed, cut = self._judge(link, data, direction)
                if passed and link.alive and not writer.transport.is_closing():
                    writer.write(passed)
                    await writer.drain()
                if cut:
                    await self._flushed(writer)
                    self._end(link)
                if not link.alive:
                    return
            if link.alive and not writer.transport.is_closing():
                writer.write_eof()

    def _judge(self, link: _Link, data: bytes, direction: Direction) -> tuple[bytes, bool]:
        """How much of the data may pass, and whether the connection ends then."""
        if direction is Direction.TO_CLIENT and link.cut_at_reply:
            return b"", True
        trigger = self._faults.trigger
        if direction is Direction.TO_SERVER and trigger is not None:
            seen = link.tail + data
            link.tail = seen[-len(trigger.pattern) + 1 :] if len(trigger.pattern) > 1 else b""
            if trigger.pattern in seen:
                self._faults.trigger = None
                if trigger.moment is Moment.BEFORE_FORWARDING:
                    return b"", True
                link.cut_at_reply = True
        budget = self._faults.budget
        if budget is not None and budget.direction is direction:
            allowed = data[: budget.left]
            budget.left -= len(allowed)
            if budget.left <= 0:
                self._faults.budget = None
                return allowed, True
            return allowed, False
        return data, False

    @staticmethod
    async def _flushed(writer: asyncio.StreamWriter) -> None:
        """Let what was written leave before a reset throws it away."""
        # With a limit of zero, drain returns only once the buffer is empty.
        writer.transport.set_write_buffer_limits(0)
        with contextlib.suppress(OSError):
            await writer.drain()
