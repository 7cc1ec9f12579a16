"""How figures look, and how they become files and a part of the page.

A figure is drawn once, on white, in the colours of `ROLES`. Inside the page every such colour is
replaced by a CSS variable, so that figures follow the reader's light or dark setting.
"""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cellsearch.report.figures import hover, letters
from cellsearch.report.verdicts.findings import Class
from cellsearch.store import write_atomically

PAPER, INK, MUTED, GRID = "#ffffff", "#1f2328", "#656d76", "#e2e5e9"

# As far from each other for those who see no red or no green as can be found by search, among
# colours that stand out from paper (3 to 1). The page's dark ones were found in the same way.
ROLES: dict[str, str] = {
    "base": INK,
    "better": "#0068ca",
    "worse": "#e45600",
    "equivalent": "#246940",
    "not-worse": "#349cd5",
    "inconclusive": "#8d8d8d",
    "unstable": "#5c227f",
    "control": "#661c00",
}

ElementTree.register_namespace("", "http://www.w3.org/2000/svg")
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")

# Beyond so many points or lines a figure's crowd is drawn as an image inside the vector figure.
CROWD = 1500
RASTER_DPI = 200

_ROLE_OF = {
    Class.BASE: "base",
    Class.BETTER: "better",
    Class.WORSE: "worse",
    Class.EQUIVALENT: "equivalent",
    Class.NOT_WORSE: "not-worse",
    Class.UNSTABLE: "unstable",
    Class.MIRROR: "control",
    Class.PLACEBO: "control",
    Class.IDENTICAL: "control",
}

_STYLE: dict[str, Any] = {
    "svg.hashsalt": "cellsearch",
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "font.family": "sans-serif",
    "font.sans-serif": [letters.CUT, letters.WHOLE],
    "font.size": 10,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "savefig.facecolor": PAPER,
}


def role(kind: Class) -> str:
    """The name of a class's colour."""
    return _ROLE_OF.get(kind, "inconclusive")


def colour(kind: Class) -> str:
    """A class's colour on white."""
    return ROLES[role(kind)]


@contextmanager
def style() -> Iterator[None]:
    """Draw and save in the report's style; the caller's settings come back afterwards."""
    letters.cut()
    settings: Any = {**sns.axes_style("whitegrid"), **_STYLE}
    with mpl.rc_context(settings):
        yield


def axes(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty figure of so many inches, without pyplot's global state."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    ax = figure.add_subplot()
    ax.spines[["top", "right", "left"]].set_visible(False)
    return figure, ax


def crowded(count: int) -> bool:
    """Whether so many points or lines are drawn as an image."""
    return count > CROWD


def file_name(name: str) -> str:
    """The name where it can name a file, else what is left of it and a digest, to be its own."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_.+") else "_" for c in name)[:64]
    return plain if plain == name else f"{plain}_{sha256(name.encode()).hexdigest()[:8]}"


def save(figure: Figure, path: Path) -> str:
    """Write `path` with `.svg` and `.pdf`, the same bytes for the same figure; return the SVG."""
    told = hover.number(figure)
    svg = _finished(_render(figure, "svg", {"Date": None, "Creator": "cellsearch"}), told)
    # It is laid out by now, and once is enough.
    figure.set_layout_engine("none")
    pdf = _render(figure, "pdf", {"CreationDate": None, "Creator": "cellsearch"})
    write_atomically(path.with_suffix(".svg"), svg)
    write_atomically(path.with_suffix(".pdf"), pdf)
    return svg.decode()


def _finished(svg: bytes, told: dict[str, list[str]]) -> bytes:
    """The SVG with its titles, and small: no indents, coordinates to a hundredth of a point."""
    root = ElementTree.fromstring(svg.replace(f"'{letters.CUT}', ".encode(), b""))
    hover.put_titles(root, told)
    for element in root.iter():
        element.text = (element.text or "").strip() or None
        element.tail = "\n"
        for name in {"d", "x", "y"}.intersection(element.keys()):
            found = " ".join(element.get(name, "").split())
            element.set(name, re.sub(r"(\.\d\d)\d+", r"\1", found))
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def inline(svg: str, name: str, words: str) -> str:
    """An SVG file's text as a part of an HTML page: own ids, own colours, words for the blind."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", body)
    for hex_colour, variable in _variables().items():
        body = body.replace(hex_colour, f"var({variable})")
    body = re.sub(r"(font[^;\"]*?)'DejaVu Sans'[^;\"]*", r"\g<1>var(--sans)", body)
    return body.replace("<svg ", f'<svg role="img" aria-label="{_attribute(words)}" ', 1)


def _render(figure: Figure, kind: str, metadata: dict[str, str | None]) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, metadata=metadata, dpi=RASTER_DPI)
    return buffer.getvalue()


def _variables() -> dict[str, str]:
    surface = {PAPER: "--paper", INK: "--ink", MUTED: "--muted", GRID: "--grid"}
    return {**{ROLES[name]: f"--{name}" for name in ROLES}, **surface}


def _attribute(text: str) -> str:
    for plain, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(plain, escaped)
    return text
