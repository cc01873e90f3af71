"""Every SQL statement of conversations and messages, by what it is for."""

from __future__ import annotations

from telemed_store.messages.statements.changing import (
    CONVERSATION_OF,
    CONVERSATION_OF_VIEWER,
    INSERT_REVISION,
    LOCK_FOR_MESSAGE,
    UPDATE_BODY,
)
from telemed_store.messages.statements.counters import ADD_UNREAD, TAKE_UNREAD, TAKE_UNREAD_OF_PARTICIPANT
from telemed_store.messages.statements.making import (
    CONVERSATION_EXISTS,
    INSERT_CONVERSATION,
    INSERT_PARTICIPANT,
    PAIRS_WITH_CONVERSATION,
)
from telemed_store.messages.statements.marking import (
    COUNT_UNREAD_BETWEEN,
    LOCK_FOR_MARK,
    MARK_DELIVERED,
    MARK_READ,
    MARK_READ_AND_TAKE,
    MARK_READ_COUNTING,
)
from telemed_store.messages.statements.page import LARGEST_SEQ, PAGE, Found
from telemed_store.messages.statements.parts import MESSAGE_COLUMNS, OWN_COLUMNS, message_from
from telemed_store.messages.statements.reading import (
    BY_ACTIVITY,
    BY_PLACE,
    CONVERSATION,
    CONVERSATIONS,
    MESSAGE,
    UNDELIVERED,
    UNREAD_TOTAL,
    summary_from,
)
from telemed_store.messages.statements.recomputing import (
    INSERT_TOTAL,
    LOCK_CONVERSATIONS_AFTER,
    LOCK_COUNTERS,
    PARTICIPANTS_COUNTED,
    SET_TOTAL,
    SET_UNREAD,
    UNREAD_OF_USERS,
)
from telemed_store.messages.statements.sending import (
    ADVANCE_CONVERSATION,
    BY_KEY,
    LOCK_BY_PAIR,
    NOTE_ACTIVITY,
    NOTE_ACTIVITY_AND_ADD_UNREAD,
)

__all__ = [
    "ADD_UNREAD",
    "ADVANCE_CONVERSATION",
    "BY_ACTIVITY",
    "BY_KEY",
    "BY_PLACE",
    "CONVERSATION",
    "CONVERSATIONS",
    "CONVERSATION_EXISTS",
    "CONVERSATION_OF",
    "CONVERSATION_OF_VIEWER",
    "COUNT_UNREAD_BETWEEN",
    "INSERT_CONVERSATION",
    "INSERT_PARTICIPANT",
    "INSERT_REVISION",
    "INSERT_TOTAL",
    "LARGEST_SEQ",
    "LOCK_BY_PAIR",
    "LOCK_CONVERSATIONS_AFTER",
    "LOCK_COUNTERS",
    "LOCK_FOR_MARK",
    "LOCK_FOR_MESSAGE",
    "MARK_DELIVERED",
    "MARK_READ",
    "MARK_READ_AND_TAKE",
    "MARK_READ_COUNTING",
    "MESSAGE",
    "MESSAGE_COLUMNS",
    "NOTE_ACTIVITY",
    "NOTE_ACTIVITY_AND_ADD_UNREAD",
    "OWN_COLUMNS",
    "PAGE",
    "PAIRS_WITH_CONVERSATION",
    "PARTICIPANTS_COUNTED",
    "SET_TOTAL",
    "SET_UNREAD",
    "TAKE_UNREAD",
    "TAKE_UNREAD_OF_PARTICIPANT",
    "UNDELIVERED",
    "UNREAD_OF_USERS",
    "UNREAD_TOTAL",
    "UPDATE_BODY",
    "Found",
    "message_from",
    "summary_from",
]
