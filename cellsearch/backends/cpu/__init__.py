"""Native code for the processor, generated from the equations, with a gradient of its own."""

from __future__ import annotations

from cellsearch.backends.cpu.backend import CpuBackend, UnsupportedError
from cellsearch.backends.cpu.build import BuildError, check_compiler

__all__ = ["BuildError", "CpuBackend", "UnsupportedError", "check_compiler"]
