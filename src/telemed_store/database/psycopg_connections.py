"""psycopg's connections with an end to their waiting, which the driver itself bounds only while it connects.

A server that is stopped, or frozen with its machine, keeps its sockets: the kernel still acknowledges what is sent, so neither
keepalives nor ``tcp_user_timeout`` ever notice, and the server's own time limits stand still with it.
"""

from __future__ import annotations

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

__all__ = ["PatientAsyncConnection", "PatientConnection"]

T = TypeVar("T")

_INTERVAL = 0.1
"""Seconds between two looks at a signal, as in psycopg."""


class PatientConnection(psycopg.Connection[Any]):
    """A connection of threads.

    Attributes:
        patience: Seconds that one answer of the server may take; None: any time.
    """

    patience: float | None = None

    def wait(self, gen: PQGen[T], interval: float = _INTERVAL, timeout: float | None = None) -> T:
        """Wait for an answer; the connection is closed when it does not come, for it might still come later."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.patience)
        except psycopg.OperationalError as failure:
            if failure.sqlstate is None:  # not the server's word, but the driver's about a server that says none
                self.pgconn.finish()
            raise


class PatientAsyncConnection(psycopg.AsyncConnection[Any]):
    """A connection of tasks; see `PatientConnection`."""

    patience: float | None = None

    async def wait(self, gen: PQGen[T], interval: float = _INTERVAL, timeout: float | None = None) -> T:
        """Wait for an answer; the connection is closed when it does not come, for it might still come later."""
        if timeout is not None:
            return await super().wait(gen, interval, timeout)
        try:
            return await super().wait(gen, interval, self.patience)
        except psycopg.OperationalError as failure:
            if failure.sqlstate is None:  # not the server's word, but the driver's about a server that says none
                self.pgconn.finish()
            raise
