"""Vocabularies: from training text alone, and there and back again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellsearch.data import Corpus, vocabulary
from cellsearch.data.corpus import build
from cellsearch.data.source import Level, Texts
from cellsearch.errors import DataError


def _corpus(train: str, valid: str, test: str, level: Level = "char") -> Corpus:
    return build("here", Texts((train, valid, test), about="a text", split="by hand"), level)


def test_characters_stand_in_the_order_of_their_code_points() -> None:
    corpus = _corpus("bca\n😀a", "ab", "c\n")
    assert corpus.vocabulary == ("\n", "a", "b", "c", "😀")
    assert corpus.train.tolist() == [2, 3, 1, 0, 4, 1]
    assert corpus.valid.tolist() == [1, 2]
    assert corpus.train.dtype == np.int32


def test_a_character_that_training_lacks_is_unknown() -> None:
    corpus = _corpus("abab", "abx", "bya")
    assert corpus.vocabulary == ("a", "b", "<unk>")
    assert corpus.valid.tolist() == [0, 1, 2]
    assert corpus.test.tolist() == [1, 2, 0]
    assert corpus.encode("z").tolist() == [2]
    assert corpus.decode([1, 2]) == "b<unk>"


def test_without_unknown_a_strange_character_is_an_error() -> None:
    with pytest.raises(DataError, match=r"character 'é' \(U\+00E9\) is not in the vocabulary"):
        _corpus("abab", "ab", "ba").encode("abé")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1))
def test_characters_come_back(text: str) -> None:
    corpus = _corpus(text, text, text)
    assert corpus.decode(corpus.train) == text
    assert len(corpus.vocabulary) == len(set(text))


def test_words_end_lines_and_rare_ones_are_unknown() -> None:
    corpus = _corpus("d b a b\nd a b a\n\nc c b d\n", "b c\n", "a\n", "word")
    # By falling count, then by alphabet: b 4 times, a and d 3 times, c twice.
    assert corpus.vocabulary == ("<unk>", "<eos>", "b", "a", "d")
    assert corpus.decode(corpus.train) == "d b a b\nd a b a\n\n<unk> <unk> b d\n"
    assert corpus.valid.tolist() == [2, 0, 1]
    assert len(corpus.train) == 4 + 1 + 4 + 1 + 1 + 4 + 1


def test_a_text_that_marks_its_unknown_words_is_taken_as_it_is() -> None:
    corpus = _corpus("once <unk> upon\n", "once more\n", "a time\n", "word")
    assert corpus.vocabulary == ("<unk>", "<eos>", "once", "upon")
    assert corpus.decode(corpus.valid) == "once <unk>\n"


def test_a_last_line_without_its_end_has_an_end() -> None:
    assert _corpus("a a a\na a a", "a", "a", "word").train.tolist() == [2, 2, 2, 1, 2, 2, 2, 1]


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 8, 1000])
def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    text = "the cat sat\non the  mat\n\nthe the é😀 end"
    whole = [_corpus(text * 3, text, text, level).train.tolist() for level in ("char", "word")]
    monkeypatch.setattr(vocabulary, "_CHUNK", chunk)
    cut = [_corpus(text * 3, text, text, level).train.tolist() for level in ("char", "word")]
    assert cut == whole


def test_the_description_and_the_digest_say_what_was_read() -> None:
    corpus = _corpus("abab", "ab", "ba")
    expected = "here: a text; 4 / 2 / 2 characters (train / valid / test, by hand), vocabulary 2."
    assert corpus.description == expected
    # The same letters, cut elsewhere, are another corpus; the level is not the text's.
    assert len({corpus.sha256, _corpus("aba", "bab", "ba").sha256}) == 2
    assert _corpus("abab", "ab", "ba", "word").sha256 == corpus.sha256


def test_too_short_names_the_text_and_what_it_needs() -> None:
    corpus = _corpus("abab", "ab", "ba")
    corpus.require("train", 4, "a segment")
    with pytest.raises(DataError, match=r"'here'.* training text has 4 characters; a segment"):
        corpus.require("train", 5, "a segment")
