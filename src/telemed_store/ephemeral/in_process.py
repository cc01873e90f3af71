"""The memory of one process: what every state machine of this room has, a lock and its own start in a forked child."""

from __future__ import annotations

import os
import threading
import weakref
from typing import Final

__all__ = ["InProcessState"]


class InProcessState:
    """State that threads share. Its methods take the lock, look at no clock (``now`` is an argument) and wait for nothing.

    Attributes:
        lock: Held by each method from its first look at the state to its last.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        _STATES.add(self)


_STATES: Final[weakref.WeakSet[InProcessState]] = weakref.WeakSet()


def _free_locks_in_child() -> None:
    # A forked child's copy may be held by a thread that it does not have. What stood in the state stays, and is the child's own.
    for state in list(_STATES):
        state.lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_free_locks_in_child)
