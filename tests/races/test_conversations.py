"""One conversation written to by many at once: real processes, plain units of work, every engine (domain §7; D21 to D23).

message_numbers_are_dense_and_ordered; nobody sees a deadlock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest

from telemed_store import Actor, NewMessage, Store
from telemed_store.testing import Make, ProofSize

from .bench import PROCESSES, racers

pytestmark = pytest.mark.slow

THREADS = 4


def conversation(store: Store, make: Make) -> tuple[list[UUID], UUID]:
    """The users of a doctor and a patient who have an appointment, and their conversation."""
    doctor, patient = make.doctor(), make.patient()
    make.appointment(doctor.id, patient.id)
    (shown,) = store.acting_as(Actor.user(doctor.user_id)).messages.conversations().items
    return [doctor.user_id, patient.user_id], shown.id


@pytest.mark.parametrize("world", ["sync", "async"])
@pytest.mark.telemed_size(each=(6, 200))
@pytest.mark.timeout(900)
def test_message_numbers_are_dense_and_ordered(
    world: str, telemed: Store, telemed_database_url: str, telemed_make: Make, telemed_size: ProofSize
) -> None:
    """16 senders at once; a reader who tails meanwhile misses none and never sees an older one later."""
    people, conversation_id = conversation(telemed, telemed_make)
    order = {"kind": "send", "people": [str(one) for one in people], "each": telemed_size.each, "threads": THREADS}
    expected = PROCESSES * THREADS * telemed_size.each
    with racers(world, telemed_database_url, telemed.settings.keys) as race, ThreadPoolExecutor(1) as background:
        racing = background.submit(race.run, [order | {"process": process} for process in range(PROCESSES)])
        seen = tail(telemed, people[0], conversation_id, expected, racing)
        numbers = [number for answer in racing.result() for number in answer]

    assert sorted(numbers) == list(range(1, expected + 1))
    assert seen == list(range(1, expected + 1))


def tail(store: Store, user_id: UUID, conversation_id: UUID, expected: int, racing: Future[Any]) -> list[int]:
    """The numbers in the order in which a reader sees them who asks again and again for what is above the last."""
    seen: list[int] = []
    with store.reader(Actor.user(user_id)) as read:
        while len(seen) < expected:
            ended = racing.done()
            found = read.messages.page(conversation_id, limit=100, after=seen[-1] if seen else 0).items
            seen += [message.seq for message in found]
            if ended and not found:
                break
    return seen


EXPECTED = {
    "sent",
    "read",
    "delivered",
    "edited",
    "deleted",
    "nothing to edit",
    "nothing to delete",
    "NotPermitted",
    "VersionConflict",
    "InvalidTransition",
}


@pytest.mark.telemed_size(seconds=(3, 60))
@pytest.mark.timeout(300)
def test_unread_counts_stay_exact_under_random_changes(
    telemed: Store, telemed_database_url: str, telemed_make: Make, telemed_size: ProofSize
) -> None:
    people, conversation_id = conversation(telemed, telemed_make)
    order = {
        "kind": "converse",
        "people": [str(one) for one in people],
        "conversation_id": str(conversation_id),
        "seconds": telemed_size.seconds,
        "threads": THREADS,
    }
    with racers("sync", telemed_database_url, telemed.settings.keys) as race:
        answers = race.run([order | {"process": process} for process in range(PROCESSES)])
    outcomes = sum((Counter(answer) for answer in answers), Counter[str]())

    assert set(outcomes) <= EXPECTED, outcomes
    assert min(outcomes[name] for name in ("sent", "read", "edited", "deleted")) > 0, outcomes
    found = telemed.acting_as(Actor.system("check")).messages.reconcile_counters()
    assert (found.participants_corrected, found.users_corrected) == (0, 0)


def test_one_message_sent_several_times_at_once_is_one_row(telemed: Store, telemed_make: Make) -> None:
    people, conversation_id = conversation(telemed, telemed_make)
    new = NewMessage(receiver_id=people[1], body="once", idempotency_key="k")
    mine = telemed.acting_as(Actor.user(people[0]))

    def in_a_unit() -> Any:
        with mine.unit_of_work() as uow:
            return uow.messages.send(new)

    calls: list[Callable[[], Any]] = [in_a_unit, lambda: mine.messages.send(new)] * 4
    with ThreadPoolExecutor(len(calls)) as pool:
        sent = list(pool.map(lambda call: call(), calls))

    assert len({message.id for message in sent}) == 1
    assert [one.seq for one in mine.messages.page(conversation_id).items] == [1]
