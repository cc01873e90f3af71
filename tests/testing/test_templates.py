"""Each test gets a database of its own, as the template has it, quickly."""

from __future__ import annotations

import statistics
import time
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, inspect, make_url, text
from sqlalchemy.pool import NullPool

from telemed_store.testing.fixtures import Templates

DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "mariadb": "mysql+pymysql"}


def engine_of(url: str, name: str) -> Engine:
    return create_engine(make_url(url).set(drivername=DRIVERS[name]), poolclass=NullPool)


def test_a_fresh_database_has_the_stores_tables_and_says_which_code_may_use_it(
    telemed_engine: str, telemed_database_url: str
) -> None:
    with engine_of(telemed_database_url, telemed_engine).connect() as connection:
        schema = "telemed" if telemed_engine == "postgresql" else None
        tables = inspect(connection).get_table_names(schema=schema)
        assert {"users", "appointments", "domain_events", "schema_compatibility"} <= set(tables)
        prefix = "telemed." if schema else ""
        assert connection.execute(text(f"SELECT oldest_code_revision FROM {prefix}schema_compatibility")).all() == [
            (1,)
        ]


def test_clones_are_made_in_time(telemed_engine: str, telemed_templates: Templates) -> None:
    template = telemed_templates.of(telemed_engine)
    seconds: list[float] = []
    for _ in range(9):
        begun = time.perf_counter()
        with template.fresh():
            seconds.append(time.perf_counter() - begun)
    print(telemed_engine, "median", statistics.median(seconds), "max", max(seconds))
    assert statistics.median(seconds) <= 0.050
