"""Text search that ignores case and accents on every engine (C11): folded words, and the range of words that begin with a prefix.

A row's searched text is stored as folded words, one row each, in ``search_words``. A word of the query matches every word that begins
with it, as a range of the index; there is no LIKE, so ``%`` and ``_`` mean themselves.
"""

from __future__ import annotations

import unicodedata
from typing import Final

__all__ = ["LONGEST_WORD", "casefolded", "fold", "prefix_end", "query_words", "words"]

LONGEST_WORD: Final = 64
"""Characters of a stored word; what is longer is cut."""

_MOST_QUERY_WORDS: Final = 8
_LAST_CHARACTER: Final = "\U0010ffff"


def fold(text: str) -> str:
    """The text without case and accents: NFKD, marks removed, case folded.

    Example:
        >>> fold("Clínica São José")
        'clinica sao jose'
    """
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(character for character in decomposed if not unicodedata.category(character).startswith("M"))


def casefolded(text: str) -> str:
    """The text without case alone: the key under which a name is unique whatever its case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def words(*texts: str | None) -> tuple[str, ...]:
    """The different folded words of some texts, in their order; what is neither letter nor digit separates words."""
    spaced = "".join(
        character if character.isalnum() else " " for character in fold(" ".join(text for text in texts if text))
    )
    return tuple(dict.fromkeys(word[:LONGEST_WORD] for word in spaced.split()))


def query_words(text: str) -> tuple[str, ...]:
    """The words that a caller searches for: the first eight, which keeps the number of different statements small."""
    return words(text)[:_MOST_QUERY_WORDS]


def prefix_end(word: str) -> str:
    """The end, exclusive, of the range of words that begin with ``word``, in the order of code points."""
    return word + _LAST_CHARACTER
