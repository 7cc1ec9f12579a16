"""The page and the Markdown file: templates filled with a report's parts."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.resources import files

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from markupsafe import escape as markup_escape

from cellsearch.report.document import Figure, Painted, Part, Tag, text_of
from cellsearch.report.figures.drawing import inline
from cellsearch.report.page import painted


def html(name: str, parts: Sequence[Part], svgs: Mapping[str, str]) -> str:
    """One file that needs nothing beside it: style, figures and script inside.

    Its policy lets no other script run and nothing be loaded.
    """
    environment = _environment(autoescape=True)
    environment.filters["breakable"] = _breakable
    environment.filters["svg"] = lambda figure: _svg(figure, svgs)
    environment.filters["runs"] = lambda block: painted.runs(*_painted(block))
    environment.filters["spoken"] = lambda block: painted.spoken(*_painted(block))
    script = files(__package__).joinpath("templates/page.js").read_text(encoding="utf-8")
    digest = b64encode(sha256(script.encode()).digest()).decode()
    return environment.get_template("page.html").render(
        name=name, parts=parts, script=Markup(script), digest=digest
    )


def markdown(name: str, parts: Sequence[Part]) -> str:
    """The same parts, with links to the figures' files."""
    environment = _environment(autoescape=False)
    environment.filters["md"] = escape
    environment.filters["fenced"] = fenced
    environment.filters["bars"] = lambda block: painted.bars(*_painted(block))
    text = environment.get_template("report.md").render(name=name, parts=parts)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def escape(text: str) -> str:
    """Text that Markdown shows as it stands, on one line, in a table too."""
    line = " ".join(text.split())
    line = re.sub(r"([\\`*<>|\[\]~$]|&(?=#?\w+;)|(?<!\w)_|_(?!\w))", r"\\\1", line)
    # What would begin a heading or a list.
    return re.sub(r"^(\d*)([-+#.)])(?=[\s#]|$)", r"\1\\\2", line)


def fenced(text: str, language: str) -> str:
    """Text that Markdown shows as it stands, of several lines; no fence inside it ends it."""
    fence = "`" * max(4, *(len(run) + 1 for run in re.findall(r"`+", text)), 4)
    return f"{fence}{language}\n{text}\n{fence}"


def _environment(autoescape: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("cellsearch.report.page"),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["text"] = text_of
    environment.tests["tag"] = lambda cell: isinstance(cell, Tag)
    return environment


def _painted(block: Painted) -> tuple[str, list[int]]:
    return block.text, painted.levels(np.array(block.values))


def _breakable(name: str) -> Markup:
    """A name that a narrow column may break after `_`."""
    return Markup(str(markup_escape(name)).replace("_", "_<wbr>"))


def _svg(figure: Figure, svgs: Mapping[str, str]) -> Markup:
    # The SVG is our own; names inside it were escaped by Matplotlib.
    return Markup(inline(svgs[figure.name], figure.name, figure.words))
