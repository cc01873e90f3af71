"""The command: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from telemed_store.cli.app import app
from telemed_store.crypto.master_keys import MasterKeys


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/telemed.sqlite3"


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.stdout, result.stderr


def test_the_schema_goes_up_is_verified_and_goes_down(url: str) -> None:
    assert run("migrate", "up", "--database-url", url) == (0, "migrated: nothing -> 0004_lock_fences\n", "")
    assert run("migrate", "up", "--database-url", url)[1] == "up to date: 0004_lock_fences\n"
    assert run("migrate", "verify", "--database-url", url)[0] == 0
    assert run("migrate", "plan", "--database-url", url)[1] == "nothing to run\n"
    assert run("migrate", "down", "base", "--database-url", url)[1] == "migrated: 0004_lock_fences -> nothing\n"
    assert run("migrate", "stamp", "--database-url", url)[1] == "stamped: 0004_lock_fences\n"
    assert run("migrate", "verify", "--database-url", url)[0] == 4


def test_programs_read_json(url: str) -> None:
    code, out, _ = run("migrate", "check", "--json", "--database-url", url)

    assert code == 4
    assert json.loads(out) == {
        "current": None,
        "head": "0004_lock_fences",
        "pending": ["0001_foundation", "0002_messages", "0003_cache_invalidations", "0004_lock_fences"],
        "drift": [],
        "ok": False,
    }
    assert [
        revision["phase"] for revision in json.loads(run("migrate", "history", "--json", "--database-url", url)[1])
    ] == ["expand", "expand", "expand", "expand"]


def test_health_tells_live_ready_and_deep_apart(url: str, tmp_path: Path) -> None:
    assert run("health", "live")[0] == 0
    assert run("health", "ready", "--database-url", url)[0] == 4
    run("migrate", "up", "--database-url", url)
    assert run("health", "deep", "--database-url", url)[0] == 0
    with sqlite3.connect(tmp_path / "telemed.sqlite3") as connection:
        connection.execute("DROP TABLE outbox")
    connection.close()

    assert run("health", "ready", "--database-url", url)[0] == 0
    code, out, _ = run("health", "deep", "--json", "--database-url", url)
    assert code == 4
    assert [check["ok"] for check in json.loads(out)["checks"]] == [True, True, False]


def test_a_server_that_does_not_answer_is_exit_code_5() -> None:
    code, _, err = run("migrate", "up", "--database-url", "postgresql://nobody@127.0.0.1:1/none")

    assert code == 5
    assert err.startswith("error: ")
    assert err.count("\n") == 1


def test_a_wrong_setting_is_exit_code_3_and_does_not_tell_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = run("migrate", "up", "--database-url", "oracle://user:hunter2@host/x")
    assert (code, "hunter2" in err) == (3, False)

    monkeypatch.setenv("TELEMED_STORE_POOL_SIZE", "many")
    assert run("settings")[0] == 3


def test_settings_hide_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEMED_STORE_DATABASE_URL", "postgresql://user:hunter2@host/x")
    monkeypatch.setenv("TELEMED_STORE_KEYS", "k1:secret")
    code, out, _ = run("settings", "--json")

    assert code == 0
    assert "hunter2" not in out
    assert "secret" not in out
    assert json.loads(out)["keys"] == "**********"
    assert "hunter2" not in run("settings")[1]


def test_new_keys_are_keys() -> None:
    first, second = (run("settings", "new-keys")[1].strip() for _ in range(2))

    assert MasterKeys.parse(first).current_id
    assert first != second


def test_the_installed_command_runs_as_a_process(url: str) -> None:
    command = [sys.executable, "-m", "telemed_store.cli", "migrate"]
    done = subprocess.run(
        [*command, "up", "--database-url", url], capture_output=True, text=True, timeout=60, check=True
    )
    refused = subprocess.run(
        [*command, "up", "nowhere", "--database-url", url], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.stdout == "migrated: nothing -> 0004_lock_fences\n"
    assert (refused.returncode, refused.stderr.count("\n")) == (4, 1)
    assert subprocess.run([*command, "sideways"], capture_output=True, timeout=60, check=False).returncode == 2
