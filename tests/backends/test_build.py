"""The cache of compiled cells: many processes at once, killed builds, no compiler."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from cellsearch.backends.cpu import build

PROGRAM = """
import sys, torch
from cellsearch import RNN
torch.set_num_threads(1)
cell = "cell new(x; h)\\n    h' = tanh(W @ x + %s * (U @ h))\\n    param W, U" % sys.argv[1]
out = RNN(cell, 2, 3, backend="cpu")(torch.ones(2, 1, 2))[0]
out.sum().backward()
print(out.shape)
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CELLSEARCH_CACHE", str(tmp_path))
    return tmp_path / "code"


def start(number):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, number],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def is_left(cache):
    return [f.name for f in cache.iterdir() if f.suffix != ".so" or f.name.startswith(".")]


@pytest.mark.slow
def test_sixteen_processes_compile_the_same_new_cell(cache):
    running = [start("0.5") for _ in range(16)]
    said = [p.communicate(timeout=250) for p in running]
    assert [p.returncode for p in running] == [0] * 16, said
    # The products, and the two passes.
    assert len(list(cache.glob("[!.]*.so"))) == 3 and not is_left(cache)


@pytest.mark.slow
def test_a_build_that_is_killed_leaves_a_working_cache(cache):
    rng = random.Random(0)
    for _ in range(6):
        process = start("0.7")
        deadline = time.monotonic() + 100
        while not cache.exists() or not any(cache.iterdir()):
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.6))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    last = start("0.7")
    said = last.communicate(timeout=100)
    assert last.returncode == 0, said


def test_what_a_killed_build_left_is_never_loaded(cache):
    text = "int run(void) { return 7; }\n"
    path = build._path(text, False)
    path.parent.mkdir(parents=True)
    path.with_name(f".{path.stem}-0000.so").write_bytes(b"half a library")
    assert build.library(text, double=False).run() == 7


@pytest.fixture
def fresh(monkeypatch, cache):
    """Nothing is remembered of the compiler, and nothing will be."""
    from cellsearch.backends import auto

    remembering = (build.compiler, build._machine, build._path, auto.best)
    for function in remembering:
        function.cache_clear()
    yield monkeypatch
    for function in remembering:
        function.cache_clear()


def test_without_a_compiler_auto_is_the_reference_and_says_so(fresh, caplog, tmp_path):
    from cellsearch import RNN, backends

    fresh.delenv("CC", raising=False)
    fresh.setenv("PATH", str(tmp_path))
    assert backends.resolve("auto") == "reference"
    assert RNN("lstm", 2, 3).backend == "reference"
    assert caplog.messages == [
        "cells run as eager torch, several times slower: no C compiler: cc, gcc or clang"
    ]


def test_a_compiler_that_fails_is_named(fresh):
    fresh.setenv("CC", "false")
    with pytest.raises(build.BuildError, match=r"/false failed"):
        build.library("int run(void) { return 1; }\n", double=False)


def test_a_missing_compiler_of_cc_is_named(fresh):
    fresh.setenv("CC", "no-such-compiler")
    with pytest.raises(build.BuildError, match=r"no C compiler: 'no-such-compiler' of \$CC"):
        build.compiler()


def test_a_folder_that_cannot_be_written_is_named(fresh, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    fresh.setenv("CELLSEARCH_CACHE", str(file))
    with pytest.raises(build.BuildError, match=r"cannot build in '.*code'"):
        build.library("int run(void) { return 2; }\n", double=False)
