"""Whether triggers, functions and native constraints stand in the catalogue, enabled, and as the code declares them.

The catalogues keep bodies as they were written, so those are compared word by word; conditions are printed anew by PostgreSQL and
MariaDB and compared in `comparable` form. Nothing here writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection, text

from telemed_store.database.native import NATIVE_OBJECTS, Family, NativeObject, family
from telemed_store.migrations.comparison import Finding, comparable

__all__ = ["native_findings"]

# Kind and name of an object, to what the catalogue says of it.
Catalogue = Mapping[tuple[str, str], Any]

_MISSING: Final = "is missing"
_CHANGED: Final = "is not as the code declares it"


def native_findings(connection: Connection, schema: str | None) -> Iterator[Finding]:
    """Every difference of the native objects, in the order of their declaration, then what is switched off."""
    engine = family(connection.dialect)
    read, equal = _ENGINES[engine]
    catalogue = read(connection, schema)
    for native in NATIVE_OBJECTS:
        if native.engine != engine:
            continue
        found = catalogue.get((native.kind, native.name))
        if found is None:
            yield Finding(native.kind, native.name, _MISSING)
        elif not equal(native, found):
            yield Finding(native.kind, native.name, _CHANGED)
    if engine == "postgresql":
        yield from _switched_off(connection, schema)


def _rows(connection: Connection, sql: str, **parameters: Any) -> list[Any]:
    return list(connection.execute(text(sql), parameters))


# --- SQLite -------------------------------------------------------------------------------------------------------------------


def _read_sqlite(connection: Connection, _schema: str | None) -> Catalogue:
    rows = _rows(connection, "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {(kind, name): sql for kind, name, sql in rows}


def _equal_sqlite(native: NativeObject, found: str) -> bool:
    return _words(native.create.replace("{schema}", "")) == _words(found)


# --- MariaDB ------------------------------------------------------------------------------------------------------------------

_MARKED_KEY: Final = re.compile(r"ADD COLUMN (\w+) \w+ AS \((.*)\) VIRTUAL INVISIBLE, ADD UNIQUE KEY \w+ \((.*)\)$")


def _read_mariadb(connection: Connection, _schema: str | None) -> Catalogue:
    triggers = _rows(
        connection,
        "SELECT trigger_name, CONCAT_WS(' ', action_timing, event_manipulation, 'ON', event_object_table, 'FOR EACH', action_orientation,"
        " action_statement) FROM information_schema.triggers WHERE trigger_schema = DATABASE()",
    )
    tables = _rows(connection, "SELECT table_name, '' FROM information_schema.tables WHERE table_schema = DATABASE()")
    keys = _rows(
        connection,
        "SELECT s.index_name, CONCAT(MAX(COALESCE(c.generation_expression, '')), '|',"
        " GROUP_CONCAT(s.column_name ORDER BY s.seq_in_index SEPARATOR ', ')) FROM information_schema.statistics s"
        " JOIN information_schema.columns c USING (table_schema, table_name, column_name)"
        " WHERE s.table_schema = DATABASE() AND s.non_unique = 0 GROUP BY s.table_name, s.index_name",
    )
    kinds = (("trigger", triggers), ("table", tables), ("constraint", keys))
    return {(kind, name): definition for kind, rows in kinds for name, definition in rows}


def _equal_mariadb(native: NativeObject, found: str) -> bool:
    if native.kind == "trigger":
        declared_as = native.create.removeprefix(f"CREATE TRIGGER {native.name} ").replace("{schema}", "")
        return _words(declared_as) == _words(found)
    declared = _MARKED_KEY.search(native.create)
    if native.kind != "constraint" or declared is None:
        return True
    expression, _, columns = found.rpartition("|")
    return comparable(declared[2]) == comparable(expression) and declared[3] == columns


# --- PostgreSQL ---------------------------------------------------------------------------------------------------------------

_FUNCTION: Final = re.compile(r"SET search_path = (?P<path>.*?) AS \$\$(?P<body>.*)\$\$", re.DOTALL)


def _read_postgresql(connection: Connection, schema: str | None) -> Catalogue:
    functions = _rows(
        connection,
        "SELECT proname, prosrc, COALESCE(array_to_string(proconfig, '; '), '') FROM pg_proc WHERE pronamespace = to_regnamespace(:schema)",
        schema=schema,
    )
    triggers = _rows(
        connection,
        "SELECT t.tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE c.relnamespace = to_regnamespace(:schema) AND NOT t.tgisinternal",
        schema=schema,
    )
    constraints = _rows(
        connection,
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = to_regnamespace(:schema)",
        schema=schema,
    )
    found: dict[tuple[str, str], Any] = {("function", name): (body, config, schema) for name, body, config in functions}
    found |= {("trigger", name): (definition, schema) for name, definition in triggers}
    return found | {("constraint", name): definition for name, definition in constraints}


def _equal_postgresql(native: NativeObject, found: Any) -> bool:
    match native.kind:
        case "function":
            body, config, schema = found
            # As the statement that makes it writes the schema: in quotes, which the body keeps.
            declared = _FUNCTION.search(native.create.replace("{schema}", f'"{schema}".'))
            if declared is None:
                return False
            path = f"search_path={declared['path']}".replace('"', "")
            return _words(declared["body"]) == _words(body) and path == config.replace('"', "")
        case "trigger":
            definition, schema = found
            # PostgreSQL prints the events in an order of its own.
            return sorted(_symbols(native.create.replace("{schema}", ""))) == sorted(
                _symbols(definition.replace(f"{schema}.", ""))
            )
        case _:
            declared_as = native.create.partition(f"ADD CONSTRAINT {native.name} ")[2]
            return comparable(declared_as) == comparable(found)


def _switched_off(connection: Connection, schema: str | None) -> Iterator[Finding]:
    """Triggers that are disabled, constraints that hold for new rows only or not at all, indexes that no query may use."""
    disabled = (
        "SELECT DISTINCT COALESCE(k.conname, t.tgname) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " LEFT JOIN pg_constraint k ON k.oid = t.tgconstraint"
        " WHERE c.relnamespace = to_regnamespace(:schema) AND t.tgenabled IN ('D', 'R') ORDER BY 1"
    )
    for (name,) in _rows(connection, disabled, schema=schema):
        yield Finding("trigger", name, "is disabled")
    unproven = "SELECT conname FROM pg_constraint WHERE connamespace = to_regnamespace(:schema) AND NOT convalidated ORDER BY 1"
    for (name,) in _rows(connection, unproven, schema=schema):
        yield Finding("constraint", name, "is not validated")
    unusable = (
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " WHERE c.relnamespace = to_regnamespace(:schema) AND NOT i.indisvalid ORDER BY 1"
    )
    for (name,) in _rows(connection, unusable, schema=schema):
        yield Finding("index", name, "is not valid")


def _words(sql: str) -> list[str]:
    return sql.replace("`", "").split()


def _symbols(sql: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s()\"]", sql.lower())


_ENGINES: Final[
    dict[Family, tuple[Callable[[Connection, str | None], Catalogue], Callable[[NativeObject, Any], bool]]]
] = {
    "postgresql": (_read_postgresql, _equal_postgresql),
    "mysql": (_read_mariadb, _equal_mariadb),
    "sqlite": (_read_sqlite, _equal_sqlite),
}
