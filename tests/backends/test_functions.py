"""Errors of the compiled functions, in units of the last place: what docs/backends.md states."""

import ctypes

import numpy as np
import pytest

from cellsearch.backends.cpu.build import library

NAMES = {
    "exp": np.exp,
    "log": np.log,
    "log1p": np.log1p,
    "expm1": np.expm1,
    "tanh": np.tanh,
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
}
TEXT = '#include "functions.h"\n' + "".join(
    f"void f_{n}(const real *a, real *to, long c)"
    f"{{ for (long i = 0; i < c; i++) to[i] = r_{n}(a[i]); }}\n"
    for n in NAMES
)
BOUNDS = {
    np.float32: {"exp": 1.0, "log": 1.0, "log1p": 1.5, "expm1": 1.5, "tanh": 2.5, "sigmoid": 3.0},
    np.float64: {"exp": 2.0, "log": 1.0, "log1p": 1.0, "expm1": 4.5, "tanh": 4.5, "sigmoid": 3.0},
}


def numbers(name, dtype):
    rng = np.random.default_rng(0)
    small = rng.standard_normal(100_000) * np.exp(rng.uniform(-30, 0, 100_000))
    a = np.concatenate([rng.uniform(-5, 5, 200_000), rng.uniform(-86, 86, 100_000), small])
    a = np.concatenate([np.abs(a) if name == "log" else a, [np.inf, np.nan]]).astype(dtype)
    return a[a > -1] if name == "log1p" else a


def computed(name, a):
    out = np.empty_like(a)
    function = library(TEXT, double=a.dtype == np.float64)[f"f_{name}"]
    function(
        ctypes.c_void_p(a.ctypes.data), ctypes.c_void_p(out.ctypes.data), ctypes.c_long(len(a))
    )
    return out


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", NAMES)
def test_a_function_is_as_exact_as_it_says(name, dtype):
    a = numbers(name, dtype)
    got = computed(name, a)
    with np.errstate(all="ignore"):
        want = NAMES[name](a.astype(np.longdouble))
        finite = np.isfinite(want.astype(dtype))
        unit = np.spacing(np.maximum(np.abs(want[finite].astype(dtype)), np.finfo(dtype).tiny))
    assert (np.abs(got[finite] - want[finite]) / unit).max() <= BOUNDS[dtype][name]
    np.testing.assert_array_equal(got[~finite], want[~finite].astype(dtype))


def test_ends_are_exact_or_next_to_it():
    a = np.array([-np.inf, -200, -100, 200], dtype=np.float32)
    assert computed("exp", a)[[0, 1, 3]].tolist() == [0, 0, np.inf]
    assert computed("exp", a)[2] > 0
    assert (computed("sigmoid", a) <= [2e-38, 2e-38, 2e-38, 1]).all()
    assert computed("tanh", a).tolist() == [-1, -1, -1, 1]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tanh_near_1_is_rounded_once(dtype):
    a = np.random.default_rng(0).uniform(4, 20, 100_000).astype(dtype)
    missing = 1 - computed("tanh", a).astype(np.longdouble)
    want = 2 / (np.exp(2 * a.astype(np.longdouble)) + 1)
    # A unit of the last place below 1 is half of `eps`.
    assert np.abs(missing - want).max() <= 0.51 * np.finfo(dtype).eps / 2
