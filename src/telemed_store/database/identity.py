"""Client-made UUID version 7 (RFC 9562): unique, and ordered by creation within a process.

Takes the method of RFC 9562 §6.2 (1): the 12 bits behind the millisecond are a counter, seeded at random in its lower half each
millisecond, so that keys of one process grow even when the clock stands still or steps back.
"""

from __future__ import annotations

import os
import threading
import time
from uuid import UUID

__all__ = ["new_id"]

_VERSION_AND_VARIANT = (0x7 << 76) | (0x2 << 62)
_COUNTER_MAX = 0xFFF


class _Sequence:
    """The last (millisecond, counter) given out; never goes back."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.millisecond = 0
        self.counter = 0

    def advance(self) -> tuple[int, int]:
        with self.lock:
            now = time.time_ns() // 1_000_000
            if now > self.millisecond:
                self.millisecond = now
                self.counter = int.from_bytes(os.urandom(2), "big") & 0x7FF
            elif self.counter < _COUNTER_MAX:
                self.counter += 1
            else:
                self.millisecond += 1
                self.counter = 0
            return self.millisecond, self.counter


_sequence = _Sequence()


def _forget_parent() -> None:
    # A fork copies the counter: without a fresh lock a child could wait for a thread that it does not have.
    _sequence.__init__()  # type: ignore[misc]


os.register_at_fork(after_in_child=_forget_parent)


def new_id() -> UUID:
    """A new UUIDv7, greater than every one this process made before."""
    millisecond, counter = _sequence.advance()
    random = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    return UUID(int=(millisecond << 80) | (counter << 64) | _VERSION_AND_VARIANT | random)
