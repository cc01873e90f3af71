"""Who may be told of domain events, and when."""

from __future__ import annotations

import inspect
from typing import Final

from telemed_store.errors import ValidationFailed
from telemed_store.events.models import DomainEvent

__all__ = ["check_observer"]

_MOMENTS: Final = ("in_transaction", "after_commit")


def check_observer(event: object, function: object, when: object) -> None:
    """Refuse an observer that could never be told, before an event meets it.

    Raises:
        ValidationFailed: Names the wrong arguments.
    """
    wrong: dict[str, str] = {}
    if not inspect.isclass(event) or not issubclass(event, DomainEvent):
        wrong["event"] = "must be a class of domain events"
    if not callable(function):
        wrong["function"] = "must be something that can be called"
    if not isinstance(when, str) or when not in _MOMENTS:
        wrong["when"] = f"must be one of {', '.join(_MOMENTS)}"
    if wrong:
        raise ValidationFailed(wrong)
