"""What callers hand to the mechanisms of this room is checked here, once per call and before Redis is asked.

The rules are those of verbs (`database.arguments`); what becomes part of a key is a UUID or a `KeyName`, so that no value can reach
into another key or out of its hash tag.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Final

from annotated_types import Ge, Le
from pydantic import StringConstraints

from telemed_store.database.arguments import checked_argument
from telemed_store.errors import ValidationFailed

__all__ = ["LONGEST", "SHORTEST", "KeyName", "Lifetime", "Name", "checked_arguments"]

SHORTEST: Final = dt.timedelta(milliseconds=1)
LONGEST: Final = dt.timedelta(days=366)

KeyName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,199}$")]
"""A name that stands in a key as it is: never a person's, an address or a token."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=500)]
"""A text that is kept as a value, or enters a key as a digest alone."""

Lifetime = Annotated[dt.timedelta, Ge(SHORTEST), Le(LONGEST)]
"""How long something lives: Redis counts milliseconds."""


def checked_arguments(**given: tuple[Any, Any]) -> tuple[Any, ...]:
    """The arguments of a call, each given as ``name=(annotation, value)``, as the call is to have them.

    Raises:
        ValidationFailed: Names every argument that is refused.
    """
    kept: list[Any] = []
    wrong: dict[str, str] = {}
    for name, (hint, value) in given.items():
        try:
            kept.append(checked_argument(name, hint, value))
        except ValidationFailed as refusal:
            wrong |= refusal.fields
    if wrong:
        raise ValidationFailed(wrong)
    return tuple(kept)
