"""The generated reference: a page that is out of date fails, and the diagram can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

import data_dictionary
import er_diagram
import reference
from er_diagram import Box, Line


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return reference.pages()


@pytest.fixture
def written(pages: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in pages.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(reference, "FOLDER", tmp_path)
    monkeypatch.setattr(reference, "pages", lambda: pages)
    monkeypatch.setattr("sys.argv", ["reference.py", "--check"])
    return tmp_path


def test_a_page_that_is_out_of_date_fails_and_is_named(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert reference.main() == 0
    (written / "errors.md").write_text("# Errors\n", encoding="utf-8")
    (written / "gone.md").write_text("# A page of a group that is no more\n", encoding="utf-8")
    assert reference.main() == 1
    said = capsys.readouterr().out
    assert "--- errors.md" in said
    assert "gone.md is generated from nothing" in said


def test_a_table_without_a_sentence_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    purpose = {name: text for name, text in data_dictionary.PURPOSE.items() if name != "consents"}
    monkeypatch.setattr(data_dictionary, "PURPOSE", purpose)
    with pytest.raises(SystemExit, match="consents"):
        list(data_dictionary.schema_page())


def test_every_column_constraint_and_index_stands_in_the_dictionary(pages: dict[str, str]) -> None:
    page = pages["tables.md"]
    for table in data_dictionary.METADATA.tables.values():
        section = page.split(f"\n### {table.name}\n", 1)[1].split("\n### ", 1)[0]
        named = {*table.columns.keys(), *(str(index.name) for index in table.indexes)}
        assert not [name for name in named if f"`{name}`" not in section]
        assert section.count("| `ck_") == sum(type(each).__name__ == "CheckConstraint" for each in table.constraints)


def test_in_the_diagram_what_is_referred_to_stands_left_and_no_boxes_touch() -> None:
    def box(name: str, *refers_to: str) -> Box:
        return Box(name, "#000000", [Line(f"{each}_id", "FK", each) for each in refers_to], 1)

    boxes = [box("a"), box("b", "a"), box("c", "b", "a"), box("d", "a"), box("e", "c", "d"), box("alone")]
    picture = er_diagram.draw(boxes)
    by_name = {each.name: each for each in boxes}
    for each in boxes:
        assert all(by_name[str(line.refers_to)].layer < each.layer for line in each.lines)
        for other in boxes:
            if other is not each and other.layer == each.layer and other.y >= each.y:
                assert each.y + each.height <= other.y
    assert picture == er_diagram.draw([box(each.name, *(str(line.refers_to) for line in each.lines)) for each in boxes])
