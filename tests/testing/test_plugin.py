"""The plugin in a host's hands: light until used, honest about missing servers, open to the host's tables, safe under xdist."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from telemed_store.testing.plugin import ABSENT, selected_engines

pytestmark = pytest.mark.slow  # each runs a pytest of its own

ROOT = Path(__file__).parents[2]
SERVERLESS = {"PATH": "/nonexistent", "TELEMED_TEST_POSTGRESQL_VERSION": "1", "CI": "", "TELEMED_PROOF": ""}

TESTS = """
import pytest

def test_touches_a_database(telemed):
    assert telemed.settings.env == "test"

def test_touches_none():
    pass
"""


def run(folder: Path, *arguments: str, **environment: str) -> str:
    """What a host's own pytest says; its exit code is the first word."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:pytest_alembic", *arguments]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    ended = subprocess.run(
        command, cwd=folder, env={**inherited, **environment}, capture_output=True, text=True, timeout=110, check=False
    )
    return f"{ended.returncode} {ended.stdout}{ended.stderr}"


@pytest.fixture
def host(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    (tmp_path / "test_host.py").write_text(TESTS)
    return tmp_path


def test_without_a_server_tests_are_skipped_and_a_line_says_why(host: Path) -> None:
    said = run(host, "-q", "--telemed-engines=sqlite,postgresql", **SERVERLESS)
    assert said.startswith("0 ")
    assert "2 passed, 1 skipped" in said
    assert f"{ABSENT}no postgresql 1 on this machine" in said
    assert "(1 tests skipped)" in said


@pytest.mark.parametrize(("option", "ci"), [("--telemed-strict", ""), ("-q", "true")])
def test_where_servers_are_required_a_missing_one_fails(host: Path, option: str, ci: str) -> None:
    said = run(host, option, "--telemed-engines=postgresql", **{**SERVERLESS, "CI": ci})
    assert said.startswith("1 ")
    assert f"{ABSENT}no postgresql 1 on this machine" in said


def test_unknown_engines_are_refused(host: Path) -> None:
    assert "takes some of sqlite, postgresql, mariadb, not oracle" in run(host, "--telemed-engines=oracle")


def test_engines_come_from_the_option_before_the_variable_before_the_configuration(host: Path) -> None:
    (host / "pytest.ini").write_text("[pytest]\ntelemed_engines = sqlite\n")
    collect = ("--collect-only", "-q")
    assert "[sqlite]" in run(host, *collect, TELEMED_TEST_ENGINES="")
    said = run(host, *collect, "--telemed-engines", "sqlite mariadb", TELEMED_TEST_ENGINES="postgresql")
    assert said.index("[sqlite]") < said.index("[mariadb]")
    assert "[postgresql]" not in said


def test_a_test_is_limited_to_engines_or_names_its_own(host: Path) -> None:
    (host / "test_host.py").write_text(
        "import pytest\n"
        "@pytest.mark.telemed_engines('mariadb')\n"
        "def test_limited(telemed_engine): ...\n"
        "@pytest.mark.parametrize('telemed_engine', ['sqlite'], indirect=True)\n"
        "def test_own(telemed): ...\n"
    )
    assert "1 passed, 1 skipped" in run(host, "-q", "--telemed-engines=sqlite")


def test_the_entry_starts_nothing_and_imports_pytest_alone() -> None:
    """Measured on the module itself: what `telemed_store` imports is the package's own affair."""
    program = (
        "import sys, types, pytest\n"
        f"package = types.ModuleType('telemed_store'); package.__path__ = [{str(ROOT / 'src' / 'telemed_store')!r}]\n"
        "sys.modules['telemed_store'] = package\n"
        "before = set(sys.modules)\n"
        "import telemed_store.testing.plugin, telemed_store.testing.fixtures, telemed_store.testing.hookspecs\n"
        "print(sorted({name.partition('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names))\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    assert said.strip() == "['telemed_store']"


def test_the_example_application_proves_itself_under_xdist(request: pytest.FixtureRequest) -> None:
    """A host with a table of its own: two workers share servers and templates, and each test finds only its own rows."""
    engines = selected_engines(request.config)
    clinic = ROOT / "examples" / "clinic"
    said = run(clinic, "-q", "-n", "2", f"--telemed-engines={','.join(engines)}")
    assert said.startswith("0 "), said
    assert "failed" not in said
    if os.environ.get("CI") == "true":
        assert f"{8 * len(engines)} passed" in said


def test_the_entry_imports_pytest_alone() -> None:
    script = "import sys, pytest; before = set(sys.modules); import telemed_store.testing.plugin; print(*sorted(set(sys.modules) - before))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()

    assert loaded
    assert {name.partition(".")[0] for name in loaded} == {"telemed_store"}
