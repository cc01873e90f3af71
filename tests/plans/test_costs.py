"""A page costs the same in a clinic of ten thousand appointments and in one of a million (C16, D40).

What is read is exact, and compared in every run. Time is compared in `make proof` alone, at full size: on a busy machine it says
nothing of a page of a tenth of a millisecond.
"""

from __future__ import annotations

import logging
import statistics

import pytest

from telemed_store.testing.sizes import is_full

from .cases import PAGE, Case, pages
from .clinics import Clinic
from .explaining import Sent, rows_or_pages_read, seconds_taken

pytestmark = pytest.mark.timeout(3600)

logger = logging.getLogger(__name__)

FACTOR = 1.3
LEVELS = 8
"""Pages that the descent through the list's own trees may be longer by."""
PAGES_OF_A_LOOK_UP = 3
RUNS = 301


def statement_of(clinic: Clinic, case: Case) -> Sent:
    """The one statement that a page is read with."""
    with clinic.watching() as sent:
        case.ask(clinic.seen_by(case.user_id), None)
    (statement,) = clinic.reads_of(sent)
    return statement


def least_of(case: Case, trees: int) -> int:
    """What a page takes where every row, and everything beside it, is looked up for itself.

    In a small table several rows share a page, and a few hundred people are read at once: neither is a measure for a large one.
    """
    rows = (PAGE + 1) * (1 if case.user_id is None else 2)
    return rows * (1 + PAGES_OF_A_LOOK_UP * trees)


def test_a_page_reads_as_much_in_a_large_table_as_in_a_small_one(clinics: tuple[Clinic, Clinic]) -> None:
    small, large = clinics
    if small.engine == "sqlite":
        pytest.skip("SQLite does not tell how much it reads; its plans are compared instead")
    grown: list[str] = []
    for (case, trees), (same, _) in zip(pages(small.population), pages(large.population), strict=True):
        assert case.name == same.name
        few = max(rows_or_pages_read(small.connection, statement_of(small, case)), least_of(case, trees))
        many = rows_or_pages_read(large.connection, statement_of(large, same))
        if many > FACTOR * few + LEVELS:
            grown.append(f"{case.name}: {few} in the small clinic, {many} in the large one")
    assert not grown, "\n".join(grown)


def quiet(seconds: list[float]) -> float:
    """The tenth percentile: what it takes when nothing else runs. Neighbours move a median by a factor, and by another one each time."""
    return statistics.quantiles(seconds, n=10)[0]


@pytest.mark.skipif(not is_full(), reason="time is compared at full size, in make proof")
def test_a_page_takes_as_long_in_a_large_table_as_in_a_small_one(clinics: tuple[Clinic, Clinic]) -> None:
    small, large = clinics
    slower: list[str] = []
    for (case, _), (same, _) in zip(pages(small.population), pages(large.population), strict=True):
        both = ((small, statement_of(small, case)), (large, statement_of(large, same)))
        taken: dict[Clinic, list[float]] = {small: [], large: []}
        for _ in range(RUNS):
            for clinic, statement in both:
                taken[clinic].append(seconds_taken(clinic.connection, statement))
        few, many = (quiet(taken[clinic]) * 1000 for clinic in clinics)
        told = f"{case.name}: {few:.2f} ms in the small clinic, {many:.2f} ms in the large one, {many / few:.2f} times"
        logger.info("%s, %s", small.engine, told)
        if many > FACTOR * few:
            slower.append(told)
    assert not slower, "\n".join(slower)
