"""How the tables of a database differ from those of the code: tables, columns, types, keys, indexes, checks.

Native objects are `native_comparison`'s affair. Nothing here writes.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, MetaData, inspect

from telemed_store.database.metadata import METADATA
from telemed_store.database.native import Family, family, native_objects
from telemed_store.migrations.ownership import deployed_metadata

__all__ = ["Finding", "comparable", "comparison_options", "table_findings"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference between a database and the code.

    Attributes:
        kind: ``table``, ``column``, ``index``, ``constraint``, ``trigger``, ``function`` or ``revision``.
        name: Which one; a column with its table.
        problem: What is wrong with it.
    """

    kind: str
    name: str
    problem: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name} {self.problem}"


def table_findings(connection: Connection, schema: str | None) -> Iterator[Finding]:
    """Every difference of the tables, in a stable order."""
    options = comparison_options(family(connection.dialect), schema)
    metadata: MetaData = options["target_metadata"]
    with warnings.catch_warnings():
        # Alembic hands what MariaDB's reflection says of a unique key on to a constructor that does not know it.
        warnings.filterwarnings("ignore", "Can't validate argument 'dialect_options'")
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    found = {finding for difference in differences for finding in _findings(difference)}
    found |= set(_checks(connection, metadata, schema))
    yield from sorted(found, key=str)


def comparison_options(engine: Family, schema: str | None) -> dict[str, Any]:
    """What a comparison of the database with our MetaData looks at: our own tables in our own schema."""
    ours = frozenset(table.name for table in METADATA.tables.values())

    def include_name(name: str | None, type_: str, _parents: Any) -> bool:
        if type_ == "schema":
            return name == schema
        return type_ != "table" or name in ours

    return {
        "target_metadata": deployed_metadata(schema),
        "include_schemas": schema is not None,
        "include_name": include_name,
        "include_object": _declared_portably(engine),
        "compare_type": True,
    }


_ADDED_COLUMN: Final = re.compile(r"ADD COLUMN (\w+)")


def _declared_portably(engine: Family) -> Callable[..., bool]:
    """Alembic's ``include_object``, which passes over what is verified as a native object instead."""
    natives = [native for native in native_objects(engine) if native.kind == "constraint"]
    names = {native.name for native in natives}
    columns = {(native.table, column) for native in natives for column in _ADDED_COLUMN.findall(native.create)}

    def include_object(obj: Any, name: str | None, type_: str, _reflected: bool, _compare_to: Any) -> bool:  # noqa: FBT001
        if type_ == "column":
            return (obj.table.name, name) not in columns
        return type_ not in {"index", "unique_constraint"} or name not in names

    return include_object


def _findings(difference: Any) -> Iterator[Finding]:
    if isinstance(difference, list):
        for change in difference:  # pyright: ignore[reportUnknownVariableType]
            what = str(change[0]).removeprefix("modify_")  # pyright: ignore[reportUnknownArgumentType]
            yield Finding("column", f"{change[2]}.{change[3]}", f"has another {what} than the code")
        return
    verb, _, kind = str(difference[0]).partition("_")
    problem = "is missing" if verb == "add" else "is not the code's"
    if kind == "column":
        yield Finding("column", f"{difference[2]}.{difference[3].name}", problem)
        return
    subject = difference[1]
    yield Finding({"fk": "constraint"}.get(kind, kind), str(subject.name), problem)


def _checks(connection: Connection, metadata: MetaData, schema: str | None) -> Iterator[Finding]:
    inspector = inspect(connection)
    present = set(inspector.get_table_names(schema))
    for table in metadata.tables.values():
        if table.name not in present:
            continue
        found = {str(each["name"]): each["sqltext"] for each in inspector.get_check_constraints(table.name, schema)}
        wanted = {str(c.name): str(c.sqltext) for c in table.constraints if isinstance(c, CheckConstraint)}
        for name in found.keys() | wanted.keys():
            if name not in found:
                yield Finding("constraint", name, "is missing")
            elif name not in wanted:
                # MariaDB adds one to each JSON column, named as the column.
                if name not in table.c:
                    yield Finding("constraint", name, "is not the code's")
            elif comparable(found[name]) != comparable(wanted[name]):
                yield Finding("constraint", name, "has another condition than the code")


_CAST: Final = re.compile(
    r"::(?:character varying|double precision|time(?:stamp)? with(?:out)? time zone|\w+)(?:\(\d+\))?(?:\[\])*"
)
_BETWEEN: Final = re.compile(r"(\w+) between (\S+) and ([^\s)]+)")
_LAYOUT: Final = re.compile(r"[\s()\[\]`\"]+")


def comparable(condition: str) -> str:
    """An SQL condition without what engines change when they print it: case, brackets, casts, their words for IN and BETWEEN."""
    text = _CAST.sub("", condition.lower().replace("`", ""))
    text = _BETWEEN.sub(r"\1 >= \2 and \1 <= \3", text)
    for printed, written in (("= any", " in "), ("<> all", " not in "), ("array[", "["), ("octet_length", "length")):
        text = text.replace(printed, written)
    # MariaDB prints a bare boolean column as a comparison.
    return _LAYOUT.sub("", text.replace(" <> 0", ""))
