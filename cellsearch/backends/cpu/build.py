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
    raise BuildError(f"no C compiler: '{named}' of $CC is missing" if named else "no C compiler")


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
    version = subprocess.run(
        [compiler(), "--version"], capture_output=True, text=True, check=False
    ).stdout
    flags = ""
    with suppress(OSError):
        info = Path("/proc/cpuinfo").read_text("utf-8", "replace")
        flags = next((li for li in info.splitlines() if li.startswith(("flags", "Features"))), "")
    headers = "".join((FOLDER / h).read_text("utf-8") for h in ("functions.h", "products.h"))
    return "\n".join([version, platform.machine(), flags, " ".join(FLAGS), headers])


@cache
def library(text: str, *, double: bool) -> ctypes.CDLL:
    """The library of a C text, for float64 or float32.

    Raises:
        BuildError: there is no compiler, it failed, or the cache cannot be written.
    """
    content = f"{_machine()}\n{double}\n{text}"
    name = hashlib.blake2b(content.encode(), digest_size=16).hexdigest()
    path = cache_folder() / "code" / f"{name}.so"
    if not path.exists():
        _compile(text, path, double=double)
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
