# Generated from __init__.py by tools/exports.py. Do not edit.
"""Which module each exported name comes from."""

from __future__ import annotations

from typing import Final

__all__ = ["HOMES"]

HOMES: Final[dict[str, str]] = {
    "AsyncCacheConformance": "telemed_store.testing._async.conformance.cache",
    "AsyncConformance": "telemed_store.testing._async.conformance.base",
    "CacheConformance": "telemed_store.testing._sync.conformance.cache",
    "Conformance": "telemed_store.testing._sync.conformance.base",
}
