"""The operations with which frames are tested."""

from __future__ import annotations

import pytest
from frame_ledger import Ledger


@pytest.fixture
def ledger(telemed_database_url: str) -> Ledger:
    return Ledger(telemed_database_url)
