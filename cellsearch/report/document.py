"""What a section is made of: a few kinds of blocks, each printed by every format of the report.

A section returns blocks and knows no format; `templates/` and `tables.py` know formats and no
section. So a new section appears on the page, in Markdown and among the files at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure as Canvas


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of plain text."""

    block: ClassVar[str] = "paragraph"
    text: str


@dataclass(frozen=True)
class Lead:
    """The question: larger than the rest."""

    block: ClassVar[str] = "lead"
    text: str


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    block: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True)
class Bullets:
    """A list of plain sentences."""

    block: ClassVar[str] = "bullets"
    items: Sequence[str]


@dataclass(frozen=True)
class Facts:
    """Pairs of a term and what it is."""

    block: ClassVar[str] = "facts"
    items: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Banner:
    """What no reader may miss: an alarm about the whole study, or a note about its state."""

    block: ClassVar[str] = "banner"
    text: str
    level: Literal["alarm", "note"] = "note"


@dataclass(frozen=True)
class Code:
    """Text to be copied as it stands."""

    block: ClassVar[str] = "code"
    text: str
    language: str = ""


@dataclass(frozen=True)
class Diff:
    """Lines of a difference; they begin with `-`, `+` or a space."""

    block: ClassVar[str] = "diff"
    lines: Sequence[str]


@dataclass(frozen=True)
class Painted:
    """A text with a value for each of its characters, which colours it, or stands as a bar below.

    A value is seen against the largest of its sign.
    """

    block: ClassVar[str] = "painted"
    text: str
    values: Sequence[float]
    caption: str


@dataclass(frozen=True)
class Tag:
    """A cell of a table that names a class, and says below it in words what that means.

    `kind` gives its colour (`drawing.ROLES`). LaTeX tables leave the words out.
    """

    text: str
    kind: str
    words: str = ""


Cell = str | Tag


@dataclass(frozen=True)
class Column:
    """A column: its heading, a second line that explains it; numbers are aligned right."""

    heading: str
    note: str = ""
    numeric: bool = True


@dataclass(frozen=True)
class Table:
    """A table, as it is read (`rows`) and as a program reads it (`data`, to CSV).

    Attributes:
        name: of its files, `tables/NAME.csv` and `tables/NAME.tex`.
        cards: on a narrow screen each row becomes a card instead of scrolling sideways.
    """

    block: ClassVar[str] = "table"
    name: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    data: pd.DataFrame
    cards: bool = False


@dataclass(frozen=True)
class Figure:
    """A figure: `figures/NAME.svg` and `.pdf`, and inside the page.

    Attributes:
        words: what it shows, for those who do not see it.
    """

    block: ClassVar[str] = "figure"
    name: str
    words: str
    canvas: Canvas
    caption: str = ""


@dataclass(frozen=True)
class Gallery:
    """Figures side by side, with one caption."""

    block: ClassVar[str] = "gallery"
    figures: Sequence[Figure]
    caption: str
    size: Literal["small", "large"] = "small"


@dataclass(frozen=True)
class Fold:
    """Blocks that a reader opens on demand; always printed, always in Markdown."""

    block: ClassVar[str] = "fold"
    summary: str
    blocks: Sequence[Block]


Block = (
    Paragraph
    | Lead
    | Heading
    | Bullets
    | Facts
    | Banner
    | Code
    | Diff
    | Painted
    | Table
    | Figure
    | Gallery
    | Fold
)


class Part(NamedTuple):
    """A section that has something to say; with `about` it is folded behind these words."""

    title: str
    about: str
    blocks: Sequence[Block]

    @property
    def anchor(self) -> str:
        """The part's name in the page's address."""
        return self.title.lower().replace(" ", "-")


def text_of(cell: Cell) -> str:
    """The text of a table's cell."""
    return cell.text if isinstance(cell, Tag) else cell


def unfolded(blocks: Sequence[Block]) -> list[Block]:
    """All blocks in order, those inside folds among them."""
    found: list[Block] = []
    for block in blocks:
        found.append(block)
        if isinstance(block, Fold):
            found.extend(unfolded(block.blocks))
    return found


def tables(blocks: Sequence[Block]) -> list[Table]:
    """All tables in order."""
    return [block for block in unfolded(blocks) if isinstance(block, Table)]


def figures(blocks: Sequence[Block]) -> list[Figure]:
    """All figures in order, those of galleries among them."""
    found: list[Figure] = []
    for block in unfolded(blocks):
        if isinstance(block, Figure):
            found.append(block)
        if isinstance(block, Gallery):
            found.extend(block.figures)
    return found
