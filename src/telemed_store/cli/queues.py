"""``telemed-store queues``: how much waits, and what was given up."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

import typer

from telemed_store._sync.ephemeral.redis_queues import RedisQueues
from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.cli.output import AsJson, show_json, show_table
from telemed_store.ephemeral.queues import DeadLetter, QueueDepth
from telemed_store.errors import SettingsError
from telemed_store.redis_client.keys import Keyspace
from telemed_store.redis_client.urls import REDIS_URL_SETTING, parse_redis_url
from telemed_store.settings import load_settings

__all__ = ["app"]

QUEUES: Final = ("high", "default", "low", "documents")

app: Final = typer.Typer(no_args_is_help=True, help="Look after the queues in Redis (TELEMED_STORE_REDIS_URL).")

Queue = Annotated[str, typer.Argument(help="Name of the queue.")]
Queues = Annotated[
    list[str] | None, typer.Argument(help="Names of queues. Default: those of the contract.", show_default=False)
]
Limit = Annotated[int, typer.Option("--limit", help="At most so many, the oldest first.")]
JobId = Annotated[UUID | None, typer.Argument(help="Id of one dead letter.", show_default=False)]
All = Annotated[bool, typer.Option("--all", help="All dead letters of the queue.")]


class _Opened:
    """The queues of the settings' Redis: no database, and no keys, are needed."""

    def __enter__(self) -> RedisQueues:
        settings = load_settings()
        if settings.redis_url is None:
            raise SettingsError(
                "is required: queues in the memory of a process are that process's own", setting=REDIS_URL_SETTING
            )
        address, seconds = parse_redis_url(settings.redis_url), settings.redis_timeout.total_seconds()
        self._connections = RedisConnections(address, seconds)
        keyspace = Keyspace(settings.redis_namespace or settings.schema_name)
        return RedisQueues(self._connections, keyspace, settings.queue_visibility)

    def __exit__(self, *_: object) -> None:
        self._connections.close()


@app.command("list")
def list_queues(names: Queues = None, *, as_json: AsJson = False) -> None:
    """Show how many jobs each queue holds, and for how long the first of those that are ready has waited."""
    with _Opened() as queues:
        depths = [queues.depth(name) for name in names or QUEUES]
    if as_json:
        show_json([_depth(depth) for depth in depths])
        return
    columns = ("queue", "ready", "delayed", "reserved", "dead", "oldest")
    show_table(columns, [tuple(_depth(depth, none="-").values()) for depth in depths])


@app.command("dead")
def dead(queue: Queue, *, limit: Limit = 100, as_json: AsJson = False) -> None:
    """List the jobs that were given up."""
    with _Opened() as queues:
        letters = queues.dead_letters(queue, limit=limit)
    if as_json:
        show_json([letter.model_dump(mode="json") for letter in letters])
        return
    show_table(("job", "name", "ids", "tries", "died at"), [_row(letter) for letter in letters])


@app.command("requeue")
def requeue(queue: Queue, job_id: JobId = None, *, every: All = False) -> None:
    """Try dead letters again, as if they had never been tried: one, or all."""
    _one_or_all(job_id, every=every)
    requeued = 0
    with _Opened() as queues:
        while chosen := [job_id] if job_id else [letter.job.id for letter in queues.dead_letters(queue)]:
            for one in chosen:
                queues.requeue(queue, one)
            requeued += len(chosen)
            if job_id:
                break
    typer.echo(f"requeued: {requeued}")


@app.command("purge")
def purge(queue: Queue, job_id: JobId = None, *, every: All = False) -> None:
    """Forget dead letters for good: one, or all."""
    _one_or_all(job_id, every=every)
    with _Opened() as queues:
        typer.echo(f"purged: {queues.purge(queue, job_id)}")


def _one_or_all(job_id: UUID | None, *, every: bool) -> None:
    if (job_id is None) != every:
        raise typer.BadParameter("name one job, or say --all")


def _depth(depth: QueueDepth, none: str | None = None) -> dict[str, Any]:
    counts = {name: getattr(depth, name) for name in ("ready", "delayed", "reserved", "dead")}
    seconds = None if depth.oldest_age is None else round(depth.oldest_age.total_seconds(), 3)
    if none is not None:
        counts = {name: str(count) for name, count in counts.items()}
        return {"queue": depth.queue, **counts, "oldest": none if seconds is None else f"{seconds:.0f} s"}
    return {"queue": depth.queue, **counts, "oldest_seconds": seconds}


def _row(letter: DeadLetter) -> tuple[str, ...]:
    job = letter.job
    ids = " ".join(f"{name}={value}" for name, value in job.ids.items())
    return str(job.id), job.name, ids, str(letter.tries), letter.died_at.isoformat(timespec="seconds")
