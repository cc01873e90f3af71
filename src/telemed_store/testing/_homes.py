# Generated from __init__.py by tools/exports.py. Do not edit.
"""Which module each exported name comes from."""

from __future__ import annotations

from typing import Final

__all__ = ["HOMES"]

HOMES: Final[dict[str, str]] = {
    "AsyncMake": "telemed_store.testing._async.make",
    "Faults": "telemed_store.testing.faults",
    "FrozenClock": "telemed_store.testing.clock",
    "Inputs": "telemed_store.testing.factories",
    "Make": "telemed_store.testing._sync.make",
    "PRESENT": "telemed_store.testing.clock",
    "PersonalData": "telemed_store.testing.factories",
    "ProofSize": "telemed_store.testing.sizes",
    "SeenStatements": "telemed_store.testing.statements",
    "StatementCounter": "telemed_store.testing.statements",
}
