"""Messages: sending, editing, deleting, marking, reading."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

from telemed_store._async.frames import AsyncFrame, AsyncReadFrame
from telemed_store.database.paging import Page
from telemed_store.messages import cached_reads, maintenance, marks, operations, reading, sending
from telemed_store.messages.models import ConversationSummary, CounterReport, Message, NewMessage

__all__ = ["AsyncMessageReads", "AsyncMessages"]


class AsyncMessageReads:
    """Reading messages. A person sees the conversations in which they are doctor or patient; a system job sees all."""

    def __init__(self, frame: AsyncReadFrame) -> None:
        self._frame = frame

    async def get(self, id: UUID) -> Message:
        """One message, with the times at which it was delivered and read (Q096).

        Raises:
            NotFound: There is none, or it is not visible to the actor.
        """
        return await self._frame.read(reading.get, id)

    async def page(
        self, conversation_id: UUID, limit: int | None = None, before: int | None = None, after: int | None = None
    ) -> Page[Message]:
        """Messages of one conversation, tombstones included; page size 50, 100 at most (Q091).

        Without ``before`` and ``after`` the newest ones, descending. A reader who asks again and again with ``after`` the last
        number seen misses none: numbers have no gaps, and none appears below one that was visible.

        Args:
            conversation_id: The conversation.
            limit: Page size.
            before: Those directly below this number, descending.
            after: Those directly above this number, ascending.

        Returns:
            A page whose ``next_cursor`` is the last message's number as text: pass ``int(page.next_cursor)`` on as ``before`` or
            ``after``.

        Raises:
            NotFound: There is no such conversation, or it is not visible to the actor.
            ValidationFailed: ``limit`` is below 1, or both ``before`` and ``after`` are given.

        Example:
            >>> def tail(store: Store, user_id: UUID, conversation_id: UUID, seen: int) -> int:
            ...     with store.reader(Actor.user(user_id)) as read:
            ...         for message in read.messages.page(conversation_id, after=seen).items:
            ...             print(message.seq, message.body)
            ...             seen = message.seq
            ...     return seen
        """
        return await self._frame.read(reading.page, conversation_id, limit, before, after)

    async def iterate(self, conversation_id: UUID) -> AsyncIterator[Message]:
        """All messages of one conversation, the oldest first, read page by page as they are asked for.

        Raises:
            NotFound: There is no such conversation, or it is not visible to the actor.
        """
        after = 0
        while True:
            found = await self.page(conversation_id, limit=100, after=after)
            for message in found.items:
                yield message
                after = message.seq
            if not found.has_more:
                return

    async def conversations(self, limit: int | None = None, cursor: str | None = None) -> Page[ConversationSummary]:
        """The actor's conversations, the one with the last activity first; page size 20, 50 at most (Q090).

        A conversation is made with the first appointment of a doctor and a patient. Without a message it is shown only while an
        appointment remains.

        Raises:
            NotPermitted: The actor is a system job.
            InvalidCursor: The cursor is not of this list and this actor.
            ValidationFailed: ``limit`` is below 1.
        """
        return await self._frame.read(reading.conversations, limit, cursor)

    async def unread_total(self) -> int:
        """How many messages to the actor are unread, over all conversations (Q092).

        Raises:
            NotPermitted: The actor is a system job.
        """
        return await self._frame.read_cached(cached_reads.UNREAD_TOTAL)

    async def undelivered(self, limit: int | None = None, cursor: str | None = None) -> Page[Message]:
        """Messages to the actor that are not marked as delivered, by conversation and number; page size 100, 500 at most (Q097).

        Raises:
            NotPermitted: The actor is a system job.
            InvalidCursor: The cursor is not of this list and this actor.
            ValidationFailed: ``limit`` is below 1.
        """
        return await self._frame.read(reading.undelivered, limit, cursor)


class AsyncMessages(AsyncMessageReads):
    """Messages, whole."""

    _frame: AsyncFrame

    def __init__(self, frame: AsyncFrame) -> None:
        super().__init__(frame)

    async def send(self, new: NewMessage) -> Message:
        """Send a message to somebody with whom the sender has an appointment, as doctor or as patient.

        Messages of a conversation are numbered 1, 2, 3, … without gaps, in the order in which they are committed. Where each of the
        two is doctor and patient of the other, the message belongs to the named appointment's conversation, or to the older one.

        Args:
            new: Whom to send what. The same key with the same content returns the stored message, for ever.

        Raises:
            NoRelationship: The two have no appointment with each other.
            NotPermitted: ``sender_id`` is not the actor, who is no system job.
            IdempotencyConflict: The key was used with other content.
            ValidationFailed: The receiver is the sender, or the appointment is not one of these two.
        """
        return await self._frame.write(sending.send, new)

    async def edit(self, message_id: UUID, body: str, expected_version: int) -> Message:
        """Replace the body of one's own message, as long as it did not reach the receiver. The former body is kept.

        Args:
            message_id: The message.
            body: 1 to 5000 characters.
            expected_version: The version that the caller saw.

        Raises:
            NotFound: There is none, or it is not visible to the actor.
            NotPermitted: It is the other participant's.
            VersionConflict: It changed since it was read.
            InvalidTransition: It was delivered, or deleted.
            ValidationFailed: The body is empty, too long, or cannot be stored.
        """
        return await self._frame.write(operations.edit, message_id, body, expected_version)

    async def delete(self, message_id: UUID, expected_version: int) -> Message:
        """Delete one's own message: a tombstone without a body keeps its number. The former body is kept for the record.

        Raises:
            NotFound: There is none, or it is not visible to the actor.
            NotPermitted: It is the other participant's.
            VersionConflict: It changed since it was read.
            InvalidTransition: It was deleted before.
        """
        return await self._frame.write(operations.delete, message_id, expected_version)

    async def mark_read(self, conversation_id: UUID, upto_seq: int) -> int:
        """Mark all messages to the actor up to a number as read, and so as delivered. A mark never moves back (Q094).

        Args:
            conversation_id: The conversation.
            upto_seq: The last number read; above the newest one it means that one.

        Returns:
            How many of them were unread until now.

        Raises:
            NotFound: There is no such conversation, or the actor is not in it.
            NotPermitted: The actor is a system job.
            ValidationFailed: ``upto_seq`` is below 1.
        """
        return await self._frame.write(marks.mark_read, conversation_id, upto_seq)

    async def mark_delivered(self, conversation_id: UUID, upto_seq: int) -> int:
        """Mark all messages to the actor up to a number as delivered. A mark never moves back.

        Returns:
            By how many numbers the mark rose.

        Raises:
            NotFound: There is no such conversation, or the actor is not in it.
            NotPermitted: The actor is a system job.
            ValidationFailed: ``upto_seq`` is below 1.
        """
        return await self._frame.write(marks.mark_delivered, conversation_id, upto_seq)

    async def reconcile_counters(self) -> CounterReport:
        """Recompute all unread counters from the messages and correct what differs, batch by batch (J14). Zero is expected.

        On a bound store each batch is a transaction of its own.

        Raises:
            NotPermitted: The actor is no system job.
            StoreError: In a host's transaction on MariaDB that is not at READ COMMITTED.
        """
        after: UUID | None = UUID(int=0)
        total = CounterReport(conversations=0, participants_corrected=0, users_corrected=0)
        while after is not None:
            after, found = await self._frame.write(maintenance.reconcile_batch, after)
            total = CounterReport(
                conversations=total.conversations + found.conversations,
                participants_corrected=total.participants_corrected + found.participants_corrected,
                users_corrected=total.users_corrected + found.users_corrected,
            )
        return total
