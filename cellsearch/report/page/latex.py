"""Tables in LaTeX: they compile as they are, with `booktabs` alone, and fit a page's text.

A table that is too wide is set as several below each other, each with the first column; a long text
is broken. What LaTeX has no sign for is named by its number in Unicode.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from cellsearch.report.document import Column, Table, text_of

# In points: the text of an article at 10 pt; what a column takes besides its text; a mean letter of
# `\small`. In letters: from where on a text is broken.
_PAGE, _GAP, _LETTER = 345.0, 8.0, 4.7
_LONGEST = 26

_SIGNS = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "[": "{[}",
    "]": "{]}",
    "−": "$-$",
    "–": "--",
    "…": r"\ldots{}",
    "’": "'",
    "·": r"$\cdot$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "∞": r"$\infty$",
    "→": r"$\to$",
    "µ": r"$\mu$",
}
# Greek letters that LaTeX has no command for look like these.
_LATIN = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧο", "ABEZHIKMNOPTXo", strict=True))


def to_latex(table: Table) -> str:
    """One or more `tabular`, for `\\usepackage{booktabs}`; the words below a class are left out."""
    cells = [[text_of(cell) for cell in row] for row in table.rows]
    panels = [_panel(table.columns, cells, chosen) for chosen in _panels(table.columns, cells)]
    return "\n".join(
        [
            f"% {table.caption}. Needs \\usepackage{{booktabs}}.",
            r"\begingroup\small\setlength{\tabcolsep}{4pt}%",
            "\n\n\\medskip\n".join(panels),
            r"\par\endgroup",
            "",
        ]
    )


def escape(text: str) -> str:
    """Text that LaTeX sets as it stands, on one line."""
    return "".join(map(_escaped, " ".join(text.split())))


def _escaped(letter: str) -> str:
    if letter.isascii() or letter in _SIGNS:
        return _SIGNS.get(letter, letter)
    if letter in _LATIN:
        return _LATIN[letter]
    match unicodedata.name(letter, "").split():
        case ["GREEK", "SMALL", "LETTER", name]:
            return f"$\\{name.lower().replace('lamda', 'lambda')}$"
        case ["GREEK", "CAPITAL", "LETTER", name]:
            return f"$\\{name.capitalize().replace('Lamda', 'Lambda')}$"
        case ["LATIN", *_] if ord(letter) < 0x17F:
            return letter
    return f"U+{ord(letter):04X}"


def _panels(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> list[list[int]]:
    """Which columns stand side by side: as many as fit, the first one in every panel."""
    widths = [_width(column, [row[k] for row in cells]) for k, column in enumerate(columns)]
    panels, room = [[0]], _PAGE - widths[0]
    for k, width in enumerate(widths[1:], 1):
        if width > room and len(panels[-1]) > 1:
            panels.append([0])
            room = _PAGE - widths[0]
        panels[-1].append(k)
        room -= width
    return panels


def _width(column: Column, cells: Sequence[str]) -> float:
    letters = max(len(column.heading), len(column.note), *map(len, cells), 0)
    return _LETTER * min(letters, _LONGEST) + _GAP


def _panel(columns: Sequence[Column], cells: Sequence[Sequence[str]], chosen: Sequence[int]) -> str:
    shown = [columns[k] for k in chosen]
    lines = [
        f"\\noindent\\begin{{tabular}}{{{''.join('r' if c.numeric else 'l' for c in shown)}}}",
        r"\toprule",
        _row([escape(column.heading) for column in shown]),
        *([_row([_small(column) for column in shown])] if any(c.note for c in shown) else []),
        r"\midrule",
        *(_row([_broken(row[k]) for k in chosen]) for row in cells),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines)


def _broken(text: str) -> str:
    if len(text) <= _LONGEST:
        return escape(text)
    lines = "".join(_escaped(c) + _break_after(c) for c in " ".join(text.split()))
    return f"\\parbox[t]{{{0.5 * _LONGEST:g}em}}{{\\raggedright {lines}\\strut}}"


def _break_after(letter: str) -> str:
    return "" if letter.isalnum() or letter == " " else r"\allowbreak{}"


def _small(column: Column) -> str:
    return f"\\footnotesize {escape(column.note)}" if column.note else ""


def _row(cells: Sequence[str]) -> str:
    return f"{' & '.join(cells)} \\\\"
