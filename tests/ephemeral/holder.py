"""A process that holds a lock, does not notice that it lost it, and writes: run by `test_paused_holder.py`, never by pytest."""

from __future__ import annotations

import datetime as dt
import json
import sys

from frame_ledger import Ledger

from telemed_store import Actor, Store
from telemed_store.ephemeral.locks import Lock
from telemed_store.errors import LeaseLost
from telemed_store.settings import load_settings


def main(settings: dict[str, object], ttl: float) -> None:
    with Store.open(settings=load_settings(**settings)) as store:
        lock = store.locks.acquire("job:one", dt.timedelta(seconds=ttl))
        assert lock is not None
        for _ in range(2):
            say(write(store, lock))
            sys.stdin.readline()


def write(store: Store, lock: Lock) -> str:
    try:
        with store.unit_of_work(Actor.system("holder")) as uow:
            uow.fence(lock)
            uow.write(Ledger.write, "holder")
    except LeaseLost:
        return "lease lost"
    return "written"


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), float(sys.argv[2]))
