"""What a backend of the cache answers: what is kept under a key, and the ticket without which nothing can be filled in."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Looked", "Ticket"]


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a reader saw before it asked the database; a fill that presents it is refused once any of it has changed.

    Attributes:
        token: The key's random token: an invalidation and a fill renew it.
        generations: The random generations of the tags, and of all there is, in the order asked for.
    """

    token: str
    generations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """The answer of one look.

    Attributes:
        ticket: What to present when the database has answered.
        kept: What is kept under the key; None: nothing, or nothing that may still be shown.
    """

    ticket: Ticket
    kept: bytes | None = None
