"""Our history in other hands: Alembic's own tests, a host's history and autogenerate, and a linter of PostgreSQL migrations."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from pytest_alembic.tests import (  # noqa: F401 - collected as tests of this module
    test_model_definitions_match_ddl,
    test_single_head_revision,
    test_up_down_consistency,
    test_upgrade,
)
from sqlalchemy import Column, Engine, Integer, MetaData, Table, create_engine, inspect

from telemed_store.database.metadata import METADATA
from telemed_store.migrations import include_object, version_locations

ROOT = Path(__file__).parents[2]

HOST_ENV = """
from alembic import context
from telemed_store.migrations import include_object
connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=context.config.attributes["metadata"], include_object=include_object)
with context.begin_transaction():
    context.run_migrations()
"""
HOST_REVISION = """
import sqlalchemy as sa
from alembic import op
revision = "host1"
down_revision = None
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer, primary_key=True))
def downgrade():
    op.drop_table("users")
"""


@pytest.fixture
def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", "telemed_store:migrations")
    return config


@pytest.fixture
def alembic_engine(database: Any) -> Iterator[Engine]:
    engine = database.open()
    yield engine
    engine.dispose()


def host_engine(database: Any) -> Engine:
    """A host's own engine: it knows nothing of our schema translation."""
    with database.connected() as connection:
        return create_engine(connection.engine.url)


def host_config(folder: Path, connection: Any, metadata: MetaData) -> Config:
    (folder / "versions").mkdir()
    (folder / "env.py").write_text(HOST_ENV)
    (folder / "versions" / "host1.py").write_text(HOST_REVISION)
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", f"{folder / 'versions'}\n{version_locations()}")
    config.attributes |= {"connection": connection, "metadata": metadata}
    return config


def host_metadata() -> MetaData:
    metadata = MetaData()
    Table("users", metadata, Column("id", Integer, primary_key=True))
    return metadata


def test_a_host_mounts_our_branch_beside_its_own(postgres_database: Any, tmp_path: Path) -> None:
    engine = host_engine(postgres_database)
    with engine.connect() as connection:
        config = host_config(tmp_path, connection, host_metadata())
        command.upgrade(config, "heads")
        connection.commit()

        assert inspect(connection).get_table_names() == ["alembic_version", "users"]
        assert set(inspect(connection).get_table_names("telemed")) == {table.name for table in METADATA.tables.values()}
        command.downgrade(config, "telemed_store@base")
        connection.commit()
        assert inspect(connection).get_table_names("telemed") == []
    engine.dispose()


def test_a_host_mounts_our_branch_without_schema_translation(new_database: Any, tmp_path: Path) -> None:
    database = new_database("sqlite")
    engine = host_engine(database)
    with engine.connect() as connection:
        config = host_config(tmp_path, connection, MetaData())
        command.upgrade(config, "telemed_store@head")
        connection.commit()

        assert {table.name for table in METADATA.tables.values()} <= set(inspect(connection).get_table_names())
    engine.dispose()


@pytest.mark.parametrize("whole", [False, True])
def test_a_hosts_autogenerate_beside_its_own_users_proposes_nothing_about_us(
    postgres_database: Any, *, whole: bool
) -> None:
    postgres_database.migrator().upgrade()
    host = host_metadata()
    engine = host_engine(postgres_database)
    with engine.connect() as connection:
        host.create_all(connection)
        options = {"include_object": include_object, "include_schemas": whole}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), host) == []
        Table("patients", host, Column("id", Integer, primary_key=True))
        (difference,) = compare_metadata(MigrationContext.configure(connection, opts=options), host)
        assert difference[0] == "add_table"
    engine.dispose()


def test_a_hosts_autogenerate_passes_over_our_tables_in_its_own_database(database: Any) -> None:
    database.migrator().upgrade()
    with database.connected() as connection:
        options = {"include_object": include_object}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), MetaData()) == []


def test_squawk_is_content_with_our_sql(postgres_database: Any, tmp_path: Path) -> None:
    script = tmp_path / "migration.sql"
    script.write_text(postgres_database.migrator().sql())

    squawk = Path(sys.executable).with_name("squawk")
    run = subprocess.run(
        [squawk, "--config", ROOT / ".squawk.toml", script], capture_output=True, text=True, timeout=60, check=False
    )

    assert run.returncode == 0, run.stdout[-3000:]
