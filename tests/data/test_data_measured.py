"""Real corpora, where a folder of them is at hand: their published counts.

`CELLSEARCH_TEST_DATA` names the folder. Nothing of it is part of the project.
"""

import hashlib
from pathlib import Path

import pytest

from cellsearch.config import TaskConfig
from cellsearch.data import load
from cellsearch.data.corpora import ptb, tinyshakespeare, wikitext_2


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_penn_treebank_by_name_from_files_put_by_hand(measured: Path, cache: Path) -> None:
    (cache / "ptb").mkdir(parents=True)
    for remote in ptb.CORPUS.remotes:
        (cache / "ptb" / remote.file).symlink_to(measured / "ptb" / remote.file)
    corpus = load(TaskConfig(corpus="ptb", level="word"), cache=cache)
    sizes = [len(part) for part in (corpus.train, corpus.valid, corpus.test)]
    assert sizes == [929_589, 73_760, 82_430]
    assert len(corpus.vocabulary) == 10_000
    assert corpus.vocabulary[2] == "the"


def test_tiny_shakespeare_by_name_is_the_file_by_path(measured: Path, cache: Path) -> None:
    path = measured / "tinyshakespeare" / "input.txt"
    (remote,) = tinyshakespeare.CORPUS.remotes
    (cache / "tinyshakespeare").mkdir(parents=True)
    (cache / "tinyshakespeare" / remote.file).symlink_to(path)
    named = load(TaskConfig(corpus="tinyshakespeare"), cache=cache)
    assert len(named.vocabulary) == 65
    assert len(named.train) + len(named.valid) + len(named.test) == 1_115_394
    assert load(TaskConfig(corpus=str(path))).sha256 == named.sha256


def test_wikitext_2(measured: Path) -> None:
    folder = measured / "wikitext-2"
    digests = {remote.file: remote.sha256 for remote in wikitext_2.CORPUS.remotes}
    assert _sha256(folder / "valid.txt") == digests["valid.txt"]
    assert _sha256(folder / "test.txt") == digests["test.txt"]
    files = {
        "train": str(folder / "train.reordered.txt"),
        "valid": str(folder / "valid.txt"),
        "test": str(folder / "test.txt"),
    }
    task = TaskConfig.model_validate({"corpus": files, "level": "word"})
    corpus = load(task)
    sizes = [len(part) for part in (corpus.train, corpus.valid, corpus.test)]
    assert sizes == [2_088_628, 217_646, 245_569]
    assert len(corpus.vocabulary) == 33_278


def test_no_word_of_evaluation_is_unknown_that_is_not_marked(measured: Path) -> None:
    valid = (measured / "ptb" / "ptb.valid.txt").read_text()
    files = {s: str(measured / "ptb" / f"ptb.{s}.txt") for s in ("train", "valid", "test")}
    corpus = load(TaskConfig.model_validate({"corpus": files, "level": "word"}))
    assert (corpus.valid == 0).sum() == pytest.approx(valid.split().count("<unk>"))
