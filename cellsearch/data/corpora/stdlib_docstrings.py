"""The docstrings of the running Python's standard library: text that every machine has.

Modules are parsed with `ast` and never imported. A docstring is cut into paragraphs; of
paragraphs that are the same but for white space the first alone is kept, before anything is
split, so that no test text is a copy of training text. Paragraphs with a character outside
printable ASCII are left out (about one in a thousand), which keeps the vocabulary at 96.

The split is by module: modules stand in the order of the sha256 of their names, and a module
goes to the split in which the middle of its text falls, 80/10/10 of the characters.
"""

from __future__ import annotations

import ast
import hashlib
import json
import platform
import sys
import sysconfig
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cellsearch.data.cache import written_whole
from cellsearch.data.source import Parts, Request, Texts
from cellsearch.data.splits import SHARES
from cellsearch.errors import DataError

# Counts up whenever the same Python would give another text.
SCHEME = 1
# What distributions of Linux ship apart from the standard library, or not at all: with it, the
# same Python would give another text on another machine. Tests have next to no docstrings.
SKIPPED = {
    *("site-packages", "dist-packages", "test", "tests", "idle_test", "__pycache__"),
    *("distutils", "ensurepip", "idlelib", "lib2to3", "tkinter", "turtledemo", "turtle.py"),
}
_LEAST_CHARACTERS = 100_000
_PRINTABLE = {"\n", *map(chr, range(32, 127))}
_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class StdlibDocstrings:
    """The corpus. What was extracted stays in the cache, by version and place of the Python."""

    options: tuple[str, ...] = ()

    def read(self, request: Request) -> Texts:
        """The docstrings, from the cache where they were extracted before."""
        root = Path(sysconfig.get_path("stdlib"))
        cached = request.cache / "stdlib-docstrings" / f"{_key(root)}.txt"
        parts = _read(cached)
        if parts is None:
            request.notify(f"reading the docstrings of {root}")
            parts = split_by_module(paragraphs_by_module(root))
            _keep(cached, parts, request)
        about = f"docstrings of {platform.python_implementation()} {platform.python_version()}"
        return Texts(parts, about=about, split="by module, 80/10/10")


CORPUS = StdlibDocstrings()


def paragraphs_by_module(root: Path) -> dict[str, list[str]]:
    """The paragraphs that each module of a folder is the first to have, modules in order.

    Raises:
        DataError: there is next to nothing, as in an installation without sources.
    """
    seen: set[str] = set()
    modules: dict[str, list[str]] = {}
    for path in _sources(root):
        new = [p for p in _paragraphs(path) if _is_new(p, seen)]
        if new:
            modules[path.relative_to(root).with_suffix("").as_posix()] = new
    size = sum(len(p) for paragraphs in modules.values() for p in paragraphs)
    if size < _LEAST_CHARACTERS:
        raise DataError(
            f"the standard library in '{root}' has {size:,} characters of docstrings, expected at "
            f"least {_LEAST_CHARACTERS:,}; is it installed without its sources?"
        )
    return modules


def split_by_module(modules: dict[str, list[str]]) -> Parts:
    """The text of each split, whole modules, in the order of their names' hashes."""
    order = sorted(modules, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    texts = {name: "".join(f"{p}\n\n" for p in modules[name]) for name in order}
    total = sum(map(len, texts.values()))
    parts = ["", "", ""]
    before = 0
    for text in texts.values():
        # The middle of the module in hundredths of the whole, without fractions.
        middle = (2 * before + len(text)) * 50 // total
        parts[_split_at(middle)] += text
        before += len(text)
    return parts[0], parts[1], parts[2]


def _split_at(percent: int) -> int:
    train, valid, _ = SHARES
    return 0 if percent < train else 1 if percent < train + valid else 2


def _sources(root: Path) -> Iterator[Path]:
    # Names of files in one order on every machine, whatever the folder's own order is.
    for path in sorted(root.rglob("*.py"), key=lambda p: p.relative_to(root).as_posix()):
        parts = path.relative_to(root).parts
        if not SKIPPED & set(parts) and not parts[0].startswith(("_sysconfigdata", "config-")):
            yield path


def _paragraphs(path: Path) -> Iterator[str]:
    for docstring in _docstrings(path):
        for paragraph in docstring.split("\n\n"):
            text = paragraph.strip("\n").rstrip()
            if text.strip() and set(text) <= _PRINTABLE:
                yield text


def _docstrings(path: Path) -> Iterator[str]:
    for node in _documented(_parse(path)):
        docstring = ast.get_docstring(node)
        if docstring:
            yield docstring


def _parse(path: Path) -> ast.Module:
    # Old modules have escapes that the parser warns of; those that it refuses have no docstrings.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(path.read_bytes())
        except (SyntaxError, ValueError, OSError):
            return ast.Module(body=[], type_ignores=[])


def _documented(node: ast.AST) -> Iterator[_Documented]:
    # Statements alone: no docstring hides in an expression.
    if isinstance(node, _Documented):
        yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from _documented(child)


def _is_new(paragraph: str, seen: set[str]) -> bool:
    words = " ".join(paragraph.split())
    if words in seen:
        return False
    seen.add(words)
    return True


def _key(root: Path) -> str:
    place = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:8]
    return f"{sys.implementation.cache_tag}-{platform.python_version()}-{place}-v{SCHEME}"


def _read(cached: Path) -> Parts | None:
    # A cache that is missing or damaged is no error: the text is extracted anew. What has the
    # digest that stands before it is what was kept, so its shape needs no look.
    try:
        digest, _, kept = cached.read_bytes().partition(b"\n")
    except OSError:
        return None
    if digest != _digest(kept):
        return None
    train, valid, test = json.loads(kept)
    return train, valid, test


def _digest(kept: bytes) -> bytes:
    return hashlib.sha256(kept).hexdigest().encode()


def _keep(cached: Path, parts: Parts, request: Request) -> None:
    kept = json.dumps(parts).encode()
    try:
        with written_whole(cached) as file:
            file.write(_digest(kept) + b"\n" + kept)
    except DataError as error:
        request.notify(f"not kept for the next time: {error}")
