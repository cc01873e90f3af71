"""Conversations for the benchmarks, and their bodies opened as one would by hand: the bare driver and other libraries decrypt too."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import create_engine, make_url

from benchmarks.bench import Bench
from telemed_store import Actor, NewMessage, new_id
from telemed_store.crypto import Binding, MasterKeys, Purpose, SqlKeyStore

__all__ = ["LIMIT", "SUMMARIES", "Bodies", "Chat", "chat", "summaries_of_a_patient", "texts"]

LIMIT = 50
"""Messages of a page."""
SUMMARIES = 20
"""Conversations of a list."""
MESSAGES = 120
_TEXT = "Pode tomar o remédio depois do almoço; se a febre voltar, escreva outra vez. "


@dataclass(frozen=True)
class Chat:
    """A doctor's and a patient's conversation.

    Attributes:
        doctor_id, patient_id: Their users.
    """

    id: UUID
    doctor_id: UUID
    patient_id: UUID

    @property
    def patient(self) -> Actor:
        """Who writes in the benchmarks, and looks at what is theirs."""
        return Actor.user(self.patient_id)

    @property
    def doctor(self) -> Actor:
        """Who looks at a patient's."""
        return Actor.user(self.doctor_id)

    def to_doctor(self) -> NewMessage:
        """The patient's next message."""
        return NewMessage(receiver_id=self.doctor_id, body=next(texts), idempotency_key=str(new_id()))


def _texts() -> Iterator[str]:
    return (_TEXT + str(number) for number in itertools.count())


texts = _texts()
"""What people write: some eighty characters, never the same."""


def chat(bench: Bench, messages: int = 0) -> Chat:
    """A conversation of its own; of its messages all but the last ten are read, in steps of three."""
    doctor, patient = bench.clinic.pair()
    (shown,) = bench.store.acting_as(Actor.user(patient.user_id)).messages.conversations().items
    made = Chat(shown.id, doctor.user_id, patient.user_id)
    sides = [(made.patient, made.doctor_id), (made.doctor, made.patient_id)]
    for number in range(messages):
        writer, reader_id = sides[number % 2]
        new = NewMessage(receiver_id=reader_id, body=next(texts), idempotency_key=str(number))
        bench.store.acting_as(writer).messages.send(new)
        if number % 3 == 0 and number < messages - 10:
            bench.store.acting_as(Actor.user(reader_id)).messages.mark_read(made.id, number + 1)
    return made


def summaries_of_a_patient(bench: Bench) -> Chat:
    """One of the conversations of a patient who has more than a page of them, each with a message."""
    first = chat(bench, messages=1)
    user = Actor.user(first.patient_id)
    patient_id = bench.job.people.user(first.patient_id).patient_id
    for _ in range(SUMMARIES + 5):
        doctor = bench.clinic.doctor()
        bench.clinic.make.imported_visit(doctor.id, patient_id, source_key=None)
        new = NewMessage(receiver_id=doctor.user_id, body=next(texts), idempotency_key="1")
        bench.store.acting_as(user).messages.send(new)
    return first


class Bodies:
    """Opens bodies of some senders: keys read beforehand, one cipher each, and what their associated data have in common made once."""

    def __init__(self, bench: Bench, senders: Iterable[UUID]) -> None:
        settings = bench.settings
        assert settings.keys is not None
        keys = SqlKeyStore(MasterKeys.parse(settings.keys))
        engine = create_engine(make_url(bench.url).set(drivername="postgresql+psycopg"))
        self._open: dict[UUID, Callable[[UUID, bytes], str]] = {}
        with engine.connect() as connection:
            for sender_id, ring in keys.load_many(connection, senders, Purpose.MESSAGES).items():
                key = ring.current
                header = b"\x01" + key.number.to_bytes(4, "big")
                no_row = Binding("messages", "body", UUID(int=0), sender_id, Purpose.MESSAGES).associated_data(header)
                place = no_row.index(UUID(int=0).bytes)
                cipher = AESGCM(key.secret.reveal())
                self._open[sender_id] = _opener(cipher, no_row[:place], no_row[place + 16 :])
        engine.dispose()

    def open(self, rows: Iterable[tuple[UUID, UUID, bytes | None]]) -> Sequence[str | None]:
        """The texts of rows: their ids, senders and bodies."""
        return [None if body is None else self._open[sender_id](row_id, body) for row_id, sender_id, body in rows]

    def of_columns(self, row_id: int, sender_id: int, body: int) -> Callable[[Iterable[Any]], Sequence[str | None]]:
        """The same for whole rows in which these three columns stand there; rows without a message are passed over."""
        return lambda rows: self.open((row[row_id], row[sender_id], row[body]) for row in rows if row[row_id])


def _opener(cipher: AESGCM, before: bytes, after: bytes) -> Callable[[UUID, bytes], str]:
    return lambda row_id, body: cipher.decrypt(body[5:17], body[17:], before + row_id.bytes + after).decode()
