"""How an operation writes and reads an encrypted column: explicitly. Nothing encrypts by itself.

Writing::

    ring = context.keys.ensure(connection, user_id, Purpose.IDENTITY)
    place = Binding("user_identifiers", "value", row_id, user_id, Purpose.IDENTITY)
    row["value"] = encrypt_text(ring, place, cpf)

Reading one person's values takes ``context.keys.data_keys`` and ``decrypt_text``; a page
takes ``decrypt_texts``, and ``decrypt_column`` where all its values are of one column.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import Connection

from telemed_store.crypto.data_keys import KeyRing, Purpose
from telemed_store.crypto.envelope import (
    Binding,
    column_opener,
    header_number,
    header_of,
    key_number,
    open_sealed,
    seal,
)
from telemed_store.crypto.key_store import KeyStore
from telemed_store.errors import DecryptionFailed

__all__ = ["decrypt_column", "decrypt_text", "decrypt_texts", "encrypt_text"]


def encrypt_text(ring: KeyRing, binding: Binding, text: str | None) -> bytes | None:
    """Seal a text for its place with the ring's current key; None stays None.

    Raises:
        ValidationFailed: The text has no UTF-8 form.
        StoreError: The ring is empty, or of another subject or purpose than the binding.
    """
    return None if text is None else seal(ring.current, text, binding)


def decrypt_text(ring: KeyRing, binding: Binding, sealed: bytes | None) -> str | None:
    """Open a text stored at this place; None stays None.

    Raises:
        DecryptionFailed: Damaged, moved from another place, not a text, or its key is not in the ring.
    """
    if sealed is None:
        return None
    opened = open_sealed(ring.numbered(key_number(sealed)), sealed, binding)
    try:
        return opened.decode()
    except UnicodeDecodeError:
        raise DecryptionFailed from None


def decrypt_texts(
    connection: Connection, keys: KeyStore, values: Iterable[tuple[Binding, bytes | None]]
) -> list[str | None]:
    """Open many stored texts, of any subjects and purposes, in their order.

    At most one statement per purpose, and one more where a key was rotated since this process read it.

    Raises:
        DecryptionFailed: One of them is damaged, was moved, or its key is gone.
    """
    listed = list(values)
    needed: _Needed = defaultdict(lambda: defaultdict(set))
    for binding, sealed in listed:
        if sealed is not None:
            needed[binding.purpose][binding.subject_id].add(key_number(sealed))
    rings = _rings_for(connection, keys, needed)
    return [
        None if sealed is None else decrypt_text(rings[binding.subject_id, binding.purpose], binding, sealed)
        for binding, sealed in listed
    ]


def decrypt_column(
    connection: Connection,
    keys: KeyStore,
    column: tuple[str, str, Purpose],
    values: Sequence[tuple[UUID, UUID, bytes | None]],
) -> list[str | None]:
    """Open many stored texts of one column, as ``decrypt_texts`` does; what all rows of a subject have in common is made once.

    Args:
        connection: Where to read keys that are not in memory.
        keys: Where the keys are.
        column: Names of the table and the column, and the purpose of its keys.
        values: Id of the row, subject, stored bytes.

    Raises:
        DecryptionFailed: One of them is damaged, was moved, or its key is gone.
    """
    table, name, purpose = column
    # An id's number: its own hash and comparison are slower than opening a text.
    places = [None if sealed is None else (subject_id.int, header_of(sealed)) for _, subject_id, sealed in values]
    subjects = {place: subject_id for place, (_, subject_id, _) in zip(places, values, strict=True) if place}
    needed: _Needed = defaultdict(lambda: defaultdict(set))
    for (_, header), subject_id in subjects.items():
        needed[purpose][subject_id].add(header_number(header))
    rings = _rings_for(connection, keys, needed)
    openers = {
        place: column_opener(rings[subject_id, purpose].numbered(header_number(place[1])), table, name)
        for place, subject_id in subjects.items()
    }
    try:
        return [
            None if sealed is None or place is None else openers[place](sealed, row_id.bytes).decode()
            for place, (row_id, _, sealed) in zip(places, values, strict=True)
        ]
    except UnicodeDecodeError:
        raise DecryptionFailed from None


_Needed = defaultdict[Purpose, defaultdict[UUID, set[int]]]
"""Numbers of keys by purpose and subject."""


def _rings_for(connection: Connection, keys: KeyStore, needed: _Needed) -> dict[tuple[UUID, Purpose], KeyRing]:
    rings: dict[tuple[UUID, Purpose], KeyRing] = {}
    for purpose, numbers in needed.items():
        loaded = keys.load_many(connection, numbers, purpose)
        outdated = [each for each, wanted in numbers.items() if any(number not in loaded[each] for number in wanted)]
        if outdated:
            loaded |= keys.load_many(connection, outdated, purpose, refresh=True)
        rings.update({(subject_id, purpose): ring for subject_id, ring in loaded.items()})
    return rings
