"""The rows of ``cache_invalidations``: written with the change they speak of, read by whoever heals a shared cache, deleted when old."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from telemed_store.cache.keys import Stale
from telemed_store.cache.tables import cache_invalidations
from telemed_store.database.identity import new_id
from telemed_store.database.types import UtcDateTime

__all__ = ["BATCH", "Lost", "lost_since", "purge", "write"]

BATCH: Final = 1_000
"""Rows that one transaction deletes."""

_NOTHING_YET: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""How far healing has come where there was no row."""

_INSERT: Final = insert(cache_invalidations)
# ix_cache_invalidations_created_at
_ENDS: Final = select(func.min(cache_invalidations.c.created_at), func.max(cache_invalidations.c.created_at))
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
_OLDEST: Final = (
    select(cache_invalidations.c.id)
    .where(cache_invalidations.c.created_at < bindparam("before", type_=UtcDateTime()))
    .order_by(cache_invalidations.c.created_at)
    .limit(BATCH)
)
# pk_cache_invalidations
_PURGE: Final = delete(cache_invalidations).where(cache_invalidations.c.id.in_(bindparam("ids", expanding=True)))


def write(connection: Connection, now: dt.datetime, stale: Sequence[Stale]) -> list[Stale]:
    """Write down what this transaction makes stale: 1 statement; the same with the ids of their rows."""
    numbered = [replace(each, id=new_id()) for each in stale]
    if numbered:
        connection.execute(
            _INSERT,
            [{"id": each.id, "created_at": now, "key": each.text, "version": each.version} for each in numbered],
        )
    return numbered


@dataclass(frozen=True, slots=True)
class Lost:
    """What a shared cache may not have heard of.

    Attributes:
        everything: It cannot be told, so all there is has to go.
        stale: Otherwise, what has to go.
        position: How far the cache is healed when that is gone.
    """

    everything: bool
    stale: list[Stale]
    position: dt.datetime


def lost_since(connection: Connection, *, position: dt.datetime | None, lookback: dt.timedelta) -> Lost:
    """What may be lost: 2 statements.

    Args:
        connection: Each statement sees all that is committed.
        position: How far the cache was healed; None: that is not known.
        lookback: Rows may be committed so much later than they were written.
    """
    ends = cast("Sequence[Any]", connection.execute(_ENDS).one())
    oldest: dt.datetime | None = ends[0]
    newest: dt.datetime | None = ends[1]
    if position is None or (position != _NOTHING_YET and (oldest is None or position < oldest)):
        # Rows behind the position are purged: whether they were applied, nobody knows any more.
        return Lost(everything=True, stale=[], position=newest or _NOTHING_YET)
    since = position if position == _NOTHING_YET else position - lookback
    rows = connection.execute(_SINCE, {"since": since}).all()
    reached = max(position, rows[-1].created_at) if rows else position
    return Lost(everything=False, stale=[Stale.parse(row.key, row.version, row.id) for row in rows], position=reached)


def purge(connection: Connection, before: dt.datetime) -> int:
    """Delete the oldest of the rows that were written before an instant: 2 statements; how many there were, at most `BATCH`."""
    ids = list(connection.execute(_OLDEST, {"before": before}).scalars())
    if ids:
        connection.execute(_PURGE, {"ids": ids})
    return len(ids)
