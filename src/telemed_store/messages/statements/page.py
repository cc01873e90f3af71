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

__all__ = ["PAGE", "Found"]


class Found(IntEnum):
    """What a row of a page is, and where it says what.

    A conversation: its doctor's user as ``sender_id``, its patient's as ``appointment_id``. A mark: its number as ``seq``, its time as
    ``created_at``; one column of each side and kind.
    """

    MESSAGE = 0
    CONVERSATION = 1
    DELIVERED_TO_DOCTOR = 2
    READ_BY_DOCTOR = 3
    DELIVERED_TO_PATIENT = 4
    READ_BY_PATIENT = 5


_MARKS: Final = {
    Found.DELIVERED_TO_DOCTOR: ("doctor_user_id", MarkKind.DELIVERED),
    Found.READ_BY_DOCTOR: ("doctor_user_id", MarkKind.READ),
    Found.DELIVERED_TO_PATIENT: ("patient_user_id", MarkKind.DELIVERED),
    Found.READ_BY_PATIENT: ("patient_user_id", MarkKind.READ),
}


def _row(what: Found, **columns: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """A row of the page of which only these columns are filled."""
    filled = (columns.get(own.name, null()).label(own.name) for own in OWN_COLUMNS)
    return select(*filled, literal_column(str(int(what)), Integer).label("what"))


def _seen(*, ascending: bool, viewer: bool) -> CTE:
    """The conversation, if the viewer may see it, and between which numbers its page lies: they have no gaps."""
    beyond, size = bindparam("beyond", type_=Integer), bindparam("size", type_=Integer)
    if ascending:
        lowest, highest = beyond + 1, beyond + size
    else:
        highest = case((conversations.c.last_seq < beyond, conversations.c.last_seq), else_=beyond - 1)
        lowest = highest - size + 1
    found = select(
        conversations.c.id,
        conversations.c.doctor_user_id,
        conversations.c.patient_user_id,
        lowest.label("lowest"),
        highest.label("highest"),
    ).where(conversations.c.id == bindparam("conversation_id", type_=Id()))
    return (found.where(participates()) if viewer else found).cte("seen")


def _page(*, ascending: bool, viewer: bool) -> Select[*tuple[Any, ...]]:
    seen = _seen(ascending=ascending, viewer=viewer)

    def of(name: str) -> ColumnElement[Any]:
        return select(seen.c[name]).scalar_subquery()

    written = (
        select(*OWN_COLUMNS)
        .where(
            messages.c.conversation_id == of("id"),
            messages.c.seq > bindparam("beyond") if ascending else messages.c.seq < bindparam("beyond"),
        )
        .order_by(messages.c.seq if ascending else messages.c.seq.desc())
        .limit(bindparam("page_limit"))
        .subquery("written")
    )

    def marks(what: Found) -> Select[*tuple[Any, ...]]:
        """One participant's marks of one kind, from the first that covers the page's lowest number to the first that covers its highest."""
        side, kind = _MARKS[what]
        own = (
            conversation_marks.c.conversation_id == of("id"),
            conversation_marks.c.user_id == of(side),
            conversation_marks.c.kind == kind,
        )
        covering_all = (
            select(func.min(conversation_marks.c.upto_seq))
            .where(*own, conversation_marks.c.upto_seq >= of("highest"))
            .scalar_subquery()
        )
        return _row(what, created_at=conversation_marks.c.created_at, seq=conversation_marks.c.upto_seq).where(
            *own,
            conversation_marks.c.upto_seq >= of("lowest"),
            conversation_marks.c.upto_seq <= func.coalesce(covering_all, of("highest")),
        )

    found = union_all(
        select(*written.c, literal_column(str(int(Found.MESSAGE)), Integer).label("what")),
        _row(Found.CONVERSATION, sender_id=seen.c.doctor_user_id, appointment_id=seen.c.patient_user_id),
        *(marks(what) for what in _MARKS),
    ).subquery("found")
    return select(*found.c)


# uq_messages_conversation_id_seq, one range; uq_conversation_marks_conversation_id_user_id_kind_upto_seq, one range and one look per side
# and kind; by direction and whether the viewer is a user.
PAGE: Final = {
    (ascending, viewer): _page(ascending=ascending, viewer=viewer)
    for ascending in (False, True)
    for viewer in (False, True)
}
