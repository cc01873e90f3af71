"""Presence: who is in a room by a lease that has to be renewed, who is online, who is typing.

A lease has an *epoch*, higher than that of every earlier lease in its room, for ever: what speaks of an older epoch (a laptop that woke up,
an event that came late) is refused and never takes a place that is somebody's by now.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator

from telemed_store.database.models import Input
from telemed_store.ephemeral.arguments import Lifetime, Name
from telemed_store.ephemeral.in_process import Expiring, InProcessState
from telemed_store.ephemeral.lua import microseconds
from telemed_store.ephemeral.models import Answer
from telemed_store.errors import LeaseLost

__all__ = ["PresenceBoard", "PresenceLease", "PresenceTimes", "PresentUsers", "RoomPresence"]

_BEGINNING: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class PresenceTimes(Input):
    """How long presence lasts without a sign of life.

    Attributes:
        lease: In a room.
        heartbeat: After how long a lease is to be renewed; less than ``lease``, so that a lost sign of life does no harm.
        online: Online.
        typing: Typing.
    """

    lease: Lifetime = dt.timedelta(seconds=90)
    heartbeat: Annotated[Lifetime, Field(validate_default=True)] = dt.timedelta(seconds=30)
    online: Lifetime = dt.timedelta(seconds=90)
    typing: Lifetime = dt.timedelta(seconds=5)

    @field_validator("heartbeat")
    @classmethod
    def _in_time(cls, heartbeat: dt.timedelta, values: ValidationInfo) -> dt.timedelta:
        if "lease" in values.data and heartbeat >= values.data["lease"]:
            raise ValueError("must be shorter than the lease")
        return heartbeat


class PresenceLease(Answer):
    """A place in a room, for a while.

    Attributes:
        room_id: Where.
        user_id: Whose.
        session: The participant's session, such as the media server calls it.
        epoch: Higher than that of every earlier lease in this room.
        renew_at: When the next heartbeat is due.
        expires_at: When it is lost without one.
    """

    room_id: UUID
    user_id: UUID
    session: Annotated[Name, Field(repr=False)]
    epoch: Annotated[int, Field(ge=0, lt=2**63)]
    renew_at: dt.datetime
    expires_at: dt.datetime


class RoomPresence(Answer):
    """Who is in a room, as far as that is known.

    Attributes:
        is_known: False: the backend does not answer. Nothing may be concluded from an absence then.
        participants: Their leases, the earliest first.
    """

    is_known: bool
    participants: tuple[PresenceLease, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it is known that nobody is there."""
        return self.is_known and not self.participants


class PresentUsers(Answer):
    """Who is online, or typing, as far as that is known.

    Attributes:
        is_known: False: the backend does not answer. Nothing may be concluded from an absence then.
        user_ids: Who is.
    """

    is_known: bool
    user_ids: frozenset[UUID] = frozenset()


class PresenceBoard(InProcessState):
    """Who is present in one process."""

    def __init__(self) -> None:
        super().__init__()
        self._rooms: Expiring[UUID, dict[UUID, PresenceLease]] = Expiring()
        self._online: Expiring[UUID, None] = Expiring()
        self._typing: Expiring[UUID, dict[UUID, dt.datetime]] = Expiring()
        self._epoch = 0

    def join(self, room_id: UUID, user_id: UUID, session: str, now: dt.datetime, times: PresenceTimes) -> PresenceLease:
        """A new lease in place of the user's earlier one."""
        with self.lock:
            self._epoch = max(microseconds(now - _BEGINNING), self._epoch + 1)
            return self._keep(room_id, user_id, session, self._epoch, now, times)

    def heartbeat(self, lease: PresenceLease, now: dt.datetime, times: PresenceTimes) -> PresenceLease:
        """The lease, renewed.

        Raises:
            LeaseLost: It expired, was given up, or is not the user's latest.
        """
        with self.lock:
            held = self._room(lease.room_id, now).get(lease.user_id)
            if held is None or held.epoch != lease.epoch:
                raise LeaseLost
            return self._keep(held.room_id, held.user_id, held.session, held.epoch, now, times)

    def leave(self, lease: PresenceLease, now: dt.datetime) -> bool:
        """Give a lease up; False if it was lost before."""
        with self.lock:
            room = self._room(lease.room_id, now)
            held = room.get(lease.user_id)
            if held is None or held.epoch != lease.epoch:
                return False
            del room[lease.user_id]
            return True

    def present(self, room_id: UUID, now: dt.datetime) -> RoomPresence:
        """Who is in a room."""
        with self.lock:
            held = self._room(room_id, now).values()
            return RoomPresence(is_known=True, participants=tuple(sorted(held, key=lambda lease: lease.epoch)))

    def mark_online(self, user_id: UUID, now: dt.datetime, times: PresenceTimes) -> None:
        """The user is online from now on."""
        with self.lock:
            self._online.put(user_id, None, now + times.online, now)

    def mark_offline(self, user_id: UUID, now: dt.datetime) -> None:
        """The user is not online any more."""
        with self.lock:
            self._online.remove(user_id, now)

    def online(self, user_ids: Iterable[UUID], now: dt.datetime) -> PresentUsers:
        """Who of them is online."""
        with self.lock:
            there = frozenset(each for each in user_ids if self._online.expiry(each, now) is not None)
        return PresentUsers(is_known=True, user_ids=there)

    def mark_typing(self, conversation_id: UUID, user_id: UUID, now: dt.datetime, times: PresenceTimes) -> None:
        """The user is typing."""
        with self.lock:
            typing = self._typists(conversation_id, now)
            typing[user_id] = now + times.typing
            self._typing.put(conversation_id, typing, max(typing.values()), now)

    def clear_typing(self, conversation_id: UUID, user_id: UUID, now: dt.datetime) -> None:
        """The user is not typing any more."""
        with self.lock:
            self._typists(conversation_id, now).pop(user_id, None)

    def typing(self, conversation_id: UUID, now: dt.datetime) -> PresentUsers:
        """Who is typing."""
        with self.lock:
            return PresentUsers(is_known=True, user_ids=frozenset(self._typists(conversation_id, now)))

    def _keep(
        self, room_id: UUID, user_id: UUID, session: str, epoch: int, now: dt.datetime, times: PresenceTimes
    ) -> PresenceLease:
        lease = PresenceLease(
            room_id=room_id,
            user_id=user_id,
            session=session,
            epoch=epoch,
            renew_at=now + times.heartbeat,
            expires_at=now + times.lease,
        )
        room = self._room(room_id, now)
        room[user_id] = lease
        self._rooms.put(room_id, room, max(each.expires_at for each in room.values()), now)
        return lease

    def _room(self, room_id: UUID, now: dt.datetime) -> dict[UUID, PresenceLease]:
        """The room without what has expired."""
        room = self._rooms.get(room_id, now) or {}
        for user_id in [user_id for user_id, lease in room.items() if lease.expires_at <= now]:
            del room[user_id]
        return room

    def _typists(self, conversation_id: UUID, now: dt.datetime) -> dict[UUID, dt.datetime]:
        """Who types in a conversation, without what has expired."""
        typing = self._typing.get(conversation_id, now) or {}
        for user_id in [user_id for user_id, expires_at in typing.items() if expires_at <= now]:
            del typing[user_id]
        return typing
