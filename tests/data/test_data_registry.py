"""A corpus is one file: a module here, an entry point elsewhere."""

import subprocess
import sys
from pathlib import Path

import pytest

from cellsearch.cache import cache_folder
from cellsearch.config import TaskConfig
from cellsearch.data import load, names, registry
from cellsearch.data.source import Request, Texts
from cellsearch.errors import ConfigError


class Repeated:
    """A corpus of another package."""

    options = ("times",)

    def read(self, request: Request) -> Texts:
        text = f"{request.level} " * int(request.options.get("times", 100))
        return Texts((text, text, text), about="a word", split="all the same")


MINE = Repeated()


def test_the_names_are_the_modules() -> None:
    assert names() == (
        "enwik8",
        "grammar",
        "ptb",
        "stdlib-docstrings",
        "text8",
        "tinyshakespeare",
        "wikitext-2",
    )
    assert all(registry.find(name) is not None for name in names())
    assert registry.find("nothing") is None


def test_a_corpus_of_another_package(offered) -> None:
    offered("cellsearch.corpora", "repeated", f"{__name__}:MINE")
    assert "repeated" in names()
    corpus = load(TaskConfig(corpus="repeated:times=30"))
    assert corpus.decode(corpus.train) == "char " * 30


def test_what_is_no_corpus_is_refused(offered) -> None:
    offered("cellsearch.corpora", "number", "math:pi")
    with pytest.raises(ConfigError, match=r"'number': got 3\.14.*, expected an object"):
        load(TaskConfig(corpus="number"))


def test_the_cache_can_be_placed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CELLSEARCH_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("CELLSEARCH_CACHE")
    assert cache_folder().name == "cellsearch"


def test_data_costs_neither_torch_nor_a_network_library() -> None:
    heavy = ("torch", "pandas", "urllib.request")
    check = f"import sys, cellsearch.data; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
