import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.search import (
    MAX_WORD_LENGTH,
    MIN_LENGTH_WITH_TYPO,
    SearchTerm,
    folded,
    indexed_words,
    terms,
    typo_variants,
    words,
)

LETTERS = "abcé1"
DOTLESS_I = "\u0131"
"""The Turkish dotless i. Its capital letter is I, which is also the capital letter of i. No other letters share a
capital letter.
"""

texts = st.text(st.characters(exclude_categories=["Cs"]))
long_words = st.text(LETTERS, min_size=MIN_LENGTH_WITH_TYPO, max_size=12)
places = st.integers(0, 11)
letters = st.sampled_from(LETTERS)


def share_a_variant(one: str, other: str) -> bool:
    return not typo_variants(one).isdisjoint(typo_variants(other))


def distance(one: str, other: str) -> int:
    """Return the edit distance of two words (V. Levenshtein, 1965)."""
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        before, row = row, [i]
        for j, right in enumerate(other, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right)))
    return row[-1]


@given(texts)
def test_normalizing_a_search_text_a_second_time_does_not_change_it(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters=DOTLESS_I)))
def test_normalized_search_texts_do_not_depend_on_case_and_unicode_composition(text: str) -> None:
    assert folded(text.upper()) == folded(text.lower()) == folded(text)
    assert folded(unicodedata.normalize("NFD", text)) == folded(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Côte de Blaye", "cote de blaye"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("ﬁne Ⅳ ①", "fine iv 1"),
        ("Tea™", "teatm"),
        ("Σίσυφος", "σισυφοσ"),
        ("Øl, Ærø, cœur, Łuk, Đak, Þór, Ħal", "ol, aero, coeur, luk, dak, thor, hal"),
    ],
)
def test_search_texts_are_normalized_to_lower_case_letters_without_accents(text: str, expected: str) -> None:
    assert folded(text) == expected


@given(texts)
def test_indexed_words_are_alphanumeric_and_have_a_maximum_length(text: str) -> None:
    for word in words(text):
        assert word[0].isalnum()
        assert all(char.isalnum() or unicodedata.category(char).startswith("M") for char in word)
        assert 1 <= len(word) <= MAX_WORD_LENGTH


def test_text_is_split_into_words_at_non_alphanumeric_characters() -> None:
    assert words("MUG-RED_2, (300ml) mug's 東京") == {"mug", "red", "2", "300ml", "s", "東京"}
    assert words(" -_.,!") == frozenset()


@pytest.mark.parametrize(
    ("query", "prefixes", "whole_words"),
    [
        ("t shirt", ["shirt"], ["t"]),
        ("vitamin c tablets", ["vitamin", "tablets"], ["c"]),
        ("3 m tape", ["tape"], ["3", "m"]),
        ("shirt t", ["shirt", "t"], []),  # the last word may still be incomplete
        ("é mug", ["mug"], ["e"]),
        ("布 red", ["布", "red"], []),  # a single character can be a word
        ("布", ["布"], []),
        ("a b a", ["a"], ["b"]),  # only the last occurrence of a repeated word counts
        (" -_.,!", [], []),
        ("usb-c", ["usb"], ["c"]),
    ],
)
def test_single_letter_matches_prefixes_only_if_it_is_the_last_search_term(
    query: str, prefixes: list[str], whole_words: list[str]
) -> None:
    found = terms(query)
    assert [term.word for term in found if term.is_prefix] == prefixes
    assert [term.word for term in found if not term.is_prefix] == whole_words


def test_search_term_matches_a_prefix_or_a_whole_word() -> None:
    assert SearchTerm("mu", is_prefix=True).matches("mug")
    assert not SearchTerm("m", is_prefix=False).matches("mug")
    assert SearchTerm("m", is_prefix=False).matches("m")


@given(long_words, places, letters)
def test_search_term_with_an_additional_letter_matches_the_intended_word(
    word: str, place: int, letter: str
) -> None:
    assert share_a_variant(word, word[:place] + letter + word[place:])


@given(st.text(LETTERS, min_size=MIN_LENGTH_WITH_TYPO + 1, max_size=12), places)
def test_long_search_term_with_a_missing_letter_matches_the_intended_word(word: str, place: int) -> None:
    place %= len(word)
    assert share_a_variant(word, word[:place] + word[place + 1 :])


@given(long_words, places, letters)
def test_search_term_with_a_wrong_letter_matches_the_intended_word(
    word: str, place: int, letter: str
) -> None:
    place %= len(word)
    assert share_a_variant(word, word[:place] + letter + word[place + 1 :])


@given(long_words, places)
def test_search_term_with_swapped_letters_matches_the_intended_word(word: str, place: int) -> None:
    place %= len(word) - 1
    swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    assert share_a_variant(word, swapped)


@given(long_words, long_words)
def test_search_term_with_more_than_two_typos_never_matches_the_intended_word(one: str, other: str) -> None:
    assert distance(one, other) <= 2 or not share_a_variant(one, other)


@given(st.text(LETTERS, max_size=MIN_LENGTH_WITH_TYPO - 1))
def test_short_search_term_with_a_typo_does_not_match_the_intended_word(word: str) -> None:
    assert typo_variants(word) == frozenset()


@given(st.text(LETTERS, min_size=MIN_LENGTH_WITH_TYPO, max_size=60))
def test_number_of_typo_variants_is_at_most_the_word_length_plus_one(word: str) -> None:
    assert len(typo_variants(word)) <= len(word) + 1


@given(st.text(st.sampled_from("aé\u0300\u0315\u0345ΣIİ\u1fb3"), max_size=300))
def test_search_text_normalized_in_chunks_equals_the_text_normalized_as_a_whole(text: str) -> None:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    assert folded(text) == "".join(char for char in decomposed if not unicodedata.combining(char))


def test_long_run_of_combining_marks_is_normalized_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[int] = []
    normalize = unicodedata.normalize

    def normalize_and_note(form: str, text: str) -> str:
        lengths.append(len(text))
        return normalize(form, text)  # type: ignore[arg-type] # the value is a valid normalization form

    monkeypatch.setattr(unicodedata, "normalize", normalize_and_note)
    assert folded("\u0315\u0300" * 2500) == ""
    assert max(lengths) == 64


def test_every_suffix_of_text_in_a_script_without_spaces_is_indexed() -> None:
    assert indexed_words("綿の布団") == {"綿の布団", "の布団", "布団", "団"}
    assert "สีขาว" in indexed_words("เสื้อยืดสีขาว")
    assert indexed_words("red mug") == {"red", "mug"}


def test_words_separated_by_punctuation_are_also_indexed_as_one_word() -> None:
    assert indexed_words("USB-C cable") == {"usb", "c", "usbc", "cable"}
    assert indexed_words("a.b.c") == {"a", "b", "c", "abc", "bc"}


@given(texts)
def test_number_of_indexed_words_grows_linearly_with_the_text(text: str) -> None:
    found = indexed_words(text)
    assert len(found) <= 3 * len(folded(text)) + 1
    assert all(len(word) <= MAX_WORD_LENGTH for word in found)
