"""What the README shows is what the package does: its code runs as printed, and what it names exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CODE = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader's first try: no setting is set."""
    import os

    for name in [name for name in os.environ if name.startswith("TELEMED_STORE_")]:
        monkeypatch.delenv(name)


@pytest.mark.usefixtures("clean_environment")
def test_the_code_runs_as_printed_on_a_machine_without_settings(tmp_path: Path) -> None:
    program = tmp_path / "readme.py"
    program.write_text("\n".join(CODE), encoding="utf-8")
    done = subprocess.run([sys.executable, program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.count("moved to")) == (0, 1), done.stderr
    assert "TELEMED_STORE_DATABASE_URL is not set" in done.stderr
    assert (tmp_path / "telemed-data" / "telemed.sqlite3").is_file()


def test_the_code_shows_both_worlds() -> None:
    assert len(CODE) == 2
    assert "AsyncStore.open()" in CODE[1]


def test_every_target_it_names_is_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|\$ )make ([a-z]+)", README))
    assert {"demo", "test", "lint", "types", "proof"} <= named
    assert named <= set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


def test_ci_runs_the_targets_it_says_in_that_order() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r"^make .*?(\w+)$", script, re.MULTILINE) == ["lint", "types", "test"]


def test_every_extra_it_names_exists() -> None:
    import tomllib

    with (ROOT / "pyproject.toml").open("rb") as stream:
        extras = set(tomllib.load(stream)["project"]["optional-dependencies"])
    named = {name for group in re.findall(r"'\.\[([a-z,]+)\]'", README) for name in group.split(",")}
    assert named
    assert named <= extras


def test_every_setting_it_names_exists() -> None:
    from telemed_store.settings import Settings

    known = {f"TELEMED_STORE_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"TELEMED_STORE_[A-Z_]*[A-Z]", README)) <= known
