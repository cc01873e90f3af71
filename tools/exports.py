"""Writes, for each package that imports its names on first use, where they come from: ``_homes.py`` beside its ``__init__.py``.

    python tools/exports.py            write every generated file anew
    python tools/exports.py --check    change nothing; fail if anything would change

The source are the imports under ``if TYPE_CHECKING`` in the package's ``__init__.py``, which type checkers and readers follow. A name that is
imported there and not in ``__all__``, or the reverse, is an error.
"""

from __future__ import annotations

import argparse
import ast
import sys
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).resolve().parents[1] / "src"
PACKAGES: Final = ("telemed_store", "telemed_store.testing", "telemed_store.testing.conformance")

_HEADER: Final = "# Generated from __init__.py by tools/exports.py. Do not edit."


def text_of(package: str) -> str:
    """The generated file of one package.

    Raises:
        ValueError: What is imported and what is exported differ.
    """
    module = ast.parse(_folder(package).joinpath("__init__.py").read_text(encoding="utf-8"))
    homes: dict[str, str] = {}
    exported: list[str] = []
    for node in module.body:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for statement in node.body:
                if isinstance(statement, ast.ImportFrom) and statement.module:
                    homes |= {alias.name: statement.module for alias in statement.names}
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__":
            exported = ast.literal_eval(node.value)
    if difference := sorted(set(homes) ^ set(exported)):
        raise ValueError(f"{package}: imported or exported alone: {', '.join(difference)}")
    rows = "".join(f'    "{name}": "{homes[name]}",\n' for name in sorted(homes))
    return (
        f'{_HEADER}\n"""Which module each exported name comes from."""\n\nfrom __future__ import annotations\n\n'
        f'from typing import Final\n\n__all__ = ["HOMES"]\n\nHOMES: Final[dict[str, str]] = {{\n{rows}}}\n'
    )


def _folder(package: str) -> Path:
    return SOURCE.joinpath(*package.split("."))


def main() -> int:
    """Runs the command line and returns its exit code."""
    parser = argparse.ArgumentParser(prog="tools/exports.py", description="Write where exported names come from.")
    parser.add_argument("--check", action="store_true", help="change nothing; fail on any difference")
    check: bool = parser.parse_args().check
    stale: list[str] = []
    for package in PACKAGES:
        path, text = _folder(package) / "_homes.py", text_of(package)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(str(path.relative_to(SOURCE.parent)))
        if not check:
            path.write_text(text, encoding="utf-8")
    if check and stale:
        print(f"stale, run `make sync`: {', '.join(stale)}", file=sys.stderr)
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
