"""What the source says of tables: which area declares one, what an index is for, what a column means.

An index is explained by the comment above it, or above the indexes before it; one that has a foreign key's columns explains itself. A
column is explained by the comment above it, else by the docstrings of the table's models.
"""

from __future__ import annotations

import ast
import functools
import inspect
import io
import re
import tokenize
from pathlib import Path
from types import ModuleType
from typing import Final

from sqlalchemy import Column, Index, Table

import telemed_store
from telemed_store.migrations.ownership import DECLARING

__all__ = ["area_of", "column_meaning", "index_purpose"]

EVERYWHERE: Final = {
    "id": "UUIDv7, made by the client.",
    "version": "1 at first, one more with each change.",
    "created_at": "When it was written.",
    "updated_at": "When it last changed.",
    "deleted_at": "When it was soft-deleted; NULL while it is live.",
    "zone": "IANA zone.",
}
_MARK: Final = re.compile(r"\b[QD]\d{2,3}(?:-[QD]\d{2,3})?\b")


def area_of(table: Table) -> str:
    """The package that declares a table, such as ``appointments``."""
    return _source(table)[0].__name__.split(".")[1]


def index_purpose(table: Table, index: Index) -> str:
    """What an index serves.

    Raises:
        SystemExit: Nothing says so.
    """
    purpose = _purposes(table).get(str(index.name), "") or _foreign_key(table, str(index.name), leading=True)
    if not purpose:
        raise SystemExit(f"tools/table_comments.py: say in a comment above {index.name} what it serves")
    return purpose


def column_meaning(table: Table, column: Column[object]) -> str:
    """What a column means; empty where its name says it."""
    module, call = _source(table)
    for argument in call.args:
        if isinstance(argument, ast.Name) and (said := _above_column(module, argument.id, column.name)):
            return said
    targets = sorted({key.column.table.name for key in column.foreign_keys})
    refers = f"Refers to {', '.join(f'[`{name}`](#{name})' for name in targets)}." if targets else ""
    return _from_models(table).get(column.name) or EVERYWHERE.get(column.name) or refers


@functools.cache
def _purposes(table: Table) -> dict[str, str]:
    module, call = _source(table)
    purposes: dict[str, str] = {}
    said = ""
    for argument in call.args:
        above = _above(module, argument.lineno)
        match argument:
            case ast.Call(func=ast.Name(id="Index"), args=[ast.Constant(value=str(name)), *_]):
                said = above or said
                purposes[name] = above or _foreign_key(table, name) or said
            case _:
                said = ""
    return purposes


def _foreign_key(table: Table, name: str, *, leading: bool = False) -> str:
    """What an index serves that has the columns of a foreign key, or begins with them."""
    columns = [column.name for index in table.indexes if index.name == name for column in index.columns]
    for key in table.foreign_key_constraints:
        own = [column.name for column in key.columns]
        if columns == own or (leading and columns[: len(own)] == own):
            return f"The foreign key to `{key.referred_table.name}`."
    return ""


def _above_column(module: ModuleType, columns: str, name: str) -> str:
    for node in ast.walk(_parsed(module)):
        match node:
            case ast.ClassDef(name=found, body=body) if found == columns:
                for member in body:
                    match member:
                        case ast.AnnAssign(target=ast.Name(id=found)) if found == name:
                            return _above(module, member.lineno)
                        case _:
                            pass
            case _:
                pass
    return ""


def _from_models(table: Table) -> dict[str, str]:
    """What the docstrings of the table's models say of attributes: the stored model's word before that of the input."""
    singular = "".join(part.capitalize() for part in re.sub(r"(es|s)$", "", table.name).split("_"))
    said: dict[str, str] = {}
    for name in (singular, table.name.title().replace("_", ""), f"New{singular}"):
        model: object = getattr(telemed_store, name, None)
        for attribute, text in re.findall(r"^    (\w+): (.+)$", inspect.getdoc(model) or "", re.MULTILINE):
            said.setdefault(attribute, text.replace("``", "`"))
    return said


@functools.cache
def _parsed(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


@functools.cache
def _source(table: Table) -> tuple[ModuleType, ast.Call]:
    """The module that declares a table, and the call that makes it."""
    for module in DECLARING:
        for node in ast.walk(_parsed(module)):
            match node:
                case ast.Call(func=ast.Name(id="Table"), args=[ast.Constant(value=table.name), *_]):
                    return module, node
                case _:
                    pass
    raise SystemExit(f"tools/table_comments.py: no module declares {table.name}")


@functools.cache
def _comments(module: ModuleType) -> dict[int, str]:
    """Whole-line comments by line."""
    assert module.__file__ is not None
    source = Path(module.__file__).read_text(encoding="utf-8")
    return {
        token.start[0]: token.string.removeprefix("#").strip()
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT and token.line.lstrip().startswith("#")
    }


def _above(module: ModuleType, line: int) -> str:
    """The comment right above a line, as one text."""
    comments = _comments(module)
    lines: list[str] = []
    while (line := line - 1) in comments:
        lines.insert(0, comments[line])
    text = " ".join(lines)
    return _MARK.sub(lambda mark: f"`{mark[0]}`", text)
