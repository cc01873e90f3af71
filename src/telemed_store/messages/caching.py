"""What of messages is kept in the cache; every verb that makes it stale says so with ``Context.changed``."""

from __future__ import annotations

import datetime as dt
from typing import Final

from telemed_store.cache.keys import Entry

__all__ = ["UNREAD"]

UNREAD: Final = Entry("unread", int, dt.timedelta(seconds=30), phi=True)
"""How many messages to a user are unread, by the user."""
