"""A process that is paused for longer than its lock lives, and wakes up when somebody else has written (D24)."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from frame_ledger import Ledger

from telemed_store import Actor, Store
from telemed_store.settings import Settings

HOLDER = Path(__file__).with_name("holder.py")
SUPPORT = Path(__file__).parents[1] / "support"
TTL = 0.3
TIMEOUT = 10.0


@pytest.fixture
def settings(
    telemed_settings_for: Callable[..., Settings],
    telemed_database_url: str,
    telemed_redis_url: str,
    telemed_redis_namespace: str,
) -> Settings:
    return telemed_settings_for(
        telemed_database_url,
        redis_url=telemed_redis_url,
        redis_namespace=telemed_redis_namespace,
        redis_timeout=dt.timedelta(seconds=TIMEOUT),
    )


@contextmanager
def holder(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    given = {name: getattr(settings, name).get_secret_value() for name in ("database_url", "redis_url", "keys")} | {
        "redis_namespace": settings.redis_namespace,
        "redis_timeout": TIMEOUT,
    }
    with subprocess.Popen(
        [sys.executable, str(HOLDER), json.dumps(given), str(TTL)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(SUPPORT)},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_paused_holder_that_wakes_up_late_writes_nothing(settings: Settings, telemed_database_url: str) -> None:
    ledger = Ledger(telemed_database_url)
    with holder(settings) as process, Store.open(settings=settings) as store:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "written\n"
        process.send_signal(signal.SIGSTOP)
        # It does not release the lock: its time is over.
        with store.locks.hold("job:one", dt.timedelta(minutes=1), wait=dt.timedelta(seconds=30)) as lock:
            with store.unit_of_work(Actor.system("successor")) as uow:
                uow.fence(lock)
                uow.write(ledger.write, "successor")
            process.send_signal(signal.SIGCONT)
            process.stdin.write("go on\n")
            process.stdin.flush()

            assert process.stdout.readline() == "lease lost\n"

    assert ledger.written == ["holder", "successor"]
