"""Other libraries doing the same reads and writes on the same tables, each as its own manual shows it.

``contenders(bench, verb, calls)`` per peer, empty for a verb in which it does not take part. A peer that is not installed is left out:
``pip install --group bench``. None of them looks at visibility or writes an audit; their writes know no rule but the database's.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

from benchmarks.bench import Bench
from benchmarks.timing import Contender

__all__ = ["Peer", "peers"]

Peer = Callable[[Bench, str, int], list[Contender]]

_NEEDS = {
    "orm": "sqlalchemy",
    "advanced": "advanced_alchemy",
    "with_sqlmodel": "sqlmodel",
    "with_django": "django",
    "with_tortoise": "tortoise",
}


def peers() -> list[Peer]:
    """Those that are installed."""
    return [import_module(f"{__name__}.{name}").contenders for name, needed in _NEEDS.items() if find_spec(needed)]
