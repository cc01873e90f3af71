"""The plugin's fixtures. Modules of the store are imported when a fixture is used, never when pytest starts."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import uuid4

import pytest

from telemed_store.testing.plugin import ABSENT, STRICT_OPTION

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from telemed_store import Store
    from telemed_store.settings import Settings
    from telemed_store.testing._sync.make import Make
    from telemed_store.testing.clock import FrozenClock
    from telemed_store.testing.factories import PersonalData
    from telemed_store.testing.faults import Faults
    from telemed_store.testing.sizes import ProofSize
    from telemed_store.testing.statements import StatementCounter
    from telemed_store.testing.templates import Template


class Templates:
    """The templates of this session: each is built when a test first needs it, and closed at the end."""

    def __init__(self, config: pytest.Config, directory: Path) -> None:
        self._config = config
        self._directory = directory
        self._open: dict[str, Template] = {}
        self._missing: dict[str, str] = {}

    def of(self, engine: str) -> Template:
        """The template of an engine; the test is skipped, or fails where servers are required, if there is no server."""
        from telemed_store.testing.templates import Missing, open_template

        if engine not in self._open and engine not in self._missing:
            directory = self._directory / engine
            directory.mkdir(exist_ok=True)
            try:
                self._open[engine] = open_template(engine, directory, self._session(), self._furnish)
            except Missing as missing:
                self._missing[engine] = str(missing)
        if engine in self._missing:
            _without_server(self._config, self._missing[engine])
        return self._open[engine]

    def close(self) -> None:
        """Close every template and let go of the servers."""
        for template in self._open.values():
            template.close()
        self._open.clear()

    def _session(self) -> str:
        """What the workers of this run have in common; a run inside a test of another run is one of its own."""
        worker: dict[str, Any] | None = getattr(self._config, "workerinput", None)
        run = worker["testrunuid"] if worker else f"process-{os.getpid()}"
        return hashlib.sha256(str(run).encode()).hexdigest()[:12]

    def _furnish(self, connection: Connection, engine: str) -> None:
        self._config.hook.pytest_telemed_template(connection=connection, engine=engine)


def _without_server(config: pytest.Config, reason: str) -> NoReturn:
    if config.getoption(STRICT_OPTION) or os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"{ABSENT}{reason}", pytrace=False)
    pytest.skip(f"{ABSENT}{reason}")


@pytest.fixture(scope="session")
def telemed_templates(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Templates]:
    """The session's templates; tests use `telemed_database_url`."""
    templates = Templates(request.config, tmp_path_factory.mktemp("telemed"))
    yield templates
    templates.close()


@pytest.fixture
def telemed_engine(request: pytest.FixtureRequest) -> str:
    """The engine of this run of the test: ``sqlite``, ``postgresql`` or ``mariadb``."""
    return str(request.param)


@pytest.fixture
def telemed_database_url(telemed_engine: str, telemed_templates: Templates) -> Generator[str]:
    """The URL of a database of this test alone, migrated and empty."""
    with telemed_templates.of(telemed_engine).fresh() as url:
        yield url


@pytest.fixture(scope="session")
def telemed_redis_url(request: pytest.FixtureRequest) -> Generator[str]:
    """The URL of this session's Valkey (or Redis), which tests share: each takes a `telemed_redis_namespace` of its own."""
    from telemed_store.testing.servers.discovery import Absent
    from telemed_store.testing.servers.valkey import ValkeyServer, find_valkey

    server = ValkeyServer.existing()
    if server is None:
        program = find_valkey()
        if isinstance(program, Absent):
            _without_server(request.config, program.reason)
        server = ValkeyServer.share(program)
    with server:
        yield server.url


@pytest.fixture
def telemed_redis_namespace() -> str:
    """A namespace of this test alone."""
    return f"test-{uuid4().hex}"


@pytest.fixture
def telemed_clock() -> FrozenClock:
    """The clock of both stores: it stands at 2030-01-07T12:00Z, a Monday, until ``step`` or ``set`` moves it."""
    from telemed_store.testing.clock import FrozenClock

    return FrozenClock()


@pytest.fixture(scope="session")
def telemed_keys() -> str:
    """Key-encryption keys of this session, as ``TELEMED_STORE_KEYS`` takes them."""
    from telemed_store.crypto.master_keys import MasterKeys

    return MasterKeys.generate().to_setting().get_secret_value()


@pytest.fixture
def telemed_settings_for(request: pytest.FixtureRequest, telemed_keys: str) -> Callable[..., Settings]:
    """Makes settings for tests: ``telemed_settings_for(url, **overrides)``, the test's markers applied."""
    from telemed_store.settings import load_settings
    from telemed_store.testing.templates import ISOLATED

    marked: dict[str, object] = {}
    for marker in reversed(list(request.node.iter_markers("telemed_settings"))):
        marked |= marker.kwargs

    def settings(url: str, **overrides: object) -> Settings:
        return load_settings(**{**ISOLATED, "keys": telemed_keys, "database_url": url, **marked, **overrides})

    return settings


@pytest.fixture
def telemed_settings(telemed_settings_for: Callable[..., Settings], telemed_database_url: str) -> Settings:
    """The settings of both stores; override some by ``@pytest.mark.telemed_settings(appointment_duration=...)``."""
    return telemed_settings_for(telemed_database_url)


@pytest.fixture
def telemed_statements(telemed_database_url: str) -> StatementCounter:
    """Counts the statements of a block, for its ``seen.assert_at_most(3)`` afterwards."""
    from telemed_store.testing.statements import StatementCounter

    return StatementCounter(telemed_database_url)


@pytest.fixture
def telemed_faults(telemed_database_url: str) -> Generator[Faults]:
    """Makes the next connection, statement or COMMIT fail, and ends connections: see `telemed_store.testing.faults`."""
    from telemed_store.testing.faults import Faults

    with Faults(telemed_database_url) as faults:
        yield faults


@pytest.fixture
def telemed_size(request: pytest.FixtureRequest) -> ProofSize:
    """The sizes of ``@pytest.mark.telemed_size(rounds=(10, 100))`` for this run: ``telemed_size.rounds``."""
    from telemed_store.testing.sizes import ProofSize, is_full

    sizes: dict[str, tuple[int, int]] = {}
    for marker in reversed(list(request.node.iter_markers("telemed_size"))):
        sizes |= marker.kwargs
    return ProofSize(sizes, full=is_full())


@pytest.fixture
def telemed(request: pytest.FixtureRequest, telemed_settings: Settings, telemed_clock: FrozenClock) -> Generator[Store]:
    """A store on a database of this test alone, at the time of `telemed_clock`."""
    from telemed_store import Store

    ready_to_fail(request)
    with Store.open(settings=telemed_settings, clock=telemed_clock) as store:
        yield store


def ready_to_fail(request: pytest.FixtureRequest) -> None:
    """Faults watch connections from the first one on, in whatever order a test names its fixtures."""
    if "telemed_faults" in request.fixturenames:
        request.getfixturevalue("telemed_faults")


@pytest.fixture
def telemed_data(request: pytest.FixtureRequest) -> PersonalData:
    """Draws names, numbers and addresses: random, unique within the test, the same in each of its runs."""
    from telemed_store.testing.factories import PersonalData

    return PersonalData(request.node.nodeid)


@pytest.fixture
def telemed_make(telemed: Store, telemed_data: PersonalData, telemed_clock: FrozenClock) -> Make:
    """Makes valid inputs (``telemed_make.new_doctor()``) and stored rows (``telemed_make.doctor()``) of every model."""
    from telemed_store.testing._sync.make import Make

    return Make(telemed, telemed_data, telemed_clock)
