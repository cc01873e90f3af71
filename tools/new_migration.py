"""Writes a migration: what brings the schema of the newest revision before it to the tables that the code declares.

    python tools/new_migration.py 0002_add_messages --summary "Conversations and their messages."
    python tools/new_migration.py 0001_foundation          write the first one anew (only before its first release)

An empty SQLite database is migrated up to the revision before and compared with the code. What the comparison cannot see, such as data
to move, a changed check or trigger, is then written by hand: read the file before committing it. A released file is never written anew.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from alembic.autogenerate import produce_migrations
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import render_op
from alembic.migration import MigrationContext
from alembic.operations import ops
from sqlalchemy import ForeignKeyConstraint, create_engine
from sqlalchemy.types import JSON, TypeEngine

from telemed_store.database import types as our_types
from telemed_store.database.compatibility import CODE_REVISION
from telemed_store.database.native import NATIVE_OBJECTS
from telemed_store.migrations import migrator
from telemed_store.migrations.comparison import comparison_options
from telemed_store.migrations.ownership import BRANCH, deployed_metadata, version_locations
from telemed_store.settings import load_settings

SUMMARIES: Final = {
    "0001_foundation": "People, consents, availability, appointments, and the logs and keys beneath them."
}

_TEMPLATE: Final = '''"""{summary}"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

from telemed_store.database import types
from telemed_store.migrations.revisions import (
    create_native_objects, drop_tables, has_partial_indexes, prefix, prepare_schema, require_code, schema
)

revision: Final = "{revision}"
down_revision: Final = {down_revision!r}
branch_labels: Final = {labels}
depends_on: Final = None

phase: Final = "{phase}"

{options}

def upgrade() -> None:
    """Apply."""
{upgrade}


def downgrade() -> None:
    """Undo."""
{downgrade}
'''

_OPTIONS: Final = """# InnoDB has the transactions; nopad_bin compares text byte-wise, as the other engines do.
OPTIONS: Final = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_nopad_bin"))
}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="tools/new_migration.py", description="Write a migration from the tables of the code."
    )
    parser.add_argument("revision", help="permanent readable id, such as 0002_add_messages")
    parser.add_argument("--summary", help="first line of the file: what it does")
    parser.add_argument("--phase", choices=["expand", "contract"], default="expand")
    given = parser.parse_args(arguments)
    if not re.fullmatch(r"\d{4}_[a-z0-9_]+", given.revision):
        parser.error("the revision is a number of four digits and words, such as 0002_add_messages")
    summary = given.summary or SUMMARIES.get(given.revision)
    if not summary:
        parser.error("--summary is needed")
    path = Path(version_locations(), f"{given.revision}.py")
    before = sorted(p.stem for p in path.parent.glob("[0-9]*.py") if p.stem < given.revision)
    text = render(given.revision, before[-1] if before else None, given.phase, summary)
    path.write_text(text, encoding="utf-8")
    for command in (["check", "--quiet", "--fix-only", "--select=I001,F401"], ["format", "--quiet"]):
        subprocess.run([Path(sys.executable).parent / "ruff", *command, path], check=True)
    print(path)
    return 0


def render(revision: str, down_revision: str | None, phase: str, summary: str) -> str:
    """The text of the revision script, before its layout."""
    upgrades, tables = _upgrade(down_revision)
    natives = [f'"{name}"' for name in tables if any(native.table == name for native in NATIVE_OBJECTS)]
    if natives:
        upgrades.append(f"create_native_objects({', '.join(natives)})")
    if down_revision is None or phase == "contract":
        upgrades.append(f"require_code({CODE_REVISION})")
    dropped = ", ".join(f'"{name}"' for name in reversed(tables))
    return _TEMPLATE.format(
        summary=summary,
        revision=revision,
        down_revision=down_revision,
        labels=f'("{BRANCH}",)' if down_revision is None else "None",
        phase=phase,
        options=_OPTIONS if tables else "",
        upgrade=_indented(
            ["prepare_schema()", "at = prefix()", *upgrades] if down_revision is None else ["at = prefix()", *upgrades]
        ),
        downgrade=_indented([f"drop_tables({dropped},)" if dropped else "raise NotImplementedError"]),
    )


def _upgrade(down_revision: str | None) -> tuple[list[str], list[str]]:
    """The statements, and the names of the tables they create, in order."""
    with tempfile.TemporaryDirectory() as directory:
        engine = create_engine(f"sqlite:///{directory}/before.sqlite3")
        with engine.connect() as connection:
            if down_revision is not None:
                migrator.upgrade(connection, load_settings(), down_revision)
            options: dict[str, Any] = {
                **comparison_options("sqlite", None),
                "render_item": _render_item,
                "user_module_prefix": "types.",
            }
            options |= {"sqlalchemy_module_prefix": "sa.", "alembic_module_prefix": "op.", "render_as_batch": False}
            context = MigrationContext.configure(connection, opts=options)
            metadata = deployed_metadata(None)
            found = produce_migrations(context, metadata).upgrade_ops
            autogen = AutogenContext(context, metadata, opts=options)
        engine.dispose()
    operations = list(_flat(found.ops if found else []))
    created = [operation.table_name for operation in operations if isinstance(operation, ops.CreateTableOp)]
    return [_statement(operation, autogen) for operation in operations], created


def _flat(operations: Sequence[ops.MigrateOperation]) -> Iterator[ops.MigrateOperation]:
    for operation in operations:
        if isinstance(operation, ops.OpContainer):
            yield from _flat(operation.ops)
        else:
            yield operation


def _statement(operation: ops.MigrateOperation, autogen: AutogenContext) -> str:
    partial = False
    match operation:
        case ops.CreateTableOp():
            operation.kw = {
                name: value for name, value in operation.kw.items() if not name.startswith(("mysql_", "mariadb_"))
            }
            ending = ", schema=schema(), if_not_exists=True, **OPTIONS)"
        case ops.CreateIndexOp():
            partial = "postgresql_where" in operation.kw
            ending = ", schema=schema(), if_not_exists=True)"
        case _:
            ending = ", schema=schema())"
    text = "\n".join(render_op(autogen, operation)).rstrip().removesuffix(")").rstrip().rstrip(",") + ending
    return f"if has_partial_indexes():\n    {text}" if partial else text


def _render_item(kind: str, item: Any, _autogen: AutogenContext) -> str | bool:
    if kind == "foreign_key" and isinstance(item, ForeignKeyConstraint):
        columns = ", ".join(f"'{column}'" for column in item.column_keys)
        targets = ", ".join(f"f'{{at}}{element.target_fullname}'" for element in item.elements)
        return f"sa.ForeignKeyConstraint([{columns}], [{targets}], name=op.f('{item.name}'))"
    if kind == "type":
        return _render_type(item)
    return False


def _render_type(item: TypeEngine[Any]) -> str | bool:
    if isinstance(item, our_types.ClosedList):
        # The members are closed by the check, which stands in this same file; the enum may grow.
        return repr(item).replace("String", "sa.String")
    if type(item) is JSON:
        return "types.json_type()"
    return f"types.{item!r}" if type(item).__module__ == our_types.__name__ else False


def _indented(statements: Sequence[str]) -> str:
    return "\n".join(f"    {line}" for statement in statements for line in statement.splitlines())


if __name__ == "__main__":
    sys.exit(main())
