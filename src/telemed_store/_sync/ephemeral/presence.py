# Generated from _async/ephemeral/presence.py by tools/sync.py. Do not edit.
"""Presence, synchronous: the protocol, and its backends in Redis and in the memory of this process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.database.arguments import checked_argument
from telemed_store.database.clock import Clock
from telemed_store.ephemeral.arguments import Name, checked_arguments
from telemed_store.ephemeral.lua import microseconds
from telemed_store.ephemeral.presence import (
    PresenceBoard,
    PresenceLease,
    PresenceTimes,
    PresentUsers,
    RoomPresence,
)
from telemed_store.ephemeral.presence_scripts import (
    HEARTBEAT,
    JOIN,
    LEAVE,
    MARK_TYPING,
    PRESENT,
    TYPING,
    lease_of,
    leases_of,
)
from telemed_store.errors import LeaseLost, Unavailable
from telemed_store.redis_client.keys import Keyspace

__all__ = ["InProcessPresence", "Presence", "RedisPresence"]


class Presence(Protocol):
    """Knows who is in a room, online, or typing. What is not renewed ends by itself.

    Reads never fail for want of the backend: they answer that nothing is known.

    Example:
        >>> def stay(store: Store, lease: PresenceLease) -> PresenceLease:
        ...     try:
        ...         return store.presence.heartbeat(lease)
        ...     except LeaseLost:  # the laptop slept: in again, as somebody new
        ...         return store.presence.join(lease.room_id, lease.user_id, lease.session)
    """

    def join(self, room_id: UUID, user_id: UUID, session: str) -> PresenceLease:
        """Take a place in a room, in place of the user's earlier one there, whose lease is lost by it.

        Args:
            room_id: Where.
            user_id: Who.
            session: The participant's session, such as the media server calls it.

        Raises:
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer; a lease that nobody knows ends by itself.
        """
        ...

    def heartbeat(self, lease: PresenceLease) -> PresenceLease:
        """Renew a lease: it is due at ``lease.renew_at``.

        Returns:
            The lease with its new times.

        Raises:
            LeaseLost: It expired, was given up, or the user joined anew: only joining helps.
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer; the lease was renewed or not.
        """
        ...

    def leave(self, lease: PresenceLease) -> bool:
        """Give a lease up.

        Returns:
            Whether it was held; False: it was lost before, and whatever the user holds now stays.

        Raises:
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer; the lease was given up or not.
        """
        ...

    def present(self, room_id: UUID) -> RoomPresence:
        """Who is in a room; ``is_known`` is False if the backend does not answer.

        Raises:
            ValidationFailed: An argument is not what it has to be.
        """
        ...

    def mark_online(self, user_id: UUID) -> None:
        """The user gave a sign of life.

        Raises:
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer; it was noted or not.
        """
        ...

    def mark_offline(self, user_id: UUID) -> None:
        """The user said goodbye.

        Raises:
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer; it was noted or not.
        """
        ...

    def online(self, user_ids: Sequence[UUID]) -> PresentUsers:
        """Who of them is online; ``is_known`` is False if the backend does not answer.

        Raises:
            ValidationFailed: An argument is not what it has to be.
        """
        ...

    def mark_typing(self, conversation_id: UUID, user_id: UUID) -> None:
        """The user is typing.

        Raises:
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer; it was noted or not.
        """
        ...

    def clear_typing(self, conversation_id: UUID, user_id: UUID) -> None:
        """The user is not typing any more, such as after sending.

        Raises:
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer; it was noted or not.
        """
        ...

    def typing(self, conversation_id: UUID) -> PresentUsers:
        """Who is typing; ``is_known`` is False if the backend does not answer.

        Raises:
            ValidationFailed: An argument is not what it has to be.
        """
        ...


class RedisPresence:
    """Presence in Redis, for all processes that share a namespace: a `Presence`.

    Args:
        redis: The connections.
        keyspace: The store's keys in Redis.
        times: How long presence lasts.
    """

    def __init__(self, redis: RedisConnections, keyspace: Keyspace, times: PresenceTimes) -> None:
        self._redis = redis
        self._keyspace = keyspace
        self._times = times

    def join(self, room_id: UUID, user_id: UUID, session: str) -> PresenceLease:
        """See `Presence.join`."""
        room_id, user_id, session = checked_arguments(
            room_id=(UUID, room_id), user_id=(UUID, user_id), session=(Name, session)
        )
        keys = [self._room(room_id), self._keyspace.key("presence", room_id, "epoch")]
        arguments = (str(user_id), session, microseconds(self._times.lease))
        epoch, now = self._redis.script(JOIN, keys, arguments)
        return lease_of(room_id, user_id, epoch, session, now, self._times)

    def heartbeat(self, lease: PresenceLease) -> PresenceLease:
        """See `Presence.heartbeat`."""
        lease = checked_argument("lease", PresenceLease, lease)
        arguments = (str(lease.user_id), str(lease.epoch), microseconds(self._times.lease))
        answer = self._redis.script(HEARTBEAT, [self._room(lease.room_id)], arguments)
        if not answer:
            raise LeaseLost
        now, session = answer
        return lease_of(lease.room_id, lease.user_id, lease.epoch, session.decode(), now, self._times)

    def leave(self, lease: PresenceLease) -> bool:
        """See `Presence.leave`."""
        lease = checked_argument("lease", PresenceLease, lease)
        arguments = (str(lease.user_id), str(lease.epoch))
        return bool(self._redis.script(LEAVE, [self._room(lease.room_id)], arguments))

    def present(self, room_id: UUID) -> RoomPresence:
        """See `Presence.present`."""
        room_id = checked_argument("room_id", UUID, room_id)
        try:
            answer = self._redis.script(PRESENT, [self._room(room_id)])
        except Unavailable:
            return RoomPresence(is_known=False)
        return RoomPresence(is_known=True, participants=leases_of(room_id, answer, self._times))

    def mark_online(self, user_id: UUID) -> None:
        """See `Presence.mark_online`."""
        place = self._online(checked_argument("user_id", UUID, user_id))
        self._redis.command("SET", place, "", "PX", microseconds(self._times.online) // 1000)

    def mark_offline(self, user_id: UUID) -> None:
        """See `Presence.mark_offline`."""
        self._redis.command("DEL", self._online(checked_argument("user_id", UUID, user_id)))

    def online(self, user_ids: Sequence[UUID]) -> PresentUsers:
        """See `Presence.online`."""
        user_ids = checked_argument("user_ids", Sequence[UUID], user_ids)
        if not user_ids:
            return PresentUsers(is_known=True)
        try:
            there = self._redis.pipeline([("EXISTS", self._online(user_id)) for user_id in user_ids])
        except Unavailable:
            return PresentUsers(is_known=False)
        found = (user_id for user_id, is_there in zip(user_ids, there, strict=True) if is_there)
        return PresentUsers(is_known=True, user_ids=frozenset(found))

    def mark_typing(self, conversation_id: UUID, user_id: UUID) -> None:
        """See `Presence.mark_typing`."""
        conversation_id, user_id = checked_arguments(conversation_id=(UUID, conversation_id), user_id=(UUID, user_id))
        arguments = (str(user_id), microseconds(self._times.typing))
        self._redis.script(MARK_TYPING, [self._typing(conversation_id)], arguments)

    def clear_typing(self, conversation_id: UUID, user_id: UUID) -> None:
        """See `Presence.clear_typing`."""
        conversation_id, user_id = checked_arguments(conversation_id=(UUID, conversation_id), user_id=(UUID, user_id))
        self._redis.command("ZREM", self._typing(conversation_id), str(user_id))

    def typing(self, conversation_id: UUID) -> PresentUsers:
        """See `Presence.typing`."""
        conversation_id = checked_argument("conversation_id", UUID, conversation_id)
        try:
            users = self._redis.script(TYPING, [self._typing(conversation_id)])
        except Unavailable:
            return PresentUsers(is_known=False)
        return PresentUsers(is_known=True, user_ids=frozenset(UUID(user.decode()) for user in users))

    def _room(self, room_id: UUID) -> str:
        return self._keyspace.key("presence", room_id)

    def _online(self, user_id: UUID) -> str:
        return self._keyspace.key("online", user_id)

    def _typing(self, conversation_id: UUID) -> str:
        return self._keyspace.key("typing", conversation_id)


class InProcessPresence:
    """Presence in the memory of this process: a `Presence`.

    Args:
        clock: Tells the time.
        times: How long presence lasts.
        board: What is known already; two backends may share it.
    """

    def __init__(self, clock: Clock, times: PresenceTimes, board: PresenceBoard | None = None) -> None:
        self._clock = clock
        self._times = times
        self._board = board or PresenceBoard()

    def join(self, room_id: UUID, user_id: UUID, session: str) -> PresenceLease:
        """See `Presence.join`."""
        room_id, user_id, session = checked_arguments(
            room_id=(UUID, room_id), user_id=(UUID, user_id), session=(Name, session)
        )
        return self._board.join(room_id, user_id, session, self._clock.now(), self._times)

    def heartbeat(self, lease: PresenceLease) -> PresenceLease:
        """See `Presence.heartbeat`."""
        lease = checked_argument("lease", PresenceLease, lease)
        return self._board.heartbeat(lease, self._clock.now(), self._times)

    def leave(self, lease: PresenceLease) -> bool:
        """See `Presence.leave`."""
        return self._board.leave(checked_argument("lease", PresenceLease, lease), self._clock.now())

    def present(self, room_id: UUID) -> RoomPresence:
        """See `Presence.present`."""
        return self._board.present(checked_argument("room_id", UUID, room_id), self._clock.now())

    def mark_online(self, user_id: UUID) -> None:
        """See `Presence.mark_online`."""
        self._board.mark_online(checked_argument("user_id", UUID, user_id), self._clock.now(), self._times)

    def mark_offline(self, user_id: UUID) -> None:
        """See `Presence.mark_offline`."""
        self._board.mark_offline(checked_argument("user_id", UUID, user_id), self._clock.now())

    def online(self, user_ids: Sequence[UUID]) -> PresentUsers:
        """See `Presence.online`."""
        return self._board.online(checked_argument("user_ids", Sequence[UUID], user_ids), self._clock.now())

    def mark_typing(self, conversation_id: UUID, user_id: UUID) -> None:
        """See `Presence.mark_typing`."""
        conversation_id, user_id = checked_arguments(conversation_id=(UUID, conversation_id), user_id=(UUID, user_id))
        self._board.mark_typing(conversation_id, user_id, self._clock.now(), self._times)

    def clear_typing(self, conversation_id: UUID, user_id: UUID) -> None:
        """See `Presence.clear_typing`."""
        conversation_id, user_id = checked_arguments(conversation_id=(UUID, conversation_id), user_id=(UUID, user_id))
        self._board.clear_typing(conversation_id, user_id, self._clock.now())

    def typing(self, conversation_id: UUID) -> PresentUsers:
        """See `Presence.typing`."""
        return self._board.typing(checked_argument("conversation_id", UUID, conversation_id), self._clock.now())
