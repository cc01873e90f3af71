"""Bringing a database's schema up to date, and asking how it stands: plain functions over a connection.

Reading functions leave no transaction open. `upgrade`, `downgrade` and `stamp` take the migration lock and commit by themselves; give
them a connection of their own.
"""

from __future__ import annotations

import io
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from sqlalchemy import Connection, func, inspect, select, table, text

from telemed_store.database.engines import translate_map
from telemed_store.database.metadata import METADATA, SCHEMA
from telemed_store.database.native import family
from telemed_store.errors import Conflict, SchemaMismatch
from telemed_store.migrations.comparison import Finding, table_findings
from telemed_store.migrations.locking import exclusive
from telemed_store.migrations.native_comparison import native_findings
from telemed_store.migrations.ownership import VERSION_TABLE
from telemed_store.settings import Settings

__all__ = [
    "Check",
    "Finding",
    "Phase",
    "Revision",
    "check",
    "current",
    "deployed_schema_name",
    "downgrade",
    "head",
    "history",
    "plan",
    "sql",
    "stamp",
    "upgrade",
    "verify",
]

Phase = Literal["expand", "contract"]

# Written by migrations themselves: not a caller's rows.
_OWN_ROWS: Final = frozenset({"schema_compatibility"})


@dataclass(frozen=True, slots=True)
class Revision:
    """One migration.

    Attributes:
        id: Its permanent name.
        phase: ``expand`` leaves older code working; ``contract`` asks for newer code.
        summary: What it does, in one line.
        applied: Whether the database has it.
    """

    id: str
    phase: Phase
    summary: str
    applied: bool


@dataclass(frozen=True, slots=True)
class Check:
    """Whether the database stands where the code wants it.

    Attributes:
        current: The revision of the database; None: it has none.
        head: The newest revision of this code.
        pending: Revisions that `upgrade` would run.
        drift: Differences between the database's tables and the code's, one line each; looked for only if nothing is pending.
    """

    current: str | None
    head: str
    pending: tuple[str, ...]
    drift: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Nothing to do."""
        return not self.pending and not self.drift


def deployed_schema_name(dialect_name: str, settings: Settings) -> str | None:
    """Where the tables really live: a schema on PostgreSQL, None elsewhere."""
    translate = translate_map(dialect_name, settings)
    return translate.get(SCHEMA) if translate else SCHEMA


def upgrade(connection: Connection, settings: Settings, target: str = "head") -> None:
    """Run the migrations up to ``target``; those that were run already are passed over.

    Raises:
        SchemaMismatch: The database has a revision that this code does not know, or there is no revision ``target``.
        Unavailable: Another migrator is at work.
    """
    with exclusive(connection, settings), _said_as_ours():
        command.upgrade(_config(connection, settings), target)


def downgrade(connection: Connection, settings: Settings, target: str, *, destroy: bool = False) -> None:
    """Undo the migrations after ``target`` (``base``: all of them).

    Args:
        connection: A connection of its own.
        settings: Say where the tables are.
        target: The revision to go back to, or ``base``, or ``-1``.
        destroy: Do so although tables hold rows, which are lost.

    Raises:
        Conflict: Tables hold rows and ``destroy`` was not said; nothing was changed.
        SchemaMismatch: There is no revision ``target``, or the database has one that this code does not know.
        Unavailable: Another migrator is at work.
    """
    with exclusive(connection, settings), _said_as_ours():
        schema = deployed_schema_name(connection.dialect.name, settings)
        if not destroy and (filled := _filled_tables(connection, schema)):
            raise Conflict(
                f"These tables hold rows, which would be lost (--destroy says that they may be): {', '.join(filled)}."
            )
        command.downgrade(_config(connection, settings), target)
        if not _heads(connection, schema):
            connection.execute(text(f"DROP TABLE IF EXISTS {f'{schema}.' if schema else ''}{VERSION_TABLE}"))
        if family(connection.dialect) != "sqlite":
            connection.commit()


def stamp(connection: Connection, settings: Settings, target: str = "head") -> None:
    """Record that the database stands at ``target`` without running anything.

    Raises:
        SchemaMismatch: There is no such revision.
        Unavailable: Another migrator is at work.
    """
    with exclusive(connection, settings), _said_as_ours():
        command.stamp(_config(connection, settings), target)


def current(connection: Connection, settings: Settings) -> str | None:
    """The revision of the database; None: it has none."""
    try:
        heads = _heads(connection, deployed_schema_name(connection.dialect.name, settings))
    finally:
        connection.rollback()
    return heads[0] if heads else None


def history(connection: Connection, settings: Settings) -> tuple[Revision, ...]:
    """Every migration, the oldest first.

    Raises:
        SchemaMismatch: The database has a revision that this code does not know.
    """
    scripts = _scripts()
    at = current(connection, settings)
    with _said_as_ours():
        applied = {script.revision for script in scripts.iterate_revisions(at, "base")} if at else set[str]()
    return tuple(
        Revision(script.revision, script.module.phase, script.doc, script.revision in applied)
        for script in reversed(list(scripts.walk_revisions()))
    )


def plan(connection: Connection, settings: Settings) -> tuple[Revision, ...]:
    """The migrations that `upgrade` would run, in order.

    Raises:
        SchemaMismatch: The database has a revision that this code does not know.
    """
    return tuple(revision for revision in history(connection, settings) if not revision.applied)


def check(connection: Connection, settings: Settings) -> Check:
    """Whether migrations are pending, and whether the tables differ from the code's.

    Raises:
        SchemaMismatch: The database has a revision that this code does not know.
    """
    pending = tuple(revision.id for revision in plan(connection, settings))
    try:
        drift = (
            ()
            if pending
            else tuple(table_findings(connection, deployed_schema_name(connection.dialect.name, settings)))
        )
    finally:
        connection.rollback()
    return Check(current(connection, settings), head(), pending, drift)


def head() -> str:
    """The newest revision of this code."""
    return _scripts().get_heads()[0]


def sql(dialect_name: str, settings: Settings, target: str = "head", *, start: str = "base") -> str:
    """The SQL of the migrations from ``start`` to ``target``, for somebody else to run.

    Args:
        dialect_name: ``postgresql``, ``mysql``, ``mariadb`` or ``sqlite``.
        settings: Say where the tables will be.
        target: The last revision to include.
        start: The revision the database has.

    Raises:
        SchemaMismatch: There is no such revision.
    """
    config = _base_config()
    config.output_buffer = output = io.StringIO()
    config.attributes |= {"dialect": dialect_name, "schema": deployed_schema_name(dialect_name, settings)}
    with _said_as_ours():
        command.upgrade(config, f"{start}:{target}" if start != "base" else target, sql=True)
    return output.getvalue()


def verify(connection: Connection, settings: Settings) -> tuple[Finding, ...]:
    """Compare the whole schema with the code through the catalogue, whatever revision is stamped. Nothing is written.

    Returns:
        What is missing, changed or switched off; empty if all is well.
    """
    schema = deployed_schema_name(connection.dialect.name, settings)
    try:
        heads = _heads(connection, schema)
        stamped = (
            ()
            if heads == (head(),)
            else (Finding("revision", heads[0] if heads else "none", f"is stamped, not {head()}"),)
        )
        return (*stamped, *table_findings(connection, schema), *native_findings(connection, schema))
    finally:
        connection.rollback()


def _heads(connection: Connection, schema: str | None) -> tuple[str, ...]:
    options = {"version_table": VERSION_TABLE, "version_table_schema": schema}
    return MigrationContext.configure(connection, opts=options).get_current_heads()


def _filled_tables(connection: Connection, schema: str | None) -> list[str]:
    present = set(inspect(connection).get_table_names(schema))
    ours = sorted(t.name for t in METADATA.tables.values() if t.name not in _OWN_ROWS and t.name in present)
    one = {
        name: select(func.count()).select_from(
            select(text("1")).select_from(table(name, schema=schema)).limit(1).subquery()
        )
        for name in ours
    }
    return [name for name, statement in one.items() if connection.execute(statement).scalar()]


def _config(connection: Connection, settings: Settings) -> Config:
    config = _base_config()
    schema = deployed_schema_name(connection.dialect.name, settings)
    config.attributes |= {"connection": connection, "schema": schema, "joined": family(connection.dialect) == "sqlite"}
    return config


def _base_config() -> Config:
    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", "telemed_store:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_base_config())


@contextmanager
def _said_as_ours() -> Generator[None]:
    """Alembic's errors are about revisions: unknown ones, or none on the way."""
    try:
        yield
    except (CommandError, RevisionError) as failure:
        said = str(failure).splitlines()[0]
    else:
        return
    raise SchemaMismatch(f"{said}: install a release that knows the revision, or correct its name.")
