"""What a project needs to test itself on the store: the pytest plugin, factories, fault injection, real servers.

The names here are the types of the plugin's fixtures, for annotations; each is imported when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from telemed_store._lazy import exporter
from telemed_store.testing._homes import HOMES

if TYPE_CHECKING:
    from telemed_store.testing._async.make import AsyncMake
    from telemed_store.testing._sync.make import Make
    from telemed_store.testing.clock import PRESENT, FrozenClock
    from telemed_store.testing.factories import Inputs, PersonalData
    from telemed_store.testing.faults import Faults
    from telemed_store.testing.sizes import ProofSize
    from telemed_store.testing.statements import SeenStatements, StatementCounter
else:
    __getattr__, __dir__ = exporter(__name__, HOMES)

__all__ = [
    "PRESENT",
    "AsyncMake",
    "Faults",
    "FrozenClock",
    "Inputs",
    "Make",
    "PersonalData",
    "ProofSize",
    "SeenStatements",
    "StatementCounter",
]
