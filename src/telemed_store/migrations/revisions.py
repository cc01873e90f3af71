"""What revision scripts are made of besides Alembic's ``op``: where the tables are, native objects, the code they ask for.

Everything here may run twice: on MariaDB each DDL statement commits by itself, so a migration that was cut in the middle is repaired
by running it again.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Integer, column, inspect, table, text
from sqlalchemy.schema import CreateSchema

from telemed_store.database.metadata import SCHEMA
from telemed_store.database.native import Family, NativeObject, NativeStatement, deployed_schema, family, native_objects

__all__ = [
    "create_native_objects",
    "drop_tables",
    "execute_native",
    "family_here",
    "has_partial_indexes",
    "prefix",
    "prepare_schema",
    "require_code",
    "schema",
]


def schema() -> str | None:
    """The schema that the tables live in; None where the engine has no schemas of that kind."""
    context = op.get_context()
    if family(context.dialect) != "postgresql":
        return None
    if "telemed_schema" in context.opts:
        return context.opts["telemed_schema"]  # type: ignore[no-any-return]
    # A host's environment: its connection may translate our symbolic schema.
    return SCHEMA if context.bind is None else deployed_schema(context.bind) or SCHEMA


def prefix() -> str:
    """What stands before a table's name in the target of a foreign key."""
    name = schema()
    return f"{name}." if name else ""


def prepare_schema() -> None:
    """Make what tables need before they can be made (PostgreSQL: the schema, and operators for exclusion constraints)."""
    name = schema()
    if name is not None:
        op.execute(CreateSchema(name, if_not_exists=True))
        op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")


def has_partial_indexes() -> bool:
    """Whether the engine knows indexes over some rows; where not, a native object stands for them."""
    return family(op.get_context().dialect) != "mysql"


def create_native_objects(*tables: str) -> None:
    """Create the triggers, functions and constraints declared beside ``tables``."""
    for native in native_objects(family(op.get_context().dialect), set(tables)):
        if not _exists(native):
            _execute(native.create)


def family_here() -> Family:
    """The engine family that this migration runs on, or is written down for."""
    return family(op.get_context().dialect)


def execute_native(sql: str) -> None:
    """Execute a statement of this engine's own SQL, in which ``{schema}`` stands before our tables."""
    _execute(sql)


def drop_tables(*names: str) -> None:
    """Drop tables, in this order, with what is declared beside them."""
    engine = family(op.get_context().dialect)
    natives = list(native_objects(engine, set(names)))
    # Triggers and constraints go with their tables. A guard table refers to its table; a function outlives it.
    for native in natives:
        if native.kind == "table":
            _execute(native.drop)
    for name in names:
        op.drop_table(name, schema=schema(), if_exists=True)
    for native in natives:
        if native.kind == "function":
            _execute(native.drop)


def require_code(revision: int) -> None:
    """Record the oldest code revision that may use the schema from here on: only a contract migration raises it."""
    compatibility = table(
        "schema_compatibility", column("id", Integer), column("oldest_code_revision", Integer), schema=schema()
    )
    op.execute(compatibility.delete().where(compatibility.c.id == 1))
    op.execute(compatibility.insert().values(id=1, oldest_code_revision=revision))


def _execute(sql: str) -> None:
    context = op.get_context()
    statement = NativeStatement(sql, schema())
    if context.as_sql and family(context.dialect) == "mysql" and " BEGIN " in sql:
        # The client must not end the statement at the first semicolon of the body.
        body = str(statement.compile(dialect=context.dialect))
        context.impl.static_output(f"DELIMITER //\n{body}//\nDELIMITER ;\n")
    else:
        op.execute(statement)


def _exists(native: NativeObject) -> bool:
    """Whether a first run, cut in the middle, made it already. The other engines undo such a run."""
    context = op.get_context()
    connection = context.bind
    # Written down as SQL there is nothing to ask: what stands for a connection answers nothing.
    if context.as_sql or connection is None or native.engine != "mysql":
        return False
    if native.kind == "table":
        return inspect(connection).has_table(native.name)
    view, of_table = {
        "trigger": ("TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() AND TRIGGER_NAME", "EVENT_OBJECT_TABLE"),
        "constraint": ("TABLE_CONSTRAINTS WHERE TABLE_SCHEMA = DATABASE() AND CONSTRAINT_NAME", "TABLE_NAME"),
    }[native.kind]
    question = text(f"SELECT 1 FROM information_schema.{view} = :name AND {of_table} = :table")  # noqa: S608
    return connection.execute(question, {"name": native.name, "table": native.table}).first() is not None
