"""Lua that Redis runs as one step: sent by its digest, and whole where the server does not know it yet (it forgets at a restart)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

__all__ = ["Script"]


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script. Its keys carry one hash tag, so that it works on a Cluster.

    Attributes:
        text: The source.
        digest: What EVALSHA calls it.
    """

    text: str
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        # Redis' own choice of a digest: it names a script, it protects nothing.
        object.__setattr__(self, "digest", hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest())
