"""One process of a race: reads orders as JSON lines, runs each with many threads or tasks at once, answers with what became of them.

Run by `bench.py`, never by pytest. Every attempt is a plain ``unit_of_work`` block, so nothing is retried behind its back.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any
from uuid import UUID

from telemed_store import Actor, AsyncStore, NewAppointment, NewBlock, NewMessage, Store
from telemed_store.errors import StoreError
from telemed_store.scopes import ForDoctor, Upcoming

ACTOR = Actor.system("race")
Outcome = str


def wait_until(instant: float) -> None:
    """Let all processes begin in the same moment."""
    while (left := instant - time.time()) > 0:
        threading.Event().wait(min(left, 0.05))


def request(attempt: dict[str, str]) -> NewAppointment:
    return NewAppointment(
        doctor_id=UUID(attempt["doctor_id"]),
        patient_id=UUID(attempt["patient_id"]),
        starts_at=dt.datetime.fromisoformat(attempt["starts_at"]),
    )


def book_with_threads(store: Store, order: dict[str, Any]) -> list[Outcome]:
    def attempt(one: dict[str, str]) -> Outcome:
        new = request(one)
        ready.wait()
        try:
            with store.unit_of_work(ACTOR) as uow:
                uow.appointments.schedule(new)
        except StoreError as refusal:
            return type(refusal).__name__
        return "booked"

    attempts = order["attempts"]
    ready = threading.Barrier(len(attempts) + 1)
    with ThreadPoolExecutor(len(attempts)) as pool:
        pending = [pool.submit(attempt, one) for one in attempts]
        wait_until(order["begin_at"])
        ready.wait()
        return [one.result() for one in pending]


async def book_with_tasks(store: AsyncStore, order: dict[str, Any]) -> list[Outcome]:
    async def attempt(one: dict[str, str]) -> Outcome:
        new = request(one)
        await ready.wait()
        try:
            async with store.unit_of_work(ACTOR) as uow:
                await uow.appointments.schedule(new)
        except StoreError as refusal:
            return type(refusal).__name__
        return "booked"

    ready = asyncio.Event()
    pending = [asyncio.ensure_future(attempt(one)) for one in order["attempts"]]
    await asyncio.to_thread(wait_until, order["begin_at"])
    ready.set()
    return list(await asyncio.gather(*pending))


class Churn:
    """Random bookings, moves, cancellations and blocks of a few doctors and patients, for some seconds, in some threads."""

    def __init__(self, store: Store, order: dict[str, Any]) -> None:
        self.store = store
        self.doctors = [UUID(one) for one in order["doctors"]]
        self.patients = [UUID(one) for one in order["patients"]]
        self.origin = dt.datetime.fromisoformat(order["origin"])
        self.ends_at = order["begin_at"] + order["seconds"]
        self.seed = order["seed"]

    def run(self, number: int) -> Counter[Outcome]:
        draw = random.Random(f"{self.seed}:{number}")
        outcomes: Counter[Outcome] = Counter()
        actions: list[Callable[[random.Random], str]] = [
            self.book,
            self.book,
            self.book,
            self.move,
            self.cancel,
            self.block,
        ]
        while time.time() < self.ends_at:
            try:
                outcomes[draw.choice(actions)(draw)] += 1
            except StoreError as refusal:
                outcomes[type(refusal).__name__] += 1
        return outcomes

    def a_start(self, draw: random.Random) -> dt.datetime:
        return self.origin + dt.timedelta(days=draw.randrange(3), minutes=5 * draw.randrange(96))

    def book(self, draw: random.Random) -> str:
        new = NewAppointment(
            doctor_id=draw.choice(self.doctors), patient_id=draw.choice(self.patients), starts_at=self.a_start(draw)
        )
        with self.store.unit_of_work(ACTOR) as uow:
            uow.appointments.schedule(new)
        return "booked"

    def move(self, draw: random.Random) -> str:
        with self.store.unit_of_work(ACTOR) as uow:
            page = uow.appointments.list(ForDoctor(draw.choice(self.doctors)) & Upcoming(), limit=50)
            if not page.items:
                return "nothing to move"
            chosen = draw.choice(page.items)
            uow.appointments.reschedule(chosen.id, starts_at=self.a_start(draw), expected_version=chosen.version)
        return "moved"

    def cancel(self, draw: random.Random) -> str:
        with self.store.unit_of_work(ACTOR) as uow:
            page = uow.appointments.list(ForDoctor(draw.choice(self.doctors)) & Upcoming(), limit=50)
            if not page.items:
                return "nothing to cancel"
            chosen = draw.choice(page.items)
            uow.appointments.cancel(chosen.id, expected_version=chosen.version)
        return "cancelled"

    def block(self, draw: random.Random) -> str:
        day = (self.origin + dt.timedelta(days=10 + draw.randrange(300))).date()
        with self.store.unit_of_work(ACTOR) as uow:
            uow.availability.block_dates(NewBlock(doctor_id=draw.choice(self.doctors), first_date=day, last_date=day))
        return "blocked"


def churn(store: Store, order: dict[str, Any]) -> dict[Outcome, int]:
    work = Churn(store, order)
    with ThreadPoolExecutor(order["threads"]) as pool:
        counted = pool.map(work.run, range(order["threads"]))
        return dict(sum(counted, Counter[Outcome]()))


def send_with_threads(store: Store, order: dict[str, Any]) -> list[int]:
    """Each thread sends its messages one after the other; the numbers they got, in the order of sending."""

    def send(number: int) -> list[int]:
        sender, receiver = order["people"][number % 2], order["people"][1 - number % 2]
        mine = store.acting_as(Actor.user(UUID(sender)))
        ready.wait()
        numbers = []
        for count in range(order["each"]):
            new = NewMessage(
                receiver_id=UUID(receiver), body="x", idempotency_key=f"{order['process']}:{number}:{count}"
            )
            with mine.unit_of_work() as uow:
                numbers.append(uow.messages.send(new).seq)
        return numbers

    ready = threading.Barrier(order["threads"])
    with ThreadPoolExecutor(order["threads"]) as pool:
        wait_until(order["begin_at"])
        return list(chain.from_iterable(pool.map(send, range(order["threads"]))))


async def send_with_tasks(store: AsyncStore, order: dict[str, Any]) -> list[int]:
    async def send(number: int) -> list[int]:
        sender, receiver = order["people"][number % 2], order["people"][1 - number % 2]
        mine = store.acting_as(Actor.user(UUID(sender)))
        numbers = []
        for count in range(order["each"]):
            new = NewMessage(
                receiver_id=UUID(receiver), body="x", idempotency_key=f"{order['process']}:{number}:{count}"
            )
            async with mine.unit_of_work() as uow:
                numbers.append((await uow.messages.send(new)).seq)
        return numbers

    await asyncio.to_thread(wait_until, order["begin_at"])
    return list(chain.from_iterable(await asyncio.gather(*(send(number) for number in range(order["threads"])))))


class Conversing:
    """Two people who send, mark, edit and delete at random, each in some threads, for some seconds."""

    def __init__(self, store: Store, order: dict[str, Any]) -> None:
        self.order = order
        self.people = [UUID(one) for one in order["people"]]
        self.conversation_id = UUID(order["conversation_id"])
        self.stores = [store.acting_as(Actor.user(person)) for person in self.people]
        self.ends_at = order["begin_at"] + order["seconds"]

    def run(self, number: int) -> Counter[Outcome]:
        draw = random.Random(f"{self.order['process']}:{number}")
        outcomes: Counter[Outcome] = Counter()
        actions = [self.send, self.send, self.send, self.mark, self.mark, self.deliver, self.edit, self.delete]
        while time.time() < self.ends_at:
            try:
                outcomes[draw.choice(actions)(draw, draw.randrange(2))] += 1
            except StoreError as refusal:
                outcomes[type(refusal).__name__] += 1
        return outcomes

    def send(self, draw: random.Random, side: int) -> str:
        new = NewMessage(receiver_id=self.people[1 - side], body="x", idempotency_key=str(draw.random()))
        with self.stores[side].unit_of_work() as uow:
            uow.messages.send(new)
        return "sent"

    def mark(self, draw: random.Random, side: int) -> str:
        with self.stores[side].unit_of_work() as uow:
            newest = uow.messages.page(self.conversation_id, limit=1).items
            uow.messages.mark_read(self.conversation_id, draw.randint(1, newest[0].seq if newest else 1))
        return "read"

    def deliver(self, draw: random.Random, side: int) -> str:
        with self.stores[side].unit_of_work() as uow:
            uow.messages.mark_delivered(self.conversation_id, draw.randint(1, 50))
        return "delivered"

    def edit(self, draw: random.Random, side: int) -> str:
        with self.stores[side].unit_of_work() as uow:
            chosen = draw.choice(uow.messages.page(self.conversation_id, limit=5).items or [None])
            if chosen is None:
                return "nothing to edit"
            uow.messages.edit(chosen.id, "y", chosen.version)
        return "edited"

    def delete(self, draw: random.Random, side: int) -> str:
        with self.stores[side].unit_of_work() as uow:
            chosen = draw.choice(uow.messages.page(self.conversation_id, limit=20).items or [None])
            if chosen is None:
                return "nothing to delete"
            uow.messages.delete(chosen.id, chosen.version)
        return "deleted"


def converse(store: Store, order: dict[str, Any]) -> dict[Outcome, int]:
    work = Conversing(store, order)
    with ThreadPoolExecutor(order["threads"]) as pool:
        return dict(sum(pool.map(work.run, range(order["threads"])), Counter[Outcome]()))


WITH_THREADS: dict[str, Callable[[Store, dict[str, Any]], Any]] = {
    "book": book_with_threads,
    "churn": churn,
    "send": send_with_threads,
    "converse": converse,
}
WITH_TASKS: dict[str, Callable[[AsyncStore, dict[str, Any]], Any]] = {"book": book_with_tasks, "send": send_with_tasks}


def serve_threads(url: str) -> None:
    with Store.open(url) as store:
        answer({"ready": True})
        for line in sys.stdin:
            order = json.loads(line)
            answer(WITH_THREADS[order["kind"]](store, order))


async def serve_tasks(url: str) -> None:
    async with AsyncStore.open(url) as store:
        answer({"ready": True})
        while line := await asyncio.to_thread(sys.stdin.readline):
            order = json.loads(line)
            answer(await WITH_TASKS[order["kind"]](store, order))


def answer(message: object) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    world, database_url = sys.argv[1:3]
    if world == "sync":
        serve_threads(database_url)
    else:
        asyncio.run(serve_tasks(database_url))
