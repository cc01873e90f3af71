"""The two kinds of pydantic models: what is stored, and what a caller may say."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, ClassVar, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

__all__ = ["Input", "Instant", "PlainText", "StoredModel", "ZoneName", "given", "is_storable"]


class StoredModel(BaseModel):
    """A row as callers see it: frozen, whole, valid because the database said so."""

    # defer_build: most rows are never validated (database.hydration), so their validators are built when one first is.
    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, hide_input_in_errors=True, extra="forbid", defer_build=True
    )

    def __repr__(self) -> str:
        # Rows hold health data: a repr, and with it a log line or a traceback, tells which row, not what stands in it.
        shown = ((name, getattr(self, name)) for name in ("id", "version", "status") if name in type(self).model_fields)
        return f"{type(self).__name__}({', '.join(f'{name}={value!s}' for name, value in shown)})"

    __str__ = __repr__


class Input(BaseModel):
    """What a caller says: frozen, validated when built, unknown fields refused; errors never quote values."""

    # Built at once, other than rows: FastAPI, which takes inputs as request bodies, warns at a request of what is deferred.
    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True,
        hide_input_in_errors=True,
        extra="forbid",
        str_strip_whitespace=True,
        # A verb validates what it is given: a copy changed by ``model_copy`` is not valid because it was once.
        revalidate_instances="always",
    )

    def __repr__(self) -> str:
        # Inputs hold personal data: a repr, and with it a log line or a traceback, names the fields alone.
        return f"{type(self).__name__}({', '.join(sorted(self.model_fields_set))})"

    __str__ = __repr__


# A search in C: looked at one by one in Python the characters of a long message took half a millisecond each time.
_NEVER_STORED: Final = re.compile(r"[\x00\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether every engine can store a text, and so can be asked for it: no NUL characters, no lone surrogates."""
    return _NEVER_STORED.search(text) is None


def _storable_text(value: str) -> str:
    if not is_storable(value):
        raise ValueError("text must not hold NUL characters or lone surrogates")
    return value


def _to_utc(value: dt.datetime) -> dt.datetime:
    try:
        return value.astimezone(dt.UTC)
    except OverflowError as failure:
        raise ValueError("must lie within the years 1 to 9999 in UTC") from failure


def _known_zone(name: str) -> str:
    from telemed_store.database.local_time import zone
    from telemed_store.errors import ValidationFailed

    try:
        zone(name)
    except ValidationFailed as failure:
        raise ValueError("must be an IANA zone name such as America/Sao_Paulo") from failure
    return name


Instant = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""An aware instant; kept in UTC."""

ZoneName = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_known_zone)]
"""An IANA zone name."""


PlainText = Annotated[str, AfterValidator(_storable_text)]
"""Text that every engine can store; its length is bounded by the field."""


def given(patch: BaseModel) -> dict[str, Any]:
    """The fields of a patch that were passed, and only those: "not passed" is not null (C12)."""
    return {name: getattr(patch, name) for name in type(patch).model_fields if name in patch.model_fields_set}
