"""Conformance suites: what a backend of each protocol has to do, as classes of tests that its author derives from.

    class TestMySessions(AsyncSessionsConformance):
        @pytest.fixture
        def make_sessions(self):
            return lambda lifetime: MySessions(lifetime)

Each class is imported when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from telemed_store._lazy import exporter
from telemed_store.testing.conformance._homes import HOMES

if TYPE_CHECKING:
    from telemed_store.testing._async.conformance.base import AsyncConformance
    from telemed_store.testing._async.conformance.cache import AsyncCacheConformance
    from telemed_store.testing._async.conformance.counters import AsyncCountersConformance
    from telemed_store.testing._async.conformance.locks import AsyncLocksConformance
    from telemed_store.testing._async.conformance.presence import AsyncPresenceConformance
    from telemed_store.testing._async.conformance.queues import AsyncQueuesConformance
    from telemed_store.testing._async.conformance.rate_limits import AsyncRateLimitsConformance
    from telemed_store.testing._async.conformance.sessions import AsyncSessionsConformance
    from telemed_store.testing._sync.conformance.base import Conformance
    from telemed_store.testing._sync.conformance.cache import CacheConformance
    from telemed_store.testing._sync.conformance.counters import CountersConformance
    from telemed_store.testing._sync.conformance.locks import LocksConformance
    from telemed_store.testing._sync.conformance.presence import PresenceConformance
    from telemed_store.testing._sync.conformance.queues import QueuesConformance
    from telemed_store.testing._sync.conformance.rate_limits import RateLimitsConformance
    from telemed_store.testing._sync.conformance.sessions import SessionsConformance
else:
    # Before they are imported: a failed `assert` then shows what it compared.
    pytest.register_assert_rewrite(
        "telemed_store.testing._async.conformance", "telemed_store.testing._sync.conformance"
    )
    __getattr__, __dir__ = exporter(__name__, HOMES)

__all__ = [
    "AsyncCacheConformance",
    "AsyncConformance",
    "AsyncCountersConformance",
    "AsyncLocksConformance",
    "AsyncPresenceConformance",
    "AsyncQueuesConformance",
    "AsyncRateLimitsConformance",
    "AsyncSessionsConformance",
    "CacheConformance",
    "Conformance",
    "CountersConformance",
    "LocksConformance",
    "PresenceConformance",
    "QueuesConformance",
    "RateLimitsConformance",
    "SessionsConformance",
]
