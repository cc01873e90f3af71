"""Each test gets a database of its own, as the template has it, quickly."""

from __future__ import annotations

import time

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


def test_a_fresh_database_takes_at_most_50_ms(telemed_engine: str, telemed_templates: Templates) -> None:
    """The fastest of nine: what it costs here, whatever else the machine does meanwhile."""
    template = telemed_templates.of(telemed_engine)
    seconds: list[float] = []
    for _ in range(9):
        begun = time.perf_counter()
        with template.fresh():
            seconds.append(time.perf_counter() - begun)
    assert min(seconds) <= 0.050


def test_what_a_test_does_to_tables_and_to_template_rows_does_not_outlive_it(
    telemed_engine: str, telemed_templates: Templates
) -> None:
    """Too-new code (database_newer_than_code_is_refused), a dropped table and a new one: the next database is as the template has it."""
    template = telemed_templates.of(telemed_engine)
    prefix = "telemed." if telemed_engine == "postgresql" else ""
    with template.fresh() as url, engine_of(url, telemed_engine).begin() as connection:
        connection.execute(text(f"UPDATE {prefix}schema_compatibility SET oldest_code_revision = 99"))
    with template.fresh() as url, engine_of(url, telemed_engine).begin() as connection:
        assert connection.execute(text(f"SELECT oldest_code_revision FROM {prefix}schema_compatibility")).scalar() == 1
        connection.execute(text(f"DROP TABLE {prefix}outbox"))
        connection.execute(text("CREATE TABLE left_behind (n integer)"))
    with template.fresh() as url, engine_of(url, telemed_engine).connect() as connection:
        tables = inspect(connection).get_table_names(schema=prefix.removesuffix(".") or None)
        assert "outbox" in tables
        assert "left_behind" not in inspect(connection).get_table_names()


def test_a_connection_that_a_test_forgot_holds_nothing_up(telemed_engine: str, telemed_templates: Templates) -> None:
    template = telemed_templates.of(telemed_engine)
    prefix = "telemed." if telemed_engine == "postgresql" else ""
    with template.fresh() as url:
        forgotten = engine_of(url, telemed_engine).connect()
        forgotten.execute(text(f"UPDATE {prefix}schema_compatibility SET oldest_code_revision = 2"))
    with template.fresh() as url, engine_of(url, telemed_engine).connect() as connection:
        assert connection.execute(text(f"SELECT oldest_code_revision FROM {prefix}schema_compatibility")).scalar() == 1
    forgotten.invalidate()
    forgotten.close()
