"""A page of 50 whole appointments of one doctor."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.timing import Contender
from benchmarks.verbs.lists import listing
from telemed_store.scopes import ForDoctor


def contenders(bench: Bench, _calls: int) -> list[Contender]:
    return listing(bench, ForDoctor(bench.job.appointments.list(limit=1).items[0].doctor_id))
