"""Django's ORM on psycopg: an unmanaged model of the package's table, autocommit as it is by default. Its `a` methods run in a thread."""

from __future__ import annotations

from typing import Any

from sqlalchemy import make_url

from benchmarks.bench import Bench
from benchmarks.peers.orm import Reads
from benchmarks.timing import Contender

__all__ = ["contenders"]


def contenders(bench: Bench, verb: str, _calls: int) -> list[Contender]:
    if verb not in {"get", "page"}:
        return []
    row = _model(bench.url)
    wanted = Reads(bench)

    def rows() -> Any:
        return row.objects.filter(deleted_at=None, doctor_id=wanted.doctor_id).order_by("starts_at", "id")[:51]

    def call() -> object:
        return row.objects.get(pk=wanted.id()) if verb == "get" else list(rows())

    async def call_async() -> object:
        return await row.objects.aget(pk=wanted.id()) if verb == "get" else [each async for each in rows()]

    return [Contender("Django ORM", "sync", call), Contender("Django ORM", "async", call_async)]


_made: list[Any] = []


def _model(url: str) -> Any:
    """The model, which Django lets exist once."""
    if _made:
        return _made[0]
    from django.conf import settings

    parsed = make_url(url)
    settings.configure(
        USE_TZ=True,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "HOST": parsed.host,
                "PORT": parsed.port,
                "USER": parsed.username,
                "NAME": parsed.database,
                "OPTIONS": {"options": "-c search_path=telemed,public"},
                "CONN_MAX_AGE": None,
            }
        },
    )
    import django

    django.setup()
    from django.db import models

    instants = ["created_at", "updated_at", "starts_at", "ends_at"]
    late = ["deleted_at", "started_at", "ended_at", "cancelled_at", "no_show_at"]
    fields: dict[str, Any] = {
        "id": models.UUIDField(primary_key=True),
        "version": models.IntegerField(),
        **{name: models.UUIDField() for name in ("doctor_id", "patient_id", "created_by")},
        **{name: models.UUIDField(null=True) for name in ("location_id", "cancelled_by")},
        **{name: models.DateTimeField() for name in instants},
        **{name: models.DateTimeField(null=True) for name in late},
        **{name: models.TextField() for name in ("zone", "status", "origin")},
        **{
            name: models.TextField(null=True)
            for name in ("availability_override", "notes", "completion_kind", "cancellation_reason")
        },
    }
    meta = type("Meta", (), {"managed": False, "db_table": "appointments", "app_label": "benchmarks"})
    _made.append(type("Row", (models.Model,), {**fields, "Meta": meta, "__module__": __name__}))
    return _made[0]
