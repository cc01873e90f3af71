"""Looks through every tracked text file for what is true on one machine only, and through the documents for dead links.

    python tools/check_tree.py

A path below somebody's home directory or the address of a package registry works where it was written and nowhere else.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

_MACHINE_PATH = re.compile(r"(?<![\w.:/$}-])/(?:root|work|home/[\w.-]+|Users/[\w.-]+)/[\w.-]")
_REGISTRY = re.compile(
    r"https?://[^\s\"'<>)]*(?:/simple(?:/|\b)|/artifactory/|/nexus/)|https?://registry\.[\w.-]+", re.IGNORECASE
)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?!\w+:|#)([^)\s#]+)(?:#[^)\s]*)?\)")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="tools/check_tree.py", description="Find machine paths, registries and dead links."
    )
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent, help=argparse.SUPPRESS)
    root: Path = parser.parse_args(arguments).root
    problems = list(check(root, tracked(root)))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def tracked(root: Path) -> list[Path]:
    """Returns the files git knows that are still there, in order."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout  # noqa: S607
    return [root / name for name in sorted(listing.split("\0")) if name and (root / name).is_file()]


def check(root: Path, files: Sequence[Path]) -> Iterator[str]:
    """Yields one line per finding."""
    for path in files:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # not a text
        name = path.relative_to(root).as_posix()
        for what, pattern in (
            ("a path of one machine", _MACHINE_PATH),
            ("the address of a package registry", _REGISTRY),
        ):
            for match in pattern.finditer(text):
                yield f"{name}:{text.count(chr(10), 0, match.start()) + 1}: holds {what}; write it relative or leave it out"
        if path.suffix == ".md":
            yield from _dead_links(path, name, text)


def _dead_links(path: Path, name: str, text: str) -> Iterator[str]:
    for match in _LINK.finditer(_FENCE.sub("", text)):
        if not (path.parent / match[1]).exists():
            yield f"{name}: links to {match[1]}, which does not exist"


if __name__ == "__main__":
    sys.exit(main())
