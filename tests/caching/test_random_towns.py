"""Whatever happens in a town, in whatever order and in whatever frames: reads through the cache are those round it, for everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telemed_store import StoreError
from telemed_store.testing import ProofSize

from .reads import look
from .town import SYSTEM, Pick, Town, Viewer
from .verbs import VERBS, somebody

pytestmark = [pytest.mark.telemed_settings(view_dedupe=0), pytest.mark.slow]


class Attempt(NamedTuple):
    """A verb and what was drawn for it."""

    verb: str
    numbers: list[int]


class Moment(NamedTuple):
    """What is attempted between two looks, in which frame, and who looks."""

    frame: str
    attempts: list[Attempt]
    viewer: int


NUMBERS = st.lists(st.integers(0, 59), min_size=3, max_size=6)
ALONE = st.lists(st.builds(Attempt, st.sampled_from(sorted(VERBS)), NUMBERS), min_size=1, max_size=3)
# Those who write messages are frames of their own.
TOGETHER = st.lists(
    st.builds(Attempt, st.sampled_from([verb for verb in sorted(VERBS) if "messages" not in verb]), NUMBERS),
    min_size=1,
    max_size=3,
)
FRAMES = st.sampled_from(["unit", "undone unit", "savepoint", "undone savepoint"])
MOMENTS = st.lists(
    st.one_of(
        st.builds(Moment, st.just("alone"), ALONE, st.integers(0, 59)),
        st.builds(Moment, FRAMES, TOGETHER, st.integers(0, 59)),
    ),
    min_size=3,
    max_size=8,
)


class Undo(Exception):
    """The host gives up."""


@pytest.mark.telemed_engines("sqlite", "postgresql")
@pytest.mark.telemed_size(towns=(6, 200))
@pytest.mark.timeout(1800)
def test_the_cache_shows_what_the_database_says(new_town: Callable[[], Town], telemed_size: ProofSize) -> None:
    @settings(
        max_examples=telemed_size.towns,
        derandomize=not telemed_size.full,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(MOMENTS)
    def live(moments: list[Moment]) -> None:
        town = new_town()
        for moment in moments:
            viewer = Pick([moment.viewer]).of(town.viewers())
            # What is shown afterwards was kept when the same viewer looked, or when somebody else did.
            look(town, Pick([moment.viewer]).of([viewer, viewer, Viewer()]), cached=True)
            with happening(town, moment.frame) as frame:
                for attempt in moment.attempts:
                    take(attempt, town, frame)
            shown, true = look(town, viewer, cached=True), look(town, viewer, cached=False)
            assert shown.differences(true) == []

    live()


def take(attempt: Attempt, town: Town, frame: Any) -> None:
    """Whether it is refused is not asked here."""
    pick = Pick(attempt.numbers)
    with suppress(StoreError):
        VERBS[attempt.verb](frame or town.frame(somebody(town, pick)), town, pick)


@contextmanager
def happening(town: Town, kind: str) -> Iterator[Any]:
    """The frame of several attempts; None: each in one of its own."""
    if kind == "alone":
        yield None
        return
    with suppress(Undo, StoreError), town.frame(SYSTEM).unit_of_work() as unit, undone(kind == "undone unit"):
        if "savepoint" not in kind:
            yield unit
            return
        with unit.savepoint(), undone(kind == "undone savepoint"):
            yield unit


@contextmanager
def undone(is_undone: bool) -> Iterator[None]:  # noqa: FBT001 - reads as a sentence where it is used
    """Whether what happened in the block is given up at its end."""
    yield
    if is_undone:
        raise Undo
