"""Two sizes for one proof: small enough for every run, and full for ``make proof``. Both stand at the test, once."""

from __future__ import annotations

import os
from collections.abc import Mapping

__all__ = ["ProofSize", "is_full"]


def is_full() -> bool:
    """Whether the environment asks for full sizes: ``TELEMED_PROOF=1``."""
    return os.environ.get("TELEMED_PROOF", "") not in {"", "0"}


class ProofSize:
    """The sizes that a test's marker names, at the size of this run.

    Example:
        >>> sizes = ProofSize({"rounds": (10, 100)}, full=False)
        >>> sizes.rounds
        10
    """

    def __init__(self, sizes: Mapping[str, tuple[int, int]], *, full: bool) -> None:
        self._sizes = {name: pair[1] if full else pair[0] for name, pair in sizes.items()}
        self.full = full

    def __getattr__(self, name: str) -> int:
        sizes: dict[str, int] = self.__dict__.get("_sizes", {})
        if name in sizes:
            return sizes[name]
        raise AttributeError(
            f"the marker telemed_size of this test names no {name}: write telemed_size({name}=(small, full))"
        )

    def __repr__(self) -> str:
        return f"ProofSize({', '.join(f'{name}={size}' for name, size in self._sizes.items())})"
