"""How a shopper's words find a product: any order, beginnings of words, and one slip of the finger in a word."""

import re
import unicodedata

_CHUNK = 64
_WORD = re.compile(r"[^\W_]+")
MIN_LENGTH_WITH_TYPO = 4
"""Shorter words are too close to one another for a typo to be forgiven."""
MAX_WORD_LENGTH = 40
"""Longer words are cut: nobody types them, and their variants would fill the index."""


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
    return frozenset(word[:MAX_WORD_LENGTH] for word in _WORD.findall(folded(text)))


def typo_variants(word: str) -> frozenset[str]:
    """Return the word and each way to leave out one of its letters; nothing for a short word.

    Two words that differ by one letter too many, too few, wrong or swapped with its neighbour share a variant
    (the symmetric delete algorithm, W. Garbe 2012), so that an index on sets finds the slip. Words that share a
    variant are never more than two slips apart.
    """
    if len(word) < MIN_LENGTH_WITH_TYPO:
        return frozenset()
    return frozenset({word, *(word[:i] + word[i + 1 :] for i in range(len(word)))})
