"""The site is built strictly: every link and anchor leads somewhere, every page is in the navigation, every public name is found."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

import reference
import telemed_store

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_site_builds_strictly_knows_every_public_name_and_fetches_nothing(tmp_path: Path) -> None:
    # One test, because the build costs seconds and each worker would build for itself.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr

    # Sphinx's inventory, by which other projects link: four lines of head, then deflated text.
    packed = (tmp_path / "objects.inv").read_bytes().split(b"\n", 4)[4]
    found = {line.split(" ", 1)[0] for line in zlib.decompress(packed).decode().splitlines()}
    twins = {name for name in telemed_store.__all__ if name.startswith("Async")}
    assert {f"telemed_store.{name}" for name in set(telemed_store.__all__) - twins} <= found
    assert {f"telemed_store.scopes.{name}" for name in telemed_store.scopes.__all__} <= found

    fetched = re.compile(r'<(?:script|link|img)[^>]* (?:src|href)="(?:https?:)?//')
    assert [page.name for page in tmp_path.rglob("*.html") if fetched.search(page.read_text(encoding="utf-8"))] == []


def test_every_repository_has_its_verbs_listed() -> None:
    from telemed_store._sync.repositories import Repositories

    page = reference.pages()["verbs.md"]
    held = set(vars(Repositories(None)))  # type: ignore[arg-type]  # repositories keep their frame and ask nothing of it yet
    headed = {line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")}
    assert {name for name in held if not name.startswith("_")} == headed
