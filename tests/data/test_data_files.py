"""Text files by path, and every way in which they can be wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cellsearch.config import TaskConfig
from cellsearch.data import load
from cellsearch.data.splits import by_share, by_size
from cellsearch.errors import DataError

Make = Callable[..., TaskConfig]


def _file(folder: Path, text: str | bytes, name: str = "mine.txt") -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def test_one_file_is_split_in_place(tmp_path: Path, short_task: Make) -> None:
    text = "".join(chr(ord("a") + i % 26) for i in range(95))
    corpus = load(short_task(_file(tmp_path, text)))
    parts = [corpus.decode(part) for part in (corpus.train, corpus.valid, corpus.test)]
    assert parts == [text[:76], text[76:85], text[85:]]
    assert corpus.name.endswith("mine.txt")


def test_a_file_each(tmp_path: Path, short_task: Make) -> None:
    names = {s: _file(tmp_path, f"{s} {s}", f"{s}.txt") for s in ("train", "valid", "test")}
    corpus = load(short_task(names))
    assert corpus.decode(corpus.test) == "t<unk><unk>t t<unk><unk>t"
    assert all(name in corpus.name for name in names.values())


def test_the_same_text_has_the_same_digest_wherever_it_lies(
    tmp_path: Path, short_task: Make
) -> None:
    one = load(short_task(_file(tmp_path, "abcdefghij" * 10)))
    other = load(short_task(_file(tmp_path, "abcdefghij" * 10, "other.txt")))
    changed = load(short_task(_file(tmp_path, "abcdefghij" * 9 + "abcdefghia", "third.txt")))
    assert one.sha256 == other.sha256 != changed.sha256


def test_line_ends_and_the_mark_at_the_beginning_are_no_text(
    tmp_path: Path, short_task: Make
) -> None:
    plain = load(short_task(_file(tmp_path, "line\n" * 20)))
    windows = load(short_task(_file(tmp_path, b"\xef\xbb\xbf" + b"line\r\n" * 20)))
    assert windows.vocabulary == plain.vocabulary == ("\n", "e", "i", "l", "n")
    assert windows.sha256 == plain.sha256


def test_words_are_cut_at_lines_and_else_at_spaces() -> None:
    lines = "".join(f"word{i} is here\n" for i in range(300))
    spaces = lines.replace("\n", " ")
    for text, sign in ((lines, "\n"), (spaces, " ")):
        parts = by_share(text, "word")
        assert "".join(parts) == text
        assert parts[0].endswith(sign)
        assert parts[1].endswith(sign)
        assert len(parts[0]) - len(text) * 8 // 10 in range(20)


def test_sizes_are_exact_for_characters() -> None:
    assert by_size("abcdefghij", "char", (5, 3, 2)) == ("abcde", "fgh", "ij")
    assert by_size("ab cd ef gh" * 100, "word", (500, 300, 300))[0][-1] == " "


@pytest.mark.parametrize(
    ("corpus", "message"),
    [
        ("nowhere/mine.txt", r"^no such file: 'nowhere/mine.txt'$"),
        ("mine.txt", r"^no such file: 'mine.txt'$"),
        ("ptbb", r"unknown corpus 'ptbb'.*; nearest is 'ptb'; known are enwik8, grammar, ptb"),
        ("a" * 5000, r"^unknown corpus 'aaa"),
        ("a\0b", r"^unknown corpus 'a\0b'"),
        ({"train": "a\0b", "valid": "b", "test": "c"}, r"^no such file: 'a\0b'$"),
        ("PTB", r"nearest is 'ptb'"),
        ("ptb:seed=1", r"^corpus 'ptb' has no option 'seed'; it has none$"),
        ("grammar:sed=1", r"^corpus 'grammar' has no option 'sed'; .*; nearest is 'seed'$"),
        ("grammar:seed", r"got 'seed', expected option=value"),
        ({"train": "a", "test": "b"}, r"needs a file for train, valid and test; got train, test$"),
        ({"train": "a", "valid": "b", "test": "c"}, r"^no such file: 'a'$"),
    ],
)
def test_a_corpus_that_is_not_there(
    corpus: object,
    message: str,
    short_task: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=message):
        load(short_task(corpus), cache=tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"mine.txt' is empty$"),
        (b" \n\n", r"mine.txt' is empty$"),
        (b"abc\xff\xfe", r"mine.txt' is not UTF-8 text: byte 0xff at offset 3$"),
        (b"a", r"mine.txt' is too short: its training text has 0 characters; training needs"),
        (b"abcdefgh", r"validation text has 1 characters; evaluation in 2 streams with 3 tokens"),
        (b"a" * 40 + b"b" * 14, r"validation text has 5 characters; .* needs at least 6$"),
    ],
)
def test_a_file_that_is_no_corpus(
    content: bytes, message: str, tmp_path: Path, short_task: Make
) -> None:
    with pytest.raises(DataError, match=message):
        load(short_task(_file(tmp_path, content)))


def test_the_shortest_corpus_that_will_do(tmp_path: Path, short_task: Make) -> None:
    corpus = load(short_task(_file(tmp_path, "abcdef" * 10)))
    assert (len(corpus.valid), len(corpus.test)) == (6, 6)


@pytest.mark.parametrize(("short", "named"), [("valid", "validation"), ("test", "test")])
def test_either_evaluation_text_can_be_too_short(
    short: str, named: str, tmp_path: Path, short_task: Make
) -> None:
    names = {
        s: _file(tmp_path, "ab" if s == short else "ab" * 5, f"{s}.txt")
        for s in ("train", "valid", "test")
    }
    with pytest.raises(DataError, match=rf"{short}.txt.* its {named} text has 2 characters"):
        load(short_task(names))


def test_a_folder_is_no_file(tmp_path: Path, short_task: Make) -> None:
    with pytest.raises(DataError, match=r"is a folder; expected a text file"):
        load(short_task(str(tmp_path)))


def test_a_file_named_like_nothing_known_is_found(
    tmp_path: Path, short_task: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _file(tmp_path, "abcdef" * 10, "corpus:a=b")
    assert load(short_task("corpus:a=b")).vocabulary == tuple("abcdef")
