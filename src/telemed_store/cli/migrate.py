"""``telemed-store migrate``: the schema's migrations."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Final

import typer

from telemed_store._sync.migrator import Migrator
from telemed_store.cli.output import SCHEMA_DOES_NOT_FIT, AsJson, DatabaseUrl, end, show_json, show_table
from telemed_store.migrations.migrator import Finding, Revision
from telemed_store.opening import open_direct

__all__ = ["app"]

app: Final = typer.Typer(no_args_is_help=True, help="Bring the database's schema up to date, or see how it stands.")

UpTo = Annotated[str, typer.Argument(help="Revision to go up to: an id, +1, or head.")]


def _migrator(database_url: str | None) -> Migrator:
    return Migrator(open_direct(database_url))


@app.command()
def up(target: UpTo = "head", database_url: DatabaseUrl = None) -> None:
    """Run the migrations that the database does not have yet. Safe to run twice, and from several machines at once."""
    migrator = _migrator(database_url)
    before = migrator.current()
    migrator.upgrade(target)
    after = migrator.current()
    typer.echo(f"up to date: {after}" if before == after else f"migrated: {before or 'nothing'} -> {after}")


@app.command()
def down(
    target: Annotated[str, typer.Argument(help="Revision to go back to: an id, -1, or base.")],
    database_url: DatabaseUrl = None,
    *,
    destroy: Annotated[bool, typer.Option("--destroy", help="Do so although tables hold rows: they are lost.")] = False,
) -> None:
    """Undo migrations. Refuses while tables hold rows."""
    migrator = _migrator(database_url)
    before = migrator.current()
    migrator.downgrade(target, destroy=destroy)
    typer.echo(f"migrated: {before or 'nothing'} -> {migrator.current() or 'nothing'}")


@app.command()
def plan(database_url: DatabaseUrl = None, *, as_json: AsJson = False) -> None:
    """List what `up` would run, without running it."""
    _show_revisions(_migrator(database_url).plan(), as_json=as_json)


@app.command()
def history(database_url: DatabaseUrl = None, *, as_json: AsJson = False) -> None:
    """List every migration and whether the database has it."""
    _show_revisions(_migrator(database_url).history(), as_json=as_json)


@app.command()
def sql(
    target: UpTo = "head",
    database_url: DatabaseUrl = None,
    start: Annotated[str, typer.Option("--from", help="Revision that the database has.")] = "base",
) -> None:
    """Print the SQL of the migrations, for somebody else to run. Does not connect: the URL only says which engine."""
    typer.echo(_migrator(database_url).sql(target, start=start), nl=False)


@app.command()
def check(database_url: DatabaseUrl = None, *, as_json: AsJson = False) -> None:
    """See whether migrations are pending or tables have drifted; exit code 4 if so."""
    result = _migrator(database_url).check()
    if as_json:
        show_json({**asdict(result), "ok": result.ok})
    else:
        for revision in result.pending:
            typer.echo(f"pending: {revision}")
        _show_findings(result.drift)
        if result.ok:
            typer.echo(f"up to date: {result.current}")
    if not result.ok:
        end(SCHEMA_DOES_NOT_FIT)


@app.command()
def verify(database_url: DatabaseUrl = None, *, as_json: AsJson = False) -> None:
    """Compare the whole schema, triggers and constraints included, with the code; exit code 4 if it differs. Writes nothing."""
    findings = _migrator(database_url).verify()
    if as_json:
        show_json({"ok": not findings, "findings": [asdict(finding) for finding in findings]})
    else:
        _show_findings(findings)
        if not findings:
            typer.echo("the schema is as the code declares it")
    if findings:
        end(SCHEMA_DOES_NOT_FIT)


@app.command()
def stamp(
    target: Annotated[str, typer.Argument(help="Revision to record.")] = "head", database_url: DatabaseUrl = None
) -> None:
    """Record a revision without running anything: for a database that somebody migrated by hand."""
    migrator = _migrator(database_url)
    migrator.stamp(target)
    typer.echo(f"stamped: {migrator.current() or 'nothing'}")


def _show_revisions(revisions: tuple[Revision, ...], *, as_json: bool) -> None:
    if as_json:
        show_json([asdict(revision) for revision in revisions])
    elif revisions:
        rows = [(each.id, each.phase, "yes" if each.applied else "no", each.summary) for each in revisions]
        show_table(("revision", "phase", "applied", "summary"), rows)
    else:
        typer.echo("nothing to run")


def _show_findings(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        typer.echo(f"differs: {finding}")
