"""What the database does for locks: it refuses a holder that was overtaken (D24)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, Insert

from telemed_store.ephemeral import statements as sql
from telemed_store.ephemeral.locks import Lock
from telemed_store.ephemeral.tables import lock_fences
from telemed_store.errors import LeaseLost

__all__ = ["raise_fence"]

_RETURNING: Final[Mapping[str, Insert]] = {
    engine: statement.returning(lock_fences.c.fence) for engine, statement in sql.RAISE_FENCE.items()
}
_OVERTAKEN: Final = "A later holder of this lock has written already, so nothing of this unit of work may be: stop what the lock protected."


def raise_fence(connection: Connection, _context: object, lock: Lock) -> None:
    """Note that this holder writes.

    Whoever acquired the lock before this holder is refused from now on. The statement changes nothing where this holder is the one refused.

    Raises:
        LeaseLost: A later holder has written already.
    """
    engine, row = connection.dialect.name, {"name": lock.name, "fence": lock.fence}
    if connection.dialect.insert_returning:
        highest = connection.execute(_RETURNING[engine], row).scalar_one()
    else:
        connection.execute(sql.RAISE_FENCE[engine], row)
        highest = connection.execute(sql.HIGHEST_FENCE, {"lock_name": lock.name}).scalar_one()
    if highest > lock.fence:
        raise LeaseLost(_OVERTAKEN)
