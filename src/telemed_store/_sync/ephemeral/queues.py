# Generated from _async/ephemeral/queues.py by tools/sync.py. Do not edit.
"""Queues: a protocol, and what its two backends have in common."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Annotated, Final, Protocol
from uuid import UUID

from annotated_types import Ge, Le

from telemed_store._sync._synchronization import sleep
from telemed_store.database.retry import pauses
from telemed_store.ephemeral.arguments import Lifetime, checked_arguments
from telemed_store.ephemeral.ownership import Wait
from telemed_store.ephemeral.queues import (
    DEFAULT_QUEUE,
    DeadLetter,
    Job,
    NewJob,
    QueueDepth,
    QueueName,
    Reservation,
)
from telemed_store.errors import LeaseLost, NotFound

__all__ = ["AskingQueues", "Queues"]

_LARGEST_PAUSE: Final = 0.1
_Limit = Annotated[int, Ge(1), Le(1_000)]
_Lost: Final = "Somebody else has the job by now, or it is done: leave it."


class Queues(Protocol):
    """Queues of jobs, each delivered at least once: until somebody says that it is done, and to one at a time.

    Example:
        >>> def work(store: Store) -> None:
        ...     while held := store.queues.reserve("high", "default", wait=dt.timedelta(seconds=5)):
        ...         try:
        ...             run(held.job)
        ...         except Exception:
        ...             store.queues.retry(held)
        ...         else:
        ...             store.queues.ack(held)
    """

    def enqueue(self, job: NewJob) -> Job:
        """Put a job into its queue.

        Returns:
            The job; where its ``dedupe_key`` names one that is not done, that one.

        Raises:
            ValidationFailed: The job is refused.
            Unavailable: The backend does not answer. The job may be in the queue: repeat it with a ``dedupe_key``.
        """
        ...

    def reserve(
        self, *queues: str, wait: dt.timedelta | None = None, visibility: dt.timedelta | None = None
    ) -> Reservation | None:
        """Take a job into one's hands.

        Args:
            queues: Where to look, the first first; none named: ``default``.
            wait: How long to look again while there is none, at most an hour; None: look once.
            visibility: How long the job is nobody else's (D25); None: the setting ``queue_visibility``. It has to outlast the work.

        Returns:
            A job that is due, the one that waited longest; None: there is none.

        Raises:
            ValidationFailed: An argument is refused.
            Unavailable: The backend does not answer. A job may be reserved all the same, until ``visibility`` is over.
        """
        ...

    def extend(self, held: Reservation, visibility: dt.timedelta | None = None) -> Reservation:
        """Keep a job for ``visibility`` from now on.

        Raises:
            LeaseLost: Somebody else has it by now, or it is done.
            ValidationFailed: An argument is refused.
            Unavailable: The backend does not answer.
        """
        ...

    def ack(self, held: Reservation) -> None:
        """The job is done: forget it.

        Raises:
            LeaseLost: Somebody else has it by now, or it was done before.
            ValidationFailed: The argument is no reservation.
            Unavailable: The backend does not answer; repeat it. `LeaseLost` then may say that the first call came through.
        """
        ...

    def retry(self, held: Reservation, *, after: dt.timedelta | None = None) -> dt.datetime | None:
        """The job failed: give it back, to be tried again.

        Args:
            held: What failed.
            after: How long it rests; None: what its back-off says.

        Returns:
            When it is due again; None: it was tried often enough and is a dead letter now.

        Raises:
            LeaseLost: Somebody else has it by now, or it is done.
            ValidationFailed: An argument is refused.
            Unavailable: The backend does not answer.
        """
        ...

    def depth(self, queue: str = DEFAULT_QUEUE) -> QueueDepth:
        """How much a queue holds, and for how long the first job has waited.

        Raises:
            ValidationFailed: The name is none.
            Unavailable: The backend does not answer.
        """
        ...

    def dead_letters(self, queue: str = DEFAULT_QUEUE, *, limit: int = 100) -> list[DeadLetter]:
        """The jobs that were given up, the oldest first: at most ``limit``, from 1 to 1000.

        Raises:
            ValidationFailed: An argument is refused.
            Unavailable: The backend does not answer.
        """
        ...

    def requeue(self, queue: str, job_id: UUID) -> None:
        """Try a dead letter again, as if it had never been tried.

        Raises:
            NotFound: The queue has no such dead letter.
            ValidationFailed: An argument is refused.
            Unavailable: The backend does not answer.
        """
        ...

    def purge(self, queue: str, job_id: UUID | None = None) -> int:
        """Forget a dead letter, or all of the queue; returns how many.

        Raises:
            ValidationFailed: An argument is refused.
            Unavailable: The backend does not answer.
        """
        ...


class AskingQueues(ABC):
    """Queues whose backend is asked, and asked again while somebody waits: after 10 ms, then seldomer, up to ten times a second."""

    def __init__(self, visibility: dt.timedelta) -> None:
        self._visibility = visibility

    def enqueue(self, job: NewJob) -> Job:
        """See ``Queues.enqueue``."""
        (new,) = checked_arguments(job=(NewJob, job))
        return self._enqueue(new)

    def reserve(
        self, *queues: str, wait: dt.timedelta | None = None, visibility: dt.timedelta | None = None
    ) -> Reservation | None:
        """See ``Queues.reserve``."""
        names, wait, visibility = checked_arguments(
            queues=(Sequence[QueueName], queues or (DEFAULT_QUEUE,)),
            wait=(Wait | None, wait),
            visibility=(Lifetime | None, visibility),
        )
        between = pauses(0.0 if wait is None else wait.total_seconds(), largest_bound=_LARGEST_PAUSE)
        while True:
            for name in names:
                held = self._reserve(name, visibility or self._visibility)
                if held is not None:
                    return held
            pause = next(between, None)
            if pause is None:
                return None
            sleep(pause)

    def extend(self, held: Reservation, visibility: dt.timedelta | None = None) -> Reservation:
        """See ``Queues.extend``."""
        held, visibility = checked_arguments(held=(Reservation, held), visibility=(Lifetime | None, visibility))
        expires_at = self._extend(held, visibility or self._visibility)
        if expires_at is None:
            raise LeaseLost(_Lost)
        return held.model_copy(update={"expires_at": expires_at})

    def ack(self, held: Reservation) -> None:
        """See ``Queues.ack``."""
        (held,) = checked_arguments(held=(Reservation, held))
        if not self._ack(held):
            raise LeaseLost(_Lost)

    def retry(self, held: Reservation, *, after: dt.timedelta | None = None) -> dt.datetime | None:
        """See ``Queues.retry``."""
        held, after = checked_arguments(held=(Reservation, held), after=(Lifetime | None, after))
        is_ours, due_at = self._retry(held, after or held.job.back_off.after(held.tries))
        if not is_ours:
            raise LeaseLost(_Lost)
        return due_at

    def depth(self, queue: str = DEFAULT_QUEUE) -> QueueDepth:
        """See ``Queues.depth``."""
        (queue,) = checked_arguments(queue=(QueueName, queue))
        return self._depth(queue)

    def dead_letters(self, queue: str = DEFAULT_QUEUE, *, limit: int = 100) -> list[DeadLetter]:
        """See ``Queues.dead_letters``."""
        queue, limit = checked_arguments(queue=(QueueName, queue), limit=(_Limit, limit))
        return self._dead_letters(queue, limit)

    def requeue(self, queue: str, job_id: UUID) -> None:
        """See ``Queues.requeue``."""
        queue, job_id = checked_arguments(queue=(QueueName, queue), job_id=(UUID, job_id))
        if not self._requeue(queue, job_id):
            raise NotFound("dead letter")

    def purge(self, queue: str, job_id: UUID | None = None) -> int:
        """See ``Queues.purge``."""
        queue, job_id = checked_arguments(queue=(QueueName, queue), job_id=(UUID | None, job_id))
        return self._purge(queue, job_id)

    @abstractmethod
    def _enqueue(self, new: NewJob) -> Job:
        """The job, or the one that has its key."""

    @abstractmethod
    def _reserve(self, queue: str, visibility: dt.timedelta) -> Reservation | None:
        """A job of one queue, without waiting."""

    @abstractmethod
    def _extend(self, held: Reservation, visibility: dt.timedelta) -> dt.datetime | None:
        """When the reservation now ends; None: it is lost."""

    @abstractmethod
    def _ack(self, held: Reservation) -> bool:
        """Whether it was still this owner's."""

    @abstractmethod
    def _retry(self, held: Reservation, rest: dt.timedelta) -> tuple[bool, dt.datetime | None]:
        """Whether it was still this owner's; and when the job is due again, None if it is a dead letter now."""

    @abstractmethod
    def _depth(self, queue: str) -> QueueDepth:
        """How much it holds."""

    @abstractmethod
    def _dead_letters(self, queue: str, limit: int) -> list[DeadLetter]:
        """The oldest ones."""

    @abstractmethod
    def _requeue(self, queue: str, job_id: UUID) -> bool:
        """Whether there was such a dead letter."""

    @abstractmethod
    def _purge(self, queue: str, job_id: UUID | None) -> int:
        """How many were forgotten."""
