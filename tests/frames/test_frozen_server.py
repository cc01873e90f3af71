"""A server that is stopped (SIGSTOP) while its kernel goes on answering, or is killed: every frame, both worlds, every driver.

One freeze serves them all: whatever waits for the server waits at the same time.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from all_drivers import Moment, World, done, entered, run_all, worlds

from telemed_store.appointments.models import NewAppointment
from telemed_store.audit.actor import Actor

pytestmark = pytest.mark.telemed_engines("postgresql", "mariadb")

LIMITS = {
    "read_statement_timeout": dt.timedelta(seconds=1.5),
    "write_statement_timeout": dt.timedelta(seconds=1.5),
    "lock_timeout": dt.timedelta(seconds=1),
    "connect_timeout": dt.timedelta(seconds=1),
}
# Silence is waited out once: 2.5 s for an answer, or 1 s for a ping and then 1 s (psycopg: 2 s) for a connection. Twice is 5 s.
LATEST = 4.5


class HostError(Exception):
    """An error of the host's own."""


@pytest.fixture
def telemed_database_url(private_servers: Any, telemed_engine: str) -> str:
    """A database on the private server, for all the plugin's fixtures."""
    return str(private_servers.database(telemed_engine))


class Clinic:
    """The calls: each awaits the moment of the fault once, at its beginning or in its middle."""

    def __init__(self, ledger: Any, make: Any) -> None:
        self._ledger = ledger
        doctor, patient = make.doctor(), make.patient()
        first = dt.datetime(2031, 1, 1, 12, tzinfo=dt.UTC)
        self._appointments = (
            NewAppointment(doctor_id=doctor.id, patient_id=patient.id, starts_at=first + dt.timedelta(days=days))
            for days in itertools.count()
        )

    async def schedule(self, frame: Any) -> Any:
        return await done(
            frame.appointments.schedule(next(self._appointments), override_availability="any time will do")
        )

    async def warm(self, world: World, fault: Moment) -> None:
        """Leave enough connections in both pools."""
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(6):
                await stack.enter_async_context(entered(world.mine.unit_of_work()))
                await stack.enter_async_context(entered(world.mine.snapshot()))
        await fault()

    async def read(self, world: World, fault: Moment) -> None:
        await fault()
        await done(world.mine.read(self._ledger.show))

    async def snapshot(self, world: World, fault: Moment) -> None:
        await fault()
        async with entered(world.mine.snapshot()) as snapshot:
            await done(snapshot.read(self._ledger.show))

    async def second_read_of_a_snapshot(self, world: World, fault: Moment) -> None:
        async with entered(world.mine.snapshot()) as snapshot:
            await done(snapshot.read(self._ledger.show))
            await fault()
            await done(snapshot.read(self._ledger.show))

    async def audited_read(self, world: World, fault: Moment) -> None:
        await fault()
        await done(world.store.acting_as(Actor.user(uuid4())).read(self._ledger.show, uuid4()))

    async def verb(self, world: World, fault: Moment) -> None:
        await fault()
        await self.schedule(world.mine)

    async def unit(self, world: World, fault: Moment) -> None:
        await fault()
        await self._unit_of(world.mine)

    async def unit_that_connects(self, world: World, fault: Moment) -> None:
        await fault()
        await self._unit_of(world.unused.acting_as(world.mine.actor))

    async def _unit_of(self, mine: Any) -> None:
        async with entered(mine.unit_of_work()) as unit:
            await done(unit.write(self._ledger.write, "lost"))
            await self.schedule(unit)

    async def second_verb_of_a_unit(self, world: World, fault: Moment) -> None:
        async with entered(world.mine.unit_of_work()) as unit:
            await done(unit.write(self._ledger.write, "lost"))
            await fault()
            await self.schedule(unit)

    async def commit(self, world: World, fault: Moment) -> None:
        async with entered(world.mine.unit_of_work()) as unit:
            await done(unit.write(self._ledger.write, f"maybe {world.name}"))
            await fault()

    async def rollback(self, world: World, fault: Moment) -> None:
        async with entered(world.mine.unit_of_work()) as unit:
            await done(unit.write(self._ledger.write, "lost"))
            await fault()
            raise HostError

    def anew(self) -> dict[str, Any]:
        """Calls that begin when the fault is there."""
        return {
            call.__name__: call
            for call in (self.read, self.snapshot, self.audited_read, self.verb, self.unit, self.unit_that_connects)
        }

    def under_way(self) -> dict[str, Any]:
        """Calls in whose middle the fault strikes, other than at the end of a transaction."""
        return {call.__name__: call for call in (self.second_read_of_a_snapshot, self.second_verb_of_a_unit)}


@pytest.fixture
def clinic(ledger: Any, telemed_make: Any) -> Clinic:
    return Clinic(ledger, telemed_make)


@pytest.fixture
def opened(telemed_engine: str, telemed_database_url: str, telemed_settings_for: Any) -> Iterator[list[World]]:
    with worlds(telemed_engine, telemed_database_url, lambda url: telemed_settings_for(url, **LIMITS)) as opened:
        yield opened


def test_a_frozen_server_is_unavailable_in_time_and_what_follows_recovers(
    private_server: Any, opened: list[World], clinic: Clinic, ledger: Any
) -> None:
    ends = {"commit": clinic.commit, "rollback": clinic.rollback}
    run_all(opened, {"warm": clinic.warm})
    frozen = run_all(opened, clinic.anew() | clinic.under_way() | ends, private_server.pause)
    private_server.resume()
    after = run_all(opened, clinic.anew())

    expected = {"commit": "CommitUncertain", "rollback": "HostError"}
    assert frozen.of == {call: expected.get(call[0], "Unavailable") for call in frozen.of}
    assert frozen.slower_than(LATEST) == {}
    assert after.other_than("done") == {}
    written = [text for text in ledger.written if text.startswith("maybe")]
    assert len(set(written)) == len(written)
    assert ledger.written.count("lost") == 2 * len(opened)
    assert ledger.events.count("ConsultationScheduled") == 3 * len(opened)
    assert len(ledger.accesses) == len(opened)


def test_a_killed_server_is_unavailable_at_once_and_its_return_is_noticed_by_itself(
    private_server: Any, opened: list[World], clinic: Clinic, ledger: Any
) -> None:
    run_all(opened, {"warm": clinic.warm})
    ledger.make_durable()
    killed = run_all(opened, clinic.anew() | clinic.under_way(), private_server.kill)
    private_server.restart()
    after = run_all(opened, clinic.anew())

    assert killed.other_than("Unavailable") == {}
    assert killed.slower_than(LATEST) == {}
    assert after.other_than("done") == {}
    assert ledger.written.count("lost") == 2 * len(opened)
    assert ledger.events.count("ConsultationScheduled") == 3 * len(opened)
