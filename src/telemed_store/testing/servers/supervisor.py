"""The process between a test session and one server: it starts the server and ends it when nobody is left.

It is run as a script by `process.py` and imports nothing but the standard library. Each test process that uses the
server holds a *lease*: an open socket to this process. The kernel closes the socket however the holder ends, SIGKILL
included; with the last lease the server is stopped and its directory removed. Should this process itself be killed, the
kernel passes a signal on to the server (Linux).

Protocol: one JSON object per line. The first lease is standard input, and its first line is the `Job`. Every lease is
greeted with `{"home": …, "port": …, "pid": …}` or `{"error": …, "log": …}`; afterwards it may ask `{"do": "pause" |
"resume" | "kill" | "restart"}`.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_POLL = 0.01
_ATTEMPTS = 3
_PR_SET_PDEATHSIG = 1
_LIBC: ctypes.CDLL | None = ctypes.CDLL(None) if Path("/proc/self").exists() else None


@dataclass(frozen=True)
class Job:
    """What to run. `{port}` in `serve` is replaced by a free port.

    Attributes:
        home: The server's directory, told to every lease.
        prepare: Commands that make the data directory, run one after the other.
        serve: The server's command line, in the foreground.
        environment: The whole environment of these commands.
        ready: Text in the server's log that says it takes connections.
        log: File that takes the output of all commands.
        remove: Directories to remove at the end.
        stop_signal: Ends the server at once; its data is thrown away.
        restart_signal: Ends the server in good order.
        start_seconds: Bound of every start and of each `prepare` command.
        listen: Path of the socket for further leases, or None for a server of one process.
        lock: File whose lock excludes newcomers while the last lease ends, with `listen`.
    """

    home: str
    prepare: list[list[str]]
    serve: list[str]
    environment: dict[str, str]
    ready: str
    log: str
    remove: list[str]
    stop_signal: int
    restart_signal: int
    start_seconds: float
    listen: str | None = None
    lock: str | None = None


class StartFailed(Exception):
    """The server did not come up; the text says why."""


class Server:
    """One server process, its log and its signals."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.port: int = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.stopped: list[int] = []

    def prepare(self) -> None:
        """Make the data directory."""
        for command in self.job.prepare:
            process = self._spawn(command)
            try:
                code = process.wait(self.job.start_seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise StartFailed(f"{command[0]} took longer than {self.job.start_seconds:g} s") from None
            if code != 0:
                raise StartFailed(f"{Path(command[0]).name} ended with code {code}")

    def start(self) -> None:
        """Start on a free port; somebody may take it between the choice and the bind, hence three attempts."""
        for attempt in range(_ATTEMPTS):
            if attempt or not self.port:
                self.port = free_port()
            offset = Path(self.job.log).stat().st_size if Path(self.job.log).exists() else 0
            self.process = self._spawn([part.replace("{port}", str(self.port)) for part in self.job.serve])
            try:
                self._await_ready(self.process, offset)
            except StartFailed:
                self.stop()
                written = read_from(self.job.log, offset).lower()
                if attempt == _ATTEMPTS - 1 or (
                    "address already in use" not in written and "could not bind" not in written
                ):
                    raise
            else:
                return

    def _await_ready(self, process: subprocess.Popen[bytes], offset: int) -> None:
        deadline = time.monotonic() + self.job.start_seconds
        while self.job.ready not in read_from(self.job.log, offset):
            if process.poll() is not None:
                raise StartFailed(f"it ended with code {process.returncode} while starting")
            if time.monotonic() > deadline:
                raise StartFailed(f"it did not take connections within {self.job.start_seconds:g} s")
            time.sleep(_POLL)

    def pause(self) -> None:
        """Stop the server and its children: with the postmaster alone stopped its backends would still answer."""
        if self.process is None or self.process.poll() is not None:
            return
        signal_all([self.process.pid], signal.SIGSTOP)
        self.stopped = [self.process.pid, *descendants(self.process.pid)]
        signal_all(self.stopped, signal.SIGSTOP)

    def resume(self) -> None:
        """Let the stopped processes go on."""
        signal_all(self.stopped, signal.SIGCONT)
        self.stopped = []

    def kill(self) -> None:
        """SIGKILL to the server and all its children, as a power cut would."""
        if self.process is None or self.process.poll() is not None:
            return
        self.pause()
        signal_all(self.stopped, signal.SIGKILL)
        self.process.wait()
        await_gone(self.stopped)
        self.stopped = []

    def restart(self) -> None:
        """Stop in good order if it runs, and start on the same data and port."""
        self.stop(self.job.restart_signal)
        self.start()

    def stop(self, number: int | None = None) -> None:
        """Signal and wait; what does not end within ten seconds is killed."""
        if self.process is None:
            return
        self.resume()
        if self.process.poll() is None:
            self.process.send_signal(self.job.stop_signal if number is None else number)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        self.process = None

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        with Path(self.job.log).open("ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.job.environment,
                cwd="/",
                start_new_session=True,
                preexec_fn=self._die_with_parent,  # noqa: PLW1509 - this process has one thread
            )

    def _die_with_parent(self) -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(self.job.stop_signal), 0, 0, 0)


class Supervisor:
    """Serves the leases of one server until the last of them ends."""

    def __init__(self, first: socket.socket) -> None:
        self.selector: Final = selectors.DefaultSelector()
        self.buffers: dict[socket.socket, bytes] = {}
        self.failure: dict[str, Any] | None = None
        self.first = first
        self.job: Final = Job(**json.loads(self._read_job()))
        self.server: Final = Server(self.job)
        self.listener: socket.socket | None = None

    def run(self) -> None:
        """Start the server, serve its leases, stop it and remove what it used."""
        try:
            self._start()
            self._serve()
        finally:
            self.server.stop()
            for directory in self.job.remove:
                shutil.rmtree(directory, ignore_errors=True)
            self._remove_session()

    def _start(self) -> None:
        if self.job.listen is not None:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.setblocking(False)
            self.listener.bind(self.job.listen)
            self.listener.listen(64)
            self.selector.register(self.listener, selectors.EVENT_READ)
        try:
            self.server.prepare()
            self.server.start()
        except (StartFailed, OSError) as failure:
            self.failure = {"error": str(failure), "log": read_from(self.job.log, 0)[-4000:]}
        self._admit(self.first)

    def _serve(self) -> None:
        while True:
            ready = self.selector.select(timeout=0.05 if not self.buffers else None)
            for key, _ in ready:
                if key.fileobj is self.listener:
                    self._accept()
                elif isinstance(key.fileobj, socket.socket):
                    self._receive(key.fileobj)
            if not self.buffers and self._may_end():
                return

    def _accept(self) -> None:
        assert self.listener is not None
        with contextlib.suppress(BlockingIOError):
            while True:
                connection, _ = self.listener.accept()
                self._admit(connection)

    def _admit(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        if not answer(connection, self.failure or self._status()):
            connection.close()
            return
        self.buffers[connection] = b""
        self.selector.register(connection, selectors.EVENT_READ)

    def _receive(self, connection: socket.socket) -> None:
        try:
            data = connection.recv(65536)
        except OSError:
            data = b""
        self.buffers[connection] += data
        while b"\n" in self.buffers[connection]:
            line, self.buffers[connection] = self.buffers[connection].split(b"\n", 1)
            answer(connection, self._obey(json.loads(line)["do"]))
        if not data:
            self.selector.unregister(connection)
            del self.buffers[connection]
            connection.close()

    def _obey(self, verb: str) -> dict[str, Any]:
        offset = Path(self.job.log).stat().st_size
        try:
            {
                "pause": self.server.pause,
                "resume": self.server.resume,
                "kill": self.server.kill,
                "restart": self.server.restart,
            }[verb]()
        except (StartFailed, OSError) as failure:
            return {"error": str(failure), "log": read_from(self.job.log, offset)[-4000:]}
        return self._status()

    def _status(self) -> dict[str, Any]:
        pid = self.server.process.pid if self.server.process else 0
        return {"home": self.job.home, "port": self.server.port, "pid": pid}

    def _may_end(self) -> bool:
        """With nobody left: shut the door under the session's lock, unless somebody has come in meanwhile.

        The lock is only tried: a newcomer holds it while it waits for its greeting, which this process has to give.
        """
        if self.listener is None or self.job.listen is None or self.job.lock is None:
            return True
        with Path(self.job.lock).open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            self._accept()
            if self.buffers:
                return False
            self.selector.unregister(self.listener)
            Path(self.job.listen).unlink(missing_ok=True)
            self.listener.close()
            return True

    def _remove_session(self) -> None:
        if self.job.lock is None:
            return
        session = Path(self.job.lock).parent
        with contextlib.suppress(OSError), Path(self.job.lock).open("a") as lock:
            # Blocking is safe here: this process no longer listens, so nobody waits for it with the lock in hand.
            fcntl.flock(lock, fcntl.LOCK_EX)
            if os.fstat(lock.fileno()).st_nlink and not [
                entry for entry in session.iterdir() if entry.suffix != ".lock"
            ]:
                shutil.rmtree(session, ignore_errors=True)

    def _read_job(self) -> bytes:
        self.first.settimeout(10)
        data = b""
        while not data.endswith(b"\n"):
            part = self.first.recv(65536)
            if not part:
                raise SystemExit(0)
            data += part
        return data


def answer(connection: socket.socket, message: dict[str, Any]) -> bool:
    """Send one line; False if the other side has gone."""
    try:
        connection.sendall(json.dumps(message).encode() + b"\n")
    except OSError:
        return False
    return True


def free_port() -> int:
    """A TCP port of the loopback interface that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def read_from(log: str, offset: int) -> str:
    """The log's text from a byte offset on."""
    with contextlib.suppress(FileNotFoundError), Path(log).open("rb") as file:
        file.seek(offset)
        return file.read().decode(errors="replace")
    return ""


def processes() -> dict[int, tuple[int, str]]:
    """Every process with its parent and its state letter, from /proc; from `ps` where there is none."""
    found: dict[int, tuple[int, str]] = {}
    if Path("/proc/self/stat").exists():
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    # The name in parentheses may itself hold spaces and parentheses.
                    state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                    found[int(entry.name)] = (int(parent), state)
        return found
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True, timeout=10
    )
    for line in listed.stdout.splitlines():
        pid, parent, state = line.split()[:3]
        found[int(pid)] = (int(parent), state[:1])
    return found


def descendants(pid: int) -> list[int]:
    """All children of a process and theirs: each PostgreSQL backend leads a session, so no process group reaches it."""
    children: dict[int, list[int]] = {}
    for child, (parent, _) in processes().items():
        children.setdefault(parent, []).append(child)
    found: list[int] = []
    todo = [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def await_gone(pids: list[int]) -> None:
    """Wait until none of the processes runs any more; a zombie that nobody reaps counts as gone."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        now = processes()
        if all(now.get(pid, (0, "Z"))[1] in "ZX" for pid in pids):
            return
        time.sleep(_POLL)


def signal_all(pids: list[int], number: int) -> None:
    """Signal each process that still exists."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def terminate(_number: int, _frame: object) -> None:
    """Leave by way of every `finally`."""
    sys.exit(0)


def main() -> None:
    """Take the job from standard input and serve it.

    The first holder must not be this process's parent: a shared server outlives it, and would be its zombie. Descriptor
    0 stays open to the end, so the first holder reads end-of-file when everything is gone.
    """
    if os.fork():
        os._exit(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    # A terminated supervisor still stops its server and removes the directory.
    signal.signal(signal.SIGTERM, terminate)
    first = socket.socket(fileno=os.dup(0))
    Supervisor(first).run()


if __name__ == "__main__":
    main()
