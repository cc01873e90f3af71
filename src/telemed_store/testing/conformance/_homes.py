# Generated from __init__.py by tools/exports.py. Do not edit.
"""Which module each exported name comes from."""

from __future__ import annotations

from typing import Final

__all__ = ["HOMES"]

HOMES: Final[dict[str, str]] = {
    "AsyncConformance": "telemed_store.testing._async.conformance.base",
    "AsyncLocksConformance": "telemed_store.testing._async.conformance.locks",
    "AsyncQueuesConformance": "telemed_store.testing._async.conformance.queues",
    "Conformance": "telemed_store.testing._sync.conformance.base",
    "LocksConformance": "telemed_store.testing._sync.conformance.locks",
    "QueuesConformance": "telemed_store.testing._sync.conformance.queues",
}
