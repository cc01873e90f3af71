"""``telemed-store maintenance``: jobs that an operator runs by the clock (domain §13)."""

from __future__ import annotations

from typing import Final

import typer

from telemed_store._sync.cache.in_process import NullCache
from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.cli.output import AsJson, DatabaseUrl, show_json
from telemed_store.crypto.key_store import SqlKeyStore
from telemed_store.crypto.master_keys import MasterKeys
from telemed_store.opening import open_direct

__all__ = ["app"]

app: Final = typer.Typer(no_args_is_help=True, help="Run the jobs that keep a database in order.")


# Without a callback a group of one command would be that command.
@app.callback()
def _group() -> None:
    """Run the jobs that keep a database in order."""


@app.command("purge-cache-invalidations")
def purge_cache_invalidations(database_url: DatabaseUrl = None, *, as_json: AsJson = False) -> None:
    """Delete what was written down for caches more than two days ago, when nothing is kept any more that it spoke of. Once a day is enough.

    Needs no keys, and is safe while people write.
    """
    opening = open_direct(database_url)
    keys = SqlKeyStore(MasterKeys.generate())
    with Store.open(opening.url, settings=opening.settings, keys=keys, cache=NullCache()) as store:
        purged = store.cache.purge_invalidations()
    if as_json:
        show_json({"ok": True, "purged": purged})
    else:
        typer.echo(f"deleted: {purged}")


@app.command("reconcile-counters")
def reconcile_counters(database_url: DatabaseUrl = None, *, as_json: AsJson = False) -> None:
    """Recompute the unread counters from the messages and correct what differs (J14). Nothing should: a difference is a fault to report.

    Needs no keys, and is safe while people write. Exit code 0 whether something differed or not.
    """
    opening = open_direct(database_url)
    # No body is opened, so the job needs none of the keys that open them: these are thrown away.
    keys = SqlKeyStore(MasterKeys.generate())
    with Store.open(opening.url, settings=opening.settings, keys=keys) as store:
        found = store.acting_as(Actor.system("reconcile-counters")).messages.reconcile_counters()
    drifted = found.participants_corrected + found.users_corrected > 0
    if as_json:
        show_json({"ok": not drifted, **found.model_dump()})
    elif drifted:
        typer.echo(
            f"corrected: {found.participants_corrected} unread counts of participants and {found.users_corrected} totals of users"
            f" in {found.conversations} conversations"
        )
    else:
        typer.echo(f"nothing to correct in {found.conversations} conversations")
