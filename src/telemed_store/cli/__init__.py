"""The command ``telemed-store``. Needs the extra ``cli``; the library imports nothing of it."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line and end the process with its exit code."""
    try:
        from telemed_store.cli.app import app
    except ModuleNotFoundError as missing:
        if missing.name not in {"typer", "rich"}:
            raise
        print("error: the command needs more packages: pip install 'telemed-store[cli]'", file=sys.stderr)
        sys.exit(2)
    app(prog_name="telemed-store")
