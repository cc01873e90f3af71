"""Lets mkdocstrings read our docstrings: their section ``Example:`` is what griffe knows as ``Examples:``."""

from __future__ import annotations

import re
from typing import Any

import griffe

__all__ = ["OneExample"]


class OneExample(griffe.Extension):
    """Names the section as griffe does, so that its code is shown as code."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change the docstring of everything that griffe has read."""
        if obj.docstring is not None:
            obj.docstring.value = re.sub(r"^( *)Example:$", r"\1Examples:", obj.docstring.value, flags=re.MULTILINE)
