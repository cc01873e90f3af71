"""What a lock and a reservation have in common: an owner, an end, and how long somebody waits for one."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Annotated, Final

from annotated_types import Ge, Le
from pydantic import StringConstraints

__all__ = ["Owner", "Wait", "instant", "microseconds", "new_owner"]

Wait = Annotated[dt.timedelta, Ge(dt.timedelta(0)), Le(dt.timedelta(hours=1))]
"""How long somebody waits for something."""

_MICROSECOND: Final = dt.timedelta(microseconds=1)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

Owner = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""Whoever has it may end what it stands for."""


def new_owner() -> str:
    """A random owner, which nobody guesses."""
    return secrets.token_hex(16)


def microseconds(time: dt.timedelta | dt.datetime) -> int:
    """A length of time, or an instant since 1970, in whole microseconds."""
    return (time if isinstance(time, dt.timedelta) else time - _EPOCH) // _MICROSECOND


def instant(since_epoch: int) -> dt.datetime:
    """The instant so many microseconds after 1970 began."""
    return _EPOCH + since_epoch * _MICROSECOND
