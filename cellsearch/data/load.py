"""From a task to its corpus."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from cellsearch.cache import cache_folder
from cellsearch.config import TaskConfig
from cellsearch.data import registry
from cellsearch.data.corpus import Corpus, build
from cellsearch.data.evaluation import least_tokens
from cellsearch.data.files import SplitFiles, TextFile
from cellsearch.data.source import Request, Source, Split
from cellsearch.errors import UnknownCorpusError, nearest

CorpusName = str | Mapping[Split, str]


def load(
    task: TaskConfig,
    *,
    cache: Path | None = None,
    notify: Callable[[str], None] | None = None,
) -> Corpus:
    """The corpus that a task names, long enough for its evaluation.

    Args:
        task: which text, at which level, and how it will be evaluated.
        cache: where downloaded and extracted text stays; `cache_folder()` where left out.
        notify: takes progress, one line at a time; silence where left out.

    Raises:
        DataError: no such corpus or file, or one that is damaged, empty or too short.
    """
    name, source, options = _find(task.corpus)
    registry.check_options(name, source, options)
    request = Request(task.level, cache or cache_folder(), notify or _silence, options)
    corpus = build(_label(task.corpus), source.read(request), task.level)
    _require_enough(corpus, task)
    return corpus


def _find(corpus: CorpusName) -> tuple[str, Source, dict[str, str]]:
    if not isinstance(corpus, str):
        return _label(corpus), SplitFiles.of(corpus), {}
    name, options = _named(corpus)
    source = registry.find(name)
    return (name, source, options) if source else (corpus, _file(corpus), {})


def _named(corpus: str) -> tuple[str, dict[str, str]]:
    # A path may hold a colon; only what follows a corpus's name is read as options.
    if corpus.partition(":")[0] in registry.names():
        return registry.parse_name(corpus)
    return corpus, {}


def _file(corpus: str) -> TextFile:
    path = Path(corpus)
    if _exists(path):
        return TextFile(path)
    if path.parent != Path() or path.suffix in (".txt", ".text"):
        raise UnknownCorpusError(f"no such file: '{corpus}'")
    known = registry.names()
    raise UnknownCorpusError(
        f"unknown corpus '{corpus}', and there is no file of that name{nearest(corpus, known)}; "
        f"known are {', '.join(known)}"
    )


def _exists(path: Path) -> bool:
    # What can be no path at all (too long, a zero in it) does not exist either.
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _label(corpus: CorpusName) -> str:
    return corpus if isinstance(corpus, str) else ", ".join(corpus.values())


def _require_enough(corpus: Corpus, task: TaskConfig) -> None:
    corpus.require("train", 2, "training")
    least = least_tokens(task.evaluation_streams, task.evaluation_warmup)
    purpose = (
        f"evaluation in {task.evaluation_streams} streams with {task.evaluation_warmup} tokens "
        "of warm-up"
    )
    for split in ("valid", "test"):
        corpus.require(split, least, purpose)


def _silence(line: str) -> None:
    """Takes a line of progress and says nothing."""
