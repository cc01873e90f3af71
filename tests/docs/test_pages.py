"""Every page does what it says: its blocks are run as a reader would run them, in order, in an empty folder without settings.

``python`` blocks share one namespace; one with a title is written as that file. In ``console`` blocks ``telemed-store``, ``alembic``
and ``pytest`` really run, and what the page shows of their answer must be in it. A ``text`` block titled ``output`` is what the
Python block before it prints. In both, ``…`` stands for anything.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
# Generated pages hold directives and tables; their examples stand in docstrings.
PAGES = sorted(page for page in DOCS.rglob("*.md") if page.parent.name != "reference")
FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)(?: title=\"(?P<title>[^\"]+)\")?[^\n]*\n(?P<body>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)
SNIPPET = re.compile(r'^--8<-- "([^"]+)"$', re.MULTILINE)
RUN_BY_TESTS_OF_THEIR_OWN = {"pip", "python", "source", "uvicorn", "flask"}
SHOWN = {"text", "toml", "ini", "sql"}


@dataclass(frozen=True)
class Block:
    language: str
    title: str | None
    body: str
    line: int


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for fence in FENCE.finditer(text):
        body = re.sub(rf"^{fence['indent']}", "", fence["body"], flags=re.MULTILINE)
        body = SNIPPET.sub(lambda named: (ROOT / named[1]).read_text(encoding="utf-8"), body)
        yield Block(fence["language"], fence["title"], body, text.count("\n", 0, fence.start()) + 1)


def with_code(page: Path) -> bool:
    return any(block.language in {"python", "console"} or block.title for block in blocks(page))


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A reader's first try: an empty folder, and no setting is set."""
    for name in [name for name in os.environ if name.startswith("TELEMED_STORE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    # The next page has files of its own, perhaps by the same names.
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize(
    "page", [page for page in PAGES if with_code(page)], ids=lambda page: str(page.relative_to(DOCS))
)
@pytest.mark.usefixtures("empty_folder")
def test_the_page_runs_as_printed(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    namespace: dict[str, Any] = {"__name__": page.stem}
    printed = ""
    for block in blocks(page):
        if block.title == "output":
            assert_shown(block.body, printed, page, block)
        elif block.title:
            path = Path(block.title)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.body, encoding="utf-8")
        elif block.language == "python":
            # Blank lines in front: a traceback names the line of the page.
            code = compile("\n" * block.line + block.body, str(page), "exec")
            with contextlib.redirect_stdout(io.StringIO()) as stdout:
                exec(code, namespace)
            printed = stdout.getvalue()
        elif block.language == "console":
            console(page, block, monkeypatch)
        else:
            assert block.language in SHOWN, f"{page.name}:{block.line}: nobody runs a block of {block.language!r}"


def console(page: Path, block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    for command, shown in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", block.body, re.MULTILINE):
        words = shlex.split(command, comments=True)
        match words[0]:
            case "export":
                name, value = command.removeprefix("export ").split("=", 1)
                asked = re.fullmatch(r"\$\((.+)\)", value)
                monkeypatch.setenv(name, run(shlex.split(asked[1])).strip() if asked else value)
            case "mkdir":
                Path(words[1]).mkdir(parents=True)
            case "telemed-store" | "alembic" | "pytest":
                assert_shown(shown, run(words), page, block)
            case program:
                assert program in RUN_BY_TESTS_OF_THEIR_OWN, f"{page.name}:{block.line}: nobody checks {command!r}"
                assert extras(command) <= known_extras(), f"{page.name}:{block.line}: no such extra"


def run(words: list[str]) -> str:
    """What the command says, on both streams."""
    if words[0] == "telemed-store":
        from typer.testing import CliRunner

        from telemed_store.cli.app import app

        result = CliRunner().invoke(app, words[1:])
        assert result.exit_code == 0, result.output
        return result.output
    if words[0] == "alembic":
        from alembic.config import CommandLine, Config

        alembic, stdout = CommandLine(), io.StringIO()
        options = alembic.parser.parse_args(words[1:])
        with contextlib.redirect_stdout(stdout):
            alembic.run_cmd(Config("alembic.ini", stdout=stdout, cmd_opts=options), options)
        return stdout.getvalue()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    ended = subprocess.run([sys.executable, "-m", *words], env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def assert_shown(shown: str, said: str, page: Path, block: Block) -> None:
    """What is shown was said, line by line and in this order; of a command's answer lines may be left out."""
    lines = [" ".join(line.split()) for line in said.splitlines() if line.strip()]
    wanted = [" ".join(line.split()) for line in shown.splitlines() if line.strip()]
    where = f"{page.name}:{block.line}"
    if block.title == "output":
        assert len(wanted) == len(lines), f"{where}: it prints\n{said}"
    left = iter(lines)
    for line in wanted:
        pattern = re.escape(line).replace("…", ".*")
        assert any(re.fullmatch(pattern, each) for each in left), f"{where}: {line!r} is not in\n{said}"


def extras(command: str) -> set[str]:
    return {
        name
        for group in re.findall(r"telemed-store\[([a-z,]+)\]|'\.\[([a-z,]+)\]'", command)
        for name in ",".join(group).split(",")
        if name
    }


def known_extras() -> set[str]:
    with (ROOT / "pyproject.toml").open("rb") as stream:
        return set(tomllib.load(stream)["project"]["optional-dependencies"])
