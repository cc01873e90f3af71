"""Unread counts are exact whatever two people do, in whatever order: compared with a model after every step, on every engine.

Sending, with keys that repeat; marks that go forth and back; edits and deletions with versions right and stale; several of them in one
unit of work, committed or rolled back (domain §7; D21 to D23).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from telemed_store import Actor, Message, NewMessage, Store
from telemed_store.errors import (
    IdempotencyConflict,
    InvalidTransition,
    NotPermitted,
    StoreError,
    VersionConflict,
)
from telemed_store.messages.tables import conversation_participants, user_counters
from telemed_store.testing import Make, ProofSize

SYSTEM = Actor.system("tests")


@dataclass
class Written:
    """A message as the model knows it; its number is its place in the list."""

    sender: int
    body: str | None
    id: UUID
    version: int = 1


@dataclass
class Model:
    """What should be so of one conversation between people 0 and 1."""

    messages: list[Written] = field(default_factory=list[Written])
    keys: dict[tuple[int, str], tuple[str, int]] = field(default_factory=dict[tuple[int, str], tuple[str, int]])
    read: list[int] = field(default_factory=lambda: [0, 0])
    delivered: list[int] = field(default_factory=lambda: [0, 0])

    def unread(self, who: int, upto: int | None = None) -> int:
        return sum(
            1
            for number, message in enumerate(self.messages[:upto], 1)
            if number > self.read[who] and message.sender != who and message.body is not None
        )


@dataclass(frozen=True)
class Send:
    """Says something under a key."""

    key: str
    body: str

    def do(self, frame: Any, model: Model, who: int, pair: Conversation) -> None:
        new = NewMessage(receiver_id=pair.people[1 - who], body=self.body, idempotency_key=self.key)
        if (who, self.key) in model.keys:
            body, seq = model.keys[who, self.key]
            if body != self.body:
                with pytest.raises(IdempotencyConflict):
                    frame.messages.send(new)
                return
            again = frame.messages.send(new)
            stored = model.messages[seq - 1]
            assert (again.seq, again.id, again.body) == (seq, stored.id, stored.body)
            return
        sent = frame.messages.send(new)
        model.messages.append(Written(who, self.body, sent.id))
        model.keys[who, self.key] = (self.body, len(model.messages))
        assert sent.seq == len(model.messages)


@dataclass(frozen=True)
class MarkRead:
    """Reads up to a number, which may be below the mark or beyond the last message."""

    upto: int

    def do(self, frame: Any, model: Model, who: int, pair: Conversation) -> None:
        upto = min(self.upto, len(model.messages))
        expected = model.unread(who, upto)
        model.read[who] = max(model.read[who], upto)
        model.delivered[who] = max(model.delivered[who], upto)
        assert frame.messages.mark_read(pair.id, self.upto) == expected


@dataclass(frozen=True)
class MarkDelivered:
    """Receives up to a number."""

    upto: int

    def do(self, frame: Any, model: Model, who: int, pair: Conversation) -> None:
        before = model.delivered[who]
        model.delivered[who] = max(before, min(self.upto, len(model.messages)))
        assert frame.messages.mark_delivered(pair.id, self.upto) == model.delivered[who] - before


@dataclass(frozen=True)
class Change:
    """Edits or deletes a message, one's own or not, by the version that it has or had; below 1 the one at the peer's mark."""

    number: int
    body: str | None
    stale: bool

    def do(self, frame: Any, model: Model, who: int, pair: Conversation) -> None:
        if not model.messages:
            return
        at_mark = {0: model.read[1 - who], -1: model.delivered[1 - who]}
        number = (at_mark.get(self.number, self.number) - 1) % len(model.messages)
        message = model.messages[number]
        refusal = self._refusal(model, who, number)
        version = message.version - 1 if self.stale else message.version
        if refusal is not None:
            with pytest.raises(refusal):
                self._call(frame, message.id, version)
            return
        changed = self._call(frame, message.id, version)
        message.body, message.version = self.body, message.version + 1
        assert (changed.seq, changed.body, changed.version) == (number + 1, message.body, message.version)

    def _call(self, frame: Any, message_id: UUID, version: int) -> Message:
        if self.body is None:
            return frame.messages.delete(message_id, version)
        return frame.messages.edit(message_id, self.body, version)

    def _refusal(self, model: Model, who: int, number: int) -> type[StoreError] | None:
        message = model.messages[number]
        if message.sender != who:
            return NotPermitted
        if self.stale:
            return VersionConflict
        if message.body is None or (self.body is not None and number < model.delivered[1 - who]):
            return InvalidTransition
        return None


Step = Send | MarkRead | MarkDelivered | Change
WHO = st.sampled_from([0, 1])
NUMBER = st.integers(1, 10)
BODY = st.sampled_from(["a", "b"])
SEND = st.builds(Send, st.sampled_from("stuvwxyz"), BODY)
MARK_READ, MARK_DELIVERED = st.builds(MarkRead, NUMBER), st.builds(MarkDelivered, NUMBER)
CHANGE = st.builds(
    Change, st.integers(-1, 10), st.sampled_from([None, None, "a", "b"]), st.sampled_from([False, False, False, True])
)
STEPS = st.lists(st.one_of(SEND, MARK_READ, MARK_DELIVERED, CHANGE), min_size=2, max_size=4)


@dataclass(frozen=True)
class Conversation:
    """Its id, and the users of the two."""

    id: UUID
    people: list[UUID]


class _Undone(Exception):
    pass


class Conversing(RuleBasedStateMachine):
    """Two people and their one conversation."""

    store: Store
    make: Make

    @initialize(speakers=st.lists(WHO, min_size=4, max_size=8))
    def meet(self, speakers: list[int]) -> None:
        doctor, patient = self.make.doctor(), self.make.patient()
        self.make.appointment(doctor.id, patient.id)
        people = [doctor.user_id, patient.user_id]
        self.frames = [self.store.acting_as(Actor.user(person)) for person in people]
        (shown,) = self.frames[1].messages.conversations().items
        self.pair = Conversation(shown.id, people)
        self.model = Model()
        for number, who in enumerate(speakers):
            Send(f"first {number}", "a").do(self.frames[who], self.model, who, self.pair)

    @rule(who=WHO, step=SEND)
    def send(self, who: int, step: Step) -> None:
        step.do(self.frames[who], self.model, who, self.pair)

    @rule(who=WHO, step=MARK_READ)
    def mark_read(self, who: int, step: Step) -> None:
        step.do(self.frames[who], self.model, who, self.pair)

    @rule(who=WHO, step=MARK_DELIVERED)
    def mark_delivered(self, who: int, step: Step) -> None:
        step.do(self.frames[who], self.model, who, self.pair)

    @rule(who=WHO, step=CHANGE)
    def change(self, who: int, step: Step) -> None:
        step.do(self.frames[who], self.model, who, self.pair)

    @rule(who=WHO, steps=STEPS)
    def together(self, who: int, steps: list[Step]) -> None:
        with self.frames[who].unit_of_work() as unit:
            for step in steps:
                step.do(unit, self.model, who, self.pair)

    @rule(who=WHO, steps=STEPS)
    def undone(self, who: int, steps: list[Step]) -> None:
        lost = copy.deepcopy(self.model)
        with pytest.raises(_Undone), self.frames[who].unit_of_work() as unit:
            for step in steps:
                step.do(unit, lost, who, self.pair)
            raise _Undone

    @invariant()
    def counts_are_exact(self) -> None:
        if not hasattr(self, "model"):
            return
        own = conversation_participants.c
        wanted = (
            select(own.user_id, own.read_upto, own.delivered_upto, own.unread_count, user_counters.c.unread_messages)
            .outerjoin(user_counters, user_counters.c.user_id == own.user_id)
            .where(own.conversation_id == self.pair.id)
        )
        with self.store.unit_of_work(SYSTEM) as unit:
            rows = {row.user_id: (*row[1:4], row[4] or 0) for row in unit.connection.execute(wanted)}
        model = self.model
        assert [rows[person] for person in self.pair.people] == [
            (model.read[who], model.delivered[who], model.unread(who), model.unread(who)) for who in (0, 1)
        ]

    def teardown(self) -> None:
        if not hasattr(self, "model"):
            return
        for who, frame in enumerate(self.frames):
            assert frame.messages.unread_total() == self.model.unread(who)
            shown = list(frame.messages.iterate(self.pair.id))
            assert [(one.seq, one.sender_id, one.body, one.version) for one in shown] == [
                (number, self.pair.people[each.sender], each.body, each.version)
                for number, each in enumerate(self.model.messages, 1)
            ]
            assert [(one.delivered_at is not None, one.read_at is not None) for one in shown] == [
                (one.seq <= self.model.delivered[1 - each.sender], one.seq <= self.model.read[1 - each.sender])
                for one, each in zip(shown, self.model.messages, strict=True)
            ]


@pytest.mark.telemed_size(examples=(15, 300), steps=(25, 50))
@pytest.mark.timeout(3600)
def test_unread_is_exact_whatever_is_done(telemed: Store, telemed_make: Make, telemed_size: ProofSize) -> None:
    class Here(Conversing):
        store, make = telemed, telemed_make

    run_state_machine_as_test(  # type: ignore[no-untyped-call]  # Hypothesis leaves it without types
        Here,
        settings=settings(
            max_examples=telemed_size.examples,
            stateful_step_count=telemed_size.steps,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    found = telemed.acting_as(SYSTEM).messages.reconcile_counters()
    assert (found.participants_corrected, found.users_corrected) == (0, 0)
