"""How Alembic runs our history: over a connection that is handed in, over a URL of its configuration, or as SQL text.

``Config.attributes`` may hold ``connection`` (a `sqlalchemy.Connection` or `Engine`) and ``schema`` (PostgreSQL: where the tables are).
"""

from __future__ import annotations

from typing import Any, Final, cast

from alembic import context
from sqlalchemy import Connection, Engine, create_engine, pool
from sqlalchemy.schema import CreateSchema

from telemed_store.database.metadata import SCHEMA
from telemed_store.database.native import Family
from telemed_store.migrations.comparison import comparison_options
from telemed_store.migrations.ownership import VERSION_TABLE

__all__ = ["run"]

OFFLINE_LIMITS: Final = {"lock_timeout": "10s", "statement_timeout": "10min"}


def run() -> None:
    """Run the migrations that the present command asks for."""
    given = context.config.attributes.get("connection")
    if context.is_offline_mode():
        _write_sql()
    elif isinstance(given, Connection):
        _run_on(given)
    else:
        engine = given if isinstance(given, Engine) else _configured_engine()
        with engine.connect() as connection:
            _run_on(connection)


def _configured_engine() -> Engine:
    url = context.config.get_main_option("sqlalchemy.url")
    if not url:
        raise ValueError("set sqlalchemy.url, or hand over a connection in Config.attributes")
    return create_engine(url, poolclass=pool.NullPool)


def _run_on(connection: Connection) -> None:
    dialect = connection.dialect.name
    schema = _schema(dialect)
    if schema is not None and not connection.dialect.has_schema(connection, schema):
        began = connection.in_transaction()
        connection.execute(CreateSchema(schema, if_not_exists=True))
        if not began:
            connection.commit()
    context.configure(connection=connection, transaction_per_migration=True, **_options(dialect, schema))
    with context.begin_transaction():
        context.run_migrations()
    if connection.in_transaction() and not context.config.attributes.get("joined"):
        connection.commit()


def _write_sql() -> None:
    dialect = context.config.attributes.get("dialect", "postgresql")
    schema = _schema(dialect)
    context.configure(
        dialect_name=dialect, literal_binds=True, transaction_per_migration=True, **_options(dialect, schema)
    )
    if schema is not None:
        for name, value in OFFLINE_LIMITS.items():
            context.execute(f"SET {name} = '{value}'")
        context.execute(CreateSchema(schema, if_not_exists=True))
    with context.begin_transaction():
        context.run_migrations()


def _schema(dialect: str) -> str | None:
    return context.config.attributes.get("schema", SCHEMA) if dialect == "postgresql" else None


def _options(dialect: str, schema: str | None) -> dict[str, Any]:
    own = {"version_table": VERSION_TABLE, "version_table_schema": schema, "telemed_schema": schema}
    return comparison_options(cast("Family", "mysql" if dialect == "mariadb" else dialect), schema) | own
