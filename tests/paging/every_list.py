"""All paged lists, from the rooms in which they stand."""

from __future__ import annotations

from .lists import LISTS, Listed
from .message_lists import BY_NUMBER, Conversations, Undelivered

__all__ = ["BY_NUMBER", "EVERY_LIST"]

EVERY_LIST: tuple[Listed, ...] = (*LISTS, Conversations(), Undelivered())
