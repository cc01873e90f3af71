"""What a unit of work will do after its end, in frames: a savepoint's hooks merge on release and vanish on rollback (design §3.7).

Kept on our own frames, never on SQLAlchemy's session or connection events, which fire on the release of a savepoint too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from telemed_store.errors import ValidationFailed

__all__ = ["Hook", "HookStack", "check_callable"]

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


def check_callable(function: FunctionT) -> FunctionT:
    """The function of a caller's, before anything depends on it.

    Raises:
        ValidationFailed: It cannot be called.
    """
    if not callable(cast("object", function)):
        raise ValidationFailed({"function": "must be something that can be called"})
    return function


@dataclass(frozen=True, slots=True)
class Hook:
    """A caller's function with its arguments."""

    function: Callable[..., Any]
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def name(self) -> str:
        """What a log line calls it: never its arguments."""
        return getattr(self.function, "__qualname__", type(self.function).__name__)


@dataclass(slots=True)
class _HookFrame:
    after_commit: list[Hook] = field(default_factory=list[Hook])
    after_rollback: list[Hook] = field(default_factory=list[Hook])


class HookStack:
    """The hooks of one unit of work: the outermost frame, and one more per open savepoint."""

    def __init__(self) -> None:
        self._frames = [_HookFrame()]

    def after_commit(self, hook: Hook) -> None:
        """Run it once everything is committed."""
        self._frames[-1].after_commit.append(hook)

    def after_rollback(self, hook: Hook) -> None:
        """Run it once everything is undone."""
        self._frames[-1].after_rollback.append(hook)

    def open_savepoint(self) -> None:
        """Hooks from here on belong to the savepoint."""
        self._frames.append(_HookFrame())

    def release_savepoint(self) -> None:
        """The savepoint's hooks become its parent's."""
        released = self._frames.pop()
        self._frames[-1].after_commit += released.after_commit
        self._frames[-1].after_rollback += released.after_rollback

    def roll_back_savepoint(self) -> None:
        """The savepoint's hooks vanish with what they spoke of."""
        self._frames.pop()

    def take_committed(self) -> list[Hook]:
        """What to run after the commit; afterwards there is nothing left to run."""
        return self._take().after_commit

    def take_rolled_back(self) -> list[Hook]:
        """What to run after the rollback; afterwards there is nothing left to run."""
        return self._take().after_rollback

    def _take(self) -> _HookFrame:
        outermost = self._frames[0]
        self._frames = [_HookFrame()]
        return outermost
