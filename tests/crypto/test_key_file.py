"""The key file beside a local SQLite database: made once, completely, for its owner only, and said so."""

from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import telemed_store
from telemed_store.crypto import MasterKeys, key_file
from telemed_store.errors import SettingsError

RACER = """
import sys
from pathlib import Path
from telemed_store.crypto import key_file
print("ready", flush=True)
sys.stdin.readline()
print(key_file(Path(sys.argv[1])).to_setting().get_secret_value(), flush=True)
"""


def test_a_missing_file_is_made_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "store.keys"
    made = key_file(path)
    assert key_file(path).to_setting() == made.to_setting()


def test_its_line_is_the_setting(tmp_path: Path) -> None:
    path = tmp_path / "store.keys"
    made = key_file(path)
    assert path.read_text().splitlines()[-1] == made.to_setting().get_secret_value()


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "store.keys"
    before = os.umask(0)
    try:
        key_file(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_making_it_is_said_once_with_a_request_to_back_it_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "store.keys"
    setting = key_file(path).to_setting().get_secret_value()
    key_file(path)
    said = [record for record in caplog.records if record.name.startswith("telemed_store")]
    assert [record.levelno for record in said] == [logging.WARNING]
    assert "back this file up" in said[0].getMessage()
    assert str(path) in said[0].getMessage()
    assert not any(entry.split(":")[1] in caplog.text for entry in setting.split(","))


def test_processes_that_start_together_end_with_the_same_keys(tmp_path: Path) -> None:
    path = tmp_path / "store.keys"
    source = str(Path(next(iter(telemed_store.__path__))).parent)
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": source},
        )
        for _ in range(6)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    settings = {racer.communicate(timeout=60)[0].strip() for racer in racers}
    assert settings == {key_file(path).to_setting().get_secret_value()}
    assert [entry.name for entry in tmp_path.iterdir()] == ["store.keys"]


def test_the_loser_of_a_race_keeps_the_winners_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "store.keys"
    winner = MasterKeys.generate()
    link = os.link

    def late(source: Path, target: Path) -> None:
        path.write_text(winner.to_setting().get_secret_value())
        path.chmod(0o600)
        link(source, target)

    monkeypatch.setattr(os, "link", late)
    assert key_file(path).to_setting() == winner.to_setting()
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def disk_full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(SettingsError, match="No space left"):
        key_file(tmp_path / "store.keys")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_not_made_beside_existing_data(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="restore the file from its backup"):
        key_file(tmp_path / "store.keys", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_directory_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="make its directory writable"):
        key_file(tmp_path / "nowhere" / "store.keys")


@pytest.mark.parametrize("content", [b"", b"# only a comment\n", b"k1:short", b"\xff\xfe"])
def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "store.keys"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match="damaged"):
        key_file(path)
    assert path.read_bytes() == content


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_a_file_that_others_may_read_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "store.keys"
    key_file(path)
    path.chmod(0o644)
    caplog.clear()
    key_file(path)
    assert "chmod 600" in caplog.text
