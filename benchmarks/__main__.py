"""``python -m benchmarks``: five whole runs against a PostgreSQL of their own, and one table of ratios."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.awake import awake_cores
from benchmarks.clinic import Clinic
from benchmarks.report import Run, lines, table
from benchmarks.server import durable_server
from benchmarks.verbs import VERBS
from telemed_store import Store
from telemed_store.crypto.master_keys import MasterKeys
from telemed_store.settings import load_settings
from telemed_store.testing.templates import ISOLATED


def main() -> None:
    """Measure and print."""
    asked = _arguments()
    began = time.monotonic()
    runs: list[Run] = []
    with awake_cores() as awake, tempfile.TemporaryDirectory(dir=asked.directory) as directory:
        if not awake:
            print("no idle scheduling class here: the cores may sleep, and the ratios jump", file=sys.stderr)
        with durable_server(Path(directory), asked.postgresql) as server:
            print(f"PostgreSQL {server.version}, {asked.runs} runs", file=sys.stderr, flush=True)
            task = {
                "url": server.create_database("clinic"),
                "keys": MasterKeys.generate().to_setting().get_secret_value(),
                "verbs": asked.verbs,
                "effort": asked.effort,
                "peers": asked.peers,
                "profile": asked.profile,
                "quantile": asked.quantile,
            }
            _furnish(str(task["url"]), str(task["keys"]))
            for number in range(1 if asked.profile else asked.runs):
                print(f"run {number + 1}, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
                runs.append(_whole_run(task))
    if asked.profile:
        return
    found = lines(runs)
    if asked.json:
        asked.json.write_text(json.dumps([vars(line) for line in found], indent=1) + "\n")
    print(table(found, markdown=asked.markdown))
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)


def _arguments() -> argparse.Namespace:
    names = [verb.name for verb in VERBS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("verbs", nargs="*", default=names, metavar="verb", help=", ".join(names))
    parser.add_argument("--runs", type=int, default=5, help="whole runs, each a process of its own (5)")
    parser.add_argument("--effort", type=float, default=1.0, help="share of the usual number of calls (1.0)")
    parser.add_argument(
        "--quantile", type=float, default=0.5, help="0.5 is the median; on a busy machine 0.1 says more"
    )
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="leave other libraries out")
    parser.add_argument("--profile", action="store_true", help="say where the time goes, and measure nothing")
    parser.add_argument("--postgresql", metavar="VERSION", help="such as 17; by default the newest found")
    parser.add_argument(
        "--directory", type=Path, default=Path("/var/tmp"), help="a directory on the disk to be measured"
    )
    parser.add_argument("--markdown", action="store_true", help="print the documentation's table")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every ratio of every run")
    asked = parser.parse_args()
    if unknown := set(asked.verbs) - set(names):
        parser.error(f"there is no verb {', '.join(sorted(unknown))}")
    return asked


def _furnish(url: str, keys: str) -> None:
    with Store.open(settings=load_settings(database_url=url, keys=keys, **ISOLATED)) as store:
        store.migrator.upgrade()
        Clinic.of(store).furnish()


def _whole_run(task: dict[str, object]) -> Run:
    command = [sys.executable, "-m", "benchmarks.whole_run"]
    answer = subprocess.run(
        command, input=json.dumps(task), stdout=subprocess.PIPE, text=True, check=True, env=os.environ
    )
    run: Run = json.loads(answer.stdout)
    return run


if __name__ == "__main__":
    main()
