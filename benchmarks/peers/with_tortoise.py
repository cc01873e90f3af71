"""Tortoise ORM on asyncpg: a model of the package's table."""

from __future__ import annotations

from sqlalchemy import make_url
from tortoise import Tortoise, fields
from tortoise.models import Model

from benchmarks.bench import Bench
from benchmarks.peers.orm import Reads
from benchmarks.timing import Contender

__all__ = ["Row", "contenders"]


class Row(Model):
    id = fields.UUIDField(primary_key=True)
    version = fields.IntField()
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    deleted_at = fields.DatetimeField(null=True)
    doctor_id = fields.UUIDField()
    patient_id = fields.UUIDField()
    location_id = fields.UUIDField(null=True)
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    zone = fields.CharField(64)
    status = fields.CharField(16)
    origin = fields.CharField(16)
    availability_override = fields.TextField(null=True)
    notes = fields.TextField(null=True)
    created_by = fields.UUIDField()
    started_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    completion_kind = fields.CharField(16, null=True)
    cancelled_at = fields.DatetimeField(null=True)
    cancelled_by = fields.UUIDField(null=True)
    cancellation_reason = fields.TextField(null=True)
    no_show_at = fields.DatetimeField(null=True)

    class Meta:
        schema = "telemed"
        table = "appointments"


_ready: list[bool] = []


def contenders(bench: Bench, verb: str, _calls: int) -> list[Contender]:
    if verb not in {"get", "page"}:
        return []
    if not _ready:
        url = make_url(bench.url).set(drivername="asyncpg").render_as_string(hide_password=False)
        bench.loop.run(Tortoise.init(db_url=url, modules={"models": [__name__]}, use_tz=True))
        _ready.append(True)
    wanted = Reads(bench)

    async def call() -> object:
        if verb == "get":
            return await Row.get(id=wanted.id())
        return await Row.filter(deleted_at=None, doctor_id=wanted.doctor_id).order_by("starts_at", "id").limit(51)

    return [Contender("Tortoise ORM", "async", call)]
