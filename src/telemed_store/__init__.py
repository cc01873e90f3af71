"""telemed_store: the persistence layer of a telemedicine system. Every public name, grouped; nothing else.

Each name is imported when it is first asked for.
"""

from typing import TYPE_CHECKING

from telemed_store._homes import HOMES
from telemed_store._lazy import exporter

if TYPE_CHECKING:
    from telemed_store._async.bound_store import AsyncBoundStore
    from telemed_store._async.cache.backends import AsyncCacheBackend
    from telemed_store._async.cache.cache import AsyncCache
    from telemed_store._async.ephemeral.counters import AsyncCounterLoader, AsyncCounters
    from telemed_store._async.ephemeral.locks import AsyncLocks
    from telemed_store._async.ephemeral.presence import AsyncPresence
    from telemed_store._async.ephemeral.queues import AsyncQueues
    from telemed_store._async.ephemeral.rate_limits import AsyncRateLimits
    from telemed_store._async.ephemeral.sessions import AsyncSessions
    from telemed_store._async.reader import AsyncReader, AsyncSnapshot
    from telemed_store._async.store import AsyncStore
    from telemed_store._async.unit_of_work import AsyncUnitOfWork
    from telemed_store._sync.bound_store import BoundStore
    from telemed_store._sync.cache.backends import CacheBackend
    from telemed_store._sync.cache.cache import Cache
    from telemed_store._sync.ephemeral.counters import CounterLoader, Counters
    from telemed_store._sync.ephemeral.locks import Locks
    from telemed_store._sync.ephemeral.presence import Presence
    from telemed_store._sync.ephemeral.queues import Queues
    from telemed_store._sync.ephemeral.rate_limits import RateLimits
    from telemed_store._sync.ephemeral.sessions import Sessions
    from telemed_store._sync.reader import Reader, Snapshot
    from telemed_store._sync.store import Store
    from telemed_store._sync.unit_of_work import UnitOfWork
    from telemed_store.appointments.models import (
        Appointment,
        AppointmentDetail,
        AppointmentEvent,
        AppointmentLog,
        AppointmentOrigin,
        AppointmentPatch,
        AppointmentStatus,
        AppointmentWithPeople,
        CompletionKind,
        ConsultationCancelled,
        ConsultationCompleted,
        ConsultationNoShow,
        ConsultationRescheduled,
        ConsultationScheduled,
        ConsultationStarted,
        ImportedVisit,
        ImportRefusal,
        ImportReport,
        IssueTarget,
        NewAppointment,
        PairHistory,
        Participant,
        RelationKind,
    )
    from telemed_store.audit.actor import Actor, ActorKind
    from telemed_store.availability.calendar import WindowKind
    from telemed_store.availability.models import (
        AvailabilityWindow,
        AvailabilityWindowPatch,
        BlockedDates,
        BlockPatch,
        DoctorSetUp,
        FreeSlot,
        NewAvailabilityWindow,
        NewBlock,
        Schedule,
    )
    from telemed_store.consents.models import (
        Consent,
        ConsentChannel,
        ConsentGranted,
        ConsentRevoked,
        ConsentType,
        NewConsent,
    )
    from telemed_store.crypto import KeyStore, MasterKeys, SqlKeyStore
    from telemed_store.database.clock import Clock, SystemClock
    from telemed_store.database.identity import new_id
    from telemed_store.database.paging import Page
    from telemed_store.database.scoping import Scope
    from telemed_store.ephemeral.counters import CounterTimes
    from telemed_store.ephemeral.locks import Lock, NamedLock
    from telemed_store.ephemeral.presence import PresenceLease, PresenceTimes, PresentUsers, RoomPresence
    from telemed_store.ephemeral.queues import BackOff, DeadLetter, Job, NewJob, QueueDepth, Reservation
    from telemed_store.ephemeral.rate_limits import (
        LOGIN_LIMIT,
        RECORD_EXPORT_LIMIT,
        VERIFICATION_LIMIT,
        RateLimit,
        RateLimitDecision,
    )
    from telemed_store.ephemeral.sessions import IssuedSession, Session
    from telemed_store.errors import (
        AlreadyExists,
        BlobCorrupt,
        BlobMissing,
        Cause,
        CommitUncertain,
        Conflict,
        ConsentRequired,
        DecryptionFailed,
        IdempotencyConflict,
        InvalidCursor,
        InvalidTransition,
        LeaseLost,
        NoRelationship,
        NotFound,
        NotPermitted,
        OutsideAvailability,
        RecordSealed,
        SchemaMismatch,
        SettingsError,
        SignedImmutable,
        SlotTaken,
        StoreError,
        TransactionConflict,
        Unavailable,
        ValidationFailed,
        VersionConflict,
    )
    from telemed_store.events.models import DomainEvent, RecordedEvent
    from telemed_store.messages.models import (
        ConversationSummary,
        CounterReport,
        Message,
        MessageSent,
        MessagesRead,
        NewMessage,
    )
    from telemed_store.people.models import (
        BloodType,
        Doctor,
        DoctorPatch,
        DoctorRegistration,
        DoctorStatus,
        DoctorSummary,
        Gender,
        Identifier,
        IdentifierPatch,
        LocationType,
        NewDoctor,
        NewIdentifier,
        NewPatient,
        NewRegistration,
        NewServiceLocation,
        NewUserIdentity,
        Patient,
        PatientIdentity,
        PatientPatch,
        PatientStatus,
        PatientSummary,
        RegistrationPatch,
        Role,
        ServiceLocation,
        ServiceLocationPatch,
        SignatureEnrolment,
        Specialization,
        SpecializationCount,
        SpecializationPatch,
        User,
        UserIdentity,
        UserPatch,
        UserStatus,
    )
    from telemed_store.settings import Settings
else:
    __getattr__, __dir__ = exporter(__name__, HOMES)

__all__ = [  # noqa: RUF022 - grouped as a reader looks for them
    # The store
    "Actor",
    "ActorKind",
    "AsyncBoundStore",
    "AsyncReader",
    "AsyncSnapshot",
    "AsyncStore",
    "AsyncUnitOfWork",
    "BoundStore",
    "Clock",
    "Page",
    "Reader",
    "Scope",
    "Settings",
    "Snapshot",
    "Store",
    "SystemClock",
    "UnitOfWork",
    "new_id",
    # People
    "BloodType",
    "Doctor",
    "DoctorPatch",
    "DoctorRegistration",
    "DoctorStatus",
    "DoctorSummary",
    "Gender",
    "Identifier",
    "IdentifierPatch",
    "LocationType",
    "NewDoctor",
    "NewIdentifier",
    "NewPatient",
    "NewRegistration",
    "NewServiceLocation",
    "NewUserIdentity",
    "Patient",
    "PatientIdentity",
    "PatientPatch",
    "PatientStatus",
    "PatientSummary",
    "RegistrationPatch",
    "Role",
    "ServiceLocation",
    "ServiceLocationPatch",
    "SignatureEnrolment",
    "Specialization",
    "SpecializationCount",
    "SpecializationPatch",
    "User",
    "UserIdentity",
    "UserPatch",
    "UserStatus",
    # Consents
    "Consent",
    "ConsentChannel",
    "ConsentGranted",
    "ConsentRevoked",
    "ConsentType",
    "NewConsent",
    # Availability
    "AvailabilityWindow",
    "AvailabilityWindowPatch",
    "BlockPatch",
    "BlockedDates",
    "DoctorSetUp",
    "FreeSlot",
    "NewAvailabilityWindow",
    "NewBlock",
    "Schedule",
    "WindowKind",
    # Appointments
    "Appointment",
    "AppointmentDetail",
    "AppointmentEvent",
    "AppointmentLog",
    "AppointmentOrigin",
    "AppointmentPatch",
    "AppointmentStatus",
    "AppointmentWithPeople",
    "CompletionKind",
    "ConsultationCancelled",
    "ConsultationCompleted",
    "ConsultationNoShow",
    "ConsultationRescheduled",
    "ConsultationScheduled",
    "ConsultationStarted",
    "ImportRefusal",
    "ImportReport",
    "ImportedVisit",
    "IssueTarget",
    "NewAppointment",
    "PairHistory",
    "Participant",
    "RelationKind",
    # Messages
    "ConversationSummary",
    "CounterReport",
    "Message",
    "MessageSent",
    "MessagesRead",
    "NewMessage",
    # Sessions
    "AsyncSessions",
    "IssuedSession",
    "Session",
    "Sessions",
    # Counters
    "AsyncCounterLoader",
    "AsyncCounters",
    "CounterLoader",
    "CounterTimes",
    "Counters",
    # Rate limits
    "AsyncRateLimits",
    "LOGIN_LIMIT",
    "RECORD_EXPORT_LIMIT",
    "RateLimit",
    "RateLimitDecision",
    "RateLimits",
    "VERIFICATION_LIMIT",
    # Presence
    "AsyncPresence",
    "Presence",
    "PresenceLease",
    "PresenceTimes",
    "PresentUsers",
    "RoomPresence",
    # Events
    "DomainEvent",
    "RecordedEvent",
    # Locks
    "AsyncLocks",
    "Lock",
    "Locks",
    "NamedLock",
    # Queues
    "AsyncQueues",
    "BackOff",
    "DeadLetter",
    "Job",
    "NewJob",
    "QueueDepth",
    "Queues",
    "Reservation",
    # Cache
    "AsyncCache",
    "AsyncCacheBackend",
    "Cache",
    "CacheBackend",
    # Keys
    "KeyStore",
    "MasterKeys",
    "SqlKeyStore",
    # Errors
    "AlreadyExists",
    "BlobCorrupt",
    "BlobMissing",
    "Cause",
    "CommitUncertain",
    "Conflict",
    "ConsentRequired",
    "DecryptionFailed",
    "IdempotencyConflict",
    "InvalidCursor",
    "InvalidTransition",
    "LeaseLost",
    "NoRelationship",
    "NotFound",
    "NotPermitted",
    "OutsideAvailability",
    "RecordSealed",
    "SchemaMismatch",
    "SettingsError",
    "SignedImmutable",
    "SlotTaken",
    "StoreError",
    "TransactionConflict",
    "Unavailable",
    "ValidationFailed",
    "VersionConflict",
]
