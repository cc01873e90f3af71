"""SQLite's file in distress: no place left on its disk, or no right to write it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from all_drivers import done, run_all, worlds

SUPPORT = Path(__file__).parents[1] / "support"
MOUNT = 'mount -t tmpfs -o size=3m none "$0" || exit 77; exec "$@"'
CANNOT_MOUNT = 77


@pytest.mark.skipif(sys.platform != "linux", reason="a small file system is mounted as Linux does it")
def test_a_full_disk_is_unavailable_leaves_nothing_half_written_and_recovers(tmp_path: Path) -> None:
    alone = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    program = [sys.executable, str(SUPPORT / "full_disk.py"), str(tmp_path)]
    ended = subprocess.run(
        [*alone, "sh", "-c", MOUNT, str(tmp_path), *program], capture_output=True, text=True, timeout=120, check=False
    )
    if ended.returncode == CANNOT_MOUNT or "unshare failed" in ended.stderr:
        pytest.skip(f"a small file system cannot be mounted here: {ended.stderr.strip()}")

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines() == ["done | Unavailable SQLITE_FULL | done | True | done"] * 2


@pytest.mark.telemed_engines("sqlite")
def test_a_file_that_may_only_be_read_is_unavailable_for_writes(
    telemed_engine: str, telemed_database_url: str, telemed_settings_for: Any, ledger: Any
) -> None:
    ledger.put("before")
    path = telemed_database_url.removeprefix("sqlite:///")
    read_only = f"sqlite:///file:{path}?mode=ro&uri=true"

    async def read(world: Any, fault: Any) -> None:
        await fault()
        assert await done(world.mine.read(ledger.show)) == ["before"]

    async def verb(world: Any, fault: Any) -> None:
        await fault()
        await done(world.mine.write(ledger.write, "after"))

    with worlds(telemed_engine, read_only, telemed_settings_for) as opened:
        outcomes = run_all(opened, {"read": read, "verb": verb})

    assert outcomes.of == {call: "done" if call[0] == "read" else "Unavailable" for call in outcomes.of}
    assert ledger.written == ["before"]
