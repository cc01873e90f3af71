"""The actor of a frame: the person or the named system job on whose behalf everything in it happens (C13)."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from telemed_store.database.identity import new_id
from telemed_store.database.models import PlainText

__all__ = ["Actor", "ActorKind"]


class ActorKind(StrEnum):
    """What kind of actor."""

    USER = "user"
    SYSTEM = "system"


class Actor(BaseModel):
    """Who acts and who looks.

    Build one with `Actor.user` or `Actor.system`.

    Attributes:
        kind: A person, or a job of the system.
        id: The user's id; None for a system job.
        name: The system job's name; None for a person.
        ip: Address the request came from.
        user_agent: The client's own description.
        correlation_id: Ties together what one request caused; made if not given.
        emergency_reason: Why a chart is opened without a relationship.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        # A copy changed by ``model_copy`` is nobody until it is validated: `Store.acting_as` does.
        revalidate_instances="always",
    )

    kind: ActorKind
    id: UUID | None = None
    name: PlainText | None = Field(default=None, min_length=1, max_length=100)
    ip: PlainText | None = Field(default=None, max_length=45)
    user_agent: PlainText | None = Field(default=None, max_length=500)
    correlation_id: PlainText = Field(default_factory=lambda: str(new_id()), min_length=1, max_length=64)
    emergency_reason: PlainText | None = Field(default=None, min_length=10, max_length=500)

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        # A nameless job would see everything and leave no trace of who it was.
        if (self.id is None) is (self.kind is ActorKind.USER) or (self.name is None) is self.is_system:
            raise ValueError("a user has an id and no name, a system job has a name and no id")
        return self

    @classmethod
    def user(
        cls,
        id: UUID,  # noqa: A002 - the name the contract fixes
        ip: str | None = None,
        *,
        user_agent: str | None = None,
        correlation_id: str | None = None,
        emergency_reason: str | None = None,
    ) -> Self:
        """A person.

        Example:
            >>> from uuid import UUID
            >>> Actor.user(UUID("0195fb2c-4f6c-7c3a-8b1e-0d2f5a6b7c8d"), ip="203.0.113.7").kind
            <ActorKind.USER: 'user'>
        """
        fields: dict[str, Any] = {"ip": ip, "user_agent": user_agent, "emergency_reason": emergency_reason}
        if correlation_id is not None:
            fields["correlation_id"] = correlation_id
        return cls(kind=ActorKind.USER, id=id, **fields)

    @classmethod
    def system(cls, name: str, *, correlation_id: str | None = None) -> Self:
        """A named job of the system, such as ``no-show-sweeper``."""
        if correlation_id is None:
            return cls(kind=ActorKind.SYSTEM, name=name)
        return cls(kind=ActorKind.SYSTEM, name=name, correlation_id=correlation_id)

    @property
    def is_system(self) -> bool:
        """Whether a job of the system acts."""
        return self.kind is ActorKind.SYSTEM

    @property
    def key(self) -> str:
        """A stable text that tells actors apart, such as for idempotency keys and cursors."""
        return f"system:{self.name}" if self.is_system else f"user:{self.id}"

    def __repr__(self) -> str:
        return f"Actor({self.key}, correlation_id={self.correlation_id})"

    __str__ = __repr__
