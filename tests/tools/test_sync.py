"""The generator of the synchronous shells: what it translates, and every way in which it refuses to let the trees drift."""

from __future__ import annotations

import textwrap
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

import sync
from sync_rules import RULES, TREES, Rules, Tree

TREE = Tree("src/_async", "src/_sync", by_hand=frozenset({"_synchronization.py"}))
TABLE = Rules(
    dotted={"sqlalchemy.ext.asyncio": "sqlalchemy"},
    names={
        "AsyncStore": "Store",
        "AsyncEngine": "Engine",
        "AsyncIterator": "Iterator",
        "StopAsyncIteration": "StopIteration",
        "__aenter__": "__enter__",
        "aclose": "close",
        "async_telemed": "telemed",
        "_async": "_sync",
    },
    prose={"asynchronous": "synchronous"},
    unwrapped={"Awaitable": 0, "Coroutine": 2},
    dropped_marks=("pytest.mark.asyncio",),
    kept=frozenset({"isasyncgen"}),
)
NOTHING = Rules()


def translated(source: str, rules: Rules = TABLE) -> str:
    return sync.translate(textwrap.dedent(source).lstrip("\n"), rules, Counter(), where="store.py")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nline-length = 120\n")
    add(tmp_path, "src/_async/store.py", 'class AsyncStore:\n    """A store."""\n')
    return tmp_path


ONE_RULE = Rules(names={"AsyncStore": "Store"})


def add(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def problems_of_check(root: Path, rules: Rules = ONE_RULE) -> list[str]:
    report = sync.build(root, [TREE], rules)
    return [*report.problems, *sync.differences(root, report)]


def generate(root: Path, rules: Rules = ONE_RULE) -> list[str]:
    report = sync.build(root, [TREE], rules)
    return [*report.problems, *sync.write(root, report)]


# --- translation of code ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("async def f(): return await g(1)\n", "def f(): return g(1)\n"),
        ("async def f():\n    async with a as b, c:\n        pass\n", "def f():\n    with a as b, c:\n        pass\n"),
        ("async def f():\n    async for x in y:\n        pass\n", "def f():\n    for x in y:\n        pass\n"),
        ("async def f(): return [await x for x in y]\n", "def f(): return [x for x in y]\n"),
        ("async def f(): return [x async for x in y]\n", "def f(): return [x for x in y]\n"),
        (
            "async def f():\n    async with (\n        a as b,\n    ):\n        pass\n",
            "def f():\n    with (\n        a as b,\n    ):\n        pass\n",
        ),
    ],
    ids=["def and await", "with", "for", "await in a comprehension", "asynchronous comprehension", "with over lines"],
)
def test_async_and_await_go_and_the_layout_stays(source: str, expected: str) -> None:
    assert translated(source) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("(await f(1)).y", "f(1).y"),
        ("(await f((1, 2), [3])).y", "f((1, 2), [3]).y"),
        ("g(await f(1))", "g(f(1))"),
        ("a[0](await f(1))", "a[0](f(1))"),
        ("not (await f(1))", "not f(1)"),
        ("(await f(1) or 2)", "(f(1) or 2)"),
        ("(await f(1), 2)", "(f(1), 2)"),
    ],
)
def test_parentheses_go_only_where_they_were_there_for_await(expression: str, expected: str) -> None:
    assert translated(f"async def f(): return {expression}\n") == f"def f(): return {expected}\n"


def test_names_are_renamed_whole_and_only_whole() -> None:
    assert (
        translated("AsyncStore, my_aclose, x.aclose()\n", replace(TABLE, kept=frozenset()))
        == "Store, my_aclose, x.close()\n"
    )


def test_a_module_path_is_renamed_before_its_parts() -> None:
    assert translated("from sqlalchemy.ext.asyncio import AsyncEngine\n") == "from sqlalchemy import Engine\n"


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("Awaitable[int]", "int"),
        ("Callable[[int], Awaitable[dict[str, int]]]", "Callable[[int], dict[str, int]]"),
        ("Coroutine[Any, Any, list[int]]", "list[int]"),
    ],
)
def test_a_type_that_only_awaiting_needs_is_unwrapped(annotation: str, expected: str) -> None:
    assert translated(f"x: {annotation}\n") == f"x: {expected}\n"


def test_marks_of_asynchronous_tests_are_dropped() -> None:
    source = """
        pytestmark = pytest.mark.asyncio

        @pytest.mark.asyncio(loop_scope="session")
        async def test_x(async_telemed): ...
    """
    assert translated(source) == "\ndef test_x(telemed): ...\n"


# --- translation of text ------------------------------------------------------------------------------------------------------


def test_examples_in_docstrings_lose_async_and_await() -> None:
    source = '''
        """Opens.

        Example:
            async with AsyncStore.open() as store:
                page = await store.people.doctor(id)
        """
    '''
    assert "    with Store.open() as store:\n        page = store.people.doctor(id)" in translated(source)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# An AsyncStore holds an AsyncEngine.", "# A Store holds an Engine."),
        ("# An :class:`AsyncStore`.", "# A :class:`Store`."),
        ("# The asynchronous tree.", "# The synchronous tree."),
        ("# telemed_store._async.store", "# telemed_store._sync.store"),
        ('__all__ = ["AsyncStore"]', '__all__ = ["Store"]'),
        ('x: "AsyncIterator[AsyncStore]"', 'x: "Iterator[Store]"'),
        ("f\"{x:>{width}} {y['aclose']} AsyncStore\"", "f\"{x:>{width}} {y['close']} Store\""),
    ],
)
def test_strings_and_comments_follow_the_table(text: str, expected: str) -> None:
    assert translated(f"{text}\n") == f"{expected}\n"


def test_a_formatted_string_loses_await() -> None:
    assert translated('async def f(): return f"{await g(1)} {h}"\n') == 'def f(): return f"{g(1)} {h}"\n'


def test_a_word_that_the_twin_would_make_untrue_is_refused_with_its_line() -> None:
    with pytest.raises(sync.SyncError, match=r"store\.py:3: `awaited`"):
        translated('"""One.\n\nThis is awaited by callers.\n"""\n')


# --- what is refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["asyncio", "AsyncQueue", "anext", "__aiter__", "anyio", "aclosing", "pytest_asyncio"])
def test_an_asynchronous_name_without_a_rule_is_refused(name: str) -> None:
    with pytest.raises(sync.SyncError, match=rf"store\.py:2: `{name}` has no rule"):
        translated(f"y = 1\nx = {name}\n")


def test_all_names_without_a_rule_are_named_at_once() -> None:
    with pytest.raises(sync.SyncError) as raised:
        translated("AsyncA, AsyncB, AsyncA\n")
    assert [line.split("`")[1] for line in str(raised.value).splitlines()] == ["AsyncA", "AsyncB"]


def test_a_name_listed_as_kept_stays() -> None:
    assert translated("inspect.isasyncgen(x)\n") == "inspect.isasyncgen(x)\n"


def test_a_translation_that_is_not_python_is_refused() -> None:
    with pytest.raises(sync.SyncError, match=r"store\.py: its translation is not Python"):
        translated("x = AsyncStore\n", Rules(names={"AsyncStore": "not a name"}))


def test_a_generated_tree_passes_the_check(root: Path) -> None:
    assert generate(root) == []
    assert problems_of_check(root) == []


def test_a_generated_file_says_where_it_comes_from(root: Path) -> None:
    generate(root)
    first, *_ = (root / "src/_sync/store.py").read_text().splitlines()
    assert first == "# Generated from _async/store.py by tools/sync.py. Do not edit."


def test_generating_twice_changes_nothing(root: Path) -> None:
    generate(root)
    path = root / "src/_sync/store.py"
    before = path.read_bytes(), path.stat().st_mtime_ns
    generate(root)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda text: text.replace("A store", "Another"), id="changed line"),
        pytest.param(lambda text: text + "\nx = 1\n", id="extra trailing lines"),
        pytest.param(lambda text: text.split("\n", 1)[0] + "\n", id="missing trailing lines"),
        pytest.param(lambda text: text.rstrip("\n"), id="missing final newline"),
        pytest.param(lambda text: text.replace("    ", "\t"), id="layout"),
    ],
)
def test_any_difference_fails_the_check(root: Path, spoil: object) -> None:
    assert callable(spoil)
    generate(root)
    path = root / "src/_sync/store.py"
    path.write_text(spoil(path.read_text()))
    [problem] = problems_of_check(root)
    assert problem.startswith("src/_sync/store.py: differs from its source")


def test_a_missing_generated_file_fails_the_check(root: Path) -> None:
    assert problems_of_check(root) == ["src/_sync/store.py: is missing; run `make sync`"]


def test_the_check_writes_nothing(root: Path) -> None:
    problems_of_check(root)
    assert not (root / "src/_sync").exists()


@pytest.mark.parametrize(
    "rules",
    [
        Rules(names=ONE_RULE.names, dotted={"a.unused": "b"}),
        Rules(names={**ONE_RULE.names, "unused": "b"}),
        Rules(names=ONE_RULE.names, prose={"unused": "b"}),
        Rules(names=ONE_RULE.names, unwrapped={"unused": 0}),
        Rules(names=ONE_RULE.names, dropped_marks=("unused",)),
        Rules(names=ONE_RULE.names, kept=frozenset({"unused"})),
    ],
    ids=["dotted", "names", "prose", "unwrapped", "dropped_marks", "kept"],
)
def test_a_rule_that_no_source_uses_fails(root: Path, rules: Rules) -> None:
    generate(root)
    [problem] = problems_of_check(root, rules)
    assert "unused is used by no source" in problem


def test_a_generated_file_without_a_source_fails_the_check(root: Path) -> None:
    generate(root)
    add(root, "src/_sync/old.py", "# Generated from _async/old.py by tools/sync.py. Do not edit.\n")
    [problem] = problems_of_check(root)
    assert problem.startswith("src/_sync/old.py: has no source")


def test_generating_removes_a_generated_file_without_a_source(root: Path) -> None:
    old = add(root, "src/_sync/old.py", "# Generated from _async/old.py by tools/sync.py. Do not edit.\n")
    assert generate(root) == []
    assert not old.exists()


def test_generating_never_removes_what_somebody_wrote(root: Path) -> None:
    mine = add(root, "src/_sync/mine.py", "x = 1\n")
    [problem] = generate(root)
    assert problem.startswith("src/_sync/mine.py: has no source and was not generated")
    assert mine.read_text() == "x = 1\n"


def test_the_file_written_by_hand_in_both_trees_is_left_alone(root: Path) -> None:
    add(root, "src/_async/_synchronization.py", "import asyncio\n")
    by_hand = add(root, "src/_sync/_synchronization.py", "import threading\n")
    assert generate(root) == []
    assert problems_of_check(root) == []
    assert by_hand.read_text() == "import threading\n"


def test_the_file_written_by_hand_must_have_its_twin(root: Path) -> None:
    add(root, "src/_async/_synchronization.py", "import asyncio\n")
    generate(root)
    [problem] = problems_of_check(root)
    assert problem == "src/_sync/_synchronization.py: is written by hand and missing beside its twin"


def test_the_quarantine_is_the_only_file_written_by_hand() -> None:
    assert {name for tree in TREES for name in tree.by_hand} == {"_synchronization.py"}


def test_a_source_directory_without_files_fails(root: Path) -> None:
    [problem] = sync.build(root, [Tree("src/nowhere", "src/_sync")], NOTHING).problems
    assert problem.startswith("src/nowhere: holds no Python file")


def test_imports_are_sorted_merged_and_lose_what_nobody_uses_any_more(root: Path) -> None:
    source = """
        from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

        class AsyncStore:
            f: Callable[[], Awaitable[Iterator[int]]]
            g: AsyncIterator[int]
    """
    add(root, "src/_async/store.py", textwrap.dedent(source))
    rules = Rules(names={"AsyncStore": "Store", "AsyncIterator": "Iterator"}, unwrapped={"Awaitable": 0})
    assert generate(root, rules) == []
    assert "from collections.abc import Callable, Iterator\n" in (root / "src/_sync/store.py").read_text()


def test_the_command_fails_and_says_why(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sync.main(["--check", "--root", str(root)]) == 1
    assert "src/telemed_store/_async: holds no Python file" in capsys.readouterr().err


def test_every_rule_of_our_table_changes_something() -> None:
    renamed = {**RULES.dotted, **RULES.names, **RULES.prose}
    assert all(old != new for old, new in renamed.items())
