# Generated from _async/ephemeral/sessions.py by tools/sync.py. Do not edit.
"""Sessions, synchronous: the protocol, and its backends in Redis and in the memory of this process."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Annotated, Protocol
from uuid import UUID

from pydantic import Field, JsonValue, SecretStr

from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.crypto.key_store import KeyStore
from telemed_store.database.arguments import checked_argument
from telemed_store.database.clock import Clock
from telemed_store.ephemeral.arguments import checked_arguments
from telemed_store.ephemeral.lua import microseconds
from telemed_store.ephemeral.session_scripts import CREATE, END, END_ALL, END_BY_ID, LIST, SLIDE, records_of
from telemed_store.ephemeral.sessions import (
    IssuedSession,
    Session,
    SessionPlace,
    SessionRecord,
    SessionSeal,
    SessionShelf,
    checked_payload,
    place_of,
    revoked_meanwhile,
)
from telemed_store.redis_client.keys import Keyspace

__all__ = ["InProcessSessions", "RedisSessions", "Sessions"]

_Generation = Annotated[int, Field(ge=0)]


class Sessions(Protocol):
    """Knows who is logged in, by tokens that it tells once and does not keep. Each use of a token prolongs its session.

    A token that is unknown, expired or revoked is answered by None: for a web service that is an everyday event and no error.

    Example:
        >>> def who_asks(store: Store, cookie: str) -> Actor | None:
        ...     session = store.sessions.get(cookie)
        ...     return None if session is None else Actor.user(session.user_id)
    """

    def create(
        self, user_id: UUID, payload: Mapping[str, JsonValue] | None = None, *, generation: int | None = None
    ) -> IssuedSession:
        """Begin a session.

        Args:
            user_id: Whose.
            payload: What the application keeps in it, encrypted: JSON of at most 16 KiB.
            generation: What `generation` said before the password was looked at: if the user's sessions were all ended since then, such
                as by a change of that password, none begins.

        Returns:
            The session and its token. A user has at most 100: one more ends the one that was not used for longest.

        Raises:
            Conflict: The user's sessions were ended since that generation.
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer; a session whose token nobody was told ends by itself.
        """
        ...

    def generation(self, user_id: UUID) -> int:
        """A number that changes whenever all sessions of a user are ended: see `create`.

        Raises:
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer.
        """
        ...

    def get(self, token: str | SecretStr) -> Session | None:
        """The session of a token, which begins its lifetime anew by this; None: there is none.

        Raises:
            ValidationFailed: The token is no text.
            Unavailable: The backend does not answer; the session was prolonged or not.
        """
        ...

    def touch(self, token: str | SecretStr) -> bool:
        """Let a session begin its lifetime anew without reading it, such as from an open socket; False: there is none.

        Raises:
            ValidationFailed: The token is no text.
            Unavailable: The backend does not answer; the session was prolonged or not.
        """
        ...

    def revoke(self, token: str | SecretStr) -> bool:
        """End the session of a token; False: there was none.

        Raises:
            ValidationFailed: The token is no text.
            Unavailable: The backend does not answer; the session ended or not: repeat it.
        """
        ...

    def revoke_by_id(self, user_id: UUID, session_id: UUID) -> bool:
        """End one session of a user, such as that of a lost telephone; False: there was none.

        Raises:
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer; the session ended or not: repeat it.
        """
        ...

    def revoke_all(self, user_id: UUID, *, keep: UUID | None = None) -> int:
        """End all sessions of a user in one step: no concurrent use of a token brings one back.

        Args:
            user_id: Whose.
            keep: The id of a session that stays, such as the one from which this is asked.

        Returns:
            How many ended.

        Raises:
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer; they all ended or none did: repeat it.
        """
        ...

    def list(self, user_id: UUID) -> Sequence[Session]:
        """The sessions of a user, the one that was used last first. No token is among what it tells, and none is prolonged.

        Raises:
            ValidationFailed: An argument is not what it has to be.
            Unavailable: The backend does not answer.
        """
        ...


class _SealedSessions(ABC):
    """What both backends have in common: tokens, and sealed payloads. Where these lie is the backend's."""

    def __init__(self, keys: KeyStore, lifetime: dt.timedelta) -> None:
        self._seal = SessionSeal(keys)
        self._lifetime = lifetime

    def create(
        self, user_id: UUID, payload: Mapping[str, JsonValue] | None = None, *, generation: int | None = None
    ) -> IssuedSession:
        """See `Sessions.create`."""
        user_id, generation = checked_arguments(user_id=(UUID, user_id), generation=(_Generation | None, generation))
        text = checked_payload({} if payload is None else payload)
        token = self._seal.new_token(user_id)
        place = place_of(token)
        assert place is not None
        record = self._create(place, self._seal.seal(place, user_id, text), generation)
        session = None if record is None else self._seal.open(place.tag, record)
        if session is None:
            raise revoked_meanwhile()
        return IssuedSession(token=SecretStr(token), session=session)

    def generation(self, user_id: UUID) -> int:
        """See `Sessions.generation`."""
        return self._generation(self._tag(user_id))

    def get(self, token: str | SecretStr) -> Session | None:
        """See `Sessions.get`."""
        place = place_of(token)
        record = None if place is None else self._slide(place)
        return None if place is None or record is None else self._seal.open(place.tag, record)

    def touch(self, token: str | SecretStr) -> bool:
        """See `Sessions.touch`."""
        place = place_of(token)
        return place is not None and self._slide(place) is not None

    def revoke(self, token: str | SecretStr) -> bool:
        """See `Sessions.revoke`."""
        place = place_of(token)
        return place is not None and self._end(place)

    def revoke_by_id(self, user_id: UUID, session_id: UUID) -> bool:
        """See `Sessions.revoke_by_id`."""
        user_id, session_id = checked_arguments(user_id=(UUID, user_id), session_id=(UUID, session_id))
        return self._end_by_id(self._seal.tag_of(user_id), session_id)

    def revoke_all(self, user_id: UUID, *, keep: UUID | None = None) -> int:
        """See `Sessions.revoke_all`."""
        user_id, keep = checked_arguments(user_id=(UUID, user_id), keep=(UUID | None, keep))
        return self._end_all(self._seal.tag_of(user_id), keep)

    def list(self, user_id: UUID) -> Sequence[Session]:
        """See `Sessions.list`."""
        tag = self._tag(user_id)
        opened = [self._seal.open(tag, record) for record in self._all(tag)]
        sessions = [session for session in opened if session is not None]
        return sorted(sessions, key=lambda session: session.last_seen_at, reverse=True)

    def _tag(self, user_id: UUID) -> str:
        return self._seal.tag_of(checked_argument("user_id", UUID, user_id))

    @abstractmethod
    def _create(self, place: SessionPlace, sealed: bytes, generation: int | None) -> SessionRecord | None: ...

    @abstractmethod
    def _generation(self, tag: str) -> int: ...

    @abstractmethod
    def _slide(self, place: SessionPlace) -> SessionRecord | None: ...

    @abstractmethod
    def _end(self, place: SessionPlace) -> bool: ...

    @abstractmethod
    def _end_by_id(self, tag: str, session_id: UUID) -> bool: ...

    @abstractmethod
    def _end_all(self, tag: str, keep: UUID | None) -> int: ...

    @abstractmethod
    def _all(self, tag: str) -> Sequence[SessionRecord]: ...


class RedisSessions(_SealedSessions):
    """Sessions in Redis, for all processes that share a namespace: a `Sessions`.

    Args:
        redis: The connections.
        keyspace: The store's keys in Redis.
        keys: Gives the keys that seal payloads and name users.
        lifetime: How long a session lives without being used.
    """

    def __init__(self, redis: RedisConnections, keyspace: Keyspace, keys: KeyStore, lifetime: dt.timedelta) -> None:
        super().__init__(keys, lifetime)
        self._redis = redis
        self._keyspace = keyspace

    def _create(self, place: SessionPlace, sealed: bytes, generation: int | None) -> SessionRecord | None:
        expected = "" if generation is None else str(generation)
        arguments = (place.digest, sealed, microseconds(self._lifetime), expected)
        found = records_of(self._redis.script(CREATE, self._places(place.tag), arguments))
        return found[0] if found else None

    def _generation(self, tag: str) -> int:
        return int(self._redis.command("GET", self._places(tag)[-1]) or 0)

    def _slide(self, place: SessionPlace) -> SessionRecord | None:
        arguments = (place.digest, microseconds(self._lifetime))
        found = records_of(self._redis.script(SLIDE, self._places(place.tag), arguments))
        return found[0] if found else None

    def _end(self, place: SessionPlace) -> bool:
        return bool(self._redis.script(END, self._places(place.tag), [place.digest]))

    def _end_by_id(self, tag: str, session_id: UUID) -> bool:
        return bool(self._redis.script(END_BY_ID, self._places(tag), [session_id.hex]))

    def _end_all(self, tag: str, keep: UUID | None) -> int:
        return int(self._redis.script(END_ALL, self._places(tag), ["" if keep is None else keep.hex]))

    def _all(self, tag: str) -> Sequence[SessionRecord]:
        return records_of(self._redis.script(LIST, self._places(tag)))

    def _places(self, tag: str) -> list[str]:
        return [self._keyspace.key("sessions", tag, part) for part in ("sealed", "times", "ends", "generation")]


class InProcessSessions(_SealedSessions):
    """Sessions in the memory of this process: a `Sessions`.

    Args:
        clock: Tells the time.
        keys: Gives the keys that seal payloads and name users.
        lifetime: How long a session lives without being used.
        shelf: What is kept already; two backends may share it.
    """

    def __init__(self, clock: Clock, keys: KeyStore, lifetime: dt.timedelta, shelf: SessionShelf | None = None) -> None:
        super().__init__(keys, lifetime)
        self._clock = clock
        self._shelf = shelf or SessionShelf()

    def _create(self, place: SessionPlace, sealed: bytes, generation: int | None) -> SessionRecord | None:
        return self._shelf.create(place, sealed, self._lifetime, generation, self._clock.now())

    def _generation(self, tag: str) -> int:
        return self._shelf.generation(tag, self._clock.now())

    def _slide(self, place: SessionPlace) -> SessionRecord | None:
        return self._shelf.slide(place, self._lifetime, self._clock.now())

    def _end(self, place: SessionPlace) -> bool:
        return self._shelf.end(place, self._clock.now())

    def _end_by_id(self, tag: str, session_id: UUID) -> bool:
        return self._shelf.end_by_id(tag, session_id, self._clock.now())

    def _end_all(self, tag: str, keep: UUID | None) -> int:
        return self._shelf.end_all(tag, keep, self._clock.now())

    def _all(self, tag: str) -> Sequence[SessionRecord]:
        return self._shelf.all(tag, self._clock.now())
