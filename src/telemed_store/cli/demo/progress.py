"""The steps of the demonstration: a progress bar for each while it runs, and its seconds afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

__all__ = ["Advance", "Steps"]

Advance = Callable[[int], None]
"""Tells the bar how many more rows are done."""


class Steps:
    """Shows and times steps, one after the other.

    Attributes:
        seconds: Duration of each finished step, by its name.
    """

    def __init__(self, console: Console) -> None:
        self.seconds: dict[str, float] = {}
        columns = (TextColumn("{task.description:<22}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console)

    @contextmanager
    def step(self, name: str, rows: int) -> Generator[Advance]:
        """Run one step of so many rows."""
        task = self._progress.add_task(name, total=rows)
        began = time.perf_counter()
        yield lambda done: self._progress.advance(task, done)
        self.seconds[name] = time.perf_counter() - began

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._progress.stop()
