"""The docstrings: read and never run, nothing twice, and the same on every call."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cellsearch.config import TaskConfig
from cellsearch.data import Corpus, load
from cellsearch.data.corpora import stdlib_docstrings as docstrings
from cellsearch.errors import DataError

Make = Callable[..., TaskConfig]


@pytest.fixture(scope="module")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("docstrings")


@pytest.fixture(scope="module")
def corpus(shared_cache: Path) -> Corpus:
    return load(TaskConfig(), cache=shared_cache)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(docstrings, "_LEAST_CHARACTERS", 1)
    root = tmp_path / "lib"
    root.mkdir()
    return root


def test_it_is_the_default_and_large_enough(corpus: Corpus) -> None:
    parts = [len(part) for part in (corpus.train, corpus.valid, corpus.test)]
    assert 1_000_000 < sum(parts) < 2_000_000
    for part, share in zip(parts, (0.8, 0.1, 0.1), strict=True):
        assert part / sum(parts) == pytest.approx(share, abs=0.03)


def test_the_vocabulary_is_printable_ascii(corpus: Corpus) -> None:
    assert 90 < len(corpus.vocabulary) <= 96
    assert set(corpus.vocabulary) <= {"\n", *map(chr, range(32, 127))}


def test_no_paragraph_stands_twice_in_all_three_splits(corpus: Corpus) -> None:
    paragraphs = [
        " ".join(p.split())
        for part in (corpus.train, corpus.valid, corpus.test)
        for p in corpus.decode(part).split("\n\n")
        if p.strip()
    ]
    assert len(paragraphs) > 10_000
    assert len(paragraphs) == len(set(paragraphs))


def test_a_second_load_reads_the_cache_and_no_module(
    corpus: Corpus, shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docstrings, "paragraphs_by_module", None)
    lines: list[str] = []
    again = load(TaskConfig(), cache=shared_cache, notify=lines.append)
    assert again.sha256 == corpus.sha256
    assert (again.test == corpus.test).all()
    assert lines == []


def test_a_damaged_cache_is_made_anew(
    library: Path, cache: Path, short_task: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(30):
        (library / f"m{i}.py").write_text(f'"""The docstring of module {i}."""\n')
    monkeypatch.setattr(docstrings.sysconfig, "get_path", lambda _: str(library))
    task = short_task("stdlib-docstrings")
    whole = load(task, cache=cache)
    (kept,) = cache.rglob("*.txt")
    sound = kept.read_text()
    # Of other shapes, from before, cut off, and with another letter.
    shapes = ("", '["a", "b"]', '"abc"', '{"a": 1, "b": 2, "c": 3}', "[1, 2, 3]", "7", "\x00")
    for damage in (*shapes, sound.partition("\n")[2], sound[:-1], sound.replace("of", "if", 1)):
        kept.write_text(damage)
        assert load(task, cache=cache).sha256 == whole.sha256
        assert kept.read_text() == sound


def test_a_cache_that_cannot_be_written_stops_nothing(
    library: Path, tmp_path: Path, short_task: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(30):
        (library / f"m{i}.py").write_text(f'"""The docstring of module {i}."""\n')
    monkeypatch.setattr(docstrings.sysconfig, "get_path", lambda _: str(library))
    (tmp_path / "file").write_text("no folder")
    lines: list[str] = []
    task = short_task("stdlib-docstrings")
    assert len(load(task, cache=tmp_path / "file", notify=lines.append).train)
    assert lines[-1].startswith("not kept for the next time: cannot write")


def test_docstrings_of_everything_and_of_nothing_else(library: Path) -> None:
    (library / "m.py").write_text(
        '"""Module.\n\n    Second\n      deeper.\n"""\n'
        "x = '''no docstring'''\n"
        'class C:\n    "Class."\n    async def f(self):\n        "Coroutine."\n'
        'if x:\n    def g():\n        "In a branch."\n'
        'try:\n    pass\nexcept E:\n    def h():\n        "In a handler."\n'
        "def k():\n    # 'none'\n    return 'no'\n"
    )
    assert docstrings.paragraphs_by_module(library) == {
        "m": [
            "Module.",
            "Second\n  deeper.",
            "Class.",
            "Coroutine.",
            "In a branch.",
            "In a handler.",
        ]
    }


def test_modules_are_never_run(library: Path) -> None:
    (library / "m.py").write_text('"""Text."""\nimport sys\nsys.cellsearch_ran = True\n')
    assert docstrings.paragraphs_by_module(library) == {"m": ["Text."]}
    assert not hasattr(sys, "cellsearch_ran")


def test_what_does_not_parse_or_belong_is_passed_over(library: Path) -> None:
    for name in ("test/t.py", "site-packages/s.py", "idlelib/i.py", "turtle.py", "p/tests/t.py"):
        (library / name).parent.mkdir(parents=True, exist_ok=True)
        (library / name).write_text('"""Not this."""\n')
    (library / "broken.py").write_text('"""Not this."""\nprint "2"\n')
    (library / "zero.py").write_bytes(b'"""Not this."""\x00')
    (library / "escape.py").write_text('"""Kept."""\nx = "\\d"\n')
    (library / "latin.py").write_bytes(b'# coding: latin-1\n"""Kept too."""\nx = "\xe9"\n')
    found = docstrings.paragraphs_by_module(library)
    assert found == {"escape": ["Kept."], "latin": ["Kept too."]}


def test_of_equal_paragraphs_the_first_stays(library: Path) -> None:
    (library / "a.py").write_text('"""One.\n\nShared  words\nhere.\n"""\n')
    (library / "b.py").write_text('"""Shared words here.\n\nTwo.\n"""\n')
    (library / "c.py").write_text('"""Shared   words here.\n"""\n')
    assert docstrings.paragraphs_by_module(library) == {
        "a": ["One.", "Shared  words\nhere."],
        "b": ["Two."],
    }


def test_paragraphs_outside_ascii_are_left_out(library: Path) -> None:
    (library / "a.py").write_text('"""Plain.\n\nNaïve.\n\nTab\tbed.\n"""\n', encoding="utf-8")
    assert docstrings.paragraphs_by_module(library)["a"][0] == "Plain."
    assert "Naïve." not in docstrings.paragraphs_by_module(library)["a"]


def test_a_module_is_in_one_split_and_the_order_of_reading_is_nothing() -> None:
    modules = {f"m{i}": [f"<{i}>" + "x" * (50 + i)] for i in range(200)}
    parts = docstrings.split_by_module(modules)
    assert docstrings.split_by_module(dict(reversed(modules.items()))) == parts
    total = sum(map(len, parts))
    for part, share in zip(parts, (0.8, 0.1, 0.1), strict=True):
        assert len(part) / total == pytest.approx(share, abs=0.02)
    for i in range(200):
        assert sum(f"<{i}>" in part for part in parts) == 1


def test_a_library_without_sources_is_an_error(
    tmp_path: Path, short_task: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docstrings.sysconfig, "get_path", lambda _: str(tmp_path))
    with pytest.raises(DataError, match=r"0 characters of docstrings, expected at least 100,000"):
        load(short_task("stdlib-docstrings"), cache=tmp_path)
