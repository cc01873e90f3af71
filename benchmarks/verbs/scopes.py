"""A page of 50 under three scopes: of one doctor, in some statuses, within a range of time."""

from __future__ import annotations

import datetime as dt

from benchmarks.bench import Bench
from benchmarks.timing import Contender
from benchmarks.verbs.lists import listing
from telemed_store import AppointmentStatus
from telemed_store.scopes import ForDoctor, StartingBetween, WithStatus


def contenders(bench: Bench, _calls: int) -> list[Contender]:
    doctor_id = bench.job.appointments.list(limit=1).items[0].doctor_id
    status = WithStatus(AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW)
    until = dt.datetime.now(dt.UTC)
    return listing(bench, ForDoctor(doctor_id) & status & StartingBetween(until - dt.timedelta(days=5000), until))
