"""Everything that threads do differently from tasks. The asynchronous twin of this file is written by hand."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine

from telemed_store.database.engines import EnginePlan, World, configure

__all__ = ["WORLD", "FifoLock", "call", "is_gone", "open_engine", "pool_owner", "run_on", "shielded", "sleep"]

P = ParamSpec("P")
T = TypeVar("T")

WORLD: World = "sync"

sleep = time.sleep

_PROCESS = object()


def open_engine(plan: EnginePlan) -> Engine:
    """The engine that a plan describes."""
    engine = create_engine(plan.url, execution_options=plan.execution_options, **plan.options)
    configure(engine, plan)
    return engine


def run_on(
    connection: Connection, script: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run a plain function over the connection."""
    return script(connection, *args, **kwargs)


def shielded(work: T) -> T:
    """Nothing interrupts a thread's work: the work is done already."""
    return work


def call(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Call a caller's function."""
    return function(*args, **kwargs)


def pool_owner() -> object:
    """What pools belong to: all threads of the process share them."""
    return _PROCESS


def is_gone(owner: object) -> bool:
    """Whether an owner of pools has ended."""
    return owner is not _PROCESS


class FifoLock:
    """A lock whose waiters get it in the order in which they came (`threading.Lock` promises no order)."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._held = False
        self._waiting: deque[threading.Event] = deque()

    def acquire(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds; False if that was not enough."""
        with self._mutex:
            if not self._held:
                self._held = True
                return True
            turn = threading.Event()
            self._waiting.append(turn)
        if turn.wait(timeout):
            return True
        with self._mutex:
            if turn.is_set():  # handed over in the very moment the wait ended
                return True
            self._waiting.remove(turn)
            return False

    def release(self) -> None:
        """Let the next one in."""
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._held = False
