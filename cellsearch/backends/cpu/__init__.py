"""Native code for the processor, generated from the equations, with a gradient of its own."""

from __future__ import annotations

from cellsearch.backends.cpu.backend import CpuBackend
from cellsearch.backends.cpu.build import BuildError, check_compiler
from cellsearch.backends.cpu.pixels import UnsupportedError

__all__ = ["BuildError", "CpuBackend", "UnsupportedError", "check_compiler"]
