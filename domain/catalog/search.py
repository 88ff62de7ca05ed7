"""Rules of product search: words in any order, word prefixes, and one typo in a word."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_CHUNK = 64
_WORD = re.compile(r"[^\W_]+")
_WITHOUT_SPACES = re.compile(
    "[\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Han, Hiragana and Katakana: a single character is a word with a meaning of its own."""
MAX_TERMS = 8
"""The database looks up each term of a query, so their number bounds the cost."""
MIN_LENGTH_WITH_TYPO = 4
"""Shorter words resemble too many others for a typo to be tolerated."""
MAX_WORD_LENGTH = 40
"""Longer words are cut, because the variants of very long words would fill the index."""


@dataclass(frozen=True, slots=True)
class SearchTerm:
    """One word of a query. It matches whole words of a product, or the beginnings of words."""

    word: str
    is_prefix: bool

    def matches(self, word: str) -> bool:
        """Return whether the term matches a word of a product."""
        return word.startswith(self.word) if self.is_prefix else word == self.word


def folded(text: str) -> str:
    """Return the text without case and accents, for comparing and sorting: `Côte de Blaye` is `cote de blaye`.

    Compatible forms are equal as well, `Ⅳ` and `iv`, so it decomposes first, and again what folding has composed.
    It works in chunks, because normalizing a run of combining marks takes time quadratic in its length. The result
    is the same: every mark is removed, so their order does not matter.
    """
    return "".join(_folded(text[start : start + _CHUNK]) for start in range(0, len(text), _CHUNK))


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def words(text: str) -> frozenset[str]:
    """Return the folded words of a text."""
    return frozenset(_words(text))


def terms(query: str) -> Sequence[SearchTerm]:
    """Return the terms of a query, each once.

    A term is a prefix, except a single letter or digit before the last term: it matches whole words, so that
    `t shirt` does not read every word that begins with T. The last term may still be incomplete. A single character
    of a script without spaces is a word, and remains a prefix.
    """
    listed = _words(query)
    return [
        SearchTerm(word, len(word) > 1 or number == len(listed) or bool(_WITHOUT_SPACES.match(word)))
        for number, word in enumerate(listed, start=1)
    ]


def _words(text: str) -> list[str]:
    """Return the folded words of a text, each where it occurs last."""
    found = [word[:MAX_WORD_LENGTH] for word in _WORD.findall(folded(text))]
    return list(dict.fromkeys(reversed(found)))[::-1]


def typo_variants(word: str) -> frozenset[str]:
    """Return the word and each way to leave out one of its letters; nothing for a short word.

    Two words that differ by one letter too many, too few, wrong or swapped with its neighbor share a variant
    (the symmetric delete algorithm, W. Garbe 2012), so that an index on sets finds the typo. Words that share a
    variant are never more than two typos apart.
    """
    if len(word) < MIN_LENGTH_WITH_TYPO:
        return frozenset()
    return frozenset({word, *(word[:i] + word[i + 1 :] for i in range(len(word)))})
