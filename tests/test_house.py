"""The house holds: imports run one way, and what costs torch is where it may be."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "cellsearch"

# Room -> the rooms that it may import. These serve all.
EVERYWHERE = {"errors", "config", "record", "recorded", "cache", "places", "registry"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "config": set(),
    "record": set(),
    "recorded": set(),
    "where": set(),
    "cache": set(),
    "places": set(),
    "registry": set(),
    "ir": set(),
    "lang": {"ir"},
    "derive": {"ir", "lang"},
    "export": {"ir", "lang", "derive"},
    "backends": {"ir", "lang", "derive"},
    "nn": {"ir", "lang", "derive", "backends"},
    "data": set(),
    "tasks": {"nn", "data"},
    "recordings": {"nn", "data", "derive", "lang", "ir"},
    "train": {"tasks", "recordings", "nn", "backends", "data", "where"},
    "notebook": {"ir", "lang", "derive"},
    "bench": {"nn", "where", "lang"},
    "store": set(),
    "report": {"store"},
    "sweep": {"ir", "lang", "derive", "data", "store", "where", "sweep.executors"},
    "sweep.executors": {"train", "bench", "where"},
}
COMPOSE = {"cli", "testing", "__init__", "__main__"}
WITHOUT_TORCH = {
    *(
        "errors",
        "config",
        "record",
        "recorded",
        "where",
        "cache",
        "places",
        "registry",
        "ir",
        "lang",
        "derive",
        "notebook",
        "export",
        "data",
        "store",
        "report",
    ),
    "sweep",
}
SERVED_BY_RECORD = {"record": {"config"}, "where": {"record"}}


def room_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return "sweep.executors" if parts[:2] == ("sweep", "executors") else parts[0]


def imported(path: Path) -> set[str]:
    """Dotted names of the modules that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {a.name for a in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
    return names


def rooms_imported(path: Path) -> set[str]:
    rooms: set[str] = set()
    for name in imported(path):
        head, *rest = name.split(".")
        if head == "cellsearch" and rest:
            inner = rest[:2] == ["sweep", "executors"]
            room = "sweep.executors" if inner else rest[0]
            if (ROOT / rest[0]).exists() or (ROOT / f"{rest[0]}.py").exists():
                rooms.add(room)
    return rooms


FILES = sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_run_one_way(path: Path) -> None:
    room = room_of(path)
    if room in COMPOSE:
        return
    allowed = {room, *EVERYWHERE, *MAY_IMPORT[room], *SERVED_BY_RECORD.get(room, set())}
    assert rooms_imported(path) - allowed == set()


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_torch_stays_where_it_is_needed(path: Path) -> None:
    if room_of(path) in WITHOUT_TORCH:
        assert not [n for n in imported(path) if n.split(".")[0] == "torch"]


def test_one_file_imports_ray() -> None:
    files = [p for p in FILES if any(n.split(".")[0] == "ray" for n in imported(p))]
    assert [str(p.relative_to(ROOT)) for p in files] == ["sweep/executors/ray/engine.py"]


def test_one_file_imports_onnx() -> None:
    files = [p for p in FILES if any(n.split(".")[0] == "onnx" for n in imported(p))]
    assert [str(p.relative_to(ROOT)) for p in files] == ["export/onnx_model/writer.py"]


def test_what_needs_no_torch_loads_none() -> None:
    rooms = ["lang", "ir", "derive.cost", "export", "store", "sweep", "report", "data", "cli"]
    lines = [f"import cellsearch.{r}" for r in rooms]
    code = "; ".join([*lines, "import sys; print({'torch', 'ray', 'onnx'} & {*sys.modules})"])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_files_can_be_read_in_one_sitting() -> None:
    long = {
        str(p.relative_to(ROOT)): n for p in FILES if (n := len(p.read_text().split("\n"))) > 400
    }
    assert long == {}
