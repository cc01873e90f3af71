"""Whoever reads Redis learns who has an id, not who that is: no name, number, address or remark stands there in clear (C15, design §3.14)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from redis import Redis

from telemed_store import AppointmentPatch
from telemed_store.appointments.tables import appointments
from telemed_store.people.tables import doctors, patients, users

from .paths import paths
from .reads import every_cached, look
from .town import Town


@pytest.mark.telemed_engines("postgresql")
@pytest.mark.telemed_settings(view_dedupe=0)
def test_nothing_that_says_who_somebody_is_stands_in_redis(
    new_town: Callable[[], Town], telemed_redis_url: str
) -> None:
    town = new_town()
    visit = town.visits[0]
    remark = AppointmentPatch(notes="sofre de vertigem")
    town.frame().appointments.update(visit.id, remark, expected_version=visit.version)
    held = b""
    for number, path in enumerate(paths(town)):
        path.take()
        if number % 8 == 0:
            for viewer in town.viewers():
                look(town, viewer, cached=True)
            held += b"\n".join(everything(telemed_redis_url))

    names = {one.entry.name for one in every_cached().values()}
    assert [name for name in names if f":cache:{{{name}".encode() not in held] == [], "of these nothing was kept"
    assert [each for each in secrets(town) if each.encode() in held] == []


def secrets(town: Town) -> set[str]:
    """What is known of the people by heart, and what was written about them."""
    known = {str(row.name) for row in town.rows(users)} | {str(row.email) for row in town.rows(users) if row.email}
    for row in town.rows(patients):
        known |= {row.phone, row.mother_name, row.emergency_contact, row.emergency_phone}
    for row in town.rows(doctors):
        known.add(row.biography or "Atende por vídeo")
    for row in town.rows(appointments):
        known |= {row.access_code, row.notes or "sofre de vertigem"}
    numbers = set(town.make._data._given_out)  # every CPF and CNS
    assert len(numbers) > 10
    return known | numbers | {"sofre de vertigem", "Bom dia"}


def everything(url: str) -> Iterator[bytes]:
    """All keys and values of the server, as they stand there."""
    with Redis.from_url(url) as redis:
        readers: dict[bytes, Callable[[bytes], Any]] = {
            b"string": lambda key: [redis.get(key)],
            b"hash": lambda key: [part for pair in redis.hgetall(key).items() for part in pair],
            b"set": redis.smembers,
            b"zset": lambda key: redis.zrange(key, 0, -1),
            b"list": lambda key: redis.lrange(key, 0, -1),
        }
        for key in redis.scan_iter(count=1000):
            yield key
            # A key may have expired since it was named: then it is of no type.
            yield from filter(None, readers.get(redis.type(key), lambda _key: [])(key))
