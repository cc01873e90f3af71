# Generated from _async/appointments/conftest.py by tools/sync.py. Do not edit.
from __future__ import annotations

import pytest

from telemed_store import Store
from telemed_store.testing.clock import FrozenClock

from .clinic import Clinic


@pytest.fixture
def clinic(telemed: Store, telemed_clock: FrozenClock) -> Clinic:
    opened = Clinic(telemed, telemed_clock)
    opened.open()
    return opened
