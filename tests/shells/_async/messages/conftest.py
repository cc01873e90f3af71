from __future__ import annotations

import pytest

from telemed_store import AsyncStore
from telemed_store.testing import AsyncMake

from .pair import Pair, pair_of


@pytest.fixture
async def pair(async_telemed: AsyncStore, async_telemed_make: AsyncMake) -> Pair:
    return await pair_of(async_telemed, async_telemed_make)
