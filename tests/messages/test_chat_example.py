"""``examples/chat.py``: two processes see one conversation, in one order, and nothing stays unread."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHAT = Path(__file__).parents[2] / "examples" / "chat.py"


def test_both_processes_see_the_same_conversation(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, CHAT], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr

    ana, davi = ([line.split("\t") for line in part.splitlines()[1:]] for part in done.stdout.split("--- ")[1:])
    assert [line[0] for line in ana] == ["1", "2", "3", "4", "5", "unread"]
    assert [(seq, body) for seq, _, body in ana[:5]] == [(seq, body) for seq, _, body in davi[:5]]
    assert [who for _, who, _ in ana[:5]] == [{"I": "they", "they": "I"}[who] for _, who, _ in davi[:5]]
    assert ana[5] == davi[5] == ["unread", "0"]
