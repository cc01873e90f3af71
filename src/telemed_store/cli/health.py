"""``telemed-store health``: three questions for people and for what restarts and routes to processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

import typer
from sqlalchemy import Connection, text

from telemed_store._sync._synchronization import open_engine
from telemed_store._sync.migrator import Migrator
from telemed_store.cli.output import AsJson, DatabaseUrl, end, exit_code, show_json, show_table
from telemed_store.database.compatibility import check_compatibility, schema_compatibility
from telemed_store.database.engines import Role, engine_plan
from telemed_store.database.translation import DRIVER_ERRORS, translate
from telemed_store.errors import SchemaMismatch, StoreError
from telemed_store.opening import DirectOpening, open_direct
from telemed_store.settings import load_settings

__all__ = ["app"]

app: Final = typer.Typer(
    no_args_is_help=True,
    help="Say whether the process lives, the database is ready, and everything is as it should be.",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One check's outcome."""

    check: str
    ok: bool
    milliseconds: int
    detail: str
    code: int = 0


@app.command()
def live(*, as_json: AsJson = False) -> None:
    """The program runs and its settings can be read. Asks no database."""
    _report([_ask("settings", lambda: load_settings().env)], as_json=as_json)


@app.command()
def ready(database_url: DatabaseUrl = None, *, as_json: AsJson = False) -> None:
    """The database answers and its schema fits this code."""
    opening = open_direct(database_url)
    _report([_ask("database", lambda: _on_database(opening, Role.READ, _fits))], as_json=as_json)


@app.command()
def deep(database_url: DatabaseUrl = None, *, as_json: AsJson = False) -> None:
    """The database takes writes (one is tried and undone), and its whole schema is as the code declares it."""
    opening = open_direct(database_url)
    answers = [_ask("database", lambda: _on_database(opening, Role.READ, _fits))]
    if answers[0].ok:
        answers.append(_ask("write", lambda: _on_database(opening, Role.WRITE, _write_and_undo)))
        answers.append(_ask("schema", lambda: _verify(opening)))
    _report(answers, as_json=as_json)


def _ask(check: str, question: Callable[[], str]) -> Answer:
    started = time.monotonic()
    try:
        detail, code = question(), 0
    except StoreError as error:
        detail, code = " ".join(str(error).split()), exit_code(error)
    return Answer(check, code == 0, round((time.monotonic() - started) * 1000), detail, code)


def _on_database(opening: DirectOpening, role: Role, question: Callable[[Connection], str]) -> str:
    engine = open_engine(engine_plan(opening.url, opening.settings, role, "sync"))
    try:
        with engine.connect() as connection:
            return question(connection)
    except DRIVER_ERRORS as failure:
        error = translate(failure, engine.dialect.name)
    finally:
        engine.dispose()
    raise error


def _fits(connection: Connection) -> str:
    check_compatibility(connection)
    return f"{connection.dialect.name} answers, its schema fits"


def _write_and_undo(connection: Connection) -> str:
    try:
        # A write to one row that every installation has; nobody sees it.
        connection.execute(schema_compatibility.update().values(id=schema_compatibility.c.id).where(text("id = 1")))
    finally:
        connection.rollback()
    return "takes writes"


def _verify(opening: DirectOpening) -> str:
    findings = [str(finding) for finding in Migrator(opening).verify()]
    if findings:
        more = f" and {len(findings) - 1} more" if len(findings) > 1 else ""
        raise SchemaMismatch(f"{findings[0]}{more}: see `telemed-store migrate verify`.")
    return "as the code declares it"


def _report(answers: list[Answer], *, as_json: bool) -> None:
    ok = all(answer.ok for answer in answers)
    if as_json:
        show_json({"ok": ok, "checks": [{k: v for k, v in asdict(a).items() if k != "code"} for a in answers]})
    else:
        rows = [(a.check, "ok" if a.ok else "FAILED", f"{a.milliseconds} ms", a.detail) for a in answers]
        show_table(("check", "state", "took", "detail"), rows)
    if not ok:
        end(next(answer.code for answer in answers if not answer.ok))
