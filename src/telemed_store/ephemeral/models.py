"""The kind of pydantic model that the mechanisms of this room answer with."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

__all__ = ["Answer"]


class Answer(BaseModel):
    """What a mechanism tells, or gives to be handed back: frozen. A field that may be personal is kept out of the ``repr``."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True,
        hide_input_in_errors=True,
        extra="forbid",
        defer_build=True,
        # What is handed back is validated again: a copy changed by ``model_copy`` is not valid because it was once.
        revalidate_instances="always",
    )
