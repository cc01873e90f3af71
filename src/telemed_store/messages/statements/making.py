"""Making conversations (see ``messages/making.py``)."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, insert, select

from telemed_store.database.types import Id
from telemed_store.messages.tables import conversation_participants, conversations

__all__ = ["CONVERSATION_EXISTS", "INSERT_CONVERSATION", "INSERT_PARTICIPANT", "PAIRS_WITH_CONVERSATION"]

# uq_conversations_doctor_user_id_patient_user_id
CONVERSATION_EXISTS: Final = select(conversations.c.id).where(
    conversations.c.doctor_user_id == bindparam("doctor_user_id", type_=Id()),
    conversations.c.patient_user_id == bindparam("patient_user_id", type_=Id()),
)
# The same, for many: the pairs themselves are compared by the caller.
PAIRS_WITH_CONVERSATION: Final = select(conversations.c.doctor_user_id, conversations.c.patient_user_id).where(
    conversations.c.doctor_user_id.in_(bindparam("doctor_user_ids", expanding=True)),
    conversations.c.patient_user_id.in_(bindparam("patient_user_ids", expanding=True)),
)
INSERT_CONVERSATION: Final = insert(conversations)
INSERT_PARTICIPANT: Final = insert(conversation_participants)
