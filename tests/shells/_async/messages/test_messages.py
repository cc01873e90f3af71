"""Conversations and messages, through the shells, on every engine (domain §7; D17, D21 to D23, D44)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import delete, func, select, update

from telemed_store import Actor, AsyncBoundStore, AsyncStore, NewMessage, new_id
from telemed_store.audit.tables import audit_logs, data_access_logs
from telemed_store.errors import (
    Conflict,
    DecryptionFailed,
    IdempotencyConflict,
    InvalidCursor,
    InvalidTransition,
    NoRelationship,
    NotFound,
    NotPermitted,
    StoreError,
    ValidationFailed,
    VersionConflict,
)
from telemed_store.events.tables import domain_events
from telemed_store.messages.tables import (
    conversation_marks,
    conversation_participants,
    conversations,
    message_revisions,
    messages,
    user_counters,
)
from telemed_store.testing import AsyncMake, FrozenClock, StatementCounter

from .pair import SYSTEM, Pair, pair_of

pytestmark = pytest.mark.asyncio


async def test_the_first_booking_of_two_people_makes_their_conversation_and_no_other_does(
    async_telemed: AsyncStore, async_telemed_make: AsyncMake
) -> None:
    doctor, patient = await async_telemed_make.doctor(), await async_telemed_make.patient()
    pair = await pair_of(async_telemed, async_telemed_make, doctor, patient)
    await async_telemed_make.appointment(doctor.id, patient.id)
    await async_telemed_make.imported_visit(doctor.id, patient.id)

    assert len(await pair.rows(conversations)) == 1
    assert {row.user_id for row in await pair.rows(conversation_participants)} == {doctor.user_id, patient.user_id}
    assert (await pair.doctor.messages.page(pair.conversation_id)).items == ()


async def test_an_import_makes_the_conversations_of_its_pairs(
    async_telemed: AsyncStore, async_telemed_make: AsyncMake
) -> None:
    doctor, patients = await async_telemed_make.doctor(), [await async_telemed_make.patient() for _ in range(3)]
    visits = [async_telemed_make.new_imported_visit(doctor.id, each.id) for each in (*patients, patients[0])]
    await async_telemed.acting_as(SYSTEM).appointments.import_completed(visits)

    mine = async_telemed.acting_as(Actor.user(doctor.user_id))
    peers = {one.peer_id for one in (await mine.messages.conversations()).items}
    assert peers == {each.user_id for each in patients}


@pytest.mark.parametrize(
    "body",
    [" spaces kept \r\n", "👩‍⚕️🏥", "\u202e\u05e9\u05dc\u05d5\u05dd\u202c", "e\u0301\u0323 ≠ ẹ́", "'; --\\", "x" * 5000],
)
async def test_a_body_returns_exactly_as_it_was_sent(pair: Pair, body: str) -> None:
    sent = await pair.says("doctor", body)

    assert sent.body == body
    (read,) = (await pair.patient.messages.page(pair.conversation_id)).items
    assert read == sent == await pair.doctor.messages.get(sent.id)


@pytest.mark.parametrize("body", ["", "x" * 5001, "a\x00b", "a\ud800b"])
async def test_a_body_that_cannot_be_kept_is_refused(pair: Pair, body: str) -> None:
    with pytest.raises(ValidationError):
        NewMessage(receiver_id=pair.patient_id, body=body, idempotency_key="k")
    sent = await pair.says("doctor")
    with pytest.raises(ValidationFailed) as refused:
        await pair.doctor.messages.edit(sent.id, body, 1)
    assert set(refused.value.fields) == {"body"}
    assert await pair.doctor.messages.get(sent.id) == sent


async def test_send_is_idempotent_after_25h(pair: Pair, telemed_clock: FrozenClock) -> None:
    """D23: the same key and content is the same message for ever; with other content it is refused."""
    sent = await pair.says("doctor", "once", idempotency_key="k")
    telemed_clock.step(dt.timedelta(hours=25))

    assert await pair.says("doctor", "once", idempotency_key="k") == sent
    with pytest.raises(IdempotencyConflict):
        await pair.says("doctor", "twice", idempotency_key="k")
    mine = await pair.says("patient", "once", idempotency_key="k")
    assert mine.seq == 2
    assert len(await pair.rows(messages)) == len(await pair.rows(domain_events, type="MessageSent")) == 2


async def test_a_repeated_send_is_answered_after_the_last_appointment_is_gone(
    async_telemed: AsyncStore, async_telemed_make: AsyncMake
) -> None:
    """D23: who does not know whether a message arrived is told so for ever; a new one is refused."""
    doctor, patient = await async_telemed_make.doctor(), await async_telemed_make.patient()
    booked = await async_telemed_make.appointment(doctor.id, patient.id)
    mine = async_telemed.acting_as(Actor.user(doctor.user_id))
    new = NewMessage(receiver_id=patient.user_id, body="hello", idempotency_key="1", appointment_id=booked.id)
    sent = await mine.messages.send(new)
    await async_telemed.acting_as(SYSTEM).appointments.delete(booked.id, expected_version=1)

    assert await mine.messages.send(new) == sent
    with pytest.raises(IdempotencyConflict):
        await mine.messages.send(new.model_copy(update={"body": "other"}))
    with pytest.raises(NoRelationship):
        await mine.messages.send(new.model_copy(update={"idempotency_key": "2"}))


async def test_only_people_with_an_appointment_write_to_each_other(
    pair: Pair, async_telemed: AsyncStore, async_telemed_make: AsyncMake
) -> None:
    stranger = await async_telemed_make.patient()
    for receiver in (stranger.user_id, new_id()):
        with pytest.raises(NoRelationship):
            await pair.says("doctor", receiver_id=receiver)
    with pytest.raises(ValidationFailed, match="receiver_id"):
        await pair.says("doctor", receiver_id=pair.doctor_id)
    denied = await pair.rows(audit_logs, action="access_denied")
    assert stranger.user_id in {row.resource_id for row in denied}


async def test_a_cancelled_appointment_relates_and_a_deleted_one_does_not(
    async_telemed: AsyncStore, async_telemed_make: AsyncMake
) -> None:
    doctor, patient = await async_telemed_make.doctor(), await async_telemed_make.patient()
    booked = await async_telemed_make.appointment(doctor.id, patient.id)
    system = async_telemed.acting_as(SYSTEM)
    mine = async_telemed.acting_as(Actor.user(doctor.user_id))
    new = NewMessage(receiver_id=patient.user_id, body="hello", idempotency_key="1")
    await system.appointments.cancel(booked.id, expected_version=1)
    assert len((await mine.messages.conversations()).items) == 1
    await mine.messages.send(new)

    await system.appointments.delete(booked.id, expected_version=2)
    with pytest.raises(NoRelationship):
        await mine.messages.send(new.model_copy(update={"idempotency_key": "2"}))
    assert len((await mine.messages.conversations()).items) == 1  # what was written stays to be read


async def test_a_conversation_without_message_and_appointment_is_hidden(
    async_telemed: AsyncStore, async_telemed_make: AsyncMake
) -> None:
    doctor = await async_telemed_make.doctor()
    booked = await async_telemed_make.appointment(doctor.id)
    mine = async_telemed.acting_as(Actor.user(doctor.user_id))
    assert len((await mine.messages.conversations()).items) == 1
    await async_telemed.acting_as(SYSTEM).appointments.delete(booked.id, expected_version=1)
    assert (await mine.messages.conversations()).items == ()


async def test_a_user_sends_in_nobody_elses_name_and_a_job_names_the_sender(pair: Pair) -> None:
    with pytest.raises(NotPermitted):
        await pair.says("doctor", sender_id=pair.patient_id, receiver_id=pair.doctor_id)
    system = pair.store.acting_as(SYSTEM)
    new = NewMessage(receiver_id=pair.patient_id, body="hello", idempotency_key="k")
    with pytest.raises(ValidationFailed, match="sender_id"):
        await system.messages.send(new)
    sent = await system.messages.send(new.model_copy(update={"sender_id": pair.doctor_id}))
    assert sent.sender_id == pair.doctor_id
    assert (await system.messages.page(pair.conversation_id)).items == (sent,)


async def test_a_message_names_an_appointment_of_the_same_two_people_only(
    pair: Pair, async_telemed_make: AsyncMake
) -> None:
    other = await async_telemed_make.appointment()
    with pytest.raises(ValidationFailed, match="appointment_id"):
        await pair.says("doctor", appointment_id=other.id)
    assert await pair.rows(messages) == []


async def test_pages_go_down_from_the_newest_and_up_from_a_number(pair: Pair) -> None:
    for number in range(1, 8):
        await pair.says("doctor" if number % 2 else "patient", str(number))
    read = pair.patient.messages

    async def seqs(**asked: Any) -> tuple[list[int], bool]:
        page = await read.page(pair.conversation_id, **asked)
        assert page.next_cursor == (str(page.items[-1].seq) if page.has_more else None)
        return [message.seq for message in page.items], page.has_more

    assert await seqs() == ([7, 6, 5, 4, 3, 2, 1], False)
    assert await seqs(limit=3) == ([7, 6, 5], True)
    assert await seqs(limit=3, before=5) == ([4, 3, 2], True)
    assert await seqs(limit=3, before=4) == ([3, 2, 1], False)
    assert await seqs(limit=3, after=2) == ([3, 4, 5], True)
    assert await seqs(limit=3, after=4) == ([5, 6, 7], False)
    assert await seqs(after=7) == ([], False)
    assert [message.seq async for message in read.iterate(pair.conversation_id)] == list(range(1, 8))
    with pytest.raises(ValidationFailed):
        await seqs(before=3, after=1)
    with pytest.raises(ValidationFailed, match="limit"):
        await seqs(limit=0)


async def test_page_never_shows_other_conversations(
    pair: Pair, async_telemed: AsyncStore, async_telemed_make: AsyncMake
) -> None:
    """D21: neither to a stranger nor to a participant of another one; the refusal is recorded."""
    other = await pair_of(async_telemed, async_telemed_make)
    ours, theirs = await pair.says("doctor"), await other.says("doctor")
    for mine in (other.doctor, other.patient, async_telemed.acting_as(Actor.user(new_id()))):
        for ask in (
            lambda verbs: verbs.page(pair.conversation_id),
            lambda verbs: verbs.page(pair.conversation_id, after=0),
            lambda verbs: verbs.get(ours.id),
            lambda verbs: verbs.mark_read(pair.conversation_id, 1),
            lambda verbs: verbs.edit(ours.id, "x", 1),
        ):
            with pytest.raises(NotFound):
                await ask(mine.messages)
    assert [one.id for one in (await other.patient.messages.page(other.conversation_id)).items] == [theirs.id]
    assert {row.resource_id for row in await pair.rows(audit_logs)} >= {pair.conversation_id, ours.id}


async def test_a_doctors_reading_is_an_access_to_the_patient_and_a_patients_is_none(pair: Pair) -> None:
    await pair.says("patient")
    await pair.patient.messages.page(pair.conversation_id)
    await pair.patient.messages.conversations()
    assert await pair.rows(data_access_logs, accessor_id=pair.patient_id) == []
    await pair.doctor.messages.page(pair.conversation_id)
    await pair.doctor.messages.page(pair.conversation_id)  # within view_dedupe
    (row,) = await pair.rows(data_access_logs, accessor_id=pair.doctor_id)
    assert (row.subject_id, row.data_type, row.resource_id) == (pair.patient_id, "message", pair.conversation_id)


async def test_read_mark_never_moves_back(pair: Pair, telemed_clock: FrozenClock) -> None:
    for _ in range(4):
        await pair.says("doctor")
    mine = pair.patient.messages
    assert await mine.mark_read(pair.conversation_id, 3) == 3
    assert await mine.mark_read(pair.conversation_id, 1) == 0
    assert await mine.mark_delivered(pair.conversation_id, 2) == 0
    telemed_clock.step(dt.timedelta(minutes=1))
    assert await mine.mark_read(pair.conversation_id, 10**6) == 1

    (own,) = await pair.rows(conversation_participants, user_id=pair.patient_id)
    assert (own.read_upto, own.delivered_upto, own.unread_count) == (4, 4, 0)
    for broken in (0, -1):
        with pytest.raises(ValidationFailed, match="upto_seq"):
            await mine.mark_read(pair.conversation_id, broken)


async def test_read_implies_delivered_and_both_times_are_those_of_the_first_mark_above(
    pair: Pair, telemed_clock: FrozenClock
) -> None:
    for _ in range(3):
        await pair.says("doctor")
    start = telemed_clock.now()
    mine = pair.patient.messages
    await mine.mark_delivered(pair.conversation_id, 2)
    telemed_clock.step(dt.timedelta(minutes=1))
    await mine.mark_read(pair.conversation_id, 1)
    telemed_clock.step(dt.timedelta(minutes=1))
    await mine.mark_read(pair.conversation_id, 3)
    minute = dt.timedelta(minutes=1)

    shown = (await pair.doctor.messages.page(pair.conversation_id, after=0)).items
    assert [(one.delivered_at, one.read_at) for one in shown] == [
        (start, start + minute),
        (start, start + 2 * minute),
        (start + 2 * minute, start + 2 * minute),
    ]


async def test_receipts_storage_is_bounded(pair: Pair) -> None:
    for _ in range(12):
        await pair.says("doctor")
    await pair.patient.messages.mark_read(pair.conversation_id, 12)
    assert len(await pair.rows(conversation_marks)) == 2


async def test_unread_counts_are_exact_and_ones_own_messages_never_count(
    pair: Pair, async_telemed: AsyncStore, async_telemed_make: AsyncMake
) -> None:
    for who in ("doctor", "doctor", "patient", "doctor"):
        await pair.says(who)
    assert await pair.patient.messages.unread_total() == 3
    assert await pair.doctor.messages.unread_total() == 1
    assert await pair.patient.messages.mark_read(pair.conversation_id, 2) == 2
    assert await pair.patient.messages.mark_read(pair.conversation_id, 3) == 0
    assert await pair.patient.messages.unread_total() == 1
    assert [one.seq for one in (await pair.patient.messages.undelivered()).items] == [4]
    (summary,) = (await pair.patient.messages.conversations()).items
    assert (summary.unread_count, summary.read_upto, summary.last_seq) == (1, 3, 4)
    assert (summary.peer_id, summary.last_message and summary.last_message.seq) == (pair.doctor_id, 4)


async def test_a_message_is_edited_until_it_reaches_the_receiver_and_its_former_body_is_kept(
    pair: Pair, telemed_clock: FrozenClock
) -> None:
    sent = await pair.says("doctor", "frist")
    telemed_clock.step(dt.timedelta(seconds=5))
    edited = await pair.doctor.messages.edit(sent.id, "first", 1)
    assert (edited.body, edited.version, edited.edited_at) == ("first", 2, telemed_clock.now())
    assert await pair.patient.messages.get(sent.id) == edited
    with pytest.raises(VersionConflict) as stale:
        await pair.doctor.messages.edit(sent.id, "late", 1)
    assert stale.value.current == 2
    with pytest.raises(NotPermitted):
        await pair.patient.messages.edit(sent.id, "mine", 2)

    await pair.patient.messages.mark_delivered(pair.conversation_id, 1)
    with pytest.raises(InvalidTransition):
        await pair.doctor.messages.edit(sent.id, "too late", 2)
    (kept,) = await pair.rows(message_revisions)
    assert (kept.number, kept.kind, kept.by) == (1, "edit", pair.doctor_id)
    assert b"frist" not in kept.old_body


async def test_a_deleted_message_leaves_a_tombstone_and_counts_no_more(pair: Pair) -> None:
    first, second = await pair.says("doctor", "a"), await pair.says("doctor", "b")
    await pair.patient.messages.mark_read(pair.conversation_id, 1)
    for message in (first, second):
        gone = await pair.doctor.messages.delete(message.id, 1)
        assert (gone.body, gone.seq, gone.deleted_at is None) == (None, message.seq, False)
    assert await pair.patient.messages.unread_total() == 0
    shown = (await pair.patient.messages.page(pair.conversation_id)).items
    assert [(one.seq, one.body) for one in shown] == [(2, None), (1, None)]
    with pytest.raises(InvalidTransition):
        await pair.doctor.messages.delete(first.id, 2)
    theirs = await pair.says("patient")
    with pytest.raises(NotPermitted):
        await pair.doctor.messages.delete(theirs.id, 1)
    assert [row.kind for row in await pair.rows(message_revisions)] == ["delete", "delete"]


async def test_conversations_come_by_their_last_activity_page_by_page(
    async_telemed: AsyncStore, async_telemed_make: AsyncMake, telemed_clock: FrozenClock
) -> None:
    doctor = await async_telemed_make.doctor()
    pairs = [await pair_of(async_telemed, async_telemed_make, doctor) for _ in range(5)]
    for pair in (pairs[3], pairs[1]):
        telemed_clock.step(dt.timedelta(minutes=1))
        await pair.says("patient")
    mine: AsyncBoundStore = pairs[0].doctor
    first = await mine.messages.conversations(limit=2)
    assert [one.id for one in first.items] == [pairs[1].conversation_id, pairs[3].conversation_id]
    seen = list(first.items)
    page = first
    while page.next_cursor:
        page = await mine.messages.conversations(limit=2, cursor=page.next_cursor)
        seen += page.items
    assert len({one.id for one in seen}) == len(seen) == 5
    with pytest.raises(InvalidCursor):
        await pairs[1].patient.messages.conversations(cursor=first.next_cursor)
    with pytest.raises(NotPermitted):
        await async_telemed.acting_as(SYSTEM).messages.conversations()


async def test_events_tell_of_sending_and_reading_and_hold_no_body(pair: Pair) -> None:
    sent = await pair.says("doctor", "a secret")
    await pair.patient.messages.mark_read(pair.conversation_id, 1)
    told = [row for row in await pair.rows(domain_events) if row.type in {"MessageSent", "MessagesRead"}]

    assert [(row.type, row.aggregate_type, row.aggregate_version) for row in told] == [
        ("MessageSent", "conversation", 2),
        ("MessagesRead", "conversation_participant", 3),
    ]
    assert told[0].payload["message_id"] == str(sent.id)
    assert told[1].payload["upto_seq"] == 1
    assert "secret" not in str([row.payload for row in told])


async def test_d44_a_raw_scan_finds_no_body(pair: Pair) -> None:
    sent = await pair.says("doctor", "CANARY-BODY")
    await pair.doctor.messages.edit(sent.id, "CANARY-BODY-2", 1)
    for table in (messages, message_revisions, domain_events):
        assert "CANARY" not in str([tuple(row) for row in await pair.rows(table)])


async def test_ciphertext_swap_is_refused(pair: Pair) -> None:
    one, other = await pair.says("doctor", "one"), await pair.says("doctor", "other")
    stored = {row.id: row.body for row in await pair.rows(messages)}
    async with pair.store.unit_of_work(SYSTEM) as uow:
        await uow.connection.execute(update(messages).where(messages.c.id == one.id).values(body=stored[other.id]))
    with pytest.raises(DecryptionFailed):
        await pair.patient.messages.get(one.id)


async def test_the_database_refuses_marks_that_move_back_and_messages_that_change_place(pair: Pair) -> None:
    sent = await pair.says("doctor")
    await pair.patient.messages.mark_read(pair.conversation_id, 1)
    gone = await pair.doctor.messages.delete((await pair.says("doctor")).id, 1)
    own = conversation_participants.c.user_id == pair.patient_id
    for statement in (
        update(conversation_participants).where(own).values(read_upto=0),
        update(conversation_participants).where(own).values(delivered_upto=0, read_upto=0),
        update(conversation_participants).where(own).values(read_upto=2),
        update(conversation_participants).where(own).values(delivered_upto=3),
        update(conversation_participants).where(own).values(unread_count=-1),
        update(conversations).values(last_seq=1),
        update(conversations).values(last_seq=4),
        update(messages).where(messages.c.id == sent.id).values(seq=9),
        update(messages).where(messages.c.id == sent.id).values(sender_id=pair.patient_id),
        update(messages).where(messages.c.id == gone.id).values(deleted_at=None),
        update(messages).where(messages.c.id == gone.id).values(body=b"x"),
        update(conversation_marks).values(upto_seq=9),
        delete(conversation_marks),
        update(message_revisions).values(number=9),
        delete(message_revisions),
    ):
        with pytest.raises(Exception) as refused:  # noqa: PT011 - the driver's own, on the host's connection
            async with pair.store.unit_of_work(SYSTEM) as uow:
                await uow.connection.execute(statement)
        assert not isinstance(refused.value, StoreError) or isinstance(refused.value, Conflict), str(statement)
    assert len(await pair.rows(conversation_marks)) == 2


async def test_statement_counts(pair: Pair, telemed_engine: str, telemed_statements: StatementCounter) -> None:
    await pair.says("doctor")
    await pair.says("patient")
    await pair.doctor.messages.page(pair.conversation_id)  # its access row counts for the next five minutes
    counted: dict[str, int] = {}

    async def count(name: str, call: Any) -> None:
        with telemed_statements() as seen:
            await call()
        counted[name] = seen.count

    await count("send", lambda: pair.says("doctor"))
    await pair.says("doctor")
    await count("page", lambda: pair.patient.messages.page(pair.conversation_id))
    await count("page of a doctor", lambda: pair.doctor.messages.page(pair.conversation_id))
    await count("conversations", pair.doctor.messages.conversations)
    await count("unread_total", pair.doctor.messages.unread_total)
    await count("mark_read in part", lambda: pair.patient.messages.mark_read(pair.conversation_id, 3))
    await count("mark_read", lambda: pair.patient.messages.mark_read(pair.conversation_id, 4))
    await count("mark_read again", lambda: pair.patient.messages.mark_read(pair.conversation_id, 4))

    whole = 4 if telemed_engine == "mariadb" else 5
    assert counted == {
        "send": 8,
        "page": 1,
        "page of a doctor": 2,
        "conversations": 2,
        "unread_total": 1,
        "mark_read in part": 5,
        "mark_read": whole,
        "mark_read again": 1,
    }


async def test_recomputing_the_counters_finds_nothing_and_repairs_what_others_broke(pair: Pair) -> None:
    for _ in range(3):
        await pair.says("doctor")
    system = pair.store.acting_as(SYSTEM)
    clean = await system.messages.reconcile_counters()
    assert (clean.conversations, clean.participants_corrected, clean.users_corrected) == (1, 0, 0)

    async with pair.store.unit_of_work(SYSTEM) as uow:
        await uow.connection.execute(update(conversation_participants).values(unread_count=7))
        await uow.connection.execute(delete(user_counters))
    found = await system.messages.reconcile_counters()
    assert (found.participants_corrected, found.users_corrected) == (2, 1)
    assert await pair.patient.messages.unread_total() == 3
    assert (await system.messages.reconcile_counters()).participants_corrected == 0
    with pytest.raises(NotPermitted):
        await pair.doctor.messages.reconcile_counters()


async def test_rolled_back_messages_leave_no_gap(pair: Pair) -> None:
    with pytest.raises(ZeroDivisionError):
        async with pair.doctor.unit_of_work() as uow:
            await uow.messages.send(NewMessage(receiver_id=pair.patient_id, body="lost", idempotency_key="k"))
            raise ZeroDivisionError
    assert (await pair.says("doctor")).seq == 1
    async with pair.store.unit_of_work(SYSTEM) as uow:
        assert (await uow.connection.execute(select(func.count()).select_from(messages))).scalar_one() == 1
