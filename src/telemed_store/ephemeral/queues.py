"""What a queue holds: jobs, what becomes of them, and how a job is written down.

A job names what is to be done and to which rows, never with what content: a queue holds no health data, no name, no address. Whoever
runs the job reads the rows, and finds them as they are by then.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from annotated_types import Ge, Le, MaxLen
from pydantic import Field, Strict, StringConstraints
from pydantic_core import from_json, to_json

from telemed_store.database.models import Input, Instant
from telemed_store.ephemeral.arguments import LONGEST, SHORTEST, KeyName
from telemed_store.ephemeral.models import Answer
from telemed_store.ephemeral.ownership import Owner, instant

__all__ = [
    "DEFAULT_QUEUE",
    "BackOff",
    "DeadLetter",
    "Job",
    "NewJob",
    "QueueDepth",
    "QueueName",
    "Reservation",
    "encoded_job",
    "stored_job",
]

DEFAULT_QUEUE: Final = "default"

QueueName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
"""``default``, ``low``, ``high`` and ``documents`` are the contract's; any other may be used as well."""

_Word = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9_]{0,29}$")]
"""Short, so that it is neither a text nor a UUID without its hyphens."""
_Number = Annotated[int, Strict(), Ge(0), Le(2**31 - 1)]
"""A revision, a count: too small for a telephone number."""

JobName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,99}$")]
JobIds = Annotated[Mapping[_Word, UUID | _Number | _Word], MaxLen(16)]
"""What a job is about, by name. With names and values bounded a job stays below 2 kB."""


class BackOff(StrEnum):
    """How long a failed job rests before each of its further tries; after the last of them it is a dead letter."""

    DEFAULT = "default"
    EXPORT = "export"
    SIGNING = "signing"

    @property
    def delays(self) -> tuple[dt.timedelta, ...]:
        """The rests, in order: one per further try."""
        return _DELAYS[self]

    @property
    def most_tries(self) -> int:
        """How often a job runs at most: once, and once more after each rest."""
        return 1 + len(self.delays)

    def after(self, tries: int) -> dt.timedelta:
        """The rest after so many tries."""
        return self.delays[min(tries, len(self.delays)) - 1]


_DELAYS: Final[Mapping[BackOff, tuple[dt.timedelta, ...]]] = {
    back_off: tuple(dt.timedelta(seconds=each) for each in seconds)
    for back_off, seconds in (
        (BackOff.DEFAULT, (10, 60, 300)),
        (BackOff.EXPORT, (60, 300, 900)),
        (BackOff.SIGNING, (10, 30, 60)),
    )
}


class NewJob(Input):
    """What is to be done, once somebody has time.

    Attributes:
        name: Which work, such as ``export.chart``.
        ids: To which rows: UUIDs, small whole numbers and short lower-case words, by name.
        queue: Where it waits.
        at: When it is due; None: at once.
        back_off: How long it rests after a failure.
        dedupe_key: The same key is the same job, as long as that is not done: ids only, never a person's name or address.
        dedupe_for: How long the key holds.
    """

    name: JobName
    ids: JobIds = Field(default_factory=dict[str, UUID | int | str])
    queue: QueueName = DEFAULT_QUEUE
    at: Instant | None = None
    back_off: BackOff = BackOff.DEFAULT
    dedupe_key: KeyName | None = None
    dedupe_for: Annotated[dt.timedelta, Ge(SHORTEST), Le(LONGEST)] = dt.timedelta(days=1)


class Job(Answer):
    """A job that a queue has.

    Attributes:
        id: The job's own.
        queue: Where it waits.
        name: Which work.
        ids: To which rows.
        back_off: How long it rests after a failure.
        dedupe_key: The same key is the same job.
        enqueued_at: When it came into the queue.
    """

    id: UUID
    queue: QueueName
    name: JobName
    ids: JobIds
    back_off: BackOff
    dedupe_key: KeyName | None
    enqueued_at: dt.datetime


class Reservation(Answer):
    """A job in somebody's hands. Give it back to `ack`, `retry` or `extend`.

    Attributes:
        job: What to do.
        owner: Random; whoever has it may end the reservation.
        tries: How often the job was reserved, this time included.
        expires_at: From then on somebody else may get the job.
    """

    job: Job
    owner: Annotated[Owner, Field(repr=False)]
    tries: Annotated[int, Ge(1)]
    expires_at: dt.datetime


class DeadLetter(Answer):
    """A job that failed too often, or whose workers died too often. It stays until somebody requeues or purges it.

    Attributes:
        job: What was to be done.
        tries: How often it was tried.
        died_at: When it was given up.
    """

    job: Job
    tries: int
    died_at: dt.datetime


class QueueDepth(Answer):
    """How much a queue holds.

    Attributes:
        queue: Its name.
        ready: Jobs that are due and wait for somebody.
        delayed: Jobs that are not due yet, those that rest after a failure included.
        reserved: Jobs in somebody's hands.
        dead: Dead letters.
        oldest_age: How long the first of the ready jobs has waited; None: none waits.
    """

    queue: str
    ready: int
    delayed: int
    reserved: int
    dead: int
    oldest_age: dt.timedelta | None


def encoded_job(job_id: UUID, new: NewJob) -> bytes:
    """A new job as Redis keeps it, without the instant of its coming, which Redis adds.

    UUIDs become texts with hyphens, which no word has: what is read back is of the type that was written.
    """
    return to_json(
        {
            "id": job_id,
            "name": new.name,
            "ids": dict(new.ids),
            "back_off": new.back_off,
            "dedupe_key": new.dedupe_key,
        }
    )


def stored_job(queue: str, kept: bytes) -> Job:
    """A job as Redis keeps it: ``microseconds-since-1970 most-tries json``."""
    enqueued_at, _, text = kept.split(b" ", 2)
    content: dict[str, Any] = from_json(text)
    return Job.model_validate({**content, "queue": queue, "enqueued_at": instant(int(enqueued_at))})
