"""Two stores full of appointments, a small one and a large one, and what they are asked."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from outside_engine import outside_engine
from sqlalchemy import Connection, func, select

from telemed_store import Actor, BoundStore, Store
from telemed_store.crypto import MasterKeys
from telemed_store.database.metadata import METADATA
from telemed_store.settings import load_settings
from telemed_store.testing.clock import FrozenClock
from telemed_store.testing.templates import ISOLATED, open_template

from .explaining import Sent, sent_to
from .loading import load
from .population import Population

BIG = 5_000
"""Rows from which on a table is not read from end to end; a smaller one fits into a few pages."""


@dataclass(frozen=True)
class Clinic:
    """A store, who is in it, and a connection past it."""

    engine: str
    url: str
    store: Store
    population: Population
    connection: Connection
    big: frozenset[str]

    def seen_by(self, user_id: UUID | None) -> BoundStore:
        """The store as that user sees it, or a job of the system."""
        return self.store.acting_as(Actor.system("plans") if user_id is None else Actor.user(user_id), cached=False)

    def reads_of(self, sent: list[Sent]) -> list[Sent]:
        """What a verb asked, without what it recorded of the access."""
        return [
            one
            for one in sent
            if one.text.lstrip().startswith(("SELECT", "(SELECT")) and "data_access_logs" not in one.text
        ]

    def watching(self) -> contextlib.AbstractContextManager[list[Sent]]:
        return sent_to(self.url)


@contextlib.contextmanager
def clinic_of(engine: str, appointments: int, directory: Path) -> Iterator[Clinic]:
    """A clinic with that many appointments in a database of its own."""
    directory.mkdir()
    template = open_template(engine, directory, directory.name, lambda *_: None)
    population = Population(appointments)
    try:
        with template.fresh() as url:
            load(url, population)
            settings = load_settings(**{**ISOLATED, "keys": MasterKeys.generate().to_setting(), "database_url": url})
            with (
                Store.open(settings=settings, clock=FrozenClock()) as store,
                outside_engine(url).connect() as connection,
            ):
                yield Clinic(engine, url, store, population, connection, _big(connection))
    finally:
        template.close()


def _big(connection: Connection) -> frozenset[str]:
    """The names under which statements know the big tables."""
    counts = {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in METADATA.sorted_tables
    }
    big = {name for name, count in counts.items() if count >= BIG}
    aliases = {"users": ("doctor_users", "patient_users"), "appointments": ("appointments_1",)}
    return frozenset(big | {alias for name in big for alias in aliases.get(name, ())})
