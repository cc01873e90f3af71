"""One whole run in a process of its own: ``python -m benchmarks.whole_run``, told what to do on standard input, in JSON."""

from __future__ import annotations

import json
import sys

from benchmarks.bench import opened
from benchmarks.peers import peers
from benchmarks.profiles import profile
from benchmarks.timing import take_turns, warm_up
from benchmarks.verbs import VERBS
from telemed_store.settings import load_settings
from telemed_store.testing.templates import ISOLATED


def main() -> None:
    """Measure, and answer with the median call (or another quantile) of each contender in milliseconds."""
    asked = json.load(sys.stdin)
    settings = load_settings(database_url=asked["url"], keys=asked["keys"], **ISOLATED)
    answer: dict[str, list[tuple[str, str, float]]] = {}
    with opened(asked["url"], settings) as bench:
        for verb in VERBS:
            if verb.name not in asked["verbs"]:
                continue
            if asked["profile"]:
                print(profile(bench, verb), file=sys.stderr, flush=True)
                continue
            rounds = max(1, round(verb.rounds * asked["effort"]))
            calls = rounds * verb.calls + warm_up(verb.calls)
            contenders = verb.contenders(bench, calls)
            for peer in peers() if asked["peers"] else ():
                contenders += peer(bench, verb.name, calls)
            bench.autocommit.execute("ANALYZE")
            take_turns(contenders, bench.loop, rounds=rounds, calls=verb.calls)
            answer[verb.name] = [(each.world, each.name, each.milliseconds(asked["quantile"])) for each in contenders]
            print(f"  {verb.title}", file=sys.stderr, flush=True)
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
