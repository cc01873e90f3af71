"""The schema as documents: the diagram's page and the data dictionary, from the metadata and what stands beside it in the source.

Types, keys, checks and triggers come from SQLAlchemy's metadata, what columns and indexes are for from `table_comments`. Only what a table is
for is said here, and a table without its sentence is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    Constraint,
    Dialect,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    make_url,
)

from er_diagram import Box, Line, draw
from table_comments import area_of, column_meaning, index_purpose
from telemed_store.database.metadata import METADATA
from telemed_store.database.native import NATIVE_OBJECTS
from telemed_store.database.translation.constraints import factory_of
from telemed_store.errors import Cause
from telemed_store.migrations.ownership import VERSION_TABLE

__all__ = ["diagram", "dictionary_page", "schema_page"]

PURPOSE: Final = {
    "users": "People who sign in or are looked after; profiles hang on them.",
    "user_identities": "Logins of a host's own identity provider.",
    "user_identifiers": "What identifies a person elsewhere, such as CPF and CNS: encrypted, found by a blind index.",
    "doctors": "Doctors' professional profiles.",
    "doctor_registrations": "Registrations with professional councils.",
    "patients": "Patients' profiles; medical texts are encrypted under keys of the person.",
    "specializations": "Medical specializations.",
    "doctor_specializations": "Which specializations a doctor has, the main one first.",
    "service_locations": "Where a doctor sees patients, the teleconsultation included.",
    "booking_guards": "One row per doctor and patient, locked before their time is booked.",
    "search_words": "The words by which rows are found, folded.",
    "availability_windows": "When a doctor can be booked: every week, or on one date.",
    "blocked_dates": "Whole dates on which a doctor sees nobody.",
    "appointments": "Appointments. No two active ones of one doctor, or of one patient, overlap.",
    "appointment_logs": "What happened to an appointment, and who did it.",
    "appointment_reminders": "Which reminders were sent.",
    "conversations": "One per doctor and patient who have an appointment; numbers their messages.",
    "conversation_participants": "The two of a conversation: how far each has received and read, and what is unread.",
    "conversation_marks": "When a participant's marks rose.",
    "messages": "Messages, numbered without gaps; bodies are encrypted under keys of the sender.",
    "message_revisions": "Former bodies of edited and deleted messages.",
    "user_counters": "What is unread by a person over all conversations.",
    "consents": "Consents as they were given; at most one active per user and type.",
    "access_origins": "Addresses and clients that requests came from.",
    "data_access_logs": "Who looked at whose data.",
    "audit_logs": "Account and security events.",
    "domain_events": "What happened, written in the transaction that caused it.",
    "outbox": "Events that are still to be delivered.",
    "cache_invalidations": "What transactions made stale in a cache that processes share, kept until all have heard of it.",
    "lock_fences": "The highest fence with which a holder of each lock has written: an older one is refused.",
    "subject_keys": "Data keys of persons, wrapped; a row stays when its key is destroyed.",
    "schema_compatibility": "The oldest code that may use this schema.",
}
COLOURS: Final = {
    "people": "#2f6f8f",
    "availability": "#4c7a34",
    "appointments": "#8a4b2a",
    "messages": "#a8326e",
    "consents": "#7a3e7e",
    "audit": "#6b6b2b",
    "events": "#3c4fa0",
    "crypto": "#8c2f45",
    "database": "#5a6577",
}
DIALECTS: Final[dict[str, Dialect]] = {
    "PostgreSQL": make_url("postgresql://").get_dialect()(),
    "MariaDB": make_url("mariadb+pymysql://").get_dialect()(),
    "SQLite": make_url("sqlite://").get_dialect()(),
}
ENGINES: Final = {"postgresql": "PostgreSQL", "mysql": "MariaDB", "sqlite": "SQLite"}


def diagram() -> str:
    """The entity-relationship diagram as SVG: keys and references; the dictionary has every column."""
    return draw([_box(table) for table in _tables()])


def schema_page() -> Iterator[str]:
    """The lines of the page with the diagram and the list of tables."""
    yield from ("---", "hide:", "  - navigation", "  - toc", "---", "", "# Schema", "")
    yield "One MetaData, the same on every engine. A line leads from a foreign key (the crow's foot) to the table it refers to; `PK` is"
    yield "the primary key, `FK` a foreign key, `U` a column of a unique key. [Every column](tables.md) stands in the data dictionary,"
    yield "[why it is built so](../concepts/guards.md) in the concepts."
    yield ""
    yield "[![Entity-relationship diagram](schema.svg)](schema.svg)"
    yield ""
    for area, tables in _areas().items():
        yield f"## {area} {{ style='color: {COLOURS.get(area, COLOURS['database'])}' }}"
        yield ""
        yield "| Table | What it holds |"
        yield "|---|---|"
        for table in tables:
            yield f"| [`{table.name}`](tables.md#{table.name}) | {PURPOSE[table.name]} |"
        yield ""
    yield f"Beside them stand `{VERSION_TABLE}`, which Alembic keeps, and on MariaDB empty tables `guard_…`: InnoDB refuses to truncate a"
    yield "table that another refers to."


def dictionary_page() -> Iterator[str]:
    """The lines of the data dictionary."""
    yield from ("# Data dictionary", "")
    yield "Every table with its columns, constraints, indexes and triggers, generated from the metadata. On PostgreSQL the tables live in the"
    yield "schema `telemed` (a setting), on MariaDB and SQLite in the connected database. Instants are UTC with microseconds; on SQLite they"
    yield "are text of fixed width, which sorts as the instants do. A UUID is `uuid` on PostgreSQL and 16 bytes elsewhere. A column has a"
    yield "default of the database's own only where one is named: the package writes every column."
    yield ""
    yield "A constraint's error is what a caller gets who violates it, past the checks of the verbs too. Marks such as `Q041` name entries of"
    yield "the [catalogue of queries](../reference/index.md#marks)."
    for area, tables in _areas().items():
        yield from ("", f"## {area}")
        for table in tables:
            yield from ("", *_table(table))


def _tables() -> list[Table]:
    order = list(PURPOSE)
    missing = {table.name for table in METADATA.tables.values()} ^ set(order)
    if missing:
        raise SystemExit(f"tools/data_dictionary.py: PURPOSE and the metadata differ by {', '.join(sorted(missing))}")
    return sorted(METADATA.tables.values(), key=lambda table: order.index(table.name))


def _areas() -> dict[str, list[Table]]:
    areas: dict[str, list[Table]] = {}
    for table in _tables():
        areas.setdefault(area_of(table), []).append(table)
    return areas


def _box(table: Table) -> Box:
    unique = {column.name for key in _unique(table) for column in key.columns}
    lines: list[Line] = []
    for column in table.columns:
        targets = sorted(
            key.referred_table.name for key in table.foreign_key_constraints if next(iter(key.columns)) is column
        )
        marks = [
            mark
            for mark, holds in (("PK", column.primary_key), ("FK", bool(targets)), ("U", column.name in unique))
            if holds
        ]
        if marks:
            lines.append(Line(column.name, " ".join(marks), targets[0] if targets else None))
    return Box(table.name, COLOURS.get(area_of(table), COLOURS["database"]), lines, len(table.columns) - len(lines))


def _unique(table: Table) -> list[UniqueConstraint | Index]:
    keys = [key for key in table.constraints if isinstance(key, UniqueConstraint)]
    # A key that holds the primary key is there to be referred to: it says nothing about a column.
    keys = [key for key in keys if not any(column.primary_key for column in key.columns)]
    return [*keys, *(index for index in table.indexes if index.unique)]


# --- one table ----------------------------------------------------------------------------------------------------------------


def _table(table: Table) -> Iterator[str]:
    yield f"### {table.name}"
    yield ""
    kinds = [
        kind
        for kind, holds in (
            ("Append-only: UPDATE and DELETE are refused by trigger", _is_append_only(table)),
            ("versioned", "version" in table.columns),
            ("soft-deletable", "deleted_at" in table.columns),
        )
        if holds
    ]
    yield PURPOSE[table.name] + (f" {', '.join(kinds).capitalize()}." if kinds else "")
    yield ""
    yield "| Column | PostgreSQL | MariaDB | SQLite | NULL | Meaning |"
    yield "|---|---|---|---|---|---|"
    for column in table.columns:
        types = " | ".join(f"`{column.type.compile(dialect)}`" for dialect in DIALECTS.values())
        meaning = " ".join(filter(None, (column_meaning(table, column), _default(column))))
        yield f"| `{column.name}` | {types} | {'yes' if column.nullable else 'no'} | {meaning} |"
    yield from ("", *_constraints(table))
    if indexes := sorted((index for index in table.indexes if not index.unique), key=lambda index: str(index.name)):
        yield from ("", "| Index | Columns | Serves |", "|---|---|---|")
        for index in indexes:
            columns = ", ".join(f"`{column.name}`" for column in index.columns)
            yield f"| `{index.name}` | {columns} | {index_purpose(table, index)} |"
    if native := list(_native(table)):
        yield from ("", "| Native object | Kind | Engine |", "|---|---|---|", *native)


def _is_append_only(table: Table) -> bool:
    return any(native.name.startswith(f"tr_{table.name}_append_only") for native in NATIVE_OBJECTS)


def _default(column: Column[object]) -> str:
    default = getattr(column.server_default, "arg", None)
    return f"Default: `{default}`." if default is not None else ""


def _constraints(table: Table) -> Iterator[str]:
    yield "| Constraint | Rule | Error |"
    yield "|---|---|---|"
    order = (PrimaryKeyConstraint, UniqueConstraint, ForeignKeyConstraint, CheckConstraint)
    for kind in order:
        for constraint in sorted((c for c in table.constraints if isinstance(c, kind)), key=lambda c: str(c.name)):
            yield f"| `{_name(constraint)}` | {_rule(constraint)} | {_error(_name(constraint))} |"
    for index in sorted((i for i in table.indexes if i.unique), key=lambda i: str(i.name)):
        where = index.dialect_options["postgresql"]["where"]
        columns = ", ".join(f"`{column.name}`" for column in index.columns)
        yield f"| `{index.name}` | unique: {columns} where `{where}` | {_error(str(index.name))} |"
    for native in NATIVE_OBJECTS:
        if native.table == table.name and native.kind == "constraint" and native.engine == "postgresql":
            rule = native.create.split(f"ADD CONSTRAINT {native.name} ", 1)[1]
            yield f"| `{native.name}` | `{rule}`; by trigger on MariaDB and SQLite | {_error(native.name)} |"


def _name(constraint: Constraint) -> str:
    # The naming convention is applied when the DDL is written.
    named = constraint.name
    if isinstance(constraint, CheckConstraint):
        return f"ck_{constraint.table.name}_{str(named).removeprefix(f'ck_{constraint.table.name}_')}"
    return str(named)


def _rule(constraint: Constraint) -> str:
    match constraint:
        case PrimaryKeyConstraint():
            return "primary key: " + ", ".join(f"`{column.name}`" for column in constraint.columns)
        case UniqueConstraint():
            return "unique: " + ", ".join(f"`{column.name}`" for column in constraint.columns)
        case ForeignKeyConstraint():
            target = constraint.referred_table.name
            own = ", ".join(f"`{column.name}`" for column in constraint.columns)
            return f"{own} → [`{target}`](#{target})"
        case CheckConstraint():
            return f"`{constraint.sqltext}`"
        case _:
            raise SystemExit(f"tools/data_dictionary.py: {constraint} has no text")


def _error(name: str) -> str:
    factory = factory_of(name)
    return f"`{type(factory(Cause('documentation'))).__name__}`" if factory else ""


def _native(table: Table) -> Iterator[str]:
    for native in NATIVE_OBJECTS:
        if native.table == table.name and not (native.kind == "constraint" and native.engine == "postgresql"):
            yield f"| `{native.name}` | {native.kind} | {ENGINES[native.engine]} |"
