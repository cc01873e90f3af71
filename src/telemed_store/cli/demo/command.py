"""``telemed-store demo``: what may be said on the command line, and how the outcome is printed. The work is in ``scenario``."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from telemed_store.cli.demo.report import print_summary
from telemed_store.cli.demo.scenario import Options, run

__all__ = ["demo"]

OUTPUT = Path("telemed-demo")


def demo(
    *,
    output: Annotated[Path, typer.Option(help="Folder for the database, the picture and the accounts.")] = OUTPUT,
    database_url: Annotated[
        str | None, typer.Option(help="An empty database to load into, instead of a fresh SQLite file in the folder.")
    ] = None,
    today: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day on which it takes place, for a repeatable run."),
    ] = None,
    cohort: Annotated[Path | None, typer.Option(help="Folder in which the downloaded cohort is kept.")] = None,
    people: Annotated[int | None, typer.Option(min=2, hidden=True, help="Load only the first so many people.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Load a real cohort, book a year of appointments and show what the store answers."""
    day = None if today is None else today.date()
    options = Options(output=output, database_url=database_url, today=day, people=people, cohort=cohort)
    summary = run(options, Console(stderr=True))
    if as_json:
        typer.echo(json.dumps(summary.as_json(), indent=2, ensure_ascii=False))
    else:
        print_summary(summary, Console())
