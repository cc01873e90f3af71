"""What must not stand in a tracked file, and what may."""

from __future__ import annotations

from pathlib import Path

import pytest

import check_tree

# Written in pieces: this file is tracked too.
HOMES = ["/ro" + "ot/x", "/ho" + "me/ana/x", "/wo" + "rk/main", "/Us" + "ers/ana/x"]
REGISTRIES = [
    "https" + "://pypi.example.org/simple/",
    "https" + "://registry.example.org",
    "http" + "://host/artifactory/x",
]


def findings(root: Path, name: str, text: str) -> list[str]:
    path = root / name
    path.write_text(text)
    return list(check_tree.check(root, [path]))


@pytest.mark.parametrize("text", HOMES)
def test_a_path_of_one_machine_is_found_with_its_line(tmp_path: Path, text: str) -> None:
    [finding] = findings(tmp_path, "a.py", f"x = 1\ny = '{text}'\n")
    assert finding.startswith("a.py:2: holds a path of one machine")


@pytest.mark.parametrize("text", REGISTRIES)
def test_the_address_of_a_registry_is_found(tmp_path: Path, text: str) -> None:
    [finding] = findings(tmp_path, "a.toml", f"index = '{text}'\n")
    assert "address of a package registry" in finding


@pytest.mark.parametrize(
    "text", ["/usr/sbin/mariadbd", "src/work/x", "https://example.org/root/x", "$HOME/x", "/tmp/x"]
)
def test_other_paths_and_addresses_are_fine(tmp_path: Path, text: str) -> None:
    assert findings(tmp_path, "a.md", text) == []


def test_a_dead_relative_link_is_found(tmp_path: Path) -> None:
    assert findings(tmp_path, "a.md", "[b](b.md#part)") == ["a.md: links to b.md, which does not exist"]


@pytest.mark.parametrize("text", ["[a](a.md)", "[x](https://example.org)", "[x](#part)", "```\n[b](b.md)\n```"])
def test_living_links_other_addresses_and_code_are_fine(tmp_path: Path, text: str) -> None:
    assert findings(tmp_path, "a.md", text) == []


def test_a_file_that_is_not_text_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\xff")
    assert list(check_tree.check(tmp_path, [path])) == []
