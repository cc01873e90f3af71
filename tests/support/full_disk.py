"""A program: SQLite in both worlds on a file system of three megabytes, which fills up and is cleared. Argument: its directory."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any

from all_drivers import World, done, entered, worlds
from frame_ledger import Ledger

from telemed_store.crypto.master_keys import MasterKeys
from telemed_store.errors import StoreError
from telemed_store.settings import load_settings
from telemed_store.testing.templates import build


async def write(world: World, ledger: Any, text: str) -> None:
    async with entered(world.mine.unit_of_work()) as unit:
        await done(unit.write(ledger.write, text))
        await done(unit.write(ledger.announce, text * 100_000))


def outcome(world: World, call: Any) -> str:
    try:
        world.submit(call).result(60)
    except StoreError as failure:
        return f"{type(failure).__name__} {failure.cause and failure.cause.code}"
    return "done"


def fill(file: Path) -> None:
    with contextlib.suppress(OSError), file.open("wb", buffering=0) as filling:
        while True:
            filling.write(b"x" * 4096)


def main(place: Path) -> None:
    url, filler = f"sqlite:///{place / 'telemed.sqlite3'}", place / "filler"
    build(url, "sqlite", lambda _connection, _engine: None)
    ledger, keys = Ledger(url), MasterKeys.generate().to_setting()
    with worlds("sqlite", url, lambda each: load_settings(database_url=each, keys=keys, env="test")) as opened:
        for world in opened:
            before = outcome(world, write(world, ledger, "a"))
            rows, events = len(ledger.written), len(ledger.events)
            fill(filler)
            full = outcome(world, write(world, ledger, "b"))
            read = outcome(world, done(world.mine.read(ledger.show)))
            untouched = (len(ledger.written), len(ledger.events)) == (rows, events)
            filler.unlink()
            after = outcome(world, write(world, ledger, "c"))
            sys.stdout.write(f"{before} | {full} | {read} | {untouched} | {after}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
