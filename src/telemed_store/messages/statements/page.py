"""A page of one conversation (Q091), as one statement: whose conversation it is, its messages, and the marks that cover them.

A message's delivered and read times are those of the first mark at or above its number. Looked up for each message that would be two
descents through the marks' index per row, so the page's marks are fetched once, as rows beside the messages, and matched by
``messages/receipts.py``. What each row is says its last column.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    FromClause,
    Integer,
    Select,
    bindparam,
    case,
    func,
    literal_column,
    null,
    select,
    union_all,
)

from telemed_store.database.types import Id
from telemed_store.messages.models import MarkKind
from telemed_store.messages.statements.parts import OWN_COLUMNS, participates
from telemed_store.messages.tables import conversation_marks, conversations, messages

__all__ = ["LARGEST_SEQ", "PAGE", "Found"]

LARGEST_SEQ: Final = 2**31 - 1
"""What a column of numbers holds at most."""


class Found(IntEnum):
    """What a row of a page is, and where it says what.

    A conversation names its doctor's user as ``sender_id`` and its patient's as ``appointment_id``; a mark its number as ``seq`` and its
    time as ``created_at``.
    """

    MESSAGE = 0
    CONVERSATION = 1
    DELIVERED_TO_DOCTOR = 2
    READ_BY_DOCTOR = 3
    DELIVERED_TO_PATIENT = 4
    READ_BY_PATIENT = 5


_MARKS: Final = {
    Found.DELIVERED_TO_DOCTOR: ("doctor", MarkKind.DELIVERED),
    Found.READ_BY_DOCTOR: ("doctor", MarkKind.READ),
    Found.DELIVERED_TO_PATIENT: ("patient", MarkKind.DELIVERED),
    Found.READ_BY_PATIENT: ("patient", MarkKind.READ),
}
# Short names, for psycopg parses a statement of more than 4,096 characters anew each time.
_PAIR, _WRITTEN = conversations.alias("c"), messages.alias("m")
_MARK, _COVERING = conversation_marks.alias("k"), conversation_marks.alias("n")


def _row(what: Found, **columns: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """A row of the page of which only these columns are filled."""
    filled = (columns.get(own.name, null()).label(f"_{place}") for place, own in enumerate(OWN_COLUMNS))
    return select(*filled, literal_column(str(int(what)), Integer))


def _seen(*, ascending: bool, viewer: bool) -> CTE:
    """The conversation, if the viewer may see it, and between which numbers its page lies: they have no gaps."""
    beyond, size = bindparam("beyond", type_=Integer), bindparam("size", type_=Integer)
    if ascending:
        lowest, highest = beyond + 1, beyond + size
    else:
        highest = case((_PAIR.c.last_seq < beyond, _PAIR.c.last_seq), else_=beyond - 1)
        lowest = highest - size + 1
    found = select(
        _PAIR.c.id,
        _PAIR.c.doctor_user_id.label("doctor"),
        _PAIR.c.patient_user_id.label("patient"),
        lowest.label("lowest"),
        highest.label("highest"),
    ).where(_PAIR.c.id == bindparam("conversation_id", type_=Id()))
    return (found.where(participates(_PAIR)) if viewer else found).cte("s")


def _marks(seen: CTE, what: Found) -> Select[*tuple[Any, ...]]:
    """One side's marks of one kind: from the first that covers the page's lowest number to the first that covers its highest."""
    side, kind = _MARKS[what]

    def own(mark: FromClause) -> tuple[ColumnElement[bool], ...]:
        return (
            mark.c.conversation_id == bindparam("conversation_id", type_=Id()),
            mark.c.user_id == _of(seen, side),
            mark.c.kind == literal_column(f"'{kind}'"),
        )

    covering_all = (
        select(func.min(_COVERING.c.upto_seq))
        .where(*own(_COVERING), _COVERING.c.upto_seq >= _of(seen, "highest"))
        .scalar_subquery()
    )
    return _row(what, created_at=_MARK.c.created_at, seq=_MARK.c.upto_seq).where(
        *own(_MARK),
        _MARK.c.upto_seq >= _of(seen, "lowest"),
        _MARK.c.upto_seq <= func.coalesce(covering_all, literal_column(str(LARGEST_SEQ))),
    )


def _of(seen: CTE, name: str) -> ColumnElement[Any]:
    """A value, not a join: so MariaDB too takes it for a constant, and reads the marks between two of them as one range."""
    return select(seen.c[name]).scalar_subquery()


def _page(*, ascending: bool, viewer: bool) -> CompoundSelect[*tuple[Any, ...]]:
    seen = _seen(ascending=ascending, viewer=viewer)
    written = (
        select(*(_WRITTEN.c[own.name] for own in OWN_COLUMNS))
        .where(
            _WRITTEN.c.conversation_id == _of(seen, "id"),
            _WRITTEN.c.seq > bindparam("beyond") if ascending else _WRITTEN.c.seq < bindparam("beyond"),
        )
        .order_by(_WRITTEN.c.seq if ascending else _WRITTEN.c.seq.desc())
        .limit(bindparam("page_limit"))
        .subquery("w")
    )
    return union_all(
        select(*written.c, literal_column(str(int(Found.MESSAGE)), Integer).label("what")),
        _row(Found.CONVERSATION, sender_id=seen.c.doctor, appointment_id=seen.c.patient),
        *(_marks(seen, what) for what in _MARKS),
    )


# uq_messages_conversation_id_seq, one range; uq_conversation_marks_conversation_id_user_id_kind_upto_seq, one range and one look per side
# and kind; by direction and whether the viewer is a user.
PAGE: Final = {
    (ascending, viewer): _page(ascending=ascending, viewer=viewer)
    for ascending in (False, True)
    for viewer in (False, True)
}
