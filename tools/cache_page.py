"""The page of the reference that lists what the cache keeps: kinds, lifetimes and seals as the code says, what makes each stale as said here.

A new kind of values needs its line in `KINDS`, without which the page is not written.
"""

from __future__ import annotations

import datetime as dt
import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import telemed_store
from telemed_store.cache.keys import Entry
from telemed_store.cache.reading import Cached

__all__ = ["cache_page", "every_entry"]


class _Kind(NamedTuple):
    """What is said of a kind of values.

    Attributes:
        reads: Which reads it answers.
        by: What stands behind its name in the key.
        stale: What makes it stale.
    """

    reads: str
    by: str
    stale: str


KINDS: Final = {
    "doctor": _Kind(
        "`people.doctor`",
        "doctor",
        "A change of the profile, its status or a registration; another name of the user; deletion.",
    ),
    "user": _Kind(
        "`people.user`",
        "user",
        "A change of name, e-mail address, zone or status; a profile registered or deleted; deletion.",
    ),
    "specializations": _Kind(
        "`people.specializations`, the first page",
        "how many",
        "A specialization added, renamed, retired or revived; a doctor with one registered; other ones chosen; the status or the deletion"
        " of any doctor.",
    ),
    "free_slots": _Kind(
        "`availability.free_slots`, unless it is for a patient",
        "doctor, first and last date",
        "An appointment of the doctor that takes time, moves or gives time back; a window or a block; a place closed, opened or removed;"
        " the doctor's zone, status or deletion. Which slots are too early by now, and how long they are, is decided when they are shown.",
    ),
    "appointment": _Kind(
        "`appointments.get`, `appointments.of_pair`",
        "appointment",
        "Every verb about the appointment; the deletion of any doctor's or patient's profile, whose user sees it no more.",
    ),
    "unread": _Kind(
        "`messages.unread_total`",
        "user",
        "A message sent to the user, or deleted before it was read; messages read; counters that were recomputed.",
    ),
}


def every_entry() -> dict[str, Entry[Any]]:
    """The kinds of values that some read of the package keeps, by name."""
    rooms = (each.name for each in pkgutil.walk_packages(telemed_store.__path__, "telemed_store."))
    found = (vars(importlib.import_module(name)) for name in rooms if name.endswith(".cached_reads"))
    cached: list[Cached[..., Any, Any]] = [
        value for names in found for value in names.values() if isinstance(value, Cached)
    ]
    return {each.entry.name: each.entry for each in cached}


def cache_page() -> Iterator[str]:
    """What is kept, for how long, and what makes it stale."""
    yield from ("# What the cache keeps", "")
    yield "Reads that may be answered from the cache, and what their callers never notice: a value is dropped when the transaction that makes"
    yield "it stale is committed, and a permission, an access row or a denial is decided for each viewer when the value is shown."
    yield "Every other read asks the database, and so does every read in a unit of work or a snapshot."
    yield ""
    yield "| Reads | Key | For at most | Sealed | Stale with |"
    yield "|---|---|---|---|---|"
    entries = every_entry()
    for name, kind in KINDS.items():
        entry = entries.pop(name)
        sealed = "yes" if entry.phi else "no"
        yield f"| {kind.reads} | `{name}:` {kind.by} | {_told(entry.lifetime)} | {sealed} | {kind.stale} |"
    if entries:
        raise KeyError(f"tools/cache_page.py says nothing of {', '.join(sorted(entries))}")
    yield ""
    yield "A sealed value is encrypted with a key of the store (AES-256-GCM), bound to its key. Keys hold ids, dates and numbers only."


def _told(lifetime: dt.timedelta) -> str:
    seconds = int(lifetime.total_seconds())
    return f"{seconds // 3600} h" if seconds % 3600 == 0 else f"{seconds} s"
