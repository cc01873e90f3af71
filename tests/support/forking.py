"""Child processes by `os.fork`, which end when their work is done."""

from __future__ import annotations

import os
from collections.abc import Callable

__all__ = ["exit_code", "fork", "in_child", "waiting_child"]


def fork(work: Callable[[], object]) -> int:
    """Fork a child that works and ends, and answer with its id at once."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return pid


def exit_code(pid: int) -> int:
    """A child's exit code at its end: 0 if nothing was raised."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def in_child(work: Callable[[], object]) -> int:
    """Fork a child, and wait for its exit code."""
    return exit_code(fork(work))


def waiting_child(work: Callable[[], object]) -> Callable[[], int]:
    """Fork a child that waits; calling the answer lets it work, and waits for its exit code."""
    reading, writing = os.pipe()

    def at_the_word() -> None:
        os.read(reading, 1)
        work()

    pid = fork(at_the_word)

    def go() -> int:
        os.write(writing, b"!")
        os.close(writing)
        os.close(reading)
        return exit_code(pid)

    return go
