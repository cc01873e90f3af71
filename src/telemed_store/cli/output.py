"""How commands speak: results on stdout, one line per error on stderr, an exit code that a program can rely on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any, Final, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from typer.core import TyperGroup

from telemed_store.errors import Conflict, SchemaMismatch, SettingsError, StoreError, Unavailable

__all__ = [
    "EXIT_CODES",
    "SCHEMA_DOES_NOT_FIT",
    "AsJson",
    "DatabaseUrl",
    "OneLineErrors",
    "end",
    "exit_code",
    "show_json",
    "show_table",
]

SCHEMA_DOES_NOT_FIT: Final = 4

EXIT_CODES: Final[dict[type, int]] = {
    StoreError: 1,
    SettingsError: 3,
    SchemaMismatch: SCHEMA_DOES_NOT_FIT,
    Unavailable: 5,
    Conflict: 6,
}
"""0 is success and 2 wrong usage. A class that is not here has its base's code."""

DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        help="Database to work on, such as postgresql://user@host/name. Default: TELEMED_STORE_DATABASE_URL, else a local SQLite file.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of a table.")]


def exit_code(error: StoreError) -> int:
    """The exit code that stands for an error."""
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)


class OneLineErrors(TyperGroup):
    """A group of commands whose store errors end as one line on stderr, without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command, and end it with the error's exit code if there is one."""
        try:
            return super().invoke(ctx)
        except StoreError as error:
            typer.echo(f"error: {' '.join(str(error).split())}", err=True)
            raise typer.Exit(exit_code(error)) from None


def end(code: int) -> NoReturn:
    """End the command with an exit code."""
    raise typer.Exit(code)


def show_json(value: Any) -> None:
    """Print a value for programs."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def show_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows for people."""
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*row)
    # Values may hold brackets, which are no markup; a program that reads a pipe wants whole lines.
    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        console.width = 240
    console.print(table)
