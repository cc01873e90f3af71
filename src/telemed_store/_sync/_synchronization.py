"""Everything that threads do differently from tasks. The asynchronous twin of this file is written by hand."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine

from telemed_store.database.engines import (
    EnginePlan,
    Role,
    World,
    adopted_options,
    close_on_return,
    configure,
    configure_adopted,
)
from telemed_store.settings import Settings

__all__ = [
    "WORLD",
    "FifoLock",
    "adopt",
    "call",
    "connected",
    "core_of",
    "dispose",
    "is_gone",
    "open_engine",
    "pool_owner",
    "run_on",
    "run_pooled",
    "shielded",
    "sleep",
]

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


def adopt(engine: Engine, settings: Settings, role: Role) -> Engine:
    """A host's engine, in the role of one of our pools; the host's own use of it stays as it is."""
    adopted = engine.execution_options(**adopted_options(engine.dialect.name, settings, role))
    if role is Role.WRITE:
        configure_adopted(adopted, settings)
    return adopted


def dispose(engine: Engine, _owner: object) -> None:
    """Close the idle connections of a pool, and each of the others when it is given back."""
    close_on_return(engine)
    engine.dispose()


def core_of(connection: Connection) -> Connection:
    """The connection that SQLAlchemy's events speak of."""
    return connection


def run_on(
    connection: Connection, script: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run a plain function over the connection."""
    return script(connection, *args, **kwargs)


def run_pooled(
    engine: Engine, way: Callable[[Engine, Callable[[Connection], T]], T], script: Callable[[Connection], T]
) -> T:
    """Run a plain function in a way that takes a connection of the pool and gives it back."""
    return way(engine, script)


def connected(engine: Engine, way: Callable[[Engine], Connection]) -> Connection:
    """A connection that a plain function takes from the pool and prepares."""
    return way(engine)


def shielded(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do the work: nobody cancels a thread."""
    return work(*args, **kwargs)


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
        try:
            if turn.wait(timeout):
                return True
        except BaseException:  # KeyboardInterrupt: a turn given to nobody would never be passed on
            if not self._withdraw(turn):
                self.release()
            raise
        return not self._withdraw(turn)

    def _withdraw(self, turn: threading.Event) -> bool:
        """Leave the queue; False if the lock was handed over in that very moment."""
        with self._mutex:
            if turn.is_set():
                return False
            self._waiting.remove(turn)
            return True

    def release(self) -> None:
        """Let the next one in."""
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._held = False
