"""Native code for the processor, generated from the equations, with a gradient of its own."""

from __future__ import annotations

from cellsearch.backends.cpu.backend import CpuBackend

__all__ = ["CpuBackend"]
