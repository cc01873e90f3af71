"""A caller sees no cache: what is read through it is what the database says at that moment, for everybody, whatever was done before."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from telemed_store import Store
from telemed_store.testing import Make

from .paths import paths
from .reads import CALLS, Seen, every_cached, look
from .town import Committed, Town, Viewer
from .verbs import VERBS, every_writing_verb


@pytest.fixture
def committed(telemed_database_url: str) -> Generator[Committed]:
    rows = Committed(telemed_database_url)
    yield rows
    rows.close()


def test_every_cached_read_is_compared() -> None:
    assert CALLS.keys() == every_cached().keys(), "give a new cached read its line in reads.py"


def test_every_verb_that_writes_is_tried() -> None:
    assert VERBS.keys() == every_writing_verb(), "give a new verb its line in verbs.py"


@pytest.mark.telemed_settings(view_dedupe=0)
@pytest.mark.telemed_engines("sqlite")
def test_what_a_verb_changes_is_seen_at_once(telemed: Store, telemed_make: Make, committed: Committed) -> None:
    town = Town(telemed, telemed_make, committed)
    stale: list[str] = []
    idle: list[str] = []
    for path in paths(town):
        viewer = Viewer(path.viewer)
        before = look(town, viewer, cached=True)
        path.take()
        shown, true = look(town, viewer, cached=True), look(town, viewer, cached=False)
        if shown != true:
            stale.append(f"{path.name}: {differences(shown, true)}")
            town.forget()
        if before == true:
            idle.append(path.name)
    assert (stale, idle) == ([], [])


def differences(shown: Seen, true: Seen) -> list[str]:
    """Which reads differ, and how; the record of them too."""
    names = [*dict.fromkeys((*shown.outcomes, *true.outcomes))]
    told = [(name, shown.outcomes.get(name), true.outcomes.get(name)) for name in names]
    told.append(("notes", shown.notes, true.notes))
    return [f"{name}: {had} instead of {has}" for name, had, has in told if had != has]
