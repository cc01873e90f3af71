from __future__ import annotations

from collections.abc import Iterator

import pytest

from telemed_store.testing.plugin import selected_engines
from telemed_store.testing.sizes import ProofSize, is_full
from telemed_store.testing.templates import Missing

from .clinics import Clinic, clinic_of

SIZES = {"small": (2_000, 10_000), "large": (20_000, 1_000_000)}
"""Appointments of the two clinics, each in `make test` and in `make proof`."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "clinics" in metafunc.fixturenames:
        metafunc.parametrize("clinics", selected_engines(metafunc.config), indirect=True, scope="session")


@pytest.fixture(scope="session")
def clinics(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Clinic, Clinic]]:
    """The small clinic and the large one on one engine."""
    engine = str(request.param)
    sizes = ProofSize(SIZES, full=is_full())
    directory = tmp_path_factory.mktemp("clinics")
    # SQLite is the embedded default, of one machine: a tenth of the full size is large there.
    large = min(sizes.large, 100_000) if engine == "sqlite" else sizes.large
    try:
        with (
            clinic_of(engine, sizes.small, directory / f"small-{directory.name}") as small,
            clinic_of(engine, large, directory / f"large-{directory.name}") as other,
        ):
            yield small, other
    except Missing as missing:
        pytest.skip(f"telemed_store has no server to test on: {missing}")
