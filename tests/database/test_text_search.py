"""Folded words: what the search for text compares (C11)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemed_store.database.text_search import LONGEST_WORD, casefolded, fold, prefix_end, query_words, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [("São JOSÉ", "sao jose"), ("STRASSE straße", "strasse strasse"), ("ﬁm İz", "fim iz"), ("Ωmega", "ωmega")],
)
def test_folding_ignores_case_and_accents(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_words_are_letters_and_digits_once_each() -> None:
    assert words("Rua São João, 10-B", None, "rua_10%") == ("rua", "sao", "joao", "10", "b")
    assert words("x" * 100) == ("x" * LONGEST_WORD,)
    assert words("%", "_", "") == ()


def test_a_query_has_at_most_eight_words() -> None:
    assert query_words(" ".join(str(number) for number in range(20))) == tuple(str(number) for number in range(8))


def test_a_name_key_ignores_case_but_not_accents() -> None:
    assert casefolded("CLÍNICA") == casefolded("clínica") != casefolded("clinica")


@given(st.text(), st.text())
def test_a_prefix_is_a_range_of_words(one: str, other: str) -> None:
    for prefix in words(one):
        for word in words(other):
            assert (prefix <= word < prefix_end(prefix)) == word.startswith(prefix)


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
