"""Fails when type checkers of callers would have to guess: pyright's completeness of the public types, 99 % at least.

python tools/type_completeness.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

PACKAGE: Final = "telemed_store"
LEAST: Final = 0.99


def main() -> int:
    """Run pyright on the installed package, and name what is not fully typed."""
    binaries = Path(sys.executable).parent
    # pyright looks for the package in the environment of the first `python` on the path.
    environment = {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [str(binaries / "pyright"), "--verifytypes", PACKAGE, "--ignoreexternal", "--outputjson"]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    try:
        report: dict[str, Any] = json.loads(answer.stdout)
    except json.JSONDecodeError:
        print(answer.stdout, answer.stderr, sep="\n", file=sys.stderr)
        return 1
    for problem in report["generalDiagnostics"]:
        print(problem["message"])
    completeness: dict[str, Any] = report["typeCompleteness"]
    for symbol in completeness["symbols"]:
        causes = [said["message"].split("\n", 1)[0] for said in symbol["diagnostics"] if said["severity"] == "error"]
        if causes and not symbol["isTypeKnown"]:
            print(f"{symbol['name']}: {'; '.join(causes)}")
    score: float = completeness["completenessScore"]
    print(f"Type completeness of {PACKAGE}: {score:.1%}; {LEAST:.0%} is asked for.")
    return 0 if score >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
