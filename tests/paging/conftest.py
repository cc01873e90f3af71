from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

import pytest

from telemed_store import Store

from .rows import Rows


@pytest.fixture
def rows(telemed: Store, telemed_database_url: str) -> Generator[Rows]:
    with closing(Rows(telemed_database_url)) as opened:
        yield opened
