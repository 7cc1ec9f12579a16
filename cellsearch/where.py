"""Where something ran: versions, commit, host, device. Recorded, never part of a key. No torch."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from cellsearch.record import Where

_PACKAGES = ("cellsearch", "torch", "numpy", "safetensors")


def where(threads: int, backend: str) -> Where:
    """This machine and this installation."""
    return Where(
        versions=_versions(),
        git_commit=_git_commit(),
        host=platform.node(),
        device=_cpu(),
        threads=threads,
        backend=backend,
    )


@cache
def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


@cache
def _git_commit() -> str | None:
    # Only where the package lies in its own checkout: an environment inside someone else's
    # repository must not report that repository's commit.
    root = Path(__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return None
    try:
        call = ["git", "-C", str(root), "rev-parse", "HEAD"]
        said = subprocess.run(call, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return said.stdout.strip()


@cache
def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    name = models[0] if models else platform.processor() or platform.machine()
    return f"cpu ({name})"
