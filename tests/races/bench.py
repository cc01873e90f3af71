"""What the race tests share: several worker processes on one database, driven in rounds, and the check that nothing overlaps."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import func, select

from telemed_store import Store
from telemed_store.appointments.models import ACTIVE
from telemed_store.appointments.tables import appointments
from telemed_store.audit.actor import Actor
from telemed_store.crypto import MasterKeys

PROCESSES = 4
WORKER = Path(__file__).with_name("worker.py")


class Racers:
    """The worker processes of one race."""

    def __init__(self, processes: list[subprocess.Popen[str]]) -> None:
        self.processes = processes

    def run(self, orders: list[dict[str, Any]]) -> list[Any]:
        """Give each process its order, to begin in the same moment; their answers."""
        begin_at = time.time() + 0.15
        for process, order in zip(self.processes, orders, strict=True):
            assert process.stdin is not None
            process.stdin.write(json.dumps(order | {"begin_at": begin_at}) + "\n")
            process.stdin.flush()
        return [answer_of(process) for process in self.processes]


def answer_of(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "a racing process ended before it answered"
    return json.loads(line)


@contextmanager
def racers(world: str, database_url: str, keys: SecretStr | None = None) -> Iterator[Racers]:
    keys = keys or MasterKeys.generate().to_setting()
    environment = os.environ | {"TELEMED_STORE_KEYS": keys.get_secret_value()}
    processes = [
        subprocess.Popen(
            [sys.executable, str(WORKER), world, database_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _ in range(PROCESSES)
    ]
    try:
        for process in processes:
            assert answer_of(process) == {"ready": True}
        yield Racers(processes)
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def overlapping_pairs(store: Store) -> int:
    """How many pairs of active appointments of one doctor or one patient overlap: by a self-join, past every rule of ours."""
    one, other = appointments.alias("one"), appointments.alias("other")
    active = [side.c.status.in_(ACTIVE) & side.c.deleted_at.is_(None) for side in (one, other)]
    pairs = (
        select(func.count())
        .select_from(one)
        .join(
            other,
            (one.c.id < other.c.id)
            & ((one.c.doctor_id == other.c.doctor_id) | (one.c.patient_id == other.c.patient_id))
            & (one.c.starts_at < other.c.ends_at)
            & (other.c.starts_at < one.c.ends_at),
        )
        .where(*active)
    )
    with store.unit_of_work(Actor.system("check")) as uow:
        return int(uow.connection.execute(pairs).scalar_one())
