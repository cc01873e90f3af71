"""Where verbs say what they make stale, and how it would be if they did not."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import telemed_store
from telemed_store.audit.context import Context

_SOURCE = Path(telemed_store.__file__).parent


def every_note() -> set[str]:
    """Every line of the package that calls ``context.changed``, by reading it."""
    return {
        f"{path.relative_to(_SOURCE)}:{node.lineno}"
        for path in _SOURCE.glob("*/*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "context.changed"
    }


class Notes:
    """The calls of ``Context.changed``: what was called from where, and which calls are left out.

    Attributes:
        made: The calls since this was last emptied, each as ``appointments/rows.py:137 in appointments/lifecycle.py:120``.
        muted: Calls that are left out; ``"all"``: every one.
    """

    def __init__(self) -> None:
        self.made: set[str] = set()
        self.muted: set[str] = set()

    @contextmanager
    def heard(self) -> Iterator[Notes]:
        """Hear of every call within the block."""
        with pytest.MonkeyPatch.context() as patch:
            real = Context.changed

            def changed(context: Context, *what: Any) -> None:
                place = sys._getframe(1)
                note = f"{_line(place)} in {_line(place.f_back)}"
                self.made.add(note)
                if not self.muted & {note, "all"}:
                    real(context, *what)

            patch.setattr(Context, "changed", changed)
            yield self


def _line(frame: FrameType | None) -> str:
    assert frame is not None
    path = Path(frame.f_code.co_filename)
    return f"{path.relative_to(_SOURCE) if path.is_relative_to(_SOURCE) else path.name}:{frame.f_lineno}"
