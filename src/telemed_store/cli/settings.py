"""``telemed-store settings``: what is in effect, without secrets; and new keys."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import typer
from pydantic import SecretStr

from telemed_store.cli.output import AsJson, show_json, show_table
from telemed_store.crypto.master_keys import MasterKeys
from telemed_store.settings import Settings, load_settings

__all__ = ["app"]

app: Final = typer.Typer(help="Show the settings in effect, secrets hidden.")


@app.callback(invoke_without_command=True)
def show(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Show the settings in effect: from TELEMED_STORE_… in the environment, else defaults. Secrets are hidden."""
    if context.invoked_subcommand is not None:
        return
    settings = load_settings()
    shown = {name: _shown(getattr(settings, name)) for name in Settings.model_fields}
    if as_json:
        show_json(shown)
        return
    rows = [
        (
            _variable(name),
            "" if value is None else str(value),
            "default" if name not in settings.model_fields_set else "set",
        )
        for name, value in shown.items()
    ]
    show_table(("setting", "value", "from"), rows)


@app.command("new-keys")
def new_keys() -> None:
    """Print a fresh value for TELEMED_STORE_KEYS. Keep it in a secret store: losing it loses every encrypted column."""
    typer.echo(MasterKeys.generate().to_setting().get_secret_value())


def _variable(name: str) -> str:
    return "TELEMED_STORE_SCHEMA" if name == "schema_name" else f"TELEMED_STORE_{name.upper()}"


def _shown(value: Any) -> str | int | float | bool | None:
    match value:
        case SecretStr():
            return "**********"
        case dt.timedelta():
            return f"{value.total_seconds():g} s"
        case None | str() | int() | float():
            return value
        case _:
            return str(value)
