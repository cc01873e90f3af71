"""The site is built strictly: every link and anchor leads somewhere, every page is in the navigation, every public name is found."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

import reference
import telemed_store

pytestmark = pytest.mark.slow  # it builds the whole site

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder


def test_every_public_name_can_be_looked_up(site: Path) -> None:
    # Sphinx's inventory: other projects link by it. Four lines of head, then deflated text.
    packed = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]
    found = {line.split(" ", 1)[0] for line in zlib.decompress(packed).decode().splitlines()}
    asynchronous = {name for name in telemed_store.__all__ if name.startswith("Async")}
    assert {f"telemed_store.{name}" for name in set(telemed_store.__all__) - asynchronous} <= found
    assert {f"telemed_store.scopes.{name}" for name in telemed_store.scopes.__all__} <= found


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for attribute in ("src", "href"):
            fetched = [part.split('"', 1)[0] for part in text.split(f'<script {attribute}="')[1:]]
            assert not [address for address in fetched if address.startswith("http")], page


def test_every_repository_has_its_verbs_listed() -> None:
    from telemed_store._sync.repositories import Repositories

    page = reference.pages()["verbs.md"]
    held = set(vars(Repositories(None)))  # type: ignore[arg-type]  # repositories keep their frame and ask nothing of it yet
    headed = {line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")}
    assert {name for name in held if not name.startswith("_")} == headed
