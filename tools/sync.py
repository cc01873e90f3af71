"""Generates the synchronous shells, and their tests, from the asynchronous ones.

    python tools/sync.py            write every generated file anew
    python tools/sync.py --check    change nothing; fail if anything would change

The asynchronous tree is the source: each file is read as tokens, `async` and `await` are left out, names are replaced by the
table in `sync_rules.py`, and ruff sorts the imports and lays out the lines. Strings and comments are treated as text by the
same table, so that docstrings, examples, `__all__` and quoted annotations stay true.

These fail in both modes, because the trees would drift apart silently otherwise: a rule nobody uses, an asynchronous name
that no rule covers, a file in a generated directory without a source, a hand-written file missing its twin, and output that
is not Python. `--check` compares whole files.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import io
import keyword
import os
import re
import shutil
import subprocess
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sync_rules import RULES, TREES, Rules, Tree

HEADER = "# Generated from _async/{name} by tools/sync.py. Do not edit."
_HEADER_START = "# Generated from _async/"

# What ruff repairs after renaming: order and repetition of imports, imports that lost their last use, the order of `__all__`.
_REPAIRS = "I001,F401,TC005,RUF022"

_LOOKS_ASYNCHRONOUS = re.compile(
    r"async|await|anyio|^(aclose|aiter|anext|asend|athrow|aclosing)$|^__a(enter|exit|iter|next)__$", re.IGNORECASE
)
_CODE_WORDS = re.compile(r"\basync\s+(?=(?:with|for|def)\b)|\bawait\s+(?=\(?[A-Za-z_][\w.]*[.(\[])")
_FORGOTTEN_WORDS = re.compile(r"\bawait(?:s|ed|ing)?\b", re.IGNORECASE)
_OPENING, _CLOSING = "([{", ")]}"
_LAYOUT = frozenset({tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT})


class SyncError(Exception):
    """A source cannot be translated; the message names the file and line and says what to change."""


@dataclass(slots=True)
class Report:
    """What one run found.

    Attributes:
        files: Generated path to its text.
        problems: Lines for the user, empty when all is well.
        orphans: Files in generated directories that have no source.
    """

    files: dict[Path, str] = field(default_factory=dict[Path, str])
    problems: list[str] = field(default_factory=list[str])
    orphans: list[Path] = field(default_factory=list[Path])


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="tools/sync.py", description="Generate the synchronous shells and their tests."
    )
    parser.add_argument("--check", action="store_true", help="change nothing; fail on any difference")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    root: Path = options.root
    report = build(root, TREES, RULES)
    problems = [*report.problems, *(differences(root, report) if options.check else write(root, report))]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def build(root: Path, trees: Sequence[Tree], rules: Rules) -> Report:
    """Translates every source of every tree in memory."""
    report = Report()
    used: Counter[str] = Counter()
    for tree in trees:
        sources = _python_files(root / tree.source)
        if not sources:
            report.problems.append(f"{tree.source}: holds no Python file; correct TREES in tools/sync_rules.py")
        for path in sources:
            name = path.relative_to(root / tree.source)
            target = root / tree.target / name
            if name.as_posix() in tree.by_hand:
                if not target.exists():
                    report.problems.append(f"{tree.target}/{name}: is written by hand and missing beside its twin")
                continue
            try:
                translated = translate(path.read_text(encoding="utf-8"), rules, used, where=f"{tree.source}/{name}")
                report.files[target] = _laid_out(root, target, f"{HEADER.format(name=name.as_posix())}\n{translated}")
            except SyncError as problem:
                report.problems.extend(str(problem).splitlines())
        report.orphans.extend(
            path
            for path in _python_files(root / tree.target)
            if not (root / tree.source / path.relative_to(root / tree.target)).exists()
        )
    if not report.problems:  # a source that was not read to its end says nothing about what is unused
        report.problems.extend(
            f"tools/sync_rules.py: rule {rule} is used by no source; remove it"
            for rule in _rule_names(rules)
            if not used[rule]
        )
    return report


def differences(root: Path, report: Report) -> list[str]:
    """Compares whole files with what stands in the tree; one entry per difference."""
    found: list[str] = []
    for path, expected in report.files.items():
        actual = path.read_text(encoding="utf-8") if path.exists() else ""
        name = path.relative_to(root).as_posix()
        if not path.exists():
            found.append(f"{name}: is missing; run `make sync`")
        elif actual != expected:
            shown = difflib.unified_diff(
                actual.splitlines(), expected.splitlines(), name, "generated", lineterm="", n=1
            )
            found.append("\n".join([f"{name}: differs from its source; run `make sync`", *list(shown)[:40]]))
    found.extend(
        f"{path.relative_to(root).as_posix()}: has no source; run `make sync`, or write its source"
        for path in report.orphans
    )
    return found


def write(root: Path, report: Report) -> list[str]:
    """Writes what changed and removes generated files without a source; returns what it would not touch."""
    refused: list[str] = []
    for path, text in report.files.items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        print(f"wrote {path.relative_to(root).as_posix()}")
    for path in report.orphans:
        name = path.relative_to(root).as_posix()
        if path.read_text(encoding="utf-8").startswith(_HEADER_START):
            path.unlink()
            print(f"removed {name}")
        else:
            refused.append(f"{name}: has no source and was not generated; move it to its _async directory")
    return refused


def translate(source: str, rules: Rules, used: Counter[str], *, where: str) -> str:
    """Returns the synchronous twin of one source text, before layout, and counts the rules it used.

    Raises:
        SyncError: An asynchronous name has no rule, or the result is not Python.
    """
    translation = _Translation(source, rules, used, where)
    translation.run()
    text = translation.result()
    try:
        ast.parse(text)
    except SyntaxError as problem:
        raise SyncError(
            f"{where}: its translation is not Python: {problem.msg}: {(problem.text or '').strip()}"
        ) from None
    return text


@dataclass(frozen=True, slots=True)
class _Token:
    kind: int
    text: str
    start: int
    end: int
    line: int


class _Translation:
    """The edits that turn one text into its twin, found token by token."""

    def __init__(self, source: str, rules: Rules, used: Counter[str], where: str) -> None:
        self._source = source
        self._rules = rules
        self._used = used
        self._where = where
        self._words = _word_pattern([*rules.dotted, *rules.names, *rules.prose])
        self._tokens = list(_tokens(source))
        self._edits: dict[int, tuple[int, str]] = {}
        self._problems: dict[str, str] = {}

    def run(self) -> None:
        """Finds every edit.

        Raises:
            SyncError: One line for each name or word that the table does not cover.
        """
        self._drop_marks()
        position = 0
        while position < len(self._tokens):
            position = self._visit(position)
        if self._problems:
            raise SyncError("\n".join(self._problems.values()))

    def result(self) -> str:
        """Applies the edits from left to right; an edit inside an earlier one is part of what that one removed."""
        pieces: list[str] = []
        done = 0
        for start, (end, replacement) in sorted(self._edits.items()):
            if start < done:
                continue
            pieces += [self._source[done:start], replacement]
            done = end
        return "".join([*pieces, self._source[done:]])

    def _visit(self, position: int) -> int:
        token = self._tokens[position]
        if token.kind in (tokenize.STRING, tokenize.COMMENT):
            self._replace(token.start, token.end, self._text(token))
        elif token.kind == tokenize.NAME:
            if token.text in ("async", "await"):
                self._drop_word(position)
            else:
                return self._name(position)
        return position + 1

    def _drop_word(self, position: int) -> None:
        token, following = self._tokens[position], self._tokens[position + 1]
        end = following.start if following.line == token.line and following.kind not in _LAYOUT else token.end
        self._replace(token.start, end, "")
        if token.text == "await":
            self._drop_parentheses_around(position)

    def _drop_parentheses_around(self, position: int) -> None:
        """`(await x()).y` becomes `x().y`: the parentheses were there for the word that went."""
        if position == 0 or self._tokens[position - 1].text != "(":
            return
        before = self._tokens[position - 2] if position > 1 else None
        if before and (
            before.text in (")", "]", "}") or (before.kind == tokenize.NAME and not keyword.iskeyword(before.text))
        ):
            return
        depth = 0
        for token in self._tokens[position + 1 :]:
            if depth == 0 and token.text == ")":
                opening = self._tokens[position - 1]
                self._replace(opening.start, opening.end, "")
                self._replace(token.start, token.end, "")
                return
            is_operand = token.kind == tokenize.NAME and not keyword.iskeyword(token.text)
            if depth == 0 and not (is_operand or token.text in (".", *_OPENING)):
                return
            depth += (token.text in _OPENING) - (token.text in _CLOSING)

    def _name(self, position: int) -> int:
        token = self._tokens[position]
        for path, replacement in self._rules.dotted.items():
            length = 2 * path.count(".") + 1
            if "".join(part.text for part in self._tokens[position : position + length]) == path:
                self._used[path] += 1
                self._replace(token.start, self._tokens[position + length - 1].end, replacement)
                return position + length
        if token.text in self._rules.names:
            self._used[token.text] += 1
            self._replace(token.start, token.end, self._rules.names[token.text])
        elif token.text in self._rules.unwrapped:
            self._unwrap(position)
        elif token.text in self._rules.kept:
            self._used[token.text] += 1
        elif _LOOKS_ASYNCHRONOUS.search(token.text) and not self._is_removed(token.start):
            self._problems.setdefault(
                token.text,
                f"{self._where}:{token.line}: `{token.text}` has no rule; add it to RULES in tools/sync_rules.py, "
                "or move what differs between threads and tasks into _synchronization.py",
            )
        return position + 1

    def _unwrap(self, position: int) -> None:
        """`Awaitable[T]` becomes `T`; the import that loses its use is removed with the layout."""
        token = self._tokens[position]
        if self._tokens[position + 1].text != "[":
            return  # an import
        self._used[token.text] += 1
        wanted, depth, index = self._rules.unwrapped[token.text], 0, 0
        start, end, closing = self._tokens[position + 1].end, -1, -1
        for part in self._tokens[position + 1 :]:
            depth += (part.text in _OPENING) - (part.text in _CLOSING)
            if depth == 0 or (depth == 1 and part.text == ","):
                if index == wanted:
                    end = part.start
                index += 1
                if depth == 0:
                    closing = part.end
                    break
                if index == wanted:
                    start = part.end
        if end < 0:
            raise SyncError(
                f"{self._where}:{token.line}: `{token.text}` has no argument {wanted}; correct the annotation"
            )
        start += len(self._source[start:end]) - len(self._source[start:end].lstrip())
        self._replace(token.start, start, "")
        self._replace(end, closing, "")

    def _drop_marks(self) -> None:
        for mark in self._rules.dropped_marks:
            pattern = re.compile(
                rf"^[ \t]*(?:@|pytestmark\s*=\s*){re.escape(mark)}(?:\([^()]*\))?[ \t]*\n", re.MULTILINE
            )
            for match in pattern.finditer(self._source):
                self._used[mark] += 1
                self._replace(match.start(), match.end(), "")

    def _text(self, token: _Token) -> str:
        """Applies the table to a string or comment, and leaves out `async` and `await` where they read as code."""
        text = self._words.sub(self._word, _CODE_WORDS.sub("", token.text))
        is_prose = token.kind == tokenize.COMMENT or token.text.lstrip("rRbBuUfF").startswith('"""')
        if is_prose and (forgotten := _FORGOTTEN_WORDS.search(text)):
            line = token.line + text.count("\n", 0, forgotten.start())
            self._problems.setdefault(
                f"{line}",
                f"{self._where}:{line}: `{forgotten[0]}` in a text would be untrue in the synchronous twin; reword it, "
                "or add a prose rule in tools/sync_rules.py",
            )
        return text

    def _word(self, match: re.Match[str]) -> str:
        article, gap, found = match["article"] or "", match["gap"] or "", match["word"]
        self._used[found] += 1
        table: Mapping[str, str] = {**self._rules.prose, **self._rules.names, **self._rules.dotted}
        replacement = table[found]
        if article and replacement[:1].lower() not in "aeiou":
            article = article[0]  # "an AsyncStore" becomes "a Store"
        return f"{article}{gap}{replacement}"

    def _replace(self, start: int, end: int, replacement: str) -> None:
        if self._source[start:end] != replacement:
            self._edits[start] = (end, replacement)

    def _is_removed(self, offset: int) -> bool:
        return any(start <= offset < end and not text for start, (end, text) in self._edits.items())


def _tokens(source: str) -> Iterator[_Token]:
    """Yields tokens with offsets; a formatted string is one token on every Python version."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    depth, opened = 0, (0, 0)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        kind = tokenize.tok_name[token.type]
        start, end = (
            starts[token.start[0] - 1] + token.start[1],
            starts[min(token.end[0], len(starts)) - 1] + token.end[1],
        )
        if kind in ("FSTRING_START", "TSTRING_START"):
            if depth == 0:
                opened = (start, token.start[0])
            depth += 1
        elif kind in ("FSTRING_END", "TSTRING_END"):
            depth -= 1
            if depth == 0:
                yield _Token(tokenize.STRING, source[opened[0] : end], opened[0], end, opened[1])
        elif depth == 0:
            yield _Token(token.type, token.string, start, end, token.start[0])


def _word_pattern(words: Sequence[str]) -> re.Pattern[str]:
    """Matches any rule as a whole word, the longest first, with an article "an" and quoting in front of it."""
    if not words:
        return re.compile(r"(?!)")
    alternatives = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?:\b(?P<article>[Aa]n)(?P<gap>\s+(?::\w+:)?[`*~]*))?(?<!\w)(?P<word>{alternatives})(?!\w)")


def _rule_names(rules: Rules) -> list[str]:
    return [*rules.dotted, *rules.names, *rules.prose, *rules.unwrapped, *rules.dropped_marks, *sorted(rules.kept)]


def _python_files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*.py") if "__pycache__" not in path.parts)


def _laid_out(root: Path, target: Path, text: str) -> str:
    """Repairs imports and formats; the settings are those of `pyproject.toml` for the file's real path."""
    ruff = shutil.which("ruff", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if ruff is None:
        raise SyncError("ruff is not installed beside this Python; run `make sync`, which installs it")
    name = ["--stdin-filename", str(target), "-"]
    for command in (["check", "--quiet", "--fix-only", f"--select={_REPAIRS}", *name], ["format", "--quiet", *name]):
        run = subprocess.run(
            [ruff, *command],
            cwd=root,
            input=text,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        if run.returncode != 0:
            raise SyncError(
                f"{target.relative_to(root).as_posix()}: ruff refused the translation: {run.stderr.strip()}"
            )
        text = run.stdout
    return text


if __name__ == "__main__":
    sys.exit(main())
