"""The demonstration from beginning to end: obtain, migrate, register, import, book, show, and account for every row."""

from __future__ import annotations

import datetime as dt
import importlib.util
from collections import Counter, defaultdict
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from zoneinfo import ZoneInfo

from rich.console import Console
from sqlalchemy import make_url

from telemed_store import Actor, BoundStore, Store
from telemed_store.cli.demo import loading, showing
from telemed_store.cli.demo.accounting import Ledger, write_outcomes
from telemed_store.cli.demo.cohort import obtain_wheel, read_people, read_visits
from telemed_store.cli.demo.place import demo_settings
from telemed_store.cli.demo.progress import Steps
from telemed_store.cli.demo.report import SameDay, Summary, input_summary
from telemed_store.cli.demo.rule import (
    DemoBooking,
    DemoDoctor,
    DemoPatient,
    DemoVisit,
    doctors,
    patient,
    shifted_bookings,
    visit,
)
from telemed_store.database.clock import SystemClock
from telemed_store.errors import AlreadyExists, SettingsError
from telemed_store.events.models import DomainEvent

__all__ = ["Options", "run"]

HERE: Final = ZoneInfo("America/Sao_Paulo")
NOON: Final = dt.time(12)
ACTOR: Final = Actor.system("demo")


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller chose.

    Attributes:
        output: Folder for what is written; made if absent.
        database_url: An empty database; None: a fresh SQLite file in ``output``.
        today: The day on which it takes place; None: the present day.
        people: Load only the first so many people and their visits; None: all.
        cohort: Folder in which the cohort's wheel is kept; None: the cache folder.
    """

    output: Path
    database_url: str | None = None
    today: dt.date | None = None
    people: int | None = None
    cohort: Path | None = None


@dataclass(frozen=True, slots=True)
class _Input:
    today: dt.date
    doctors: Sequence[DemoDoctor]
    people: Sequence[DemoPatient]
    visits: Sequence[DemoVisit]
    bookings: Sequence[DemoBooking]


class _NoonClock:
    """Stands still at noon of one day, so that a run with ``--today`` can be repeated on any other."""

    def __init__(self, today: dt.date) -> None:
        self._instant = dt.datetime.combine(today, NOON, HERE).astimezone(dt.UTC)

    def now(self) -> dt.datetime:
        return self._instant


def run(options: Options, console: Console) -> Summary:
    """Run the demonstration; progress goes to ``console``.

    Raises:
        SettingsError: matplotlib is not installed, or the folder or the database holds something else already.
        Unavailable: The cohort is not cached and cannot be downloaded.
        StoreError: The accounts do not come out right.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise SettingsError("The demonstration draws a picture: install telemed-store[demo] and run again.")
    settings = demo_settings(options.output, options.database_url)
    with Steps(console) as steps:
        with steps.step("cohort", 1) as advance:
            given = _read(options)
            advance(1)
        clock = SystemClock() if options.today is None else _NoonClock(options.today)
        with Store.open(settings=settings, clock=clock) as store:
            summary = _perform(store, given, options.output, steps)
    summary.check()
    return summary


def _read(options: Options) -> _Input:
    today = options.today or dt.datetime.now(HERE).date()
    wheel = obtain_wheel(options.cohort)
    people = [patient(person) for person in read_people(wheel)][: options.people]
    wanted = {person.person_id for person in people}
    cohort = list(read_visits(wheel))
    visits = [visit(past) for past in cohort if past.person_id in wanted]
    # The newest of the whole cohort decides which twelve months are shifted, however much of it is loaded.
    newest = visit(max(cohort, key=lambda past: past.starts_on))
    known = {one.visit_id: one for one in (newest, *visits)}
    bookings = shifted_bookings(known.values(), today)
    return _Input(
        today=today,
        doctors=doctors(),
        people=people,
        visits=visits,
        bookings=[one for one in bookings if one.person_id in wanted],
    )


def _perform(store: Store, given: _Input, output: Path, steps: Steps) -> Summary:
    events: list[str] = []

    def told(event: DomainEvent) -> None:
        events.append(event.type_name())

    store.on(DomainEvent, told)
    mine = store.acting_as(ACTOR)
    with steps.step("migrate", 1) as advance:
        store.migrator.upgrade()
        advance(1)
    cast = loading.Cast()
    ledgers = _Ledgers.of(given)
    windows = _load(mine, given, cast, ledgers, steps)
    busiest = max(given.doctors, key=lambda doctor: cast.booked[doctor.index])
    with steps.step("one slot, two patients", 1) as advance:
        slots = showing.next_free_slots(mine, cast.doctors[busiest.index], given.today)
        race = showing.race_for(store, mine, slots, list(cast.patients.values()))
        advance(1)
    with steps.step("agenda", 1) as advance:
        appointments = showing.agenda(mine)
        picture = showing.draw_agenda(appointments, output / "agenda.png")
        advance(1)
    return Summary(
        database=_shown(store),
        today=given.today,
        inputs={ledger.name: input_summary(ledger) for ledger in ledgers.all()},
        same_day={
            "visits": _same_day(given.visits, ledgers.visits),
            "bookings": _same_day(given.bookings, ledgers.bookings),
        },
        windows=windows,
        events=dict(Counter(events)),
        seconds=steps.seconds,
        doctor=busiest.name,
        zone=busiest.zone,
        free_slots=tuple(slot.local_starts_at for slot in slots),
        race=race,
        agenda=len(appointments),
        heatmap=picture,
        outcomes=write_outcomes(ledgers.all(), output / "outcomes.csv"),
    )


@dataclass(frozen=True, slots=True)
class _Ledgers:
    doctors: Ledger
    people: Ledger
    visits: Ledger
    bookings: Ledger

    @classmethod
    def of(cls, given: _Input) -> Self:
        return cls(
            Ledger("doctors", (doctor.index for doctor in given.doctors)),
            Ledger("people", (person.person_id for person in given.people)),
            Ledger("visits", (one.visit_id for one in given.visits)),
            Ledger("bookings", (one.visit_id for one in given.bookings)),
        )

    def all(self) -> tuple[Ledger, ...]:
        return self.doctors, self.people, self.visits, self.bookings


def _load(mine: BoundStore, given: _Input, cast: loading.Cast, ledgers: _Ledgers, steps: Steps) -> int:
    """Everything goes in; returns how many weekly windows were saved."""
    with steps.step("doctors", len(given.doctors)) as advance, _only_into_an_empty_database():
        loading.register_doctors(mine, given.doctors, cast, ledgers.doctors, advance)
    with steps.step("schedules", len(given.doctors)) as advance:
        windows = loading.save_schedules(mine, given.doctors, cast, advance)
    with steps.step("people", len(given.people)) as advance:
        loading.register_patients(mine, given.people, cast, ledgers.people, advance)
    with steps.step("visits", len(given.visits)) as advance:
        loading.import_visits(mine, given.visits, cast, ledgers.visits, advance)
    with steps.step("bookings", len(given.bookings)) as advance:
        loading.book(mine, given.bookings, cast, ledgers.bookings, advance)
    return windows


@contextmanager
def _only_into_an_empty_database() -> Generator[None]:
    try:
        yield
    except AlreadyExists:
        raise SettingsError("The database holds this demonstration already: name an empty one.") from None


def _same_day(rows: Sequence[DemoVisit] | Sequence[DemoBooking], ledger: Ledger) -> SameDay:
    """The rows that share person and local day with another: imports may overlap, bookings may not."""
    groups: defaultdict[tuple[int, dt.date], list[int]] = defaultdict(list)
    for row in rows:
        groups[row.person_id, row.local_starts_at.date()].append(row.visit_id)
    shared = [group for group in groups.values() if len(group) > 1]
    together = [key for group in shared for key in group]
    return SameDay(groups=len(shared), rows=len(together), outcomes=dict(ledger.counts(together).most_common()))


def _shown(store: Store) -> str:
    """The database for a reader: a URL without its password, or the file's name."""
    secret = store.settings.database_url
    url = make_url(secret.get_secret_value() if secret else "sqlite://")
    return str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string()
