"""advanced-alchemy, messages: its repositories, on the package's own tables."""

from __future__ import annotations

from typing import Any

from advanced_alchemy.base import CommonTableAttributes
from advanced_alchemy.filters import CollectionFilter, ComparisonFilter, LimitOffset, OrderBy
from advanced_alchemy.repository import SQLAlchemyAsyncRepository, SQLAlchemySyncRepository
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Session

from benchmarks.bench import Bench
from benchmarks.chats import LIMIT, MESSAGES, SUMMARIES, Bodies, chat, summaries_of_a_patient
from benchmarks.peers.orm_messages import with_times
from telemed_store.messages.tables import conversation_marks, conversation_participants, conversations, messages
from telemed_store.people.tables import users

__all__ = ["READS", "Read"]


class Base(CommonTableAttributes, DeclarativeBase):
    __abstract__ = True


class ConversationRow(Base):
    __table__ = conversations


class ParticipantRow(Base):
    __table__ = conversation_participants


class MessageRow(Base):
    __table__ = messages


class MarkRow(Base):
    __table__ = conversation_marks


class UserRow(Base):
    __table__ = users


def _repositories(row: type[Base]) -> tuple[Any, Any]:
    """The repositories of one table, of either world."""
    sync = type("Repository", (SQLAlchemySyncRepository,), {"model_type": row})
    return sync, type("AsyncRepository", (SQLAlchemyAsyncRepository,), {"model_type": row})


_TABLES = {row: _repositories(row) for row in (ConversationRow, ParticipantRow, MessageRow, MarkRow, UserRow)}


class Read:
    """What a session reads, as lists of one table after the other; each list says what the next one asks for.

    Attributes:
        lists: Given what was read so far: the table, filters and keys of the next list.
        shown: Given all lists: what is handed out.
    """

    def __init__(self, lists: list[Any], shown: Any) -> None:
        self.lists, self.shown = lists, shown

    def run(self, session: Session) -> object:
        """In the synchronous world."""
        found: list[Any] = []
        for wanted in self.lists:
            row, filters, keys = wanted(found)
            found.append(_TABLES[row][0](session=session).list(*filters, **keys))
        return self.shown(found)

    async def run_async(self, session: AsyncSession) -> object:
        """In the asynchronous world."""
        found: list[Any] = []
        for wanted in self.lists:
            row, filters, keys = wanted(found)
            found.append(await _TABLES[row][1](session=session).list(*filters, **keys))
        return self.shown(found)


def _page(bench: Bench) -> Read:
    talk = chat(bench, MESSAGES)
    bodies = Bodies(bench, [talk.doctor_id, talk.patient_id])
    newest = [OrderBy("seq", "desc"), LimitOffset(LIMIT + 1, 0)]

    def marks(found: list[Any]) -> Any:
        lowest = min(each.seq for each in found[0])
        return MarkRow, [ComparisonFilter("upto_seq", "ge", lowest)], {"conversation_id": talk.id}

    def shown(found: list[Any]) -> object:
        written, covering = found
        return with_times(written, covering, bodies.open((each.id, each.sender_id, each.body) for each in written))

    return Read([lambda _: (MessageRow, newest, {"conversation_id": talk.id}), marks], shown)


def _conversations(bench: Bench) -> Read:
    talk = summaries_of_a_patient(bench)
    bodies = Bodies(bench, [talk.patient_id])
    latest = [OrderBy("last_activity_at", "desc"), OrderBy("id", "desc"), LimitOffset(SUMMARIES + 1, 0)]

    def theirs(found: list[Any]) -> Any:
        return ConversationRow, [CollectionFilter("id", [each.conversation_id for each in found[0]])], {}

    def peers(found: list[Any]) -> Any:
        return UserRow, [CollectionFilter("id", [each.doctor_user_id for each in found[1]])], {}

    def last(found: list[Any]) -> Any:
        return MessageRow, [CollectionFilter("id", [each.last_message_id for each in found[1]])], {}

    def shown(found: list[Any]) -> object:
        return found, bodies.open((each.id, each.sender_id, each.body) for each in found[3])

    return Read([lambda _: (ParticipantRow, latest, {"user_id": talk.patient_id}), theirs, peers, last], shown)


READS = {"messages": _page, "conversations": _conversations}
