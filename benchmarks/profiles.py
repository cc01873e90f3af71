"""Where a verb's time goes, by whose code: ``python -m benchmarks --profile schedule free_slots import``.

The synchronous world, under cProfile: it makes Python's part look larger than it is, and the driver's and the server's smaller. What a
function written in C takes counts for whoever called it.
"""

from __future__ import annotations

import cProfile
import pstats
from collections import Counter
from pathlib import PurePath
from typing import Any

from benchmarks.bench import Bench
from benchmarks.timing import warm_up
from benchmarks.verbs import Verb

Function = tuple[str, int, str]

OWNERS = {
    "psycopg": "psycopg and the server",
    "psycopg_binary": "psycopg and the server",
    "sqlalchemy": "SQLAlchemy",
    "pydantic": "pydantic",
    "telemed_store": "the package",
    "json": "json",
    "zoneinfo": "the package",
}


def profile(bench: Bench, verb: Verb) -> str:
    """A line of shares, and the package's own costliest functions."""
    calls = max(3, verb.rounds * verb.calls // 3)
    contender = next(
        each
        for each in verb.contenders(bench, calls + warm_up(verb.calls))
        if each.world == "sync" and each.name in {"reader", "one-shot"}
    )
    for _ in range(warm_up(verb.calls)):
        contender.call()
    watched = cProfile.Profile()
    watched.enable()
    for _ in range(calls):
        contender.call()
    watched.disable()
    shares, functions = _attributed(pstats.Stats(watched))
    whole = sum(shares.values())
    parts = [f"{share / whole:.0%} {owner}" for owner, share in shares.most_common() if share / whole > 0.005]
    own = [f"{share / whole:.0%} `{name}`" for name, share in functions.most_common(6) if share / whole > 0.01]
    return f"{verb.title}: {', '.join(parts)}. In the package: {', '.join(own)}."


def _attributed(stats: Any) -> tuple[Counter[str], Counter[str]]:
    """Seconds by owner, and seconds by function of the package with the C functions it calls."""
    shares: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for function, (_, _, own, _, callers) in stats.stats.items():
        if function[0] != "~" or not callers:
            _add(shares, functions, function, own)
            continue
        for caller, (_, _, part, _) in callers.items():
            _add(shares, functions, caller, part)
    return shares, functions


def _add(shares: Counter[str], functions: Counter[str], function: Function, seconds: float) -> None:
    path = PurePath(function[0])
    owner = next((OWNERS[part] for part in path.parts if part in OWNERS), "the rest")
    shares[owner] += seconds
    if owner == "the package":
        functions[f"{path.parent.name}.{path.stem}.{function[2]}"] += seconds
