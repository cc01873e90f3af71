# Generated from _async/messages/conftest.py by tools/sync.py. Do not edit.
from __future__ import annotations

import pytest

from telemed_store import Store
from telemed_store.testing import Make

from .pair import Pair, pair_of


@pytest.fixture
def pair(telemed: Store, telemed_make: Make) -> Pair:
    return pair_of(telemed, telemed_make)
