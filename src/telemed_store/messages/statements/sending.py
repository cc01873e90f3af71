"""Sending: the conversation's lock, the message, what follows from it (see ``messages/sending.py``)."""

from __future__ import annotations

from typing import Final

from sqlalchemy import and_, bindparam, case, exists, or_, select, update

from telemed_store.appointments.tables import appointments
from telemed_store.database.types import Id, UtcDateTime
from telemed_store.messages.statements.counters import add_unread_after
from telemed_store.messages.statements.parts import MESSAGE_COLUMNS, related
from telemed_store.messages.tables import CONVERSATION_PAIR, conversation_participants, conversations, messages
from telemed_store.people.tables import doctors, patients

__all__ = ["ADVANCE_CONVERSATION", "BY_KEY", "LOCK_BY_PAIR", "NOTE_ACTIVITY", "NOTE_ACTIVITY_AND_ADD_UNREAD"]

_SENDER: Final = bindparam("sender_id", type_=Id())
_RECEIVER: Final = bindparam("receiver_id", type_=Id())
_as_it_was: Final = conversations.alias("as_it_was")

# uq_conversations_doctor_user_id_patient_user_id, at most two rows: each of the two may be doctor and patient. The lock is what numbers
# messages without gaps in commit order. Not the participants' rows: only the conversation's is waited for.
LOCK_BY_PAIR: Final = (
    select(
        conversations.c.id,
        conversations.c.version,
        conversations.c.last_seq,
        related().label("related"),
        # uq_messages_conversation_id_sender_id_idempotency_key: whether the key was used before.
        exists(
            select(1)
            .select_from(messages)
            .where(
                messages.c.conversation_id == conversations.c.id,
                messages.c.sender_id == _SENDER,
                messages.c.idempotency_key == bindparam("key"),
            )
            .correlate(conversations)
        ).label("used"),
        # pk_conversations: unlike the locked row's own number, this and what else is looked up here is as it was before the statement
        # waited for the lock. If the two differ, others have written meanwhile, maybe under this key.
        select(_as_it_was.c.last_seq)
        .where(_as_it_was.c.id == conversations.c.id)
        .correlate(conversations)
        .scalar_subquery()
        .label("looked_up_at"),
        # pk_appointments: whether the appointment that the message names is of this pair.
        exists(
            select(1)
            .select_from(appointments)
            .join(doctors, doctors.c.id == appointments.c.doctor_id)
            .join(patients, patients.c.id == appointments.c.patient_id)
            .where(
                appointments.c.id == bindparam("appointment_id", type_=Id()),
                appointments.c.deleted_at.is_(None),
                doctors.c.user_id == conversations.c.doctor_user_id,
                patients.c.user_id == conversations.c.patient_user_id,
            )
            .correlate(conversations)
        ).label("has_appointment"),
    )
    .where(
        or_(
            and_(conversations.c.doctor_user_id == _SENDER, conversations.c.patient_user_id == _RECEIVER),
            and_(conversations.c.doctor_user_id == _RECEIVER, conversations.c.patient_user_id == _SENDER),
        )
    )
    .order_by(conversations.c.id)
    # MariaDB locks every row that it passes, and passes all where they are few: senders elsewhere would wait for this one.
    .with_hint(conversations, f"FORCE INDEX ({CONVERSATION_PAIR})", "mysql")
    .with_hint(conversations, f"FORCE INDEX ({CONVERSATION_PAIR})", "mariadb")
    .with_for_update()
)
# uq_messages_conversation_id_sender_id_idempotency_key
BY_KEY: Final = (
    select(*MESSAGE_COLUMNS, messages.c.request_digest)
    .select_from(messages)
    .join(conversations, conversations.c.id == messages.c.conversation_id)
    .where(
        messages.c.conversation_id.in_(bindparam("conversation_ids", expanding=True)),
        messages.c.sender_id == _SENDER,
        messages.c.idempotency_key == bindparam("key"),
    )
)
# pk_conversations, under its lock
ADVANCE_CONVERSATION: Final = (
    update(conversations)
    .where(conversations.c.id == bindparam("row_id", type_=Id()))
    .values(
        version=conversations.c.version + 1,
        updated_at=bindparam("now", type_=UtcDateTime()),
        last_seq=bindparam("seq"),
        last_message_id=bindparam("message_id", type_=Id()),
    )
)

# uq_conversation_participants_conversation_id_user_id: both, the peer's unread count too; the sender's marks stay.
NOTE_ACTIVITY: Final = (
    update(conversation_participants)
    .where(conversation_participants.c.conversation_id == bindparam("row_id", type_=Id()))
    .values(
        version=conversation_participants.c.version + 1,
        updated_at=bindparam("now", type_=UtcDateTime()),
        last_activity_at=bindparam("now", type_=UtcDateTime()),
        unread_count=conversation_participants.c.unread_count
        + case((conversation_participants.c.user_id == _RECEIVER, 1), else_=0),
    )
)

_NOTED: Final = NOTE_ACTIVITY.returning(conversation_participants.c.user_id).cte("noted")
# Both at once, where a statement can: the participants, then the counter.
NOTE_ACTIVITY_AND_ADD_UNREAD: Final = add_unread_after(_NOTED)
