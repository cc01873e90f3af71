"""Sessions: what a token, told once and kept by nobody, stands for until it is not used any more.

A token is ``tag.secret``: the tag (a keyed digest of the user's id) leads to the one place where all sessions of a user lie, so that ending
them all is one step that nothing can slip through; the secret has 256 random bits. What is kept knows the token's SHA-256 alone, as the
session's id and as associated data of its sealed payload.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field, JsonValue, SecretStr, TypeAdapter, ValidationError

from telemed_store.crypto.aead import pack
from telemed_store.crypto.box import Box
from telemed_store.crypto.key_store import KeyStore
from telemed_store.database.models import is_storable
from telemed_store.ephemeral.in_process import Expiring, InProcessState
from telemed_store.ephemeral.lua import microseconds
from telemed_store.ephemeral.models import Answer
from telemed_store.errors import Conflict, DecryptionFailed, ValidationFailed

__all__ = [
    "GENERATION_LIFETIME",
    "MOST_SESSIONS",
    "IssuedSession",
    "Session",
    "SessionPlace",
    "SessionRecord",
    "SessionSeal",
    "SessionShelf",
    "checked_payload",
    "place_of",
    "revoked_meanwhile",
    "session_id",
]

MOST_SESSIONS: Final = 100
"""Sessions of one user: one more ends the one that was not used for longest."""

GENERATION_LIFETIME: Final = dt.timedelta(days=1)
"""How long a generation is remembered: longer than any login takes."""

_MOST_BYTES: Final = 16 * 1024
_TAG_BYTES: Final = 16
_ID_BYTES: Final = 16
_SECRET_BYTES: Final = 32
_TOKEN: Final = re.compile(r"(?P<tag>[A-Za-z0-9_-]{22})\.[A-Za-z0-9_-]{43}")
_DOMAIN: Final = b"telemed_store/session"
_PAYLOAD: Final = TypeAdapter(dict[str, JsonValue])
_BEGINNING: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Session(Answer):
    """A session.

    Attributes:
        id: Names it, in lists and for ending it; it opens nothing.
        user_id: Whose.
        created_at: When it began.
        last_seen_at: When its token was used last.
        expires_at: When it ends if it is not used before.
        payload: What the application keeps in it.
    """

    id: UUID
    user_id: UUID
    created_at: dt.datetime
    last_seen_at: dt.datetime
    expires_at: dt.datetime
    payload: Annotated[dict[str, JsonValue], Field(repr=False)]


class IssuedSession(Answer):
    """A session that begins, with its token: give that to the user now, for nobody can tell it again.

    Attributes:
        token: Opens the session; ``get_secret_value()`` reveals it.
        session: The session.
    """

    token: SecretStr
    session: Session


@dataclass(frozen=True, slots=True)
class SessionPlace:
    """Where a session lies.

    Attributes:
        tag: That of its user.
        digest: The SHA-256 of its token, in hexadecimal.
    """

    tag: str
    digest: str


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session as it is kept: only its times can be read.

    Attributes:
        digest: The SHA-256 of its token, in hexadecimal.
        sealed: User and payload.
        created_at: When it began.
        last_seen_at: When its token was used last.
        expires_at: When it ends.
    """

    digest: str
    sealed: bytes
    created_at: dt.datetime
    last_seen_at: dt.datetime
    expires_at: dt.datetime


class SessionSeal:
    """Makes tokens, and seals what they stand for."""

    def __init__(self, keys: KeyStore) -> None:
        self._box = Box(keys.derived_key("sessions"))
        self._tag_key = keys.derived_key("session_tags")

    def tag_of(self, user_id: UUID) -> str:
        """The tag of a user."""
        digest = hmac.digest(self._tag_key.reveal(), user_id.bytes, hashlib.sha256)
        return base64.urlsafe_b64encode(digest[:_TAG_BYTES]).decode().rstrip("=")

    def new_token(self, user_id: UUID) -> str:
        """A token that nobody had before."""
        return f"{self.tag_of(user_id)}.{secrets.token_urlsafe(_SECRET_BYTES)}"

    def seal(self, place: SessionPlace, user_id: UUID, payload: bytes) -> bytes:
        """What is kept of a session."""
        return self._box.seal(user_id.bytes + payload, _name(place))

    def open(self, tag: str, record: SessionRecord) -> Session | None:
        """A session from what lay at the place of a tag; None: it does not open there, and is as good as none."""
        try:
            opened = self._box.open(record.sealed, _name(SessionPlace(tag, record.digest)))
        except DecryptionFailed:
            return None
        return Session(
            id=session_id(record.digest),
            user_id=UUID(bytes=opened[:_ID_BYTES]),
            created_at=record.created_at,
            last_seen_at=record.last_seen_at,
            expires_at=record.expires_at,
            payload=json.loads(opened[_ID_BYTES:]),
        )


def _name(place: SessionPlace) -> bytes:
    return pack(_DOMAIN, place.tag.encode(), place.digest.encode())


def session_id(digest: str) -> UUID:
    """The id of a session: as much of its digest as tells it from all others."""
    return UUID(digest[: 2 * _ID_BYTES])


def place_of(token: str | SecretStr) -> SessionPlace | None:
    """Where the session of a token lies; None: this is no token of ours.

    Raises:
        ValidationFailed: It is no text.
    """
    text: Any = token.get_secret_value() if isinstance(token, SecretStr) else token
    if not isinstance(text, str):
        raise ValidationFailed({"token": "must be a text"})
    found = _TOKEN.fullmatch(text)
    return None if found is None else SessionPlace(found["tag"], hashlib.sha256(text.encode()).hexdigest())


def checked_payload(payload: Any) -> bytes:
    """A payload as it is sealed.

    Raises:
        ValidationFailed: It is not a mapping of texts to JSON values, or too large.
    """
    reason = "must be a mapping of texts to JSON values: texts, finite numbers, true, false, null, lists and mappings of them"
    if isinstance(payload, Mapping):
        try:
            held = _PAYLOAD.validate_python({**payload}, strict=True)
            text = json.dumps(held, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        except (ValidationError, ValueError, RecursionError):
            pass
        else:
            if not is_storable(text) or r"\u0000" in text:
                reason = "must not hold NUL characters or lone surrogates"
            elif len(encoded := text.encode()) > _MOST_BYTES:
                reason = f"must be at most {_MOST_BYTES} bytes long as JSON: keep ids, and the rest elsewhere"
            else:
                return encoded
    # Outside the handler: pydantic's error holds the value.
    raise ValidationFailed({"payload": reason})


def revoked_meanwhile() -> Conflict:
    """The refusal of a session that was asked for on what no longer holds."""
    return Conflict("The user's sessions were ended meanwhile: have the user log in again.")


class SessionShelf(InProcessState):
    """The sessions of one process."""

    def __init__(self) -> None:
        super().__init__()
        self._users: Expiring[str, dict[str, SessionRecord]] = Expiring()
        self._generations: Expiring[str, int] = Expiring()

    def create(
        self, place: SessionPlace, sealed: bytes, lifetime: dt.timedelta, generation: int | None, now: dt.datetime
    ) -> SessionRecord | None:
        """Keep a new session; None: the user's sessions were ended since that generation."""
        with self.lock:
            if generation is not None and generation != (self._generations.get(place.tag, now) or 0):
                return None
            records = self._records(place.tag, now)
            while len(records) >= MOST_SESSIONS:
                del records[min(records.values(), key=lambda record: record.expires_at).digest]
            return self._keep(SessionRecord(place.digest, sealed, now, now, now + lifetime), place.tag, records, now)

    def slide(self, place: SessionPlace, lifetime: dt.timedelta, now: dt.datetime) -> SessionRecord | None:
        """Let a session live for its whole lifetime again."""
        with self.lock:
            records = self._records(place.tag, now)
            record = records.get(place.digest)
            if record is None:
                return None
            seen = replace(record, last_seen_at=now, expires_at=now + lifetime)
            return self._keep(seen, place.tag, records, now)

    def end(self, place: SessionPlace, now: dt.datetime) -> bool:
        """End one session."""
        with self.lock:
            return self._records(place.tag, now).pop(place.digest, None) is not None

    def end_by_id(self, tag: str, id: UUID, now: dt.datetime) -> bool:  # noqa: A002 - the contract's word
        """End one session, by its id."""
        with self.lock:
            records = self._records(tag, now)
            found = [digest for digest in records if session_id(digest) == id]
            for digest in found:
                del records[digest]
            return bool(found)

    def end_all(self, tag: str, keep: UUID | None, now: dt.datetime) -> int:
        """End all sessions of a user but one."""
        with self.lock:
            latest = self._generations.get(tag, now) or 0
            generation = max(microseconds(now - _BEGINNING), latest + 1)
            self._generations.put(tag, generation, now + GENERATION_LIFETIME, now)
            records = self._records(tag, now)
            ended = [digest for digest in records if session_id(digest) != keep]
            for digest in ended:
                del records[digest]
            return len(ended)

    def all(self, tag: str, now: dt.datetime) -> list[SessionRecord]:
        """The sessions of a user."""
        with self.lock:
            return list(self._records(tag, now).values())

    def generation(self, tag: str, now: dt.datetime) -> int:
        """How often, so to speak, the sessions of a user were ended."""
        with self.lock:
            return self._generations.get(tag, now) or 0

    def _keep(
        self, record: SessionRecord, tag: str, records: dict[str, SessionRecord], now: dt.datetime
    ) -> SessionRecord:
        records[record.digest] = record
        self._users.put(tag, records, max(each.expires_at for each in records.values()), now)
        return record

    def _records(self, tag: str, now: dt.datetime) -> dict[str, SessionRecord]:
        """The user's sessions without what has expired."""
        records = self._users.get(tag, now) or {}
        for digest in [digest for digest, record in records.items() if record.expires_at <= now]:
            del records[digest]
        return records
