"""Where operations get data keys: the ``KeyStore`` protocol, and the one that keeps them wrapped in ``subject_keys``.

Two rules keep data from being sealed with a key that nobody has afterwards:

- A key that *encrypts* always comes from the database, within the writing transaction: ``ensure`` never answers from
  memory. A key whose creation was rolled back, lost in a fail-over, or destroyed meanwhile is therefore never used.
- A key that *decrypts* may come from memory, and only committed keys are kept there: what the present transaction may
  itself have inserted is handed out, but not remembered.
"""

from __future__ import annotations

import secrets
import weakref
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.engine import RootTransaction

from telemed_store.crypto.aead import KEY_SIZE
from telemed_store.crypto.blind_index import blind_index
from telemed_store.crypto.data_keys import DataKey, KeyRing, Purpose, Secret
from telemed_store.crypto.key_cache import KeyCache
from telemed_store.crypto.master_keys import MasterKeys, WrappedKey
from telemed_store.crypto.statements import (
    INSERT_UNLESS_THERE,
    KEYS_OF_SUBJECTS,
    LATEST_KEYS_OF_SUBJECTS,
    KeysOfSubjects,
)
from telemed_store.database.clock import Clock, SystemClock
from telemed_store.database.sending import fetch
from telemed_store.errors import Conflict

__all__ = ["KeyStore", "SqlKeyStore"]

# Each subject is one bind parameter, each new key seven; engines allow 32,766 (SQLite) to 65,535 in one statement.
_SUBJECTS_PER_STATEMENT: Final = 4_000


class KeyStore(Protocol):
    """Gives operations their keys. Implement it to keep keys elsewhere, such as in a key management service.

    Methods run inside the caller's transaction. ``ensure`` is for writing, the others are for reading.
    """

    def ensure(self, connection: Connection, subject_id: UUID, purpose: Purpose) -> KeyRing:
        """The subject's keys, the first one made if there is none; valid if this transaction commits.

        Raises:
            Conflict: The keys were destroyed: nothing more can be stored for this subject and purpose.
        """
        ...

    def ensure_many(self, connection: Connection, subject_ids: Iterable[UUID], purpose: Purpose) -> dict[UUID, KeyRing]:
        """``ensure`` for many subjects, in a fixed number of statements."""
        ...

    def data_keys(
        self, connection: Connection, subject_id: UUID, purpose: Purpose, *, refresh: bool = False
    ) -> KeyRing:
        """The subject's keys for reading; an empty ring if there are none."""
        ...

    def load_many(
        self, connection: Connection, subject_ids: Iterable[UUID], purpose: Purpose, *, refresh: bool = False
    ) -> dict[UUID, KeyRing]:
        """The keys of many subjects for reading, in at most one statement; each has a ring, maybe empty.

        Args:
            connection: Where to read what is not in memory.
            subject_ids: Whose keys.
            purpose: Which keys.
            refresh: Ask the database even for what is in memory, because a key newer than that is needed.
        """
        ...

    def blind_index(self, field: str, normalised: str) -> bytes:
        """32 bytes by which an encrypted value is found; see ``crypto.blind_index``."""
        ...

    def derived_key(self, use: str) -> Secret:
        """A stable key for one other use, such as ``cursor``."""
        ...


class SqlKeyStore:
    """Data keys in the table ``subject_keys``, wrapped by the installation's key-encryption keys. One per database."""

    def __init__(
        self,
        master_keys: MasterKeys,
        *,
        cache_size: int = 10_000,
        cache_ttl: float = 300.0,
        clock: Clock | None = None,
        cache: KeyCache | None = None,
    ) -> None:
        """Make a key store.

        Args:
            master_keys: What wraps the data keys.
            cache_size: Subjects and purposes whose keys are kept in memory for reading; 0 keeps none.
            cache_ttl: Seconds they are kept.
            clock: Tells ``created_at``.
            cache: Used in place of a cache of that size and time.
        """
        self._master_keys = master_keys
        self._cache = KeyCache(cache_size, cache_ttl) if cache is None else cache
        self._clock = SystemClock() if clock is None else clock
        # Which keys an open transaction may have made. Entries vanish with their transaction.
        self._uncommitted: weakref.WeakKeyDictionary[RootTransaction, set[tuple[UUID, Purpose]]] = (
            weakref.WeakKeyDictionary()
        )

    def ensure(self, connection: Connection, subject_id: UUID, purpose: Purpose) -> KeyRing:
        """See ``KeyStore.ensure``. One statement if the subject has keys, three otherwise."""
        return self.ensure_many(connection, (subject_id,), purpose)[subject_id]

    def ensure_many(self, connection: Connection, subject_ids: Iterable[UUID], purpose: Purpose) -> dict[UUID, KeyRing]:
        """See ``KeyStore.ensure_many``. One statement if all have keys, three otherwise (per 4,000 subjects)."""
        # In id order, so that two transactions making keys for the same people wait instead of deadlock.
        wanted = sorted(set(subject_ids))
        rings = self._read(connection, wanted, purpose, KEYS_OF_SUBJECTS)
        missing = [subject_id for subject_id in wanted if not rings[subject_id].keys]
        if missing:
            self._insert(connection, missing, purpose)
            # Somebody else may have been first: only what is stored now counts.
            rings |= self._read(connection, missing, purpose, LATEST_KEYS_OF_SUBJECTS[connection.dialect.name])
        if any(not ring.keys for ring in rings.values()):
            raise Conflict(f"The subject's `{purpose}` key was destroyed: nothing more can be stored for this subject.")
        return rings

    def data_keys(
        self, connection: Connection, subject_id: UUID, purpose: Purpose, *, refresh: bool = False
    ) -> KeyRing:
        """See ``KeyStore.data_keys``. No statement if the keys are in memory, one otherwise."""
        return self.load_many(connection, (subject_id,), purpose, refresh=refresh)[subject_id]

    def load_many(
        self, connection: Connection, subject_ids: Iterable[UUID], purpose: Purpose, *, refresh: bool = False
    ) -> dict[UUID, KeyRing]:
        """See ``KeyStore.load_many``. No statement if all keys are in memory, one otherwise (per 4,000 subjects)."""
        rings: dict[UUID, KeyRing] = {}
        unknown: list[UUID] = []
        for subject_id in dict.fromkeys(subject_ids):
            kept = None if refresh else self._cache.get(subject_id, purpose)
            if kept is None:
                unknown.append(subject_id)
            else:
                rings[subject_id] = kept
        read = self._read(connection, unknown, purpose, KEYS_OF_SUBJECTS)
        uncommitted = self._made_by_transaction_of(connection)
        for subject_id, ring in read.items():
            if (subject_id, purpose) not in uncommitted:
                self._cache.put(ring)
        return rings | read

    def blind_index(self, field: str, normalised: str) -> bytes:
        """See ``KeyStore.blind_index``."""
        return blind_index(self._master_keys.blind_index_key, field, normalised)

    def derived_key(self, use: str) -> Secret:
        """See ``KeyStore.derived_key``."""
        return self._master_keys.derived_key(use)

    def __repr__(self) -> str:
        return f"SqlKeyStore({self._master_keys!r}, {self._cache!r})"

    def _read(
        self, connection: Connection, subject_ids: Sequence[UUID], purpose: Purpose, statement: KeysOfSubjects
    ) -> dict[UUID, KeyRing]:
        keys: dict[UUID, list[DataKey]] = {subject_id: [] for subject_id in subject_ids}
        for batch in _batches(subject_ids):
            found = fetch(connection, statement, {"subject_ids": batch, "purpose": purpose})
            for subject_id, number, wrapped, kek_id in found:
                if wrapped is not None:
                    stored = WrappedKey(kek_id, bytes(wrapped))
                    keys[subject_id].append(self._master_keys.unwrap(stored, subject_id, purpose, number))
        return {subject_id: KeyRing(subject_id, purpose, tuple(ring)) for subject_id, ring in keys.items()}

    def _insert(self, connection: Connection, subject_ids: Sequence[UUID], purpose: Purpose) -> None:
        transaction = connection.get_transaction()
        if transaction is not None:
            made = self._uncommitted.setdefault(transaction, set())
            made.update((subject_id, purpose) for subject_id in subject_ids)
        statement = INSERT_UNLESS_THERE[connection.dialect.name]
        for batch in _batches(subject_ids):
            connection.execute(statement, [self._first_key(subject_id, purpose) for subject_id in batch])

    def _first_key(self, subject_id: UUID, purpose: Purpose) -> dict[str, object]:
        wrapped = self._master_keys.wrap(DataKey(subject_id, purpose, 1, Secret(secrets.token_bytes(KEY_SIZE))))
        return {
            "subject_id": subject_id,
            "purpose": purpose,
            "key_number": 1,
            "wrapped_key": wrapped.wrapped,
            "kek_id": wrapped.kek_id,
            "created_at": self._clock.now(),
            "shredded_at": None,
        }

    def _made_by_transaction_of(self, connection: Connection) -> set[tuple[UUID, Purpose]]:
        transaction = connection.get_transaction()
        return set() if transaction is None else self._uncommitted.get(transaction, set())


def _batches(subject_ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(subject_ids), _SUBJECTS_PER_STATEMENT):
        yield subject_ids[start : start + _SUBJECTS_PER_STATEMENT]
