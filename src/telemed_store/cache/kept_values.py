"""The cache of one process: what it keeps, under which tokens, floors and generations. Safe for threads.

It can only know of invalidations in its own process. Where others write too, ``watch`` tells that somebody did (`cache.data_version`).
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from telemed_store.cache.keys import CacheKey, Stale, Tag
from telemed_store.cache.looking import Looked, Ticket
from telemed_store.database.clock import Clock

__all__ = ["KeptValues"]

ValueT = TypeVar("ValueT")

_UNWATCHED: Final = "unwatched"


def _random() -> str:
    return secrets.token_hex(8)


@dataclass(slots=True)
class _Value:
    """One value and what it was filled under."""

    payload: bytes
    version: int
    generations: tuple[str, ...]
    until: dt.datetime


@dataclass(slots=True)
class _Record:
    """What is known of one key."""

    token: str = field(default_factory=_random)
    floor: int = 0
    value: _Value | None = None


class KeptValues:
    """The state, each step atomic."""

    def __init__(self, clock: Clock, *, size: int, watch: Callable[[], Hashable | None] | None = None) -> None:
        """Make an empty cache.

        Args:
            clock: Tells when values expire.
            size: How many keys, and how many tags, are remembered; those not used for the longest time are forgotten.
            watch: Something that changes whenever anybody has written to the database; None from it: nothing is known just now.
        """
        self._clock = clock
        self._size = size
        self._watch = watch
        self._held: dict[CacheKey | Tag, dt.datetime] = {}
        self.start_anew()
        _OPEN.add(self)

    def start_anew(self) -> None:
        """Begin with nothing; for a forked child, who hears of nothing that its parent writes, and may have copied a held lock."""
        self._lock = threading.Lock()
        self._records: OrderedDict[str, _Record] = OrderedDict()
        self._generations: OrderedDict[str, str] = OrderedDict()
        self._seen: Hashable = _UNWATCHED

    def look(self, key: CacheKey, tags: Sequence[Tag]) -> Looked | None:
        """What is kept, and a ticket; None: nothing may be trusted or filled in just now."""
        with self._lock:
            if not self._is_current() or self._is_held(key, tags):
                return None
            record = self._records.setdefault(key.text, _Record())
            self._remember(self._records, key.text)
            ticket = Ticket(record.token, tuple(map(self._generation, tags)))
            value = record.value
            if value is None or value.generations != ticket.generations or value.until <= self._clock.now():
                record.value = None
                return Looked(ticket)
            return Looked(ticket, value.payload)

    def fill(
        self,
        key: CacheKey,
        tags: Sequence[Tag],
        ticket: Ticket,
        *,
        version: int,
        payload: bytes,
        lifetime: dt.timedelta,
    ) -> bool:
        """Keep a value that was read after the ticket was given; False: it may be older than what was written meanwhile."""
        with self._lock:
            record = self._records.get(key.text) if self._is_current() and not self._is_held(key, tags) else None
            if record is None or record.token != ticket.token or version < record.floor:
                return False
            if tuple(self._generations.get(tag.text, "") for tag in tags) != ticket.generations:
                return False
            if record.value is not None and version < record.value.version:
                return False
            record.token = _random()
            record.value = _Value(payload, version, ticket.generations, self._clock.now() + lifetime)
            return True

    def drop(self, stale: Sequence[Stale], hold: dt.timedelta) -> None:
        """Forget what is stale, and refuse the fills that are under way."""
        with self._lock:
            now = self._clock.now()
            self._held = {what: until for what, until in self._held.items() if until > now}
            for each in stale:
                if hold:
                    self._held[each.what] = now + hold
                if isinstance(each.what, Tag):
                    # Made anew when somebody asks: what was filled under the old one is never shown again.
                    self._generations.pop(each.what.text, None)
                else:
                    record = self._records.setdefault(each.what.text, _Record())
                    self._remember(self._records, each.what.text)
                    record.floor = max(record.floor, each.version)
                    record.token, record.value = _random(), None

    def clear(self) -> None:
        """Forget everything, and refuse all fills that are under way."""
        with self._lock:
            self._forget()

    def _is_current(self) -> bool:
        """Look whether anybody wrote; False: that cannot be told."""
        if self._watch is None:
            return True
        seen = self._watch()
        if seen != self._seen:
            self._forget()
            self._seen = seen
        return seen is not None

    def _forget(self) -> None:
        self._records.clear()
        self._generations.clear()

    def _is_held(self, key: CacheKey, tags: Sequence[Tag]) -> bool:
        if not self._held:
            return False
        now = self._clock.now()
        return any(until > now and (what == key or what in tags) for what, until in self._held.items())

    def _generation(self, tag: Tag) -> str:
        generation = self._generations.setdefault(tag.text, _random())
        self._remember(self._generations, tag.text)
        return generation

    def _remember(self, known: OrderedDict[str, ValueT], name: str) -> None:
        known.move_to_end(name)
        if len(known) > self._size:
            known.popitem(last=False)


_OPEN: Final[weakref.WeakSet[KeptValues]] = weakref.WeakSet()


def _after_fork() -> None:
    for values in list(_OPEN):
        values.start_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
