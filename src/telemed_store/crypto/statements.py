"""Every SQL statement of data keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import Insert, Select, bindparam, select, text
from sqlalchemy.dialects.mysql import insert as mysql_insert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from telemed_store.crypto.tables import SUBJECT_KEYS

__all__ = ["INSERT_UNLESS_THERE", "KEYS_OF_SUBJECTS", "LATEST_KEYS_OF_SUBJECTS", "KeysOfSubjects"]

KeysOfSubjects = Select[UUID, int, bytes | None, str]

_keys = SUBJECT_KEYS.c

# pk_subject_keys, one range per subject.
KEYS_OF_SUBJECTS: Final[KeysOfSubjects] = (
    select(_keys.subject_id, _keys.key_number, _keys.wrapped_key, _keys.kek_id)
    .where(_keys.subject_id.in_(bindparam("subject_ids", expanding=True)), _keys.purpose == bindparam("purpose"))
    .order_by(_keys.subject_id, _keys.key_number)
)

# The same, seeing what others committed meanwhile even in a REPEATABLE READ transaction of the host: on MariaDB a plain
# SELECT would read the old snapshot and miss the row that won. PostgreSQL refuses the INSERT in that case, SQLite has
# one writer: both read plainly.
LATEST_KEYS_OF_SUBJECTS: Final[Mapping[str, KeysOfSubjects]] = {
    "mysql": KEYS_OF_SUBJECTS.with_for_update(read=True),
    "mariadb": KEYS_OF_SUBJECTS.with_for_update(read=True),
    "postgresql": KEYS_OF_SUBJECTS,
    "sqlite": KEYS_OF_SUBJECTS,
}

# On MariaDB not INSERT IGNORE, which hides every other error and leaves the losers with shared locks that deadlock when
# the winner rolls back; the assignment changes nothing.
_on_mysql = mysql_insert(SUBJECT_KEYS).on_duplicate_key_update(key_number=text("key_number"))

# pk_subject_keys decides; an existing key stays as it is.
INSERT_UNLESS_THERE: Final[Mapping[str, Insert]] = {
    "mysql": _on_mysql,
    "mariadb": _on_mysql,
    "postgresql": postgresql_insert(SUBJECT_KEYS).on_conflict_do_nothing(
        index_elements=[_keys.subject_id, _keys.purpose, _keys.key_number]
    ),
    "sqlite": sqlite_insert(SUBJECT_KEYS).on_conflict_do_nothing(
        index_elements=[_keys.subject_id, _keys.purpose, _keys.key_number]
    ),
}
