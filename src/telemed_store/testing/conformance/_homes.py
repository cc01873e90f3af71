# Generated from __init__.py by tools/exports.py. Do not edit.
"""Which module each exported name comes from."""

from __future__ import annotations

from typing import Final

__all__ = ["HOMES"]

HOMES: Final[dict[str, str]] = {
    "AsyncConformance": "telemed_store.testing._async.conformance.base",
    "AsyncCountersConformance": "telemed_store.testing._async.conformance.counters",
    "AsyncPresenceConformance": "telemed_store.testing._async.conformance.presence",
    "AsyncRateLimitsConformance": "telemed_store.testing._async.conformance.rate_limits",
    "AsyncSessionsConformance": "telemed_store.testing._async.conformance.sessions",
    "Conformance": "telemed_store.testing._sync.conformance.base",
    "CountersConformance": "telemed_store.testing._sync.conformance.counters",
    "PresenceConformance": "telemed_store.testing._sync.conformance.presence",
    "RateLimitsConformance": "telemed_store.testing._sync.conformance.rate_limits",
    "SessionsConformance": "telemed_store.testing._sync.conformance.sessions",
}
