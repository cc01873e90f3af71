# Generated from __init__.py by tools/exports.py. Do not edit.
"""Which module each exported name comes from."""

from __future__ import annotations

from typing import Final

__all__ = ["HOMES"]

HOMES: Final[dict[str, str]] = {
    "AsyncCacheConformance": "telemed_store.testing._async.conformance.cache",
    "AsyncConformance": "telemed_store.testing._async.conformance.base",
    "AsyncCountersConformance": "telemed_store.testing._async.conformance.counters",
    "AsyncLocksConformance": "telemed_store.testing._async.conformance.locks",
    "AsyncPresenceConformance": "telemed_store.testing._async.conformance.presence",
    "AsyncQueuesConformance": "telemed_store.testing._async.conformance.queues",
    "AsyncRateLimitsConformance": "telemed_store.testing._async.conformance.rate_limits",
    "AsyncSessionsConformance": "telemed_store.testing._async.conformance.sessions",
    "CacheConformance": "telemed_store.testing._sync.conformance.cache",
    "Conformance": "telemed_store.testing._sync.conformance.base",
    "CountersConformance": "telemed_store.testing._sync.conformance.counters",
    "LocksConformance": "telemed_store.testing._sync.conformance.locks",
    "PresenceConformance": "telemed_store.testing._sync.conformance.presence",
    "QueuesConformance": "telemed_store.testing._sync.conformance.queues",
    "RateLimitsConformance": "telemed_store.testing._sync.conformance.rate_limits",
    "SessionsConformance": "telemed_store.testing._sync.conformance.sessions",
}
