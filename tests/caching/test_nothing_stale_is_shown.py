"""A caller sees no cache: what is read through it is what the database says at that moment, for everybody, whatever was done before."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from telemed_store.testing import ProofSize

from .noting import Notes, every_note
from .paths import paths
from .reads import CALLS, every_cached, look
from .town import Town, Viewer
from .verbs import VERBS, every_writing_verb

pytestmark = pytest.mark.telemed_settings(view_dedupe=0)


def test_every_cached_read_is_compared() -> None:
    assert CALLS.keys() == every_cached().keys(), "give a new cached read its line in reads.py"


def test_every_verb_that_writes_is_tried() -> None:
    assert VERBS.keys() == every_writing_verb(), "give a new verb its line in verbs.py"


@pytest.mark.telemed_engines("sqlite", "postgresql")
def test_what_a_verb_changes_is_seen_at_once(new_town: Callable[[], Town]) -> None:
    with Notes().heard() as notes:
        walked = Walk(new_town(), notes)
    assert walked.stale == {}
    assert walked.idle == [], "a path that changes nothing proves nothing"
    assert {note.split(" ", 1)[0] for note in notes.made} >= every_note(), "give a new note its path in paths.py"


@pytest.mark.telemed_engines("sqlite")
def test_without_its_notes_every_change_would_be_missed(new_town: Callable[[], Town]) -> None:
    """So what is shown above is the work of the notes, not of values that nobody kept."""
    with Notes().heard() as notes:
        notes.muted = {"all"}
        walked = Walk(new_town(), notes)
    assert [name for name in walked.notes if name not in walked.stale] == []


@pytest.mark.telemed_engines("sqlite")
@pytest.mark.telemed_size(places=(1, 1_000))
@pytest.mark.timeout(1800)
def test_no_note_is_superfluous(new_town: Callable[[], Town], telemed_size: ProofSize) -> None:
    """Each of them left out in its turn: some path shows what is stale."""
    with Notes().heard() as notes:
        every = Walk(new_town(), notes, only=()).notes
        places = sorted({place for made in every.values() for place in made})
        superfluous: list[str] = []
        for place in places[: telemed_size.places]:
            notes.muted = {place}
            if not Walk(new_town(), notes, only=[name for name, made in every.items() if place in made]).stale:
                superfluous.append(place)
    assert superfluous == []


class Walk:
    """All paths of a town, one after the other.

    Attributes:
        notes: What each path noted.
        stale: The paths after which something stale was shown, and what.
        idle: The paths that changed nothing that is shown.
    """

    def __init__(self, town: Town, notes: Notes, only: list[str] | tuple[()] | None = None) -> None:
        self.notes: dict[str, set[str]] = {}
        self.stale: dict[str, list[str]] = {}
        self.idle: list[str] = []
        for path in paths(town):
            notes.made, everything = set(), notes.made
            viewer = Viewer(path.viewer)
            looks = only is None or path.name in only
            before = look(town, viewer, cached=True) if looks else None
            path.take()
            self.notes[path.name] = set(notes.made)
            notes.made |= everything
            if not looks:
                continue
            shown, true = look(town, viewer, cached=True), look(town, viewer, cached=False)
            if differences := shown.differences(true):
                self.stale[path.name] = differences
                town.forget()
            if before == true:
                self.idle.append(path.name)
