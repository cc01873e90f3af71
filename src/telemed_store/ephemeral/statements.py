"""Every SQL statement of fences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Insert, bindparam, func, select
from sqlalchemy.dialects.mysql import insert as mysql_insert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from telemed_store.ephemeral.tables import lock_fences

__all__ = ["HIGHEST_FENCE", "RAISE_FENCE"]

_fences = lock_fences.c


def _raise_fence() -> Mapping[str, Insert]:
    mysql, postgresql, sqlite = mysql_insert(lock_fences), postgresql_insert(lock_fences), sqlite_insert(lock_fences)
    mysql = mysql.on_duplicate_key_update(fence=func.greatest(_fences.fence, mysql.inserted.fence))
    return {
        "mysql": mysql,
        "mariadb": mysql,
        "postgresql": postgresql.on_conflict_do_update(
            index_elements=[_fences.name],
            set_={"fence": func.greatest(_fences.fence, postgresql.excluded.fence)},
        ),
        "sqlite": sqlite.on_conflict_do_update(
            index_elements=[_fences.name], set_={"fence": func.max(_fences.fence, sqlite.excluded.fence)}
        ),
    }


# pk_lock_fences: the row is locked from here to the end of the transaction, so that of two writers one waits for the other.
RAISE_FENCE: Final = _raise_fence()

# pk_lock_fences: for an engine that does not return what it inserted.
HIGHEST_FENCE: Final = select(_fences.fence).where(_fences.name == bindparam("lock_name"))
