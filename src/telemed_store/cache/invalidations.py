"""The rows of ``cache_invalidations``: written with the change they speak of, read by whoever heals a shared cache, deleted when old."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from telemed_store.cache.keys import Stale
from telemed_store.cache.tables import cache_invalidations
from telemed_store.database.identity import new_id
from telemed_store.database.types import UtcDateTime

__all__ = ["NOTHING_YET", "newest", "purge", "since", "write"]

NOTHING_YET: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""How far healing has come where no row was ever written."""

_INSERT: Final = insert(cache_invalidations)
# ix_cache_invalidations_created_at
_NEWEST: Final = select(func.max(cache_invalidations.c.created_at))
# ix_cache_invalidations_created_at
_SINCE: Final = (
    select(
        cache_invalidations.c.id,
        cache_invalidations.c.key,
        cache_invalidations.c.version,
        cache_invalidations.c.created_at,
    )
    .where(cache_invalidations.c.created_at >= bindparam("since", type_=UtcDateTime()))
    .order_by(cache_invalidations.c.created_at, cache_invalidations.c.id)
)
# ix_cache_invalidations_created_at
_PURGE: Final = delete(cache_invalidations).where(
    cache_invalidations.c.created_at < bindparam("before", type_=UtcDateTime())
)


def write(connection: Connection, now: dt.datetime, stale: Sequence[Stale]) -> list[Stale]:
    """Write down what this transaction makes stale: 1 statement; the same with the ids of their rows."""
    numbered = [replace(each, id=new_id()) for each in stale]
    if numbered:
        connection.execute(
            _INSERT,
            [{"id": each.id, "created_at": now, "key": each.text, "version": each.version} for each in numbered],
        )
    return numbered


def newest(connection: Connection) -> dt.datetime:
    """When the newest row was written."""
    found: dt.datetime | None = connection.execute(_NEWEST).scalar()
    return found or NOTHING_YET


def since(connection: Connection, instant: dt.datetime) -> tuple[list[Stale], dt.datetime | None]:
    """What was made stale since an instant, and when the newest of it was written; None: nothing was."""
    rows = connection.execute(_SINCE, {"since": instant}).all()
    return [Stale.parse(row.key, row.version, row.id) for row in rows], rows[-1].created_at if rows else None


def purge(connection: Connection, before: dt.datetime) -> int:
    """Delete the rows that were written before an instant; how many."""
    return int(connection.execute(_PURGE, {"before": before}).rowcount)
