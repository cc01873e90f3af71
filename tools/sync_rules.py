"""The rename table of `tools/sync.py`: everything that differs between a shell and its synchronous twin.

This file holds data only. A rule that no source file uses is an error, and so is an asynchronous name that no rule covers: the
table is always exactly what the trees need.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Tree:
    """A source directory and the directory generated from it, relative to the repository.

    Attributes:
        source: Where the asynchronous files are written.
        target: Where their synchronous twins are generated, under the same names.
        by_hand: File names written by hand in both directories.
    """

    source: str
    target: str
    by_hand: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rules:
    """One table of rules.

    Attributes:
        dotted: Module paths, renamed in code and in text before any single name.
        names: Identifiers, renamed in code, and as whole words in strings and comments.
        prose: Words renamed in strings and comments only.
        unwrapped: Generic types that vanish, with the index of the argument that stays.
        dropped_marks: Decorators, or values of `pytestmark`, that are left out.
        kept: Asynchronous-looking identifiers that are right in both worlds.
    """

    dotted: Mapping[str, str] = field(default_factory=dict[str, str])
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    prose: Mapping[str, str] = field(default_factory=dict[str, str])
    unwrapped: Mapping[str, int] = field(default_factory=dict[str, int])
    dropped_marks: tuple[str, ...] = ()
    kept: frozenset[str] = frozenset()


TREES = (
    # `_synchronization.py` is the quarantine: what threads and tasks do differently (locks, sleeping, running an operation).
    Tree("src/telemed_store/_async", "src/telemed_store/_sync", by_hand=frozenset({"_synchronization.py"})),
    Tree(
        "src/telemed_store/testing/_async",
        "src/telemed_store/testing/_sync",
        by_hand=frozenset({"_synchronization.py"}),
    ),
    Tree("tests/shells/_async", "tests/shells/_sync"),
    Tree("tests/typing/_async", "tests/typing/_sync"),
)

RULES = Rules(
    dotted={
        "sqlalchemy.ext.asyncio": "sqlalchemy",
        "redis.asyncio": "redis",
    },
    names={
        # Packages and directories.
        "_async": "_sync",
        # Our classes.
        "AsyncAppointmentReads": "AppointmentReads",
        "AsyncAppointments": "Appointments",
        "AsyncAskingLocks": "AskingLocks",
        "AsyncAskingQueues": "AskingQueues",
        "AsyncAvailability": "Availability",
        "AsyncAvailabilityReads": "AvailabilityReads",
        "AsyncBoundStore": "BoundStore",
        "AsyncCache": "Cache",
        "AsyncCacheBackend": "CacheBackend",
        "AsyncCacheConformance": "CacheConformance",
        "AsyncInProcessCache": "InProcessCache",
        "AsyncNullCache": "NullCache",
        "AsyncRedisCache": "RedisCache",
        "AsyncConformance": "Conformance",
        "AsyncConsentReads": "ConsentReads",
        "AsyncConsents": "Consents",
        "AsyncCore": "Core",
        "AsyncCounterLoader": "CounterLoader",
        "AsyncCounters": "Counters",
        "AsyncCountersConformance": "CountersConformance",
        "AsyncEphemeralBackends": "EphemeralBackends",
        "AsyncEvents": "Events",
        "AsyncFrame": "Frame",
        "AsyncInProcessLocks": "InProcessLocks",
        "AsyncInProcessQueues": "InProcessQueues",
        "AsyncInProcessCounters": "InProcessCounters",
        "AsyncInProcessPresence": "InProcessPresence",
        "AsyncInProcessRateLimits": "InProcessRateLimits",
        "AsyncInProcessSessions": "InProcessSessions",
        "AsyncJoinedUnitOfWork": "JoinedUnitOfWork",
        "AsyncLease": "Lease",
        "AsyncLocks": "Locks",
        "AsyncLocksConformance": "LocksConformance",
        "AsyncMake": "Make",
        "AsyncMessageReads": "MessageReads",
        "AsyncMessages": "Messages",
        "AsyncMigrator": "Migrator",
        "AsyncPeople": "People",
        "AsyncPeopleReads": "PeopleReads",
        "AsyncPools": "Pools",
        "AsyncQueues": "Queues",
        "AsyncQueuesConformance": "QueuesConformance",
        "AsyncPresence": "Presence",
        "AsyncPresenceConformance": "PresenceConformance",
        "AsyncRateLimits": "RateLimits",
        "AsyncRateLimitsConformance": "RateLimitsConformance",
        "AsyncReadFrame": "ReadFrame",
        "AsyncReadRepositories": "ReadRepositories",
        "AsyncReader": "Reader",
        "AsyncRedisConnections": "RedisConnections",
        "AsyncRedisLocks": "RedisLocks",
        "AsyncRedisQueues": "RedisQueues",
        "AsyncRedisCounters": "RedisCounters",
        "AsyncRedisPresence": "RedisPresence",
        "AsyncRedisRateLimits": "RedisRateLimits",
        "AsyncRedisSessions": "RedisSessions",
        "AsyncRepositories": "Repositories",
        "AsyncSavepoint": "Savepoint",
        "AsyncSessions": "Sessions",
        "AsyncSessionsConformance": "SessionsConformance",
        "AsyncSingleFlight": "SingleFlight",
        "AsyncSnapshot": "Snapshot",
        "AsyncStore": "Store",
        "AsyncTransaction": "Transaction",
        "AsyncUnitOfWork": "UnitOfWork",
        "_AsyncMirroredCounters": "_MirroredCounters",
        "_AsyncSealedSessions": "_SealedSessions",
        # Our fixtures.
        "async_telemed": "telemed",
        "async_telemed_make": "telemed_make",
        "AsyncTurns": "Turns",
        "pytest_asyncio": "pytest",
        # SQLAlchemy.
        "AsyncConnection": "Connection",
        "AsyncEngine": "Engine",
        "create_async_engine": "create_engine",
        # redis-py.
        "aclose": "close",
        # The language and its library.
        "__aenter__": "__enter__",
        "__aexit__": "__exit__",
        "AbstractAsyncContextManager": "AbstractContextManager",
        "AsyncGenerator": "Generator",
        "AsyncIterator": "Iterator",
        "asynccontextmanager": "contextmanager",
    },
    prose={
        "asynchronous": "synchronous",
    },
    unwrapped={
        "Awaitable": 0,
    },
    dropped_marks=("pytest.mark.asyncio",),
    kept=frozenset({"isasyncgen", "isasyncgenfunction"}),  # `run` refuses both kinds of generators in both worlds
)
