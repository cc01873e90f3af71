"""What servers have in common: getting them, hurting them on purpose, giving them back."""

from __future__ import annotations

import abc
import contextlib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from telemed_store.errors import SettingsError
from telemed_store.testing.servers.discovery import Binaries, Container, Engine, ExistingServer, ServerSource
from telemed_store.testing.servers.process import Lease, Plan, current_session, own, share

__all__ = ["DatabaseServer", "Server"]


class Server(abc.ABC):
    """A running server of any kind, whoever runs it. Close it, or use it in a `with` block."""

    def __init__(self, url: str, lease: Lease | None, end: Callable[[], Any] | None = None) -> None:
        self._given_url = url
        self._lease = lease
        self._end = end

    @abc.abstractmethod
    def _url_at(self, port: int) -> str: ...

    @abc.abstractmethod
    def _disconnect(self) -> None: ...

    @property
    def url(self) -> str:
        """Where it is."""
        return self._given_url if self._lease is None else self._url_at(self._lease.port)

    @property
    def pid(self) -> int | None:
        """Process id of the server, where it is this session's."""
        return self._lease.pid if self._lease else None

    @property
    def directory(self) -> Path | None:
        """The server's private directory with its `server.log`, where it is this session's."""
        return self._lease.directory if self._lease else None

    def pause(self) -> None:
        """Stop all its processes (SIGSTOP): connections hang, new ones too.

        Raises:
            SettingsError: The server is not this process's alone; so for `resume`, `kill` and `restart`.
        """
        self._dedicated().ask("pause")

    def resume(self) -> None:
        """Let a paused server go on."""
        self._dedicated().ask("resume")

    def kill(self) -> None:
        """End all its processes at once (SIGKILL), as a power cut would; `restart` brings it back with its data."""
        self._dedicated().ask("kill")

    def restart(self) -> None:
        """Stop it in good order if it runs, and start it again on the same data and, if still free, the same port."""
        self._dedicated().ask("restart")

    def close(self) -> None:
        """Give the server back; one of this process alone has ended and its directory is gone when this returns."""
        self._disconnect()
        if self._lease is not None:
            self._lease.close()
        if self._end is not None:
            self._end()
            self._end = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _dedicated(self) -> Lease:
        if self._lease is None:
            raise SettingsError(
                "this server is run by somebody else: start one from binaries to pause, kill or restart it"
            )
        return self._lease


class DatabaseServer(Server):
    """A running database server.

    Attributes:
        version: The server's version as its source says it; empty for one that somebody else runs.
    """

    engine: ClassVar[Engine]

    def __init__(self, url: str, version: str, lease: Lease | None, end: Callable[[], Any] | None = None) -> None:
        super().__init__(url, lease, end)
        self.version = version

    @classmethod
    def start(cls, source: ServerSource, directory: Path | None = None) -> Self:
        """Start a server for this process alone, which may then be paused, killed and restarted.

        Args:
            source: From `discovery.find`.
            directory: Existing directory to put the server's private directory in; the system's temporary one if None.

        Raises:
            Unavailable: It did not start; the message ends with its log.
            SettingsError: The source is of another engine.
        """
        return cls._from(source, lambda plan: own(plan, directory))

    @classmethod
    def share(cls, source: ServerSource, session: str | None = None) -> Self:
        """Use the session's server; the first process that asks starts it and it ends with the last one.

        A container is the exception: each process has its own.

        Args:
            source: From `discovery.find`.
            session: What the processes of one session have in common; None: pytest-xdist's run, else this process.

        Raises:
            Unavailable: It did not start; the message ends with its log.
            SettingsError: The source is of another engine.
        """
        return cls._from(source, lambda plan: share(plan, session or current_session()))

    @classmethod
    def _from(cls, source: ServerSource, lease: Callable[[Plan], Lease]) -> Self:
        if source.engine is not cls.engine:
            raise SettingsError(f"{cls.__name__} cannot use a {source.engine} source: use the class of that engine")
        if isinstance(source, ExistingServer):
            return cls(source.url, "", None)
        if isinstance(source, Container):
            url, end = cls._run_container(source)
            return cls(url, source.image.partition(":")[2], None, end)
        held = lease(cls._plan(source))
        return cls("", source.version, held)

    @classmethod
    @abc.abstractmethod
    def _plan(cls, source: Binaries) -> Plan: ...

    @classmethod
    @abc.abstractmethod
    def _run_container(cls, source: Container) -> tuple[str, Callable[[], Any]]: ...

    @abc.abstractmethod
    def database_url(self, name: str) -> str:
        """The URL of a database of this server."""

    @abc.abstractmethod
    def has_database(self, name: str) -> bool:
        """Whether the server has a database of this name."""

    @abc.abstractmethod
    def drop_database(self, name: str) -> None:
        """Drop a database and whatever is connected to it; nothing happens if there is none."""

    @abc.abstractmethod
    def exclusive(self) -> contextlib.AbstractContextManager[None]:
        """Keep the other processes that use this server out of this block, for making a template once."""
