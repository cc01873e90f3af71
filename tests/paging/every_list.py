"""All paged lists, from the rooms in which they stand.

A new list belongs in one of them: `test_every_list_is_here` fails until it is.
"""

from __future__ import annotations

from . import appointment_lists, availability_lists, people_lists
from .listed import Listed
from .message_lists import BY_NUMBER, Conversations, Undelivered

__all__ = ["BY_NUMBER", "EVERY_LIST"]

EVERY_LIST: tuple[Listed, ...] = (
    *appointment_lists.LISTS,
    *people_lists.LISTS,
    *availability_lists.LISTS,
    Conversations(),
    Undelivered(),
)
