"""Nobody there, nobody who may be let in, no place left, a server that stops or takes no writes: every driver, both worlds."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from all_drivers import Moment, World, done, entered, run_all, worlds
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from telemed_store.database.engines import Role, engine_plan
from telemed_store.settings import Settings

pytestmark = pytest.mark.telemed_engines("postgresql", "mariadb")

SECOND = dt.timedelta(seconds=1)
LATEST = 4.5


@pytest.fixture
def telemed_database_url(private_servers: Any, telemed_engine: str) -> str:
    return str(private_servers.database(telemed_engine))


@pytest.fixture
def calls(ledger: Any) -> dict[str, Any]:
    async def read(world: World, fault: Moment) -> None:
        await fault()
        await done(world.mine.read(ledger.show))

    async def verb(world: World, fault: Moment) -> None:
        await fault()
        await done(world.mine.write(ledger.write, "one"))

    async def unit(world: World, fault: Moment) -> None:
        await fault()
        async with entered(world.mine.unit_of_work()) as unit:
            await done(unit.write(ledger.write, "two"))
            await done(unit.write(ledger.announce, "three"))

    return {"read": read, "verb": verb, "unit": unit}


@pytest.fixture
def open_worlds(telemed_engine: str, telemed_settings_for: Any) -> Callable[[str], Any]:
    return lambda url: worlds(telemed_engine, url, lambda each: telemed_settings_for(each, connect_timeout=SECOND))


@pytest.fixture
def execute(telemed_database_url: str) -> Iterator[Callable[[str], None]]:
    """Runs a statement as the server's owner."""
    plan = engine_plan(telemed_database_url, Settings(env="test"), Role.READ, "sync")
    engine = create_engine(plan.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")

    def execute(*statements: str) -> None:
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    yield execute
    engine.dispose()


def elsewhere(url: str, **parts: Any) -> str:
    return make_url(url).set(**parts).render_as_string(hide_password=False)


def test_a_port_on_which_nobody_listens_is_unavailable_at_once(
    telemed_database_url: str, open_worlds: Any, calls: Any
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with open_worlds(elsewhere(telemed_database_url, port=port)) as opened:
        outcomes = run_all(opened, calls)

    assert outcomes.other_than("Unavailable") == {}
    assert outcomes.slower_than(LATEST) == {}


def test_a_port_that_swallows_every_packet_is_unavailable_in_time(
    telemed_database_url: str, open_worlds: Any, calls: Any
) -> None:
    """A full queue of connections that nobody accepts: the kernel drops the next ones, as a firewall does."""
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):
            filling = stack.enter_context(socket.socket())
            filling.setblocking(False)
            filling.connect_ex(listening.getsockname())
        with open_worlds(elsewhere(telemed_database_url, port=listening.getsockname()[1])) as opened:
            outcomes = run_all(opened, calls)

    assert outcomes.other_than("Unavailable") == {}
    assert outcomes.slower_than(LATEST) == {}


def test_a_name_that_leads_nowhere_is_unavailable(telemed_database_url: str, open_worlds: Any, calls: Any) -> None:
    with open_worlds(elsewhere(telemed_database_url, host="no-such-host.invalid")) as opened:
        outcomes = run_all(opened, calls)
    assert outcomes.other_than("Unavailable") == {}


def test_a_wrong_password_or_database_is_an_error_of_the_settings(
    telemed_engine: str, telemed_database_url: str, private_server: Any, open_worlds: Any, calls: Any, execute: Any
) -> None:
    url = elsewhere(telemed_database_url, username="guarded", password="wrong")
    if telemed_engine == "postgresql":
        rules = private_server.directory / "data" / "pg_hba.conf"
        before = rules.read_text()
        rules.write_text("host all guarded 127.0.0.1/32 scram-sha-256\n" + before)
        execute("CREATE ROLE guarded LOGIN PASSWORD 'right'", "SELECT pg_reload_conf()")
    else:
        execute("CREATE USER guarded@'127.0.0.1' IDENTIFIED BY 'right'")
    for wrong in (url, elsewhere(telemed_database_url, database="not_there")):
        with open_worlds(wrong) as opened:
            assert run_all(opened, calls).other_than("SettingsError") == {}


def test_a_server_without_a_free_place_is_unavailable_and_recovers(
    telemed_engine: str, telemed_database_url: str, open_worlds: Any, calls: Any, execute: Any
) -> None:
    url = elsewhere(telemed_database_url, username="crowd")
    with contextlib.ExitStack() as crowd:
        if telemed_engine == "postgresql":
            execute(
                "CREATE ROLE crowd LOGIN CONNECTION LIMIT 0",
                "GRANT ALL ON SCHEMA telemed TO crowd",
                "GRANT ALL ON ALL TABLES IN SCHEMA telemed TO crowd",
            )
            more = "ALTER ROLE crowd CONNECTION LIMIT 50"
        else:
            granted = f"GRANT ALL ON {make_url(url).database}.* TO crowd@'127.0.0.1'"
            execute("CREATE USER crowd@'127.0.0.1'", granted, "SET GLOBAL max_connections = 10")
            more = "SET GLOBAL max_connections = 200"
            engine = create_engine(engine_plan(url, Settings(env="test"), Role.READ, "sync").url, poolclass=NullPool)
            with contextlib.suppress(OperationalError):
                while True:
                    crowd.enter_context(engine.connect())
        with open_worlds(url) as opened:
            crowded = run_all(opened, calls)
            # The owner of the server has one place more.
            execute(more)
            after = run_all(opened, calls)

    assert crowded.other_than("Unavailable") == {}
    assert after.other_than("done") == {}


def test_a_server_that_begins_to_stop_is_unavailable(
    telemed_engine: str, private_server: Any, telemed_database_url: str, open_worlds: Any, calls: Any
) -> None:
    """Whoever is connected is sent away, and who comes is told that it stops, or finds nobody; afterwards all goes on by itself."""
    with open_worlds(telemed_database_url) as opened:
        assert run_all(opened, calls).other_than("done") == {}
        stopping = run_all(opened, calls, lambda: os.kill(private_server.pid, _STOP[telemed_engine]))
        private_server.restart()
        after = run_all(opened, calls)

    # A call may still have come to its end, or be in the middle of its COMMIT.
    assert stopping.other_than("Unavailable", "CommitUncertain", "done") == {}
    assert after.other_than("done") == {}


_STOP = {"postgresql": signal.SIGINT, "mariadb": signal.SIGTERM}


def test_a_server_that_takes_no_writes_is_unavailable_for_them_and_recovers(
    telemed_engine: str, telemed_database_url: str, open_worlds: Any, calls: Any, execute: Any, ledger: Any
) -> None:
    url = elsewhere(telemed_database_url, username="writer")
    if telemed_engine == "postgresql":
        execute(
            "CREATE ROLE writer LOGIN",
            "GRANT ALL ON SCHEMA telemed TO writer",
            "GRANT ALL ON ALL TABLES IN SCHEMA telemed TO writer",
        )
        # As behind a name that leads to a standby at first: connections that were opened meanwhile stay read-only.
        shut = "ALTER ROLE writer SET default_transaction_read_only = on"
        opens = "ALTER ROLE writer RESET default_transaction_read_only"
    else:
        execute("CREATE USER writer@'127.0.0.1'")
        execute(f"GRANT SELECT, INSERT, UPDATE ON {make_url(url).database}.* TO writer@'127.0.0.1'")
        shut, opens = "SET GLOBAL read_only = 1", "SET GLOBAL read_only = 0"
    execute(shut)
    with open_worlds(url) as opened:
        shut_out = run_all(opened, calls)
        written = ledger.written
        execute(opens)
        after = run_all(opened, calls)

    assert shut_out.of == {call: "done" if call[0] == "read" else "Unavailable" for call in shut_out.of}
    assert written == []
    assert after.other_than("done") == {}


def test_a_full_disk_is_unavailable_and_leaves_nothing_half_written(
    telemed_engine: str, telemed_database_url: str, open_worlds: Any, calls: Any, execute: Any, ledger: Any
) -> None:
    """The server's own error, raised where the disk would be full: at a later row of a unit."""
    execute(*_FULL[telemed_engine])
    with open_worlds(telemed_database_url) as opened:
        full = run_all(opened, calls)
        written, events = ledger.written, ledger.events
        execute(_ROOM[telemed_engine])
        after = run_all(opened, calls)

    assert full.of == {call: "Unavailable" if call[0] == "unit" else "done" for call in full.of}
    assert (written, events) == (["one"] * len(opened), [])
    assert after.other_than("done") == {}


_DISK_FULL = (
    "CREATE FUNCTION telemed.disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = 'could not extend file'; END $$"
)
_FULL = {
    "postgresql": (
        _DISK_FULL,
        "CREATE TRIGGER tr_full BEFORE INSERT ON telemed.domain_events FOR EACH ROW EXECUTE FUNCTION telemed.disk_full()",
    ),
    "mariadb": (
        "CREATE TRIGGER tr_full BEFORE INSERT ON domain_events FOR EACH ROW SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1114",
    ),
}
_ROOM = {"postgresql": "DROP TRIGGER tr_full ON telemed.domain_events", "mariadb": "DROP TRIGGER tr_full"}
