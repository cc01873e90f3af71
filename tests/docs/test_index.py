"""The architecture page says what the code says: every setting with its default, every error with its advice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from telemed_store import errors
from telemed_store.errors import StoreError, default_message
from telemed_store.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "index.md").read_text(encoding="utf-8")


def settings_rows() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        variable = "SCHEMA" if name == "schema_name" else name.upper()
        yield f"| `TELEMED_STORE_{variable}` | {shown(field.default)} | {field.description} |"


def shown(default: object) -> str:
    if default is None:
        return "none"
    if isinstance(default, dt.timedelta):
        seconds = default.total_seconds()
        return f"{seconds / 60:g} min" if seconds % 60 == 0 else f"{seconds:g} s"
    return str(default).lower() if isinstance(default, bool) else str(default)


def error_rows() -> Iterator[str]:
    # In the order of the tree, each below what it is a kind of.
    def below(kind: type[StoreError], depth: int) -> Iterator[str]:
        yield f"| {'· ' * depth}`{kind.__name__}` | {kind.http_status} | {default_message(kind).replace('``', '`')} |"
        for narrower in kind.__subclasses__():
            if narrower.__module__ == errors.__name__:
                yield from below(narrower, depth + 1)

    return below(StoreError, 0)


def table(heading: str) -> list[str]:
    """The rows of the first table below a heading, without its head."""
    section = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return [line for line in section.splitlines() if line.startswith("| ") and "`" in line]


def test_every_setting_is_listed_with_its_default() -> None:
    assert table("Settings") == list(settings_rows())


def test_every_error_is_listed_with_its_status_and_advice() -> None:
    assert table("Errors") == list(error_rows())


def test_every_repository_is_listed() -> None:
    from telemed_store._sync.repositories import Repositories

    held = set(vars(Repositories(None)))  # type: ignore[arg-type]  # repositories keep their frame and ask nothing of it yet
    assert held <= {name for name in held if f"`{name}`" in PAGE}
