"""Where a cached read asks, and what becomes of those who wait for somebody who is cancelled."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import cached_reads
import pytest
from cached_reads import ALL_NAMES, ONE
from sqlalchemy import Connection

from telemed_store._async.store import AsyncStore
from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.audit.context import Context
from telemed_store.database.identity import new_id
from telemed_store.people.models import Specialization
from telemed_store.settings import Settings

JOB = Actor.system("tests")


@pytest.fixture(autouse=True)
def counted() -> Iterator[None]:
    cached_reads.loads.clear()
    yield
    cached_reads.while_loading.clear()


@pytest.mark.telemed_engines("sqlite")
def test_what_is_kept_was_read_from_the_primary(telemed_settings: Settings, tmp_path: Path) -> None:
    """What a replica has not heard of would be kept as if it were new, and no invalidation would come after it."""
    assert telemed_settings.database_url is not None
    primary = telemed_settings.database_url.get_secret_value()
    with Store.open(settings=telemed_settings) as store:
        row = store.acting_as(JOB).write(cached_reads.add, new_id(), "cardiology")
    replica = tmp_path / "replica.sqlite3"
    shutil.copy(primary.removeprefix("sqlite:///"), replica)
    behind = Settings(**{**telemed_settings.model_dump(), "replica_url": f"sqlite:///{replica}"})

    with Store.open(settings=behind) as store:
        mine = store.acting_as(JOB)
        mine.write(cached_reads.rename, row, "neurology")
        for _ in range(2):
            assert (mine.read_cached(ONE, row).name, mine.read_cached(ALL_NAMES)) == ("neurology", ("neurology",))
        with mine.reader(cached=False) as reader:
            assert reader.read_cached(ONE, row).name == "cardiology"


@pytest.mark.telemed_engines("postgresql")
async def test_who_waits_for_somebody_who_is_cancelled_asks_themselves(telemed_settings: Settings) -> None:
    def load(connection: Connection, context: Context, specialization_id: UUID) -> Specialization | None:
        if not cached_reads.loads:
            leader.cancel()
        return ONE.load(connection, context, specialization_id)

    one = dataclasses.replace(ONE, load=load)
    settings: Any = {**telemed_settings.model_dump(), "single_process": True, "cache": "memory"}
    async with AsyncStore.open(settings=Settings(**settings)) as store:
        mine = store.acting_as(JOB)
        row = await mine.write(cached_reads.add, new_id(), "cardiology")
        leader = asyncio.create_task(mine.read_cached(one, row))
        others = [asyncio.create_task(mine.read_cached(one, row)) for _ in range(3)]
        with pytest.raises(asyncio.CancelledError):
            await leader
        assert [found.name for found in await asyncio.gather(*others)] == ["cardiology"] * 3
        assert cached_reads.loads == [row, row]
