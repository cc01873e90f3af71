"""What a project needs to test itself on the store: the pytest plugin, factories, fault injection, real servers.

The names here are the types of the plugin's fixtures, for annotations; each is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from telemed_store.testing._async.make import AsyncMake
    from telemed_store.testing._sync.make import Make
    from telemed_store.testing.clock import PRESENT, FrozenClock
    from telemed_store.testing.factories import Inputs, PersonalData
    from telemed_store.testing.faults import Faults
    from telemed_store.testing.sizes import ProofSize
    from telemed_store.testing.statements import SeenStatements, StatementCounter

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

_HOMES: Final = {
    "PRESENT": "clock",
    "AsyncMake": "_async.make",
    "Faults": "faults",
    "FrozenClock": "clock",
    "Inputs": "factories",
    "Make": "_sync.make",
    "PersonalData": "factories",
    "ProofSize": "sizes",
    "SeenStatements": "statements",
    "StatementCounter": "statements",
}


def __getattr__(name: str) -> Any:
    """Import a public name on its first use: the plugin's entry must stay light."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
