"""How keys are named: ``{namespace}:v{revision}:{kind}:{subject}:...``, ids only, never a name, an address or anything of a patient's.

The subject stands in braces, Redis Cluster's *hash tag*: all keys of one subject lie on one node, so that a script may change them together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["REVISION", "Keyspace"]

REVISION: Final = 1
"""Of the shape of what is kept in Redis; raised with every change of it, so that old and new code never read each other's values."""


@dataclass(frozen=True, slots=True)
class Keyspace:
    """The keys of one store.

    Attributes:
        namespace: What sets two stores on one Redis apart.
        revision: See `REVISION`.
    """

    namespace: str
    revision: int = REVISION

    def key(self, kind: str, subject: object, *rest: object) -> str:
        """The key of something.

        Args:
            kind: What it is, such as ``lock``.
            subject: What it is about: keys of one kind and subject lie on one node of a Cluster.
            rest: What sets keys of one subject apart.

        Example:
            >>> Keyspace("telemed").key("queue", "default", "pending")
            'telemed:v1:queue:{default}:pending'
        """
        return ":".join([self.namespace, f"v{self.revision}", kind, f"{{{subject}}}", *map(str, rest)])
