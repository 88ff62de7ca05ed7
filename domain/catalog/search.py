"""Rules of product search: words in any order, word prefixes, and one typo per word."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

_CHUNK = 64
_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "\u0131": "i"}
)
"""Letters that Unicode does not decompose, with their usual ASCII spelling.

The last letter is the Turkish dotless I.
"""
_WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Scripts that are written without spaces between words.

The scripts are Thai, Lao, Burmese, Khmer, Han, Hiragana and Katakana.
"""
MAX_SUFFIX_LENGTH = 12
"""The number of characters that the search compares in scripts without spaces.

Suffixes of a text and terms of a query are cut to this length.
"""
MAX_JOINED = 6
"""The maximum number of words that are indexed together as one word, such as `usbc` for `USB-C`."""
MAX_TERMS = 8
"""The maximum number of terms in a query.

The database looks up each term, so this limit bounds the cost of a query.
"""
MIN_LENGTH_WITH_TYPO = 4
"""The minimum length of a word in which a typo is tolerated.

Shorter words resemble too many other words.
"""
MAX_WORD_LENGTH = 40
"""The length to which longer words are cut.

Without a limit, the variants of very long words would fill the index.
"""


@dataclass(frozen=True, slots=True)
class SearchTerm:
    """One term of a query. A term matches whole words of a product, or the beginnings of words.

    In the query `USB-C`, only punctuation separates the terms `usb` and `c`. For both terms, `joined` is
    `usbc`. Words that begin with `joined` also match, so that the query finds `USBC`.
    """

    word: str
    is_prefix: bool
    joined: str | None = None

    def matches(self, word: str) -> bool:
        """Return whether the term matches one of the words of a product."""
        if self.joined is not None and word.startswith(self.joined):
            return True
        return word.startswith(self.word) if self.is_prefix else word == self.word


def folded(text: str) -> str:
    """Return the text without case and accents: `Côte de Blaye` becomes `cote de blaye`.

    The text is decomposed before and after case folding, so that compatible forms such as `Ⅳ` and `iv` become
    equal.

    The text is processed in chunks, because the time to normalize consecutive combining marks grows with the
    square of their number. The chunks do not change the result, because all combining marks are removed.
    """
    return "".join(_folded(text[start : start + _CHUNK]) for start in range(0, len(text), _CHUNK))


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).translate(_LETTERS)


def words(text: str) -> frozenset[str]:
    """Return the folded words of a text."""
    return frozenset(word[:MAX_WORD_LENGTH] for words_ in _tokens(text) for word in words_)


def indexed_words(text: str) -> frozenset[str]:
    """Return the words of a text that are compared with the terms of a query.

    The result contains the words of the text. If only punctuation separates words, the result also contains
    these words as one word: `usbc` for `USB-C`.

    In a script without spaces, a word can begin at any character. For such a script, the result also contains
    the suffixes that begin at each character.
    """
    found = set(words(text))
    for parts in _tokens(text):
        for start in range(len(parts) - 1):
            found.add("".join(parts[start : start + MAX_JOINED])[:MAX_WORD_LENGTH])
        for word in parts:
            found.update(_suffixes(word))
    return frozenset(found)


def terms(query: str) -> Sequence[SearchTerm]:
    """Return the terms of a query without duplicates.

    A term of several characters matches words that begin with the term. A single character matches only whole
    words. Otherwise, the query `t shirt` would match every word that begins with T.

    In two cases, a single character also matches words that begin with the character:

    - The character is the last term, because the client may still be typing. The `C` in `USB-C` is an
      exception, because punctuation separates this term from the previous term.
    - The character belongs to a script without spaces.
    """
    joined = {}
    listed = []
    for parts in _tokens(query):
        alternative = "".join(parts)[:MAX_WORD_LENGTH] if 1 < len(parts) <= MAX_JOINED else None
        for part in parts:
            word = part[: MAX_SUFFIX_LENGTH if _WITHOUT_SPACES.search(part) else MAX_WORD_LENGTH]
            listed.append(word)
            joined[word] = alternative
    listed = list(dict.fromkeys(reversed(listed)))[::-1]
    return [
        SearchTerm(
            word,
            len(word) > 1
            or (number == len(listed) and joined[word] is None)
            or bool(_WITHOUT_SPACES.match(word)),
            joined[word],
        )
        for number, word in enumerate(listed, start=1)
    ]


def _tokens(text: str) -> Sequence[Sequence[str]]:
    """Split a text at spaces. Return the folded words of each part. The words are not cut."""
    return [words_ for token in folded(text).split() if (words_ := _split(token))]


def _split(token: str) -> Sequence[str]:
    """Split a text without spaces into words of letters, digits and combining marks."""
    runs = ["".join(run) for is_word, run in groupby(token, _is_of_word) if is_word]
    return [word for run in runs if (word := run.lstrip("".join(filter(_is_mark, run))))]


def _is_of_word(char: str) -> bool:
    return char.isalnum() or _is_mark(char)


def _is_mark(char: str) -> bool:
    return unicodedata.category(char).startswith("M")


def _suffixes(word: str) -> Iterator[str]:
    """Yield the suffixes of a text in a script without spaces, cut to MAX_SUFFIX_LENGTH.

    A suffix starts at each character of such a script, except at the first character of the text. If a
    character of another script follows, a suffix also starts at this character.
    """
    if not _WITHOUT_SPACES.search(word):
        return
    for start in range(1, len(word)):
        if not _is_mark(word[start]) and _WITHOUT_SPACES.search(word[start - 1 : start + 1]):
            yield word[start : start + MAX_SUFFIX_LENGTH]


def typo_variants(word: str) -> frozenset[str]:
    """Return the word and its variants without one letter, or an empty set for a short word.

    A typo is an additional, missing or wrong letter, or a swap of two neighboring letters. Two words that
    differ by one typo always share a variant. Two words that share a variant differ by at most two typos.

    A search compares the variants of the query's words with the stored variants of the product's words. An
    index contains the stored variants. The algorithm is the symmetric delete algorithm (W. Garbe 2012).
    """
    if len(word) < MIN_LENGTH_WITH_TYPO:
        return frozenset()
    return frozenset({word, *(word[:i] + word[i + 1 :] for i in range(len(word)))})
