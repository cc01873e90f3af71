"""The command's top: its groups, and what its exit codes mean."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Final

import typer

from telemed_store.cli import health, maintenance, migrate, queues, settings
from telemed_store.cli.demo.command import demo
from telemed_store.cli.output import OneLineErrors

__all__ = ["app"]

app: Final = typer.Typer(
    cls=OneLineErrors,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Look after the database of a telemed_store.",
    epilog=(
        "Exit codes: 0 done; 1 failed; 2 wrong usage; 3 a setting is missing or wrong; 4 the schema does not fit the code; "
        "5 the database does not answer; 6 refused, because data would be lost or changed meanwhile."
    ),
)
app.add_typer(migrate.app, name="migrate")
app.add_typer(health.app, name="health")
app.add_typer(maintenance.app, name="maintenance")
app.add_typer(queues.app, name="queues")
app.add_typer(settings.app, name="settings")
app.command()(demo)


def _show_version(asked: bool) -> None:  # noqa: FBT001 - typer calls it with the option's value
    if asked:
        typer.echo(version("telemed-store"))
        raise typer.Exit


@app.callback()
def _top(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Look after the database of a telemed_store."""
