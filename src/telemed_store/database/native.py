"""Native objects: triggers, functions and constraints that SQLAlchemy has no word for.

Each is declared once, beside its table, with `declare`. From there it reaches three places: ``create_all`` (an ``after_create``
listener of the table), the migrations (`create_native` / `drop_native`), and ``migrate verify``, which looks for it in the catalogue.
In the SQL, ``{schema}`` stands for the qualified prefix of our tables: ``"telemed".`` on PostgreSQL, nothing elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from sqlalchemy import Connection, Dialect, Index, Table, UniqueConstraint, event, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement

from telemed_store.database.metadata import SCHEMA

__all__ = [
    "NATIVE_OBJECTS",
    "Family",
    "NativeObject",
    "NativeStatement",
    "append_only",
    "create_native",
    "declare",
    "deployed_schema",
    "drop_native",
    "family",
    "mariadb_trigger",
    "native_objects",
    "never_deleted",
    "postgresql_trigger",
    "sqlite_trigger",
    "unique_while",
]

Family = Literal["postgresql", "mysql", "sqlite"]
Kind = Literal["trigger", "function", "constraint", "table"]


def family(dialect: Dialect) -> Family:
    """The engine family a dialect belongs to: MariaDB and MySQL share one."""
    name = "mysql" if dialect.name == "mariadb" else dialect.name
    if name not in {"postgresql", "mysql", "sqlite"}:
        raise ValueError(f"telemed_store does not support the dialect {name}")
    return cast("Family", name)


@dataclass(frozen=True, slots=True)
class NativeObject:
    """One object of one engine: how it is made, how it is dropped, and where the catalogue shows it."""

    name: str
    table: str
    engine: Family
    kind: Kind
    create: str
    drop: str


NATIVE_OBJECTS: Final[list[NativeObject]] = []


class NativeStatement(ExecutableDDLElement):
    """A piece of native SQL as an executable DDL element, with the schema filled in."""

    inherit_cache: bool | None = False

    def __init__(self, sql: str, schema: str | None = SCHEMA) -> None:
        self.sql = sql
        self.schema = schema


@compiles(NativeStatement)
def _compile_native(element: NativeStatement, compiler: Any, **_: object) -> str:
    prefix = f"{compiler.preparer.quote_identifier(element.schema)}." if _has_schemas(compiler.dialect, element) else ""
    return str(compiler.sql_compiler.post_process_text(element.sql.replace("{schema}", prefix)))


def _has_schemas(dialect: Dialect, element: NativeStatement) -> bool:
    return dialect.name == "postgresql" and element.schema is not None


def declare(table: Table, *objects: NativeObject) -> None:
    """Bind native objects to their table: in the order given they are created with it."""
    NATIVE_OBJECTS.extend(objects)

    def create(_target: Table, connection: Connection, **_: object) -> None:
        schema = deployed_schema(connection)
        for native in objects:
            if native.engine == family(connection.dialect):
                connection.execute(NativeStatement(native.create, schema))

    event.listen(table, "after_create", create)


def deployed_schema(connection: Connection) -> str | None:
    """The schema that our tables really live in on this connection; None where the engine's default is used."""
    translate: dict[str, str | None] | None = connection.get_execution_options().get("schema_translate_map")
    return translate.get(SCHEMA, SCHEMA) if translate else SCHEMA


def native_objects(engine: Family, tables: set[str] | None = None) -> Iterator[NativeObject]:
    """The declared objects of one engine, optionally of some tables only."""
    return (n for n in NATIVE_OBJECTS if n.engine == engine and (tables is None or n.table in tables))


def create_native(
    execute: Callable[[NativeStatement], object], dialect: Dialect, schema: str | None, *tables: str
) -> None:
    """Create the native objects of ``tables`` (Alembic's ``op.execute`` or a connection's ``execute``)."""
    for native in native_objects(family(dialect), set(tables)):
        execute(NativeStatement(native.create, schema))


def drop_native(
    execute: Callable[[NativeStatement], object], dialect: Dialect, schema: str | None, *tables: str
) -> None:
    """Drop the native objects of ``tables``, the last made first."""
    for native in reversed(list(native_objects(family(dialect), set(tables)))):
        execute(NativeStatement(native.drop, schema))


def postgresql_trigger(name: str, table: str, when: str, body: str) -> tuple[NativeObject, NativeObject]:
    """A PL/pgSQL trigger and its function; ``when`` is such as ``BEFORE UPDATE OR DELETE ... FOR EACH ROW``."""
    timing, each = when.rsplit(" FOR EACH ", 1)
    function = NativeObject(
        name,
        table,
        "postgresql",
        "function",
        # search_path: a trigger function runs with the caller's path, which must not decide which tables it reads.
        f"CREATE OR REPLACE FUNCTION {{schema}}{name}() RETURNS trigger LANGUAGE plpgsql"
        f" SET search_path = pg_catalog, pg_temp AS $$ BEGIN {body} END $$",
        f"DROP FUNCTION IF EXISTS {{schema}}{name}()",
    )
    trigger = NativeObject(
        name,
        table,
        "postgresql",
        "trigger",
        f"CREATE TRIGGER {name} {timing} ON {{schema}}{table} FOR EACH {each} EXECUTE FUNCTION {{schema}}{name}()",
        f"DROP TRIGGER IF EXISTS {name} ON {{schema}}{table}",
    )
    return function, trigger


def sqlite_trigger(name: str, table: str, when: str, body: str, *, condition: str = "") -> NativeObject:
    """A SQLite row trigger; ``when`` is such as ``BEFORE UPDATE``."""
    guard = f" WHEN {condition}" if condition else ""
    return NativeObject(
        name,
        table,
        "sqlite",
        "trigger",
        f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW{guard} BEGIN {body} END",
        f"DROP TRIGGER IF EXISTS {name}",
    )


def mariadb_trigger(name: str, table: str, when: str, body: str) -> NativeObject:
    """A MariaDB row trigger; ``when`` is such as ``BEFORE UPDATE``."""
    return NativeObject(
        name,
        table,
        "mysql",
        "trigger",
        f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW BEGIN {body} END",
        f"DROP TRIGGER IF EXISTS {name}",
    )


def append_only(table: Table, *, blankable: str | None = None) -> None:
    """Refuse UPDATE and DELETE of a table's rows, for everyone; TRUNCATE too where the engine can.

    An UPDATE that sets the column ``blankable`` to NULL and leaves all others as they are is let through: erasure blanks what a person
    wrote, and keeps that it was written (domain §10). PostgreSQL refuses TRUNCATE by a trigger, MariaDB because an empty guard table refers to this one. SQLite has no TRUNCATE,
    but ``INSERT OR REPLACE`` deletes without firing a DELETE trigger, so an existing key is refused before the insert.
    """
    name = f"tr_{table.name}_append_only"
    refuse = f"RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = '{name}', CONSTRAINT = '{name}';"
    signal = f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{name}';"
    abort = f"SELECT RAISE(ABORT, '{name}');"
    blanks = _only_blanks(table, blankable) if blankable else None
    declare(
        table,
        *postgresql_trigger(
            name,
            table.name,
            "BEFORE UPDATE OR DELETE FOR EACH ROW",
            f"IF TG_OP = 'UPDATE' AND {blanks['postgresql']} THEN RETURN NEW; END IF; {refuse}" if blanks else refuse,
        ),
        NativeObject(
            f"{name}_truncate",
            table.name,
            "postgresql",
            "trigger",
            f"CREATE TRIGGER {name}_truncate BEFORE TRUNCATE ON {{schema}}{table.name}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {{schema}}{name}()",
            f"DROP TRIGGER IF EXISTS {name}_truncate ON {{schema}}{table.name}",
        ),
        NativeObject(
            f"guard_{table.name}",
            table.name,
            "mysql",
            "table",
            # TRUNCATE fires no trigger; InnoDB refuses it for a table that a foreign key refers to.
            f"CREATE TABLE guard_{table.name} (id BINARY(16) NOT NULL PRIMARY KEY,"
            f" CONSTRAINT fk_guard_{table.name} FOREIGN KEY (id) REFERENCES {table.name} (id)) ENGINE=InnoDB",
            f"DROP TABLE IF EXISTS guard_{table.name}",
        ),
        mariadb_trigger(
            f"{name}_update",
            table.name,
            "BEFORE UPDATE",
            f"IF NOT ({blanks['mysql']}) THEN {signal} END IF;" if blanks else signal,
        ),
        mariadb_trigger(f"{name}_delete", table.name, "BEFORE DELETE", signal),
        sqlite_trigger(
            f"{name}_update",
            table.name,
            "BEFORE UPDATE",
            abort,
            condition=f"NOT ({blanks['sqlite']})" if blanks else "",
        ),
        sqlite_trigger(f"{name}_delete", table.name, "BEFORE DELETE", abort),
        _refuse_replace(table, f"{name}_replace", abort),
    )


def never_deleted(table: Table, name: str) -> None:
    """Refuse DELETE of a table's rows, for everyone: they change, and stay for ever.

    TRUNCATE is refused by what refers to them. On SQLite ``INSERT OR REPLACE`` is refused too, as of append-only rows.

    Args:
        table: The table.
        name: What the triggers raise, for `translation.register`.
    """
    abort = f"SELECT RAISE(ABORT, '{name}');"
    declare(
        table,
        *postgresql_trigger(
            name,
            table.name,
            "BEFORE DELETE FOR EACH ROW",
            f"RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = '{name}', CONSTRAINT = '{name}';",
        ),
        mariadb_trigger(name, table.name, "BEFORE DELETE", f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{name}';"),
        sqlite_trigger(name, table.name, "BEFORE DELETE", abort),
        _refuse_replace(table, f"{name}_replace", abort),
    )


def _refuse_replace(table: Table, name: str, abort: str) -> NativeObject:
    """On SQLite refuse an existing key before the insert: ``INSERT OR REPLACE`` deletes without firing a DELETE trigger."""
    taken = " OR ".join(
        " AND ".join(f"{column.name} = NEW.{column.name}" for column in key) for key in _unique_keys(table)
    )
    condition = f"EXISTS (SELECT 1 FROM {table.name} WHERE {taken})"
    return sqlite_trigger(name, table.name, "BEFORE INSERT", abort, condition=condition)


def _only_blanks(table: Table, blankable: str) -> dict[Family, str]:
    """The condition that an UPDATE sets one column to NULL and changes no other; a NULL equals a NULL."""
    others = [column.name for column in table.columns if column.name != blankable]

    def condition(quote: str, equals: str) -> str:
        same = (f"NEW.{quote}{name}{quote} {equals} OLD.{quote}{name}{quote}" for name in others)
        return " AND ".join([f"NEW.{quote}{blankable}{quote} IS NULL", *same])

    return {
        "postgresql": condition('"', "IS NOT DISTINCT FROM"),
        "mysql": condition("`", "<=>"),
        "sqlite": condition('"', "IS"),
    }


def _unique_keys(table: Table) -> Iterator[list[Any]]:
    yield list(table.primary_key)
    # In one order in every process: `verify` compares texts.
    unique = (constraint for constraint in table.constraints if isinstance(constraint, UniqueConstraint))
    yield from (list(constraint) for constraint in sorted(unique, key=lambda constraint: str(constraint.name)))


LIVE: Final = "deleted_at IS NULL"
"""The condition of uniqueness among rows that are not deleted (C4)."""


def unique_while(table: Table, *columns: str, condition: str = LIVE, name: str | None = None) -> str:
    """Keep ``columns`` unique among the rows that fulfil ``condition``; a NULL among them is never a duplicate.

    PostgreSQL and SQLite have partial unique indexes. MariaDB has none: there an invisible virtual column is 1 where the condition
    holds and NULL elsewhere, and closes a unique key of the same name, because a key with a NULL in it is never a duplicate.

    Args:
        table: The table, after its definition.
        columns: Names of its columns, the most selective first: reads use the index by its leading columns.
        condition: SQL over the row's columns that every engine understands.
        name: Of the key; by default ``uq_<table>_<columns>``.

    Returns:
        The key's name, for `translation.register`.
    """
    key = name or f"uq_{table.name}_{'_'.join(columns)}"
    where = text(condition)
    index = Index(
        key, *(table.c[column] for column in columns), unique=True, postgresql_where=where, sqlite_where=where
    )
    index.ddl_if(callable_=_has_partial_indexes)
    marker = f"while_{key.removeprefix(f'uq_{table.name}_')}"
    again = _foreign_key_without(table, columns[0], key)
    declare(
        table,
        NativeObject(
            key,
            table.name,
            "mysql",
            "constraint",
            f"ALTER TABLE {table.name} ADD COLUMN {marker} TINYINT AS (IF({condition}, 1, NULL)) VIRTUAL INVISIBLE,"
            f" ADD UNIQUE KEY {key} ({', '.join(columns)}, {marker})",
            f"ALTER TABLE {table.name} DROP KEY {key}, DROP COLUMN {marker}{again}",
        ),
    )
    return key


def _has_partial_indexes(*_: object, dialect: Dialect, **__: object) -> bool:
    return family(dialect) != "mysql"


def _foreign_key_without(table: Table, column: str, key: str) -> str:
    """What gives a foreign key on ``column`` back the index that InnoDB made for it, and dropped when ``key`` could serve."""
    leading = (next(iter(index.columns)).name for index in table.indexes if index.name != key)
    foreign = next((c.name for c in table.foreign_key_constraints if next(iter(c.columns)).name == column), None)
    return f", ADD KEY IF NOT EXISTS {foreign!s} ({column})" if foreign and column not in leading else ""
