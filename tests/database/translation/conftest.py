"""Databases of the three engines, made when first asked for, and the drivers that speak to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .bench import (
    DRIVERS,
    Bench,
    create_database,
    url_of,
)


@pytest.fixture(scope="package")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """The URL of a database with the tables, per engine; servers start when they are first asked for."""
    folder: Path = tmp_path_factory.mktemp("translation")
    urls: dict[str, str] = {}
    closers: list[Callable[[], object]] = []

    def database(family: str) -> str:
        if family not in urls:
            urls[family] = create_database(family, folder, closers)
        return urls[family]

    yield database
    for close in reversed(closers):
        close()


@pytest.fixture(params=DRIVERS)
def bench(request: pytest.FixtureRequest, databases: Callable[[str], str]) -> Bench:
    driver: str = request.param
    return Bench(driver, url_of(databases, driver))


@pytest.fixture(params=["psycopg", "asyncpg", "pymysql", "asyncmy"])
def networked(request: pytest.FixtureRequest, databases: Callable[[str], str]) -> Bench:
    driver: str = request.param
    return Bench(driver, url_of(databases, driver))
