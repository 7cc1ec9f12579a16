"""C text to a loaded library: the system's compiler, and a cache by content.

A library is named by a digest of all that it is made of: text, headers, flags, compiler, processor.
It is written under another name and then moved into place, so that no process ever sees half of
one, and one that is killed leaves nothing that another could load.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path

from cellsearch.cache import cache_folder
from cellsearch.errors import CellsearchError

FOLDER = Path(__file__).parent
FLAGS = [
    "-O3",
    "-march=native",
    "-std=gnu11",
    "-shared",
    "-fPIC",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fopenmp",
]


class BuildError(CellsearchError):
    """No library could be made."""


@cache
def compiler() -> str:
    """The path of the C compiler: `$CC`, else `cc`, `gcc` or `clang`.

    Raises:
        BuildError: there is none.
    """
    named = os.environ.get("CC")
    for name in [named] if named else ["cc", "gcc", "clang"]:
        if found := shutil.which(name):
            return found
    missing = f"'{named}' of $CC is missing" if named else "cc, gcc or clang"
    raise BuildError(f"no C compiler: {missing}")


def check_compiler() -> None:
    """Make sure that something can be compiled here.

    Raises:
        BuildError: it cannot.
    """
    run = library("int run(void) { return 42; }\n", double=False).run
    if run() != 42:
        raise BuildError(f"what {compiler()} makes does not run right")


@cache
def _machine() -> str:
    """What the compiler's output depends on besides the text."""
    program = Path(compiler()).resolve()
    found = program.stat()
    flags = ""
    with suppress(OSError):
        info = Path("/proc/cpuinfo").read_text("utf-8", "replace")
        flags = next((li for li in info.splitlines() if li.startswith(("flags", "Features"))), "")
    headers = [(FOLDER / h).read_text("utf-8") for h in ("functions.h", "products.h")]
    which = f"{program} {found.st_size} {found.st_mtime_ns} {platform.machine()}"
    return "\n".join([which, flags, " ".join(FLAGS), *headers])


def libraries(texts: Sequence[str], *, double: bool) -> list[ctypes.CDLL]:
    """The libraries of C texts, for float64 or float32; what is missing is built side by side.

    Raises:
        BuildError: there is no compiler, it failed, or the cache cannot be written.
    """
    missing = [t for t in dict.fromkeys(texts) if not _path(t, double).exists()]
    with ThreadPoolExecutor(max(1, len(missing))) as pool:
        for _ in pool.map(lambda t: _compile(t, _path(t, double), double=double), missing):
            pass
    return [_loaded(_path(t, double)) for t in texts]


def library(text: str, *, double: bool) -> ctypes.CDLL:
    """One library; see `libraries`."""
    return libraries([text], double=double)[0]


@cache
def _path(text: str, double: bool) -> Path:
    content = f"{_machine()}\n{double}\n{text}"
    name = hashlib.blake2b(content.encode(), digest_size=16).hexdigest()
    return cache_folder() / "code" / f"{name}.so"


@cache
def _loaded(path: Path) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(str(path))
    except OSError as error:
        raise BuildError(f"cannot load '{path}': {error}") from error


def _compile(text: str, path: Path, *, double: bool) -> None:
    part = path.with_name(f".{path.stem}-{secrets.token_hex(8)}")
    source, out = part.with_suffix(".c"), part.with_suffix(".so")
    command = [compiler(), *FLAGS, f"-I{FOLDER}", "-o", str(out), str(source), "-lm"]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(text, "utf-8")
        if double:
            command.insert(1, "-DDOUBLE")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BuildError(f"{command[0]} failed: {done.stderr.strip()[:2000]}")
        out.replace(path)
    except OSError as error:
        raise BuildError(f"cannot build in '{path.parent}': {error.strerror or error}") from error
    finally:
        for file in (source, out):
            with suppress(OSError):
                file.unlink()
