"""The pytest plugin's entry: options, markers and the parametrisation over engines. It imports pytest and nothing else.

Fixtures are in `fixtures` and `async_fixtures`, which import the store and its drivers when a test asks for them; no server starts before.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final, cast

import pytest

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

__all__ = ["ENGINES", "STRICT_OPTION", "selected_engines"]

ENGINES: Final = ("sqlite", "postgresql", "mariadb")
STRICT_OPTION: Final = "--telemed-strict"
_ENGINES_VARIABLE: Final = "TELEMED_TEST_ENGINES"
_MARKERS: Final = (
    "telemed_settings(**overrides): settings of the store under test, such as appointment_duration=timedelta(minutes=45)",
    "telemed_engines(*names): run the test on these engines only",
    "telemed_size(rounds=(10, 100)): sizes by name, each the quick one and the one of TELEMED_PROOF=1; read them by `telemed_size`",
)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Offer `pytest_telemed_template` to the host."""
    from telemed_store.testing import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options: each has a variable or a line in the configuration beside it."""
    group = parser.getgroup("telemed", "telemed_store")
    group.addoption(
        "--telemed-engines",
        metavar="NAMES",
        help=f"engines to run on, of {','.join(ENGINES)}; else ${_ENGINES_VARIABLE}, else the ini line, else all",
    )
    group.addoption(
        STRICT_OPTION, action="store_true", help="a missing server is a failure, not a skip; so it is where CI=true"
    )
    parser.addini("telemed_engines", "Engines to run on when neither option nor variable names them.", type="args")


def pytest_configure(config: pytest.Config) -> None:
    """Register markers and fixtures."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    config.pluginmanager.import_plugin("telemed_store.testing.fixtures")
    if "pytest_asyncio" in sys.modules:
        config.pluginmanager.import_plugin("telemed_store.testing.async_fixtures")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test that touches a database once per engine."""
    if "telemed_engine" not in metafunc.fixturenames or _chooses_itself(metafunc):
        return
    selected = selected_engines(metafunc.config)
    marker = metafunc.definition.get_closest_marker("telemed_engines")
    fitting = [name for name in selected if marker is None or name in marker.args]
    if fitting:
        metafunc.parametrize("telemed_engine", fitting, indirect=True)
        return
    reason = f"telemed_store: none of {', '.join(marker.args if marker else ())} is among the selected engines"
    unfit = pytest.param(selected[0], marks=pytest.mark.skip(reason=reason))
    metafunc.parametrize("telemed_engine", [unfit], indirect=True)


def selected_engines(config: pytest.Config) -> tuple[str, ...]:
    """The engines to run on, in the order of `ENGINES`.

    Raises:
        pytest.UsageError: A name is unknown, or there is none.
    """
    given: str | None = config.getoption("--telemed-engines") or os.environ.get(_ENGINES_VARIABLE)
    names = given.replace(",", " ").split() if given else config.getini("telemed_engines") or list(ENGINES)
    unknown = sorted(set(names) - set(ENGINES))
    if unknown or not names:
        raise pytest.UsageError(f"--telemed-engines takes some of {', '.join(ENGINES)}, not {', '.join(unknown)}")
    return tuple(name for name in ENGINES if name in names)


def _chooses_itself(metafunc: pytest.Metafunc) -> bool:
    """Whether the test parametrises the engine with its own decorator."""
    for mark in metafunc.definition.iter_markers("parametrize"):
        names = mark.args[0] if mark.args else mark.kwargs.get("argnames", ())
        if "telemed_engine" in (names.replace(",", " ").split() if isinstance(names, str) else names):
            return True
    return False


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Say in one line per engine which tests were left out for want of a server."""
    absent: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        told: object = report.longrepr
        said = str(cast("tuple[str, int, str]", told)[2]) if isinstance(told, tuple) else ""
        if ABSENT in said:
            reason = said.partition(ABSENT)[2]
            absent[reason] = absent.get(reason, 0) + 1
    for reason, count in sorted(absent.items()):
        terminalreporter.write_line(f"{ABSENT}{reason} ({count} tests skipped)", yellow=True)


ABSENT: Final = "telemed_store has no server to test on: "
