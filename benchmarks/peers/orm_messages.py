"""SQLAlchemy's ORM, messages: the obvious queries and the obvious transaction by hand, on the package's own tables."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Session

from benchmarks.bench import Bench
from benchmarks.chats import LIMIT, MESSAGES, SUMMARIES, Bodies, Chat, chat, summaries_of_a_patient
from telemed_store import NewMessage
from telemed_store.appointments.tables import appointments
from telemed_store.audit.actor import ActorKind
from telemed_store.database.identity import new_id
from telemed_store.events.tables import domain_events
from telemed_store.messages.tables import (
    conversation_marks,
    conversation_participants,
    conversations,
    messages,
    user_counters,
)
from telemed_store.people.tables import doctors, patients, users

__all__ = ["CHATS", "scripts", "with_times"]

Script = Callable[[Session], object]


class Base(DeclarativeBase):
    pass


class ConversationRow(Base):
    __table__ = conversations


class ParticipantRow(Base):
    __table__ = conversation_participants


class MessageRow(Base):
    __table__ = messages


class MarkRow(Base):
    __table__ = conversation_marks


class CounterRow(Base):
    __table__ = user_counters


class UserRow(Base):
    __table__ = users


class EventRow(Base):
    __table__ = domain_events


def with_times(written: Iterable[Any], marks: Iterable[Any], texts: Sequence[str | None]) -> list[tuple[Any, ...]]:
    """Messages with their texts and when they were delivered and read: their receivers' first marks at or above their numbers."""
    rising: dict[tuple[UUID, str], tuple[list[int], list[dt.datetime]]] = {}
    for mark in sorted(marks, key=lambda mark: mark.upto_seq):
        uptos, times = rising.setdefault((mark.user_id, mark.kind), ([], []))
        uptos.append(mark.upto_seq)
        times.append(mark.created_at)
    shown = []
    for message, text in zip(written, texts, strict=True):
        reached = []
        for (user_id, _), (uptos, times) in rising.items():
            place = bisect_left(uptos, message.seq)
            if user_id != message.sender_id and place < len(times):
                reached.append(times[place])
        shown.append((message, text, *reached))
    return shown


def _page(bench: Bench, _calls: int) -> Script:
    talk = chat(bench, MESSAGES)
    bodies = Bodies(bench, [talk.doctor_id, talk.patient_id])
    newest = (
        select(MessageRow).where(MessageRow.conversation_id == talk.id).order_by(MessageRow.seq.desc()).limit(LIMIT + 1)
    )

    def page(session: Session) -> object:
        written = session.scalars(newest).all()
        covering = select(MarkRow).where(
            MarkRow.conversation_id == talk.id, MarkRow.upto_seq >= min(each.seq for each in written)
        )
        marks = session.scalars(covering).all()
        return with_times(written, marks, bodies.open((each.id, each.sender_id, each.body) for each in written))

    return page


def _conversations(bench: Bench, _calls: int) -> Script:
    talk = summaries_of_a_patient(bench)
    bodies = Bodies(bench, [talk.patient_id])
    latest = (
        select(ParticipantRow, ConversationRow, UserRow, MessageRow)
        .join(ConversationRow, ConversationRow.id == ParticipantRow.conversation_id)
        .join(UserRow, UserRow.id == ConversationRow.doctor_user_id)
        .outerjoin(MessageRow, MessageRow.id == ConversationRow.last_message_id)
        .where(ParticipantRow.user_id == talk.patient_id)
        .order_by(ParticipantRow.last_activity_at.desc(), ParticipantRow.id.desc())
        .limit(SUMMARIES + 1)
    )

    def conversations_(session: Session) -> object:
        rows = session.execute(latest).all()
        return rows, bodies.open((message.id, message.sender_id, message.body) for *_, message in rows)

    return conversations_


def _send(bench: Bench, _calls: int) -> Script:
    talk = chat(bench, messages=1)

    def send(session: Session) -> object:
        new = talk.to_doctor()
        conversation = session.scalars(
            select(ConversationRow)
            .where(ConversationRow.doctor_user_id == talk.doctor_id, ConversationRow.patient_user_id == talk.patient_id)
            .with_for_update()
        ).one()
        if session.scalars(_used(talk, new)).first() is not None or session.scalars(_booked(talk)).first() is None:
            raise AssertionError("the message cannot be sent")
        now = dt.datetime.now(dt.UTC)
        message = MessageRow(
            id=new_id(),
            version=1,
            created_at=now,
            updated_at=now,
            conversation_id=talk.id,
            seq=conversation.last_seq + 1,
            sender_id=talk.patient_id,
            idempotency_key=new.idempotency_key,
            request_digest=bytes(32),
            body=new.body.encode(),
            sent_at=now,
        )
        session.add(message)
        session.flush()
        conversation.last_seq, conversation.last_message_id = message.seq, message.id
        conversation.version, conversation.updated_at = conversation.version + 1, now
        for side in session.scalars(select(ParticipantRow).where(ParticipantRow.conversation_id == talk.id)):
            side.version, side.updated_at, side.last_activity_at = side.version + 1, now, now
            side.unread_count += side.user_id == talk.doctor_id
        counter = session.scalars(
            select(CounterRow).where(CounterRow.user_id == talk.doctor_id).with_for_update()
        ).one()
        counter.version, counter.updated_at = counter.version + 1, now
        counter.unread_messages += 1
        session.add(_event(talk, message, conversation.version))
        return message

    return send


def _used(talk: Chat, new: NewMessage) -> Any:
    return select(MessageRow.id).where(
        MessageRow.conversation_id == talk.id,
        MessageRow.sender_id == talk.patient_id,
        MessageRow.idempotency_key == new.idempotency_key,
    )


def _booked(talk: Chat) -> Any:
    return (
        select(appointments.c.id)
        .join(doctors, doctors.c.id == appointments.c.doctor_id)
        .join(patients, patients.c.id == appointments.c.patient_id)
        .where(doctors.c.user_id == talk.doctor_id, patients.c.user_id == talk.patient_id)
        .limit(1)
    )


def _event(talk: Chat, message: MessageRow, version: int) -> EventRow:
    return EventRow(
        id=new_id(),
        created_at=message.created_at,
        type="MessageSent",
        schema_version=1,
        aggregate_type="conversation",
        aggregate_id=talk.id,
        aggregate_version=version,
        occurred_at=message.created_at,
        actor_kind=ActorKind.USER,
        actor_id=talk.patient_id,
        correlation_id="orm",
        recipients=[str(talk.patient_id), str(talk.doctor_id)],
        payload={"message_id": str(message.id), "seq": message.seq},
    )


CHATS = {"messages": _page, "conversations": _conversations, "send": _send}


def scripts(bench: Bench, verb: str, calls: int) -> tuple[Script, Script]:
    """What a session does, for either world: each has people of its own."""
    return CHATS[verb](bench, calls), CHATS[verb](bench, calls)
