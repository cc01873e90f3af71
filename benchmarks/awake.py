"""Keeps the cores awake while it is measured.

A core that sleeps between two round trips wakes up slowly: the bare driver's own median then jumps threefold between runs, and every
ratio with it. One loop per core in the idle scheduling class takes only time that nobody else wants. `nice` does not do that.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager

# It ends with its parent: the pipe it reads from closes. It asks the kernel again and again whether somebody wants the core: a kernel that
# preempts lazily would ask by itself only at its next tick, and a loop that never calls it made every answer of the server 4 ms late.
_LOOP = (
    "import os, select, sys\n"
    "while not select.select([sys.stdin], [], [], 0)[0]:\n"
    "    for _ in range(10_000):\n"
    "        os.sched_yield()\n"
)


@contextmanager
def awake_cores() -> Generator[bool]:
    """Within the block no core sleeps; False if this machine has no idle class."""
    chrt = shutil.which("chrt")
    loops = [
        subprocess.Popen([chrt, "-i", "0", sys.executable, "-c", _LOOP], stdin=subprocess.PIPE)
        for _ in range(len(os.sched_getaffinity(0)) if chrt else 0)
    ]
    try:
        yield bool(loops)
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
